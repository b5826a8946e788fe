"""``wellspring measures``: what a quality team reads and what it hands on."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from fhir.resources.R4B.measurereport import MeasureReport

from ingest.home import Home
from tests.integration.conftest import wellspring


@pytest.fixture(scope="module")
def folder(hospital: Home, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("measures") / "report"
    wellspring("measures", "report", "--out", str(out), "--individual", home=hospital.root)
    return out


@pytest.fixture(scope="module")
def warehouse(hospital: Home) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(hospital.database), read_only=True) as connection:
        yield connection


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as source:
        return list(csv.DictReader(source))


def reports(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def counts(group: dict) -> tuple[int, ...]:
    return tuple(population["count"] for population in group["population"])


@pytest.mark.parametrize("name", ["summary", "individual"])
def test_reports_are_fhir_and_say_what_they_are_not(folder: Path, name: str) -> None:
    found = reports(folder / f"{name}.ndjson")
    assert found
    for report in found:
        MeasureReport.model_validate(report)
        assert report["measure"].startswith("urn:wellspring:measure:")
        assert "Not certified, not for submission." in report["text"]["div"]
        assert report["date"] == "2026-06-30"
        numbers = [group["id"] for group in report["group"]]
        assert len(set(numbers)) == len(numbers)
    assert len({report["id"] for report in found}) == len(found)


def test_a_summary_counts_what_its_individuals_add_up_to(folder: Path) -> None:
    added: dict[tuple[str, str], tuple[int, ...]] = {}
    for report in reports(folder / "individual.ndjson"):
        for group in report["group"]:
            key = (report["measure"], group["id"])
            before = added.get(key, (0,) * 5)
            added[key] = tuple(map(sum, zip(before, counts(group), strict=True)))
    told = {
        (report["measure"], group["id"]): counts(group)
        for report in reports(folder / "summary.ndjson")
        for group in report["group"]
    }
    assert told == added


def test_flat_files_say_what_measure_scores_say(
    folder: Path, warehouse: duckdb.DuckDBPyConnection
) -> None:
    scores = {
        (measure, str(group)): tuple(map(str, numbers))
        for measure, group, *numbers in warehouse.execute(
            "select measure_id, group_number, initial_population_count, denominator_count,"
            " exclusion_count, exception_count, numerator_count"
            " from gold.measure_scores where dimension = 'all'"
        ).fetchall()
    }
    flat = {
        (row["measure_id"], row["group_number"]): (
            row["initial_population_count"],
            row["denominator_count"],
            row["exclusion_count"],
            row["exception_count"],
            row["numerator_count"],
        )
        for row in rows(folder / "rates.csv")
    }
    assert flat == scores
    counted: dict[tuple[str, str], list[str]] = {}
    for row in rows(folder / "populations.csv"):
        counted.setdefault((row["measure_id"], row["group"]), []).append(row["count"])
    assert {key: tuple(value) for key, value in counted.items()} == scores
    people = [(row["measure_id"], row["group_number"]) for row in rows(folder / "individual.csv")]
    assert {key: str(people.count(key)) for key in set(people)} == {
        key: value[0] for key, value in scores.items()
    }


def test_what_may_be_shared_shows_no_cell_under_eleven(folder: Path) -> None:
    shared = rows(folder / "scores.csv")
    assert any(row["is_suppressed"] == "true" for row in shared)
    for row in shared:
        if row["is_suppressed"] == "true":
            assert not (row["numerator_count"] or row["performance_count"] or row["rate"])
        else:
            assert int(row["numerator_count"]) >= 11
            assert int(row["performance_count"]) - int(row["numerator_count"]) >= 11


def test_an_explanation_shows_the_values_that_decided_and_what_is_open(
    hospital: Home, warehouse: duckdb.DuckDBPyConnection
) -> None:
    patient, value = warehouse.execute(
        """
        select gaps.patient_id, max(readings.value_number)
        from gold.care_gaps as gaps
        inner join gold_intermediate.int_measure_observations as readings
            on gaps.patient_id = readings.patient_id
        where
            gaps.measure_id = 'CMS165' and readings.value_set = 'systolic_blood_pressure'
            and readings.start_date >= date '2026-01-01'
        group by 1 order by 1 limit 1
        """
    ).fetchone()
    told = wellspring("measures", "explain", "cms165", patient, home=hospital.root).stdout
    assert "2026-01-01 to 2026-12-31, as of 2026-06-30" in told
    assert f"{value} mm[Hg], final" in told
    assert "4. open in group 1" in told


def test_a_measure_or_patient_nobody_knows_is_refused(hospital: Home) -> None:
    for measure, patient, said in (
        ("CMS0", "x", "no measure is named so"),
        ("CMS165", "x", "no patient is named so"),
    ):
        done = wellspring("measures", "explain", measure, patient, home=hospital.root, check=False)
        assert done.returncode == 2
        assert said in done.stdout + done.stderr
