"""Publishing: one complete, audited, read-only version at a time, or none."""

from __future__ import annotations

import signal
import stat
import subprocess
import sys
import time
from contextlib import closing
from datetime import UTC, datetime

import duckdb
import orjson
import pytest

from ingest.home import Home
from orchestration import records
from orchestration.errors import PublishBlockedError
from orchestration.publish import current, publish
from orchestration.warehouse import manifest_path

from .conftest import PATIENTS, Ask, build_record, check_record, dbt_test, write_warehouse

NOW = datetime(2026, 7, 1, 6, 0, tzinfo=UTC)


def test_gold_is_published_with_its_views_as_tables(built: Home, ask: Ask) -> None:
    done = publish(built, now=NOW)
    assert done.version == "20260701T060000Z"
    assert done.tables == {"patient_360": PATIENTS, "patient_count": 1}
    assert ask(built, "select count(*) from patient_360") == [(PATIENTS,)]
    assert ask(built, "select patients from patient_count") == [(PATIENTS,)]


def test_marts_are_found_with_and_without_the_name_gold(built: Home, ask: Ask) -> None:
    publish(built)
    assert ask(built, "select count(*) from gold.patient_360") == [(PATIENTS,)]


def test_nothing_but_gold_leaves_the_warehouse(built: Home, ask: Ask) -> None:
    publish(built)
    schemas = {name for (name,) in ask(built, "select schema_name from duckdb_tables()")}
    assert schemas == {"main", "about"}


def test_a_version_says_what_it_is(built: Home, ask: Ask) -> None:
    publish(built, now=NOW)
    [(as_of, person_records, patients, fingerprint)] = ask(
        built, "select as_of::varchar, person_records, patients, fingerprint from about.version"
    )
    assert (as_of, person_records, patients) == ("2026-06-30", PATIENTS * 4, PATIENTS)
    assert fingerprint == "f" * 64
    assert ask(built, "from about.row_counts order by all") == [
        ("patient_360", PATIENTS),
        ("patient_count", 1),
    ]
    assert ask(built, "select kind, verdict from about.checks order by all") == [
        ("dbt", "passed"),
        ("expectation", "passed"),
    ]
    assert ask(built, "select dimension, score from about.quality_scores") == [("volume", 1.0)]


def test_descriptions_of_dbt_become_comments(built: Home, ask: Ask) -> None:
    manifest = manifest_path(built)
    manifest.parent.mkdir(parents=True, exist_ok=True)
    manifest.write_bytes(
        orjson.dumps(
            {
                "nodes": {
                    "model.wellspring.patient_360": {
                        "name": "patient_360",
                        "resource_type": "model",
                        "schema": "gold",
                        "description": "One row per patient's life.",
                        "columns": {
                            "patient_id": {"description": "Who."},
                            "not_there": {"description": "Never built."},
                        },
                    }
                }
            }
        )
    )
    publish(built)
    assert ask(built, "select comment from duckdb_tables() where table_name = 'patient_360'") == [
        ("One row per patient's life.",)
    ]
    assert ask(built, "select comment from duckdb_columns() where column_name = 'patient_id'") == [
        ("Who.",)
    ]


def test_a_version_is_read_only_and_the_link_is_relative(built: Home) -> None:
    done = publish(built)
    link = built.published / "gold.duckdb"
    assert stat.S_IMODE(link.stat().st_mode) == 0o444
    assert str(link.readlink()) == f"{done.version}/gold.duckdb"


def test_two_versions_of_one_second_have_two_names(built: Home) -> None:
    assert publish(built, now=NOW).version != publish(built, now=NOW).version


def test_a_reader_reads_on_while_a_new_version_is_published(built: Home, ask: Ask) -> None:
    publish(built)
    path = str((built.published / "gold.duckdb").resolve())
    with closing(duckdb.connect(path, read_only=True)) as reader:
        write_warehouse(built, patients=5)
        publish(built)
        assert reader.execute("select count(*) from patient_360").fetchall() == [(PATIENTS,)]
    assert ask(built, "select count(*) from patient_360") == [(5,)]


@pytest.mark.parametrize(
    ("build", "checks", "because"),
    [
        (None, [], "has not been built to its end"),
        (build_record(broken=["observation"]), [], "observation"),
        (build_record(skipped=["patient_360"]), [], "patient_360"),
        (build_record(tests=[dbt_test(status="fail", failures=7)]), [], "7 found"),
        (build_record(tests=[dbt_test(status="error", failures=None)]), [], "a_test"),
        (build_record(tests=[dbt_test(status="skipped", failures=None)]), [], "a_test"),
        (build_record(), [check_record(severity="error", success=False)], "volume on lab/oru"),
    ],
    ids=[
        "no build",
        "a model is broken",
        "a model is skipped",
        "a test of severity error fails",
        "a test cannot run",
        "a test is skipped",
        "a check of severity error fails",
    ],
)
def test_readers_keep_their_version_when_publishing_is_blocked(
    built: Home, ask: Ask, build: dict | None, checks: list, because: str
) -> None:
    before = publish(built)
    write_warehouse(built, patients=9)
    if build is None:
        records.forget(built, "build")
    else:
        records.write(built, "build", build)
    records.write(built, "checks", {"checks": checks, "scores": []})
    with pytest.raises(PublishBlockedError, match=because):
        publish(built)
    now = current(built)
    assert now is not None
    assert now.version == before.version
    assert ask(built, "select count(*) from patient_360") == [(PATIENTS,)]


@pytest.mark.parametrize(
    ("build", "checks"),
    [
        (
            build_record(tests=[dbt_test(severity="warn", status="warn", failures=2)]),
            [check_record()],
        ),
        (build_record(), [check_record(success=False, unexpected=1)]),
    ],
    ids=["a dbt test warns", "a check of a feed warns"],
)
def test_warnings_are_published_and_counted(built: Home, build: dict, checks: list) -> None:
    records.write(built, "build", build)
    records.write(built, "checks", {"checks": checks, "scores": []})
    done = publish(built)
    assert (done.checks_passed, done.checks_warned) == (1, 1)


def test_what_a_killed_run_left_behind_is_removed(built: Home) -> None:
    leftover = built.published / ".unfinished-20260101T000000Z"
    leftover.mkdir(parents=True)
    (leftover / "gold.duckdb").write_bytes(b"half a version")
    publish(built)
    assert not [path for path in built.published.iterdir() if path.name.startswith(".")]


_PUBLISH_FOREVER = """
from ingest.home import Home
from orchestration.publish import publish
while True:
    publish(Home.from_env())
"""


def test_a_kill_during_publishing_never_leaves_half_a_version(built: Home, ask: Ask) -> None:
    """Publish over and over in another process, kill it at odd moments, and read every time."""
    publish(built)
    versions = set()
    for attempt in range(6):
        publisher = subprocess.Popen([sys.executable, "-c", _PUBLISH_FOREVER])
        try:
            deadline = time.monotonic() + 20
            before = (built.published / "gold.duckdb").readlink()
            while (built.published / "gold.duckdb").readlink() == before:
                assert publisher.poll() is None, "the publisher ended by itself"
                assert time.monotonic() < deadline, "nothing was published"
                time.sleep(0.001)
            time.sleep(0.013 * attempt)
        finally:
            publisher.send_signal(signal.SIGKILL)
            publisher.wait()
        assert ask(built, "select count(*) from patient_360") == [(PATIENTS,)]
        [(version,)] = ask(built, "select version from about.version")
        versions.add(version)
        for path in built.published.iterdir():
            if path.is_dir() and not path.name.startswith("."):
                with closing(duckdb.connect(str(path / "gold.duckdb"), read_only=True)) as complete:
                    assert complete.execute("select version from about.version").fetchall() == [
                        (path.name,)
                    ]
    assert len(versions) == 6
    publish(built)  # the lock went with the killed process, and its leftovers go now
    assert not [path for path in built.published.iterdir() if path.name.startswith(".")]
