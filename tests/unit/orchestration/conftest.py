"""A home with a small warehouse, made without dbt, for tests of audit and publishing."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingest.bronze import ensure_layout
from ingest.home import Home
from ingest.sources import load_sources
from orchestration import records

PATIENTS = 3


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """An empty home, which the environment names."""
    monkeypatch.setenv("WELLSPRING_HOME", str(tmp_path / "home"))
    made = Home.from_env()
    ensure_layout(made, load_sources())
    return made


def build_record(**changes: Any) -> dict[str, Any]:
    """What `warehouse/run/build.json` holds after a build in which all is well."""
    return {
        "as_of": "2026-06-30",
        "code": "c" * 64,
        "fingerprint": "f" * 64,
        "full_refresh": False,
        "finished_at": "2026-07-01T06:00:00+00:00",
        "seconds": 1.0,
        "built": 3,
        "broken": [],
        "skipped": [],
        "tests": [dbt_test(name="unique_patient_360_patient_id")],
    } | changes


def dbt_test(**changes: Any) -> dict[str, Any]:
    """One dbt test in it."""
    return {
        "name": "a_test",
        "model": "patient_360",
        "severity": "error",
        "status": "pass",
        "failures": 0,
    } | changes


def check_record(**changes: Any) -> dict[str, Any]:
    """One check of a feed as `warehouse/run/checks.json` holds it."""
    return {
        "source_system": "lab",
        "feed": "oru",
        "name": "volume",
        "severity": "warn",
        "success": True,
        "expectations": 2,
        "unexpected": 0,
        "unmet": [],
        "files": 1,
    } | changes


@pytest.fixture
def built(home: Home) -> Home:
    """The home after a build: a warehouse with gold, its report and the checks of feeds."""
    write_warehouse(home)
    records.write(home, "build", build_record())
    records.write(
        home,
        "checks",
        {
            "as_of": "2026-06-30",
            "checks": [check_record()],
            "scores": [
                {
                    "source_system": "lab",
                    "feed": "oru",
                    "dimension": "volume",
                    "checks": 2,
                    "passed": 2,
                    "score": 1.0,
                }
            ],
        },
    )
    return home


def write_warehouse(home: Home, *, patients: int = PATIENTS) -> None:
    """Make, or make again, a warehouse with identity and gold."""
    home.warehouse.mkdir(parents=True, exist_ok=True)
    with closing(duckdb.connect(str(home.database))) as connection:
        connection.execute(f"""
            create schema if not exists gold;
            create schema if not exists identity;
            create or replace table identity.int_person_records as
                select i as person_record_id from range({patients} * 4) as t(i);
            create or replace table identity.patient_xref as
                select i as person_record_id, i % {patients} as patient_id
                from range({patients} * 4) as t(i);
            create or replace table gold.patient_360 as
                select i as patient_id, 'name ' || i as name from range({patients}) as t(i);
            create or replace view gold.patient_count as
                select count(*) as patients from gold.patient_360;
        """)


Ask = Callable[[Home, str], list[tuple[Any, ...]]]


@pytest.fixture
def ask() -> Ask:
    """Ask the published version, as a reader does."""

    def answer(home: Home, sql: str) -> list[tuple[Any, ...]]:
        path = str(home.published / "gold.duckdb")
        with closing(duckdb.connect(path, read_only=True)) as connection:
            return connection.execute(sql).fetchall()

    return answer
