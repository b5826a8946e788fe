"""Great Expectations, run over the figures of each feed.

Here: the only module that knows the library. Not here: which expectations (``suites.py``).

The context is ephemeral and the result format BOOLEAN_ONLY: fuller formats carry values. Importing
the library takes some six seconds, so a run starts :func:`warm` early, in a process of its own.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ingest.sources import Feed
from orchestration.checks.profile import window
from orchestration.checks.suites import DIMENSIONS, Dimension, Expectation, suite

__all__ = ["FeedCheck", "Score", "close", "run", "validate", "warm"]


@dataclass(frozen=True, slots=True)
class FeedCheck:
    """One dimension of one feed: passed when all its expectations are met."""

    source_system: str
    feed: str
    name: str  #: the dimension
    severity: str
    success: bool
    expectations: int
    unexpected: int  #: expectations not met
    unmet: tuple[str, ...]  #: their figures, by name
    files: int  #: files looked at; 0 means that there was nothing to check

    def to_dict(self) -> dict[str, Any]:
        """As kept in ``warehouse/run/checks.json``."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Score:
    """The share of expectations met, by feed and dimension."""

    source_system: str
    feed: str
    dimension: str
    checks: int
    passed: int
    score: float


def validate(feeds: Sequence[Feed], figures: pa.Table, as_of: date) -> list[FeedCheck]:
    """Run the suite of each feed over the figures of its files up to the end of the as-of date.

    A feed that never sent a file has one check that says so (volume), unless it is irregular; the
    others have nothing to look at and pass with ``files`` 0.
    """
    import great_expectations as gx
    import great_expectations.expectations as classes

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    source = context.data_sources.add_pandas("bronze")
    found: list[FeedCheck] = []
    for feed in feeds:
        frame = _frame(feed, figures, as_of)
        expectations = suite(feed)
        if frame.num_rows == 0:
            found += _nothing_to_check(feed, expectations)
            continue
        name = feed.name
        data = source.add_dataframe_asset(name).add_batch_definition_whole_dataframe("files")
        gx_suite = context.suites.add(
            gx.ExpectationSuite(
                name=name,
                expectations=[
                    getattr(classes, each.kind)(
                        **each.arguments,
                        meta={"position": position},
                        severity="critical" if each.severity == "error" else "warning",
                    )
                    for position, each in enumerate(expectations)
                ],
            )
        )
        definition = context.validation_definitions.add(
            gx.ValidationDefinition(name=name, data=data, suite=gx_suite)
        )
        outcome = definition.run(
            batch_parameters={"dataframe": frame.to_pandas()}, result_format="BOOLEAN_ONLY"
        )
        met = {
            result.expectation_config.meta["position"]: bool(result.success)
            for result in outcome.results
        }
        found += _by_dimension(feed, expectations, met, files=frame.num_rows)
    return found


def scores(checks: Sequence[FeedCheck]) -> list[Score]:
    """The score of each feed in each dimension that had something to look at."""
    return [
        Score(
            source_system=check.source_system,
            feed=check.feed,
            dimension=check.name,
            checks=check.expectations,
            passed=check.expectations - check.unexpected,
            score=(check.expectations - check.unexpected) / check.expectations,
        )
        for check in checks
        if check.files and check.expectations
    ]


_pool: ProcessPoolExecutor | None = None


def warm() -> Future[None]:
    """Start a process that imports the library while other things are done."""
    global _pool
    if _pool is None:
        _pool = ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"))
    return _pool.submit(_import)


def close() -> None:
    """End the process that :func:`warm` started, if it did."""
    global _pool
    if _pool is not None:
        _pool.shutdown(wait=False, cancel_futures=True)
        _pool = None


def run(feeds: Sequence[Feed], figures: pa.Table, as_of: date) -> list[FeedCheck]:
    """:func:`validate`, in the process that was warmed, else in this one."""
    if _pool is None:
        return validate(feeds, figures, as_of)
    return _pool.submit(validate, feeds, figures, as_of).result()


def _import() -> None:
    import great_expectations
    import great_expectations.expectations  # noqa: F401


def _frame(feed: Feed, figures: pa.Table, as_of: date) -> pa.Table:
    """The figures of the feed's files in the window, or of its newest file where it has none
    there, with the hours before the end of the as-of date and the records of their period."""
    start, end = window(as_of)
    mine = figures.filter(
        (pc.field("source_system") == feed.source_system) & (pc.field("feed") == feed.feed)
    )
    if mine.num_rows == 0:
        return mine
    recent = mine.filter(pc.field("received_at") >= pa.scalar(start, pa.timestamp("us", tz="UTC")))
    if recent.num_rows == 0:
        newest = pc.max(mine["received_at"])
        recent = mine.filter(pc.field("received_at") == newest)
    received: list[datetime] = recent["received_at"].to_pylist()
    hours = [(end - moment) / timedelta(hours=1) for moment in received]
    periods = [_period(moment, feed.arrival.every) for moment in received]
    totals: dict[str, int] = {}
    for period, records in zip(periods, recent["records_in"].to_pylist(), strict=True):
        totals[period] = totals.get(period, 0) + records
    return (
        recent.drop_columns(["file_sha256", "source_system", "feed", "received_at"])
        .append_column("hours_before_as_of", pa.array(hours, pa.float64()))
        .append_column("period_records", pa.array([totals[p] for p in periods], pa.int64()))
    )


def _period(moment: datetime, every: str) -> str:
    if every == "hour":
        return moment.strftime("%Y-%m-%d %H")
    if every == "week":
        return moment.strftime("%G-%V")
    if every == "month":
        return moment.strftime("%Y-%m")
    if every == "quarter":
        return f"{moment.year}-{(moment.month - 1) // 3}"
    if every == "year":
        return str(moment.year)
    return moment.strftime("%Y-%m-%d")


def _by_dimension(
    feed: Feed, expectations: Sequence[Expectation], met: dict[int, bool], *, files: int
) -> list[FeedCheck]:
    checks = []
    for dimension in DIMENSIONS:
        mine = [(n, each) for n, each in enumerate(expectations) if each.dimension == dimension]
        unmet = [each for n, each in mine if not met.get(n, False)]
        checks.append(
            FeedCheck(
                source_system=feed.source_system,
                feed=feed.feed,
                name=dimension,
                severity="error" if any(e.severity == "error" for e in unmet) else "warn",
                success=not unmet,
                expectations=len(mine),
                unexpected=len(unmet),
                unmet=tuple(each.arguments.get("column", "files") for each in unmet),
                files=files,
            )
        )
    return checks


def _nothing_to_check(feed: Feed, expectations: Sequence[Expectation]) -> list[FeedCheck]:
    def check(dimension: Dimension) -> FeedCheck:
        count = sum(each.dimension == dimension for each in expectations)
        missed = dimension == "volume" and count > 0
        return FeedCheck(
            source_system=feed.source_system,
            feed=feed.feed,
            name=dimension,
            severity="warn",
            success=not missed,
            expectations=count,
            unexpected=1 if missed else 0,
            unmet=("files",) if missed else (),
            files=0,
        )

    return [check(dimension) for dimension in DIMENSIONS]
