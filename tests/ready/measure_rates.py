"""``make measure-rates``: the measures on the synthetic population beside what programmes publish.

The published figures are rounded national averages of recent years, there to see whether our
hospital is like a real one, not to be quoted: each programme publishes its own every year.

Exit code: 0 every rate's 95 % interval reaches its range, 1 some do not.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import NamedTuple

import duckdb
from rich.console import Console
from rich.table import Table

from ingest.home import Home

CONSOLE = Console(highlight=False)


class Published(NamedTuple):
    """From where to where a plausible rate lies, and the averages it was set around."""

    low: float
    high: float
    about: str


#: By measure and rate group. UDS: HRSA's Uniform Data System, health centers, 2021 to 2023.
PUBLISHED: dict[tuple[str, int], Published] = {
    ("CMS2", 1): Published(0.40, 0.85, "UDS about 0.70"),
    ("CMS69", 1): Published(0.35, 0.80, "UDS about 0.60"),
    ("CMS117", 1): Published(0.12, 0.55, "UDS about 0.33; HEDIS combination 10, 0.3 to 0.5"),
    ("CMS122", 1): Published(0.15, 0.45, "UDS about 0.30"),
    ("CMS124", 1): Published(0.45, 0.80, "UDS about 0.54; HEDIS commercial about 0.74"),
    ("CMS125", 1): Published(0.45, 0.80, "UDS about 0.50; HEDIS Medicare about 0.72"),
    ("CMS130", 1): Published(0.35, 0.75, "UDS about 0.42; HEDIS 0.55 to 0.70"),
    ("CMS131", 1): Published(0.40, 0.80, "HEDIS 0.50 to 0.75"),
    ("CMS138", 1): Published(0.60, 0.98, "UDS about 0.85 (all three groups in one)"),
    ("CMS138", 2): Published(0.35, 0.95, "UDS as above"),
    ("CMS138", 3): Published(0.55, 0.98, "UDS as above"),
    ("CMS139", 1): Published(0.40, 0.90, "Merit-based Incentive Payment System, wide"),
    ("CMS153", 1): Published(0.30, 0.75, "HEDIS 0.45 to 0.60"),
    ("CMS155", 1): Published(0.45, 0.90, "UDS about 0.70; HEDIS about 0.75"),
    ("CMS155", 2): Published(0.40, 0.85, "HEDIS about 0.70"),
    ("CMS155", 3): Published(0.40, 0.85, "HEDIS about 0.65"),
    ("CMS156", 1): Published(0.04, 0.20, "HEDIS 0.08 to 0.16"),
    ("CMS156", 2): Published(0.005, 0.10, "part of the above"),
    ("CMS156", 3): Published(0.05, 0.20, "HEDIS 0.08 to 0.18"),
    ("CMS159", 1): Published(0.04, 0.20, "UDS about 0.13; Minnesota about 0.10"),
    ("CMS165", 1): Published(0.50, 0.80, "UDS about 0.63; HEDIS 0.60 to 0.72"),
    ("CMS347", 1): Published(0.45, 0.90, "UDS about 0.76 (all groups in one)"),
    ("CMS347", 2): Published(0.40, 0.90, "UDS as above"),
    ("CMS347", 3): Published(0.40, 0.85, "UDS as above; HEDIS diabetes about 0.65"),
    ("CMS347", 4): Published(0.40, 0.90, "UDS as above"),
    ("CMS349", 1): Published(0.30, 0.65, "UDS about 0.44"),
    ("CMS951", 1): Published(0.20, 0.65, "HEDIS 0.35 to 0.55"),
    ("PDC-STA", 1): Published(0.50, 0.92, "Part D about 0.86; Medicaid 0.55 to 0.75"),
    ("PDC-DR", 1): Published(0.50, 0.92, "Part D about 0.86; as above"),
    ("PDC-RASA", 1): Published(0.50, 0.92, "Part D about 0.88; as above"),
    ("READM-30", 1): Published(0.06, 0.22, "hospital-wide, Medicare about 0.15; commercial 0.08"),
    ("EDV", 1): Published(250, 650, "NHAMCS about 400 to 470 per 1,000"),
    ("OWN-1", 1): Published(0.30, 0.80, "seen within 14 days, Medicare 0.5 to 0.7"),
}


class Rate(NamedTuple):
    """A rate of `measure_scores`, for all, with the bounds of its 95 % interval."""

    measure: str
    group: int
    numerator: int
    performance: int
    rate: float
    low: float
    high: float


def rates(connection: duckdb.DuckDBPyConnection) -> list[Rate]:
    """The rates for all of the last build; those of nobody are left out."""
    return [
        Rate(*row)
        for row in connection.execute(
            """
            select
                measure_id, group_number, coalesce(event_count, numerator_count),
                performance_count, rate, rate_low, rate_high
            from gold.measure_scores
            where dimension = 'all' and rate is not null
            order by measure_id, group_number
            """
        ).fetchall()
    ]


def is_plausible(rate: Rate) -> bool:
    """Whether the interval of a rate reaches the range that is published."""
    published = PUBLISHED[rate.measure, rate.group]
    return rate.low <= published.high and rate.high >= published.low


def main() -> None:
    """Print rate beside range."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("home", nargs="?", type=Path, help="a built home (default WELLSPRING_HOME)")
    chosen = parser.parse_args()
    home = Home(chosen.home) if chosen.home else Home.from_env()
    if not home.database.is_file():
        sys.exit(f"{home.root} holds no warehouse: `make run` builds one")
    with duckdb.connect(str(home.database), read_only=True) as connection:
        found = rates(connection)
    shown = Table(title="Rates of the synthetic population beside published ones")
    for column in ("measure", "of", "rate", "95 %", "plausible", "", "published"):
        shown.add_column(column)
    for one in found:
        published = PUBLISHED[one.measure, one.group]
        shown.add_row(
            f"{one.measure} {one.group}",
            f"{one.numerator} / {one.performance}",
            f"{one.rate:.3g}",
            f"{one.low:.3g} to {one.high:.3g}",
            f"{published.low:g} to {published.high:g}",
            "" if is_plausible(one) else "outside",
            published.about,
        )
    CONSOLE.print(shown)
    outside = [one for one in found if not is_plausible(one)]
    CONSOLE.print(f"{len(found) - len(outside)} of {len(found)} rates reach their range")
    sys.exit(bool(outside))


if __name__ == "__main__":
    main()
