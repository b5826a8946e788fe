"""The commands around a published version."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ingest.home import Home
from orchestration.cli import app
from orchestration.cli.console import Exit
from orchestration.cli.status import command
from orchestration.publish import publish

from .conftest import PATIENTS

runner = CliRunner()


def test_status_of_an_empty_home_says_so(home: Home) -> None:
    done = runner.invoke(app, ["status"])
    assert done.exit_code == Exit.OK
    assert "Nothing has been published yet" in done.stdout


def test_status_for_programs_has_what_the_summary_shows(built: Home) -> None:
    published = publish(built)
    found = json.loads(runner.invoke(app, ["status", "--json"]).stdout)
    assert found["patients"] == PATIENTS
    assert found["person_records"] == PATIENTS * 4
    assert found["checks"] | {"warnings": [], "failures": []} == {
        "passed": 2,
        "warned": 0,
        "failed": 0,
        "warnings": [],
        "failures": [],
    }
    assert found["published"]["version"] == published.version
    assert Path(found["published"]["path"]).is_file()
    assert {"source_system", "feed", "files", "landed", "quarantined", "reasons"} <= set(
        found["feeds"][0]
    )


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["select count(*) as n from patient_360", "--format", "csv"], f"n\r\n{PATIENTS}\r\n"),
        (["select 1 as a, 'x' as b", "--format", "json"], '{"a":1,"b":"x"}\n'),
    ],
)
def test_a_query_is_answered(built: Home, arguments: list[str], expected: str) -> None:
    publish(built)
    done = runner.invoke(app, ["query", *arguments])
    assert (done.exit_code, done.stdout.replace("\r\n", "\n")) == (
        0,
        expected.replace("\r\n", "\n"),
    )


def test_a_query_cannot_write(built: Home) -> None:
    publish(built)
    done = runner.invoke(app, ["query", "delete from patient_360"])
    assert done.exit_code == Exit.FAILED
    assert "read-only" in done.stderr


def test_an_error_does_not_quote_a_value(built: Home) -> None:
    publish(built)
    done = runner.invoke(app, ["query", "select cast(name as integer) from patient_360"])
    assert done.exit_code == Exit.FAILED
    assert "name 0" not in done.stderr
    assert "try_cast" in done.stderr


def test_without_a_query_the_tables_are_listed(built: Home) -> None:
    publish(built)
    done = runner.invoke(app, ["query"], env={"COLUMNS": "200"})
    assert "patient_360" in done.stdout
    assert "about.version" in done.stdout


def test_a_query_before_anything_is_published_says_what_to_do(home: Home) -> None:
    done = runner.invoke(app, ["query", "select 1"])
    assert done.exit_code == Exit.FAILED
    assert "wellspring run" in done.stderr


def test_publishing_without_a_build_is_refused(home: Home) -> None:
    done = runner.invoke(app, ["publish"])
    assert done.exit_code == Exit.FAILED
    assert "Publishing is blocked" in done.stderr


def test_the_printed_command_names_the_home_unless_it_is_the_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "WELLSPRING_HOME" not in command(Home(tmp_path / "data"))
    words = shlex.split(command(Home(tmp_path / "my home")))
    assert words[0] == f"WELLSPRING_HOME={tmp_path / 'my home'}"
    assert words[1].endswith("wellspring")
