"""What is kept of a dbt build, and when a build must start from nothing."""

from __future__ import annotations

from datetime import date

import orjson
import pytest

from ingest.home import Home
from orchestration import environment, records, warehouse


def write_results(home: Home, *results: tuple[str, str, int | None]) -> None:
    """dbt's artifacts for nodes given as (unique id, status, failures)."""
    target = environment.dbt_target(home)
    target.mkdir(parents=True, exist_ok=True)
    nodes = {
        unique_id: {
            "name": unique_id.split(".")[2],
            "resource_type": unique_id.split(".")[0],
            "config": {"severity": "ERROR"},
            "depends_on": {"nodes": ["model.wellspring.patient_360"]},
        }
        for unique_id, _, _ in results
    }
    (target / "manifest.json").write_bytes(orjson.dumps({"nodes": nodes}))
    (target / "run_results.json").write_bytes(
        orjson.dumps(
            {
                "results": [
                    {
                        "unique_id": unique_id,
                        "status": status,
                        "failures": failures,
                        "message": "Conversion Error: could not convert string 'Jane Doe'",
                    }
                    for unique_id, status, failures in results
                ]
            }
        )
    )


def conclude(home: Home, *, full_refresh: bool = False) -> warehouse.BuildResult:
    return warehouse.conclude(
        home,
        as_of=date(2026, 6, 30),
        code="this",
        fingerprint="f",
        full_refresh=full_refresh,
        seconds=1.0,
    )


def test_a_build_is_summed_up_without_any_message_of_the_database(home: Home) -> None:
    write_results(
        home,
        ("seed.wellspring.codes", "success", None),
        ("model.wellspring.patient", "success", None),
        ("model.wellspring.observation", "error", None),
        ("model.wellspring.patient_360", "skipped", None),
        ("test.wellspring.unique_id.1a2b", "fail", 4),
    )
    result = conclude(home)
    assert (result.built, result.broken, result.skipped) == (2, ("observation",), ("patient_360",))
    assert not result.is_complete
    [test] = result.tests
    assert (test.name, test.model, test.severity, test.status, test.failures) == (
        "unique_id",
        "patient_360",
        "error",
        "fail",
        4,
    )
    assert "Jane" not in (home.runs / "build.json").read_text(encoding="utf-8")


def test_a_new_warehouse_needs_no_full_refresh(home: Home) -> None:
    assert warehouse.begin(home, code="this") is False


@pytest.mark.parametrize(
    ("kept", "expected"),
    [({"code": "this"}, False), ({"code": "another"}, True), (None, True)],
    ids=["the same code", "other code", "a full refresh that was cut short"],
)
def test_rows_that_other_code_made_are_built_again(
    home: Home, kept: dict | None, expected: bool
) -> None:
    home.database.parent.mkdir(parents=True, exist_ok=True)
    home.database.touch()
    if kept is not None:
        records.write(home, "code", kept)
    assert warehouse.begin(home, code="this") is expected


def test_a_full_refresh_that_is_cut_short_is_begun_again(home: Home) -> None:
    home.database.parent.mkdir(parents=True, exist_ok=True)
    home.database.touch()
    records.write(home, "code", {"code": "another"})
    assert warehouse.begin(home, code="this") is True
    assert warehouse.begin(home, code="this") is True
    write_results(home, ("model.wellspring.patient", "error", None))
    conclude(home, full_refresh=True)
    assert warehouse.begin(home, code="this") is True
    write_results(home, ("model.wellspring.patient", "success", None))
    conclude(home, full_refresh=True)
    assert warehouse.begin(home, code="this") is False


def test_what_the_last_build_said_no_longer_holds_once_the_next_begins(home: Home) -> None:
    write_results(home, ("model.wellspring.patient", "success", None))
    conclude(home)
    assert records.read(home, "build") is not None
    warehouse.begin(home, code="this")
    assert records.read(home, "build") is None
