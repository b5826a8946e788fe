"""Expectations on feeds: made from declarations, run on figures, never on values."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pyarrow as pa
import pytest

from ingest.sources import Arrival, Feed, Volume
from orchestration.checks.profile import FIGURES
from orchestration.checks.suites import DIMENSIONS, suite
from orchestration.checks.validate import FeedCheck, scores, validate

AS_OF = date(2026, 6, 30)

FEED = Feed(
    source_system="lab",
    feed="oru",
    format="hl7v2",
    arrival=Arrival(every="day", grace_hours=24),
    volume=Volume(min_records=10, max_records=1000),
)


def figures(**changes: object) -> pa.Table:
    """One sound file of the last day, changed."""
    row = {
        "file_sha256": "0" * 64,
        "source_system": "lab",
        "feed": "oru",
        "received_at": datetime(2026, 6, 30, 8, tzinfo=UTC),
        "records_in": 100,
        "landed": 100,
        "landed_share": 1.0,
        "misfits": 0,
        "layout_changes": 0,
        "disagreements": 0,
        "without_control_id": 0,
        "future_share": 0.0,
        "repeated_share": 0.02,
    }
    return pa.Table.from_pylist([row | changes], schema=FIGURES)


def failing(checks: list[FeedCheck]) -> dict[str, tuple[str, ...]]:
    return {check.name: check.unmet for check in checks if not check.success}


def test_every_dimension_has_an_expectation() -> None:
    assert {each.dimension for each in suite(FEED)} == set(DIMENSIONS)


def test_volume_is_expected_only_where_it_is_declared() -> None:
    undeclared = Feed(source_system="lab", feed="oru", format="hl7v2")
    columns = [each.arguments.get("column") for each in suite(undeclared)]
    assert "period_records" not in columns
    [declared] = [e for e in suite(FEED) if e.arguments.get("column") == "period_records"]
    assert (declared.arguments["min_value"], declared.arguments["max_value"]) == (10, 1000)


@pytest.mark.parametrize(
    ("format", "expected"), [("hl7v2", True), ("x12", True), ("csv", False), ("fhir", False)]
)
def test_a_control_number_is_expected_where_the_standard_requires_one(
    format: str, expected: bool
) -> None:
    feed = Feed(source_system="s", feed="f", format=format)
    columns = [each.arguments.get("column") for each in suite(feed)]
    assert ("without_control_id" in columns) is expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, {}),
        ({"records_in": 9, "landed": 9}, {"volume": ("period_records",)}),
        ({"records_in": 1001}, {"volume": ("period_records",)}),
        (
            {"received_at": datetime(2026, 6, 28, 23, 0, tzinfo=UTC)},
            {"timeliness": ("hours_before_as_of",)},
        ),
        ({"received_at": datetime(2026, 6, 29, 1, 0, tzinfo=UTC)}, {}),
        ({"misfits": 1}, {"schema": ("misfits",)}),
        ({"layout_changes": 1}, {"schema": ("layout_changes",)}),
        ({"landed_share": 0.97}, {"completeness": ("landed_share",)}),
        ({"disagreements": 1}, {"completeness": ("disagreements",)}),
        ({"without_control_id": 1}, {"completeness": ("without_control_id",)}),
        ({"future_share": 0.02}, {"plausibility": ("future_share",)}),
        ({"repeated_share": 0.6}, {"plausibility": ("repeated_share",)}),
    ],
    ids=[
        "sound",
        "too few records",
        "too many records",
        "late",
        "within its grace",
        "not what the feed declares",
        "another layout",
        "damaged records",
        "a trailer disagrees",
        "no control number",
        "from the future",
        "copies",
    ],
)
def test_a_file_meets_its_declaration_or_the_figure_is_named(
    changes: dict[str, object], expected: dict[str, tuple[str, ...]]
) -> None:
    checks = validate([FEED], figures(**changes), AS_OF)
    assert [check.name for check in checks] == list(DIMENSIONS)
    assert failing(checks) == expected
    assert all(check.severity == "warn" for check in checks)


def test_records_of_one_period_are_added_up() -> None:
    morning = figures(records_in=6)
    evening = figures(
        records_in=6,
        file_sha256="1" * 64,
        received_at=datetime(2026, 6, 30, 20, tzinfo=UTC),
    )
    assert failing(validate([FEED], pa.concat_tables([morning, evening]), AS_OF)) == {}


def test_a_feed_that_never_sent_a_file_is_missed_once() -> None:
    checks = validate([FEED], FIGURES.empty_table(), AS_OF)
    assert failing(checks) == {"volume": ("files",)}
    assert scores(checks) == []


def test_a_feed_that_fell_silent_is_late_and_its_last_file_still_scored() -> None:
    silent = figures(received_at=datetime(2025, 1, 1, tzinfo=UTC))
    assert failing(validate([FEED], silent, AS_OF)) == {"timeliness": ("hours_before_as_of",)}


def test_an_irregular_feed_that_never_sent_a_file_is_not_missed() -> None:
    irregular = Feed(
        source_system="lab", feed="oru", format="hl7v2", arrival=Arrival(every="irregular")
    )
    assert failing(validate([irregular], FIGURES.empty_table(), AS_OF)) == {}


def test_the_score_is_the_share_of_expectations_met() -> None:
    [completeness] = [
        score
        for score in scores(validate([FEED], figures(disagreements=2), AS_OF))
        if score.dimension == "completeness"
    ]
    assert (completeness.checks, completeness.passed) == (3, 2)
    assert completeness.score == pytest.approx(2 / 3)


def test_a_dimension_of_which_nothing_is_expected_has_no_score() -> None:
    irregular = Feed(
        source_system="lab", feed="oru", format="hl7v2", arrival=Arrival(every="irregular")
    )
    scored = {score.dimension for score in scores(validate([irregular], figures(), AS_OF))}
    assert scored == set(DIMENSIONS) - {"volume", "timeliness"}
