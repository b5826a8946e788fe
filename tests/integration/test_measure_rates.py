"""The measures say of the synthetic population what programmes publish of real ones."""

from __future__ import annotations

import duckdb

from ingest.home import Home
from tests.ready.measure_rates import PUBLISHED, Rate, is_plausible, rates


def test_every_rate_reaches_the_range_that_programmes_publish(hospital: Home) -> None:
    with duckdb.connect(str(hospital.database), read_only=True) as connection:
        found = rates(connection)
        named = set(
            connection.execute(
                "select measure_id, group_number from reference.measure_groups"
            ).fetchall()
        )
    assert set(PUBLISHED) == named
    # A small population: some groups have nobody in them, most have.
    assert len(found) > 20
    assert [rate for rate in found if not is_plausible(rate)] == []


def test_a_rate_whose_interval_ends_before_its_range_is_not_plausible() -> None:
    assert not is_plausible(Rate("CMS156", 3, 0, 200, 0.0, 0.0, 0.019))
    assert is_plausible(Rate("CMS156", 3, 8, 158, 0.051, 0.026, 0.097))
    assert not is_plausible(Rate("CMS159", 1, 30, 60, 0.5, 0.377, 0.623))
