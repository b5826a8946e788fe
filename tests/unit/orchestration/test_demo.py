"""Whose the data in a home is: a demonstration takes only what a demonstration made."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import orjson
import pytest

from ingest.bronze import land
from ingest.home import Home
from orchestration import demo
from orchestration.demo import Parameters, prepare_population
from orchestration.errors import HomeInTheWayError

SMALL = Parameters(patients=10, months=1, seed=1)
OTHER = Parameters(patients=20, months=1, seed=1)


@pytest.fixture(autouse=True)
def _generator(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the place of the synthetic hospital: two files that bear its parameters."""

    def generate(*, out: Path, patients: int, months: int, seed: int, **_: Any) -> SimpleNamespace:
        for name in ("lab/oru/a.hl7", "ehr/adt/b.hl7"):
            path = out / "landing" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"MSH|^~\\&|{name}|{patients}\r", encoding="utf-8")
            os.utime(path, (1_780_000_000, 1_780_000_000))
        synthetic = out / "synthetic"
        synthetic.mkdir(parents=True, exist_ok=True)
        (synthetic / "population.json").write_bytes(
            orjson.dumps(
                {"patients": patients, "months": months, "seed": seed, "until": "2026-06-30"}
            )
        )
        return SimpleNamespace(until=date(2026, 6, 30))

    monkeypatch.setattr(demo, "generate", generate)


def waiting(home: Home) -> set[str]:
    return {
        path.relative_to(home.landing).as_posix()
        for path in home.landing.rglob("*")
        if path.is_file() and ".archive" not in path.parts
    }


def test_an_empty_home_gets_the_population(home: Home) -> None:
    prepared = prepare_population(home, SMALL)
    assert (prepared.how, prepared.until) == ("made", date(2026, 6, 30))
    assert waiting(home) == {"lab/oru/a.hl7", "ehr/adt/b.hl7"}


@pytest.mark.parametrize("landed", [False, True], ids=["waiting", "landed"])
def test_the_same_population_is_kept(home: Home, landed: bool) -> None:
    prepare_population(home, SMALL)
    if landed:
        land(home=home, received_at="mtime")
    assert prepare_population(home, SMALL).how == "kept"


def test_files_beside_the_same_population_are_welcome(home: Home) -> None:
    prepare_population(home, SMALL)
    (home.landing / "lab/oru/mine.hl7").write_text("MSH|", encoding="utf-8")
    assert prepare_population(home, SMALL).how == "kept"
    assert "lab/oru/mine.hl7" in waiting(home)


@pytest.mark.parametrize("landed", [False, True], ids=["waiting", "landed"])
def test_another_population_is_started_afresh_with_a_notice(home: Home, landed: bool) -> None:
    prepare_population(home, SMALL)
    if landed:
        land(home=home, received_at="mtime")
    notices: list[str] = []
    prepared = prepare_population(home, OTHER, on_notice=notices.append)
    assert prepared.how == "made_afresh"
    assert "another synthetic population" in notices[0]
    assert list(home.bronze.rglob("*.parquet")) == []
    assert "|20" in (home.landing / "lab/oru/a.hl7").read_text(encoding="utf-8")


@pytest.mark.parametrize("landed", [False, True], ids=["waiting", "landed"])
def test_a_file_of_ones_own_keeps_another_population_out(home: Home, landed: bool) -> None:
    prepare_population(home, SMALL)
    (home.landing / "lab/oru/mine.hl7").write_text("MSH|^~\\&|mine\r", encoding="utf-8")
    if landed:
        land(home=home, received_at="mtime")
    with pytest.raises(HomeInTheWayError, match="1 files that no demonstration put there"):
        prepare_population(home, OTHER)
    assert prepare_population(home, SMALL).how == "kept"


@pytest.mark.parametrize("landed", [False, True], ids=["waiting", "landed"])
def test_a_home_of_ones_own_is_left_alone(home: Home, landed: bool) -> None:
    mine = home.landing / "lab/oru/mine.hl7"
    mine.parent.mkdir(parents=True, exist_ok=True)
    mine.write_text("MSH|^~\\&|mine\r", encoding="utf-8")
    if landed:
        land(home=home, received_at="mtime")
    with pytest.raises(HomeInTheWayError, match="data of your own"):
        prepare_population(home, SMALL)
    assert not (home.synthetic / "population.json").exists()


def test_a_making_that_was_cut_short_is_made_again(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = demo.generate

    def cut_short(*, out: Path, **rest: Any) -> None:
        whole(out=out, **rest)
        (out / "synthetic" / "population.json").unlink()
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(demo, "generate", cut_short)
        with pytest.raises(KeyboardInterrupt):
            prepare_population(home, SMALL)
    assert prepare_population(home, SMALL).how == "made_afresh"


def test_a_file_dropped_beside_a_half_made_population_is_not_removed(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut_short(**_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(demo, "generate", cut_short)
        with pytest.raises(KeyboardInterrupt):
            prepare_population(home, SMALL)
    mine = home.landing / "lab/oru/mine.hl7"
    mine.parent.mkdir(parents=True, exist_ok=True)
    mine.write_text("MSH|", encoding="utf-8")
    os.utime(mine, (4_000_000_000, 4_000_000_000))
    with pytest.raises(HomeInTheWayError, match="put there later"):
        prepare_population(home, SMALL)
    assert mine.exists()
