"""When the sensor on the landing folder asks for a run."""

from __future__ import annotations

import os
import time

import dagster as dg

from ingest.home import Home
from orchestration.jobs import landing_sensor, landing_state


def drop(home: Home, name: str, *, age: float, content: str = "x") -> None:
    path = home.landing / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
    os.utime(path, (time.time() - age, time.time() - age))


def test_an_empty_folder_asks_for_nothing(home: Home) -> None:
    assert landing_state(home) is None


def test_the_archive_and_hidden_files_are_not_waiting(home: Home) -> None:
    drop(home, ".archive/lab/oru/old.hl7", age=600)
    drop(home, "lab/oru/.transfer.hl7", age=600)
    assert landing_state(home) is None


def test_a_file_that_changed_just_now_is_left_to_settle(home: Home) -> None:
    drop(home, "lab/oru/a.hl7", age=600)
    drop(home, "lab/oru/b.hl7", age=1)
    assert landing_state(home) is None
    assert landing_state(home, now=time.time() + 60) is not None


def test_another_file_is_another_state(home: Home) -> None:
    drop(home, "lab/oru/a.hl7", age=600)
    before = landing_state(home)
    assert landing_state(home) == before
    drop(home, "lab/oru/b.hl7", age=600)
    assert landing_state(home) != before


def test_files_are_asked_for_once(home: Home) -> None:
    drop(home, "lab/oru/a.hl7", age=600)
    first = dg.build_sensor_context(cursor=None)
    assert isinstance(landing_sensor(first), dg.RunRequest)
    assert isinstance(landing_sensor(dg.build_sensor_context(cursor=first.cursor)), dg.SkipReason)
