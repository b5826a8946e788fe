"""A lander may die at any moment: nothing is lost, nothing doubled, and the next run finishes.

Every system call by which landing changes the disk is a kill point. A lander in a process of its
own counts them and sends itself SIGKILL before, or right after, a chosen one; readers look at what
it left; then a lander that nobody kills runs, and everything has to be there exactly once.

``WELLSPRING_CRASHES`` is the number of kill points (CI: 12; ``make crash``: 150).
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from ingest import bronze
from ingest.bronze.manifest import Manifest
from ingest.home import Home

from .conftest import assert_exactly_once, fill_landing, start_lander

CRASHES = int(os.environ.get("WELLSPRING_CRASHES", "12"))
SEED = int(os.environ.get("WELLSPRING_CRASH_SEED", "1"))

#: Wraps whatever changes the disk; dies at call KILL_AT, before it or (KILL_AFTER) after it.
INSTRUMENT = """
import itertools, os, pathlib, shutil, signal, threading
at, after = int(os.environ["KILL_AT"]), os.environ["KILL_AFTER"] == "1"
count, lock = itertools.count(1), threading.Lock()

def wrap(owner, name):
    real = getattr(owner, name)
    def wrapped(*args, **kwargs):
        with lock:
            number = next(count)
        if number == at and not after:
            os.kill(os.getpid(), signal.SIGKILL)
        result = real(*args, **kwargs)
        if number == at and after:
            os.kill(os.getpid(), signal.SIGKILL)
        return result
    setattr(owner, name, wrapped)

for name in ("fsync", "link"):
    wrap(os, name)
for name in ("unlink", "rename", "replace", "mkdir", "rmdir"):
    wrap(pathlib.Path, name)
import ingest.bronze.writer as writer
wrap(writer._HashingFile, "write")
wrap(writer._HashingFile, "close")
"""


def visible_is_whole(home: Home) -> None:
    """What readers see now: every Parquet file can be read, and every entry's files are there."""
    for path in home.root.glob("*/*/*/received_date=*/*.parquet"):
        pq.ParquetFile(path).read()
    manifest = Manifest(bronze.bronze_store(home))
    for entry in manifest.entries():
        for root, name in (
            (home.bronze, entry.bronze_path),
            (home.quarantine, entry.quarantine_path),
        ):
            assert name is None or (root / name).exists()


def count_calls(home: Home) -> int:
    """How many kill points one landing has, by a run that counts them and survives."""
    tell = "import atexit; atexit.register(lambda: print(next(count)))\n"
    lander = start_lander(home, before=INSTRUMENT + tell, KILL_AT="0", KILL_AFTER="0")
    out, errors = lander.communicate(timeout=120)
    assert lander.returncode in (0, 3), errors.decode()
    return int(out) - 1


def test_kill_points_chosen_at_random(new_home: Callable[[str], Home]) -> None:
    chance = random.Random(SEED)
    calls = count_calls_of(new_home, chance.randrange(10_000))
    assert calls > 200
    died = 0
    for number in range(CRASHES):
        home = new_home(f"crash{number}")
        written = fill_landing(home, seed=chance.randrange(10_000), files=8, records=50)
        # A second death on the way back, now and then a third.
        for _ in range(chance.choice([1, 1, 2, 3])):
            lander = start_lander(
                home,
                before=INSTRUMENT,
                KILL_AT=str(chance.randint(1, calls)),
                KILL_AFTER=str(chance.randint(0, 1)),
            )
            _, errors = lander.communicate(timeout=120)
            assert lander.returncode in (-signal.SIGKILL, 0, 3), errors.decode()
            died += lander.returncode == -signal.SIGKILL
            visible_is_whole(home)
            age(home)
        bronze.land(home=home, received_at="mtime")
        bronze.land(home=home, received_at="mtime")
        assert_exactly_once(home, written)
    assert died >= CRASHES // 2


def count_calls_of(new_home: Callable[[str], Home], seed: int) -> int:
    home = new_home("count")
    fill_landing(home, seed=seed, files=8, records=50)
    return count_calls(home)


@pytest.mark.parametrize("number", range(max(3, CRASHES // 10)))
def test_kill_at_a_moment_chosen_at_random(new_home: Callable[[str], Home], number: int) -> None:
    chance = random.Random(SEED * 1000 + number)
    home = new_home("home")
    written = fill_landing(home, seed=number, files=30, records=400)
    lander = start_lander(home)
    time.sleep(0.35 + chance.random() * 0.8)
    lander.send_signal(signal.SIGKILL)
    lander.communicate(timeout=60)
    visible_is_whole(home)
    age(home)
    bronze.land(home=home, received_at="mtime")
    assert_exactly_once(home, written)


def age(home: Home) -> None:
    """Let the time pass after which a file between landing folder and archive counts as left."""
    for folder in home.landing_archive.glob(".taken-*"):
        os.utime(folder, (0, 0))


def test_readers_by_glob_never_see_a_record_twice_after_recovery(
    new_home: Callable[[str], Home], tmp_path: Path
) -> None:
    """The day changes and the code changes between the crash and the next run."""
    home = new_home("home")
    written = fill_landing(home, seed=5, files=6)
    patch = "import ingest.bronze.manifest as m\nm.code_version = lambda: 'older'\n"
    lander = start_lander(
        home, before=INSTRUMENT + patch, received_at="clock", KILL_AT="60", KILL_AFTER="1"
    )
    lander.communicate(timeout=60)
    assert lander.returncode == -signal.SIGKILL
    age(home)
    bronze.land(home=home, received_at="mtime")
    bronze.land(home=home, received_at="mtime")
    assert_exactly_once(home, written)
