"""Reports of steps, and the lock on a home."""

from __future__ import annotations

import subprocess
import sys

import pytest

from ingest.home import Home
from orchestration import records
from orchestration.errors import HomeLockedError

_HOLD = """
import sys
from ingest.home import Home
from orchestration.records import home_lock
with home_lock(Home.from_env()):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_report_is_read_back(home: Home) -> None:
    records.write(home, "land", {"landed": 3})
    assert records.read(home, "land") == {"landed": 3}
    records.forget(home, "land")
    assert records.read(home, "land") is None


def test_a_report_that_cannot_be_read_counts_as_none(home: Home) -> None:
    home.runs.mkdir(parents=True, exist_ok=True)
    (home.runs / "land.json").write_text("{", encoding="utf-8")
    assert records.read(home, "land") is None


def test_one_process_holds_the_home_and_the_lock_dies_with_it(home: Home) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", _HOLD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(HomeLockedError, match=str(holder.pid)), records.home_lock(home):
        pass
    holder.kill()
    holder.wait()
    with records.home_lock(home), records.home_lock(home):  # re-entrant within a process
        pass
