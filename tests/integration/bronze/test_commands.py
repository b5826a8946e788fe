"""The commands as a person types them: what they print, where, and their exit codes."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.home import Home

from .conftest import environment, hl7

Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def wellspring(tmp_path: Path) -> Command:
    """Run ``wellspring`` against a home of this test."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", "from orchestration.cli import main; main()", *arguments],
            env=environment(Home(tmp_path / "home"), COLUMNS="160", NO_COLOR="1"),
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def last_line(done: subprocess.CompletedProcess[str]) -> str:
    return done.stdout.strip().splitlines()[-1]


def test_land_verify_export_and_replay_from_a_shell(wellspring: Command, tmp_path: Path) -> None:
    folder = tmp_path / "extracts"
    folder.mkdir()
    content = hl7(3) + hl7(1).replace(b"ADT^A04", b"")
    (folder / "a.hl7").write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()

    landed = wellspring("land", str(folder), "--source", "visitor")
    assert landed.returncode == 0, landed.stderr
    assert last_line(landed) == "4 records in, 3 landed, 1 quarantined"
    assert "visitor/extracts" in landed.stdout

    again = wellspring("land", str(folder), "--source", "visitor", "--json")
    assert json.loads(again.stdout)["outcomes"]["already_landed"] == 1

    verified = wellspring("verify")
    assert (verified.returncode, last_line(verified)) == (0, "1 files, 4 records, 0 problems")

    out = tmp_path / "back.hl7"
    assert wellspring("bronze", "export", digest[:12], "--out", str(out)).returncode == 0
    assert out.read_bytes() == content
    assert wellspring("bronze", "export", digest, "--out", str(out)).returncode == 2
    assert digest[:12] in wellspring("bronze", "list").stdout

    listed = wellspring("quarantine", "list")
    assert "hl7-missing-message-type" in listed.stdout
    assert last_line(listed) == "1 records of 1 files in quarantine"
    shown = wellspring("quarantine", "show", digest)
    assert "TESTER" not in shown.stdout
    assert "TESTER" in wellspring("quarantine", "show", digest, "--raw").stdout
    replayed = wellspring("quarantine", "replay", digest)
    assert replayed.returncode == 0
    assert last_line(replayed).startswith("0 records taken out")


def test_a_file_that_cannot_be_used_as_a_whole_shows_in_the_exit_code(
    wellspring: Command, tmp_path: Path
) -> None:
    path = tmp_path / "noise.bin"
    path.write_bytes(bytes(range(256)) * 100)
    done = wellspring("land", str(path), "--source", "visitor")
    assert done.returncode == 3
    assert "noise.bin" in done.stdout
    assert "binary-content" in done.stdout


def test_a_flipped_byte_is_told_with_exit_code_1(wellspring: Command, tmp_path: Path) -> None:
    path = tmp_path / "a.hl7"
    path.write_bytes(hl7(5))
    wellspring("land", str(path), "--source", "visitor")
    [part] = (tmp_path / "home/bronze").glob("visitor/hl7v2/received_date=*/*.parquet")
    content = bytearray(part.read_bytes())
    content[100] ^= 1
    part.write_bytes(bytes(content))
    done = wellspring("verify")
    assert done.returncode == 1
    assert last_line(done) == "1 files, 5 records, 1 problems"
    assert "damaged-bronze" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["land", "/no/such/file", "--source", "x"], "does not exist"),
        (["land", "--received-at", "yesterday"], "ISO 8601"),
        (["quarantine", "replay", "--to", "lab"], "SOURCE/FEED"),
        (["bronze", "export", "0123456789"], "0 landed files"),
    ],
)
def test_a_mistake_is_told_on_the_error_stream(
    wellspring: Command, arguments: list[str], said: str
) -> None:
    done = wellspring(*arguments)
    assert done.returncode in (1, 2)
    assert said in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", ["land", "verify", "bronze export", "quarantine replay"])
def test_help_explains(wellspring: Command, command: str) -> None:
    done = wellspring(*command.split(), "--help")
    assert done.returncode == 0
    assert "Usage" in done.stdout
