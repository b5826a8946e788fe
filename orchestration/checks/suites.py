"""The expectations on a feed, made from what ``ingest/sources.yml`` declares about it.

Here: which expectation, on which figure, in which dimension of quality. Not here: measuring the
figures (``profile.py``) or running the expectations (``validate.py``).

Completeness, plausibility and conformance (called schema here) are the dimensions of Kahn et al.,
"A Harmonized Data Quality Assessment Terminology and Framework for the Secondary Use of Electronic
Health Record Data" (eGEMs 2016, doi 10.13063/2327-9214.1244); volume and timeliness are what an
operator is asked about first.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal

from ingest.sources import Feed

__all__ = ["DIMENSIONS", "Dimension", "Expectation", "suite"]

Dimension = Literal["volume", "timeliness", "schema", "completeness", "plausibility"]
DIMENSIONS: tuple[Dimension, ...] = (
    "volume",
    "timeliness",
    "schema",
    "completeness",
    "plausibility",
)

_PERIOD = {
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(days=7),
    "month": timedelta(days=31),
    "quarter": timedelta(days=92),
    "year": timedelta(days=366),
}
# No sender has agreed to a figure yet (2026-11-20); these only warn, and are ours to tighten.
_LANDED_SHARE = 0.98  # of a feed's records, on average over its files
_FUTURE_SHARE = 0.01  # of a file's messages, stamped more than a day after they were received
_REPEATED_SHARE = 0.5  # of a file's records: resends are common, half a file of copies is not
# Formats whose records carry a control number that their standard requires: MSH-10 (HL7 v2.5.1
# 2.15.9.10), ST02 (X12.6). An id is optional in a FHIR resource that is being created.
_CONTROLLED = {"hl7v2", "x12"}


@dataclass(frozen=True, slots=True)
class Expectation:
    """One expectation: a class of ``great_expectations.expectations`` and its arguments."""

    dimension: Dimension
    kind: str
    arguments: dict[str, Any] = field(default_factory=dict)
    #: warn: what cannot be used is in quarantine, so the rest may be published.
    severity: Literal["warn", "error"] = "warn"


def suite(feed: Feed) -> tuple[Expectation, ...]:
    """All expectations on the figures of the files that ``feed`` sent."""
    expected = []
    if feed.arrival.every != "irregular":
        period = _PERIOD[feed.arrival.every] + timedelta(hours=feed.arrival.grace_hours)
        expected += [
            Expectation("volume", "ExpectTableRowCountToBeBetween", {"min_value": 1}),
            Expectation(
                "timeliness",
                "ExpectColumnMinToBeBetween",
                {"column": "hours_before_as_of", "max_value": period / timedelta(hours=1)},
            ),
        ]
    expected += [
        _between("schema", "misfits", high=0),
        _between("schema", "layout_changes", high=0),
        Expectation(
            "completeness",
            "ExpectColumnMeanToBeBetween",
            {"column": "landed_share", "min_value": _LANDED_SHARE},
        ),
        _between("completeness", "disagreements", high=0),
        _between("plausibility", "future_share", high=_FUTURE_SHARE),
        _between("plausibility", "repeated_share", high=_REPEATED_SHARE),
    ]
    volume = feed.volume
    if volume.min_records is not None or volume.max_records is not None:
        expected.append(
            _between("volume", "period_records", low=volume.min_records, high=volume.max_records)
        )
    if feed.format in _CONTROLLED:
        expected.append(_between("completeness", "without_control_id", high=0))
    return tuple(expected)


def _between(
    dimension: Dimension, column: str, *, low: float | None = None, high: float | None = None
) -> Expectation:
    arguments: dict[str, Any] = {"column": column}
    if low is not None:
        arguments["min_value"] = low
    if high is not None:
        arguments["max_value"] = high
    return Expectation(dimension, "ExpectColumnValuesToBeBetween", arguments)
