"""Local times of three zones."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from ingest.synthetic.wire.times import (
    CHICAGO,
    DENVER,
    NEW_YORK,
    at,
    from_local,
    hl7_time,
    iso_time,
    to_local,
    unambiguous,
)


@pytest.mark.parametrize("zone", [CHICAGO, NEW_YORK, DENVER])
def test_local_times_agree_with_the_time_zone_database(zone: str) -> None:
    moment = datetime(2025, 1, 1, 0, 30)
    while moment < datetime(2026, 12, 31):
        wanted = moment.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        assert to_local(moment, zone) == wanted
        moment += timedelta(hours=1)


def test_nine_in_the_morning_in_chicago() -> None:
    assert at(date(2026, 1, 15), 9) == datetime(2026, 1, 15, 15)
    assert at(date(2026, 7, 15), 9.5) == datetime(2026, 7, 15, 14, 30)
    assert hl7_time(datetime(2026, 7, 15, 14, 30), CHICAGO, offset=True) == "20260715093000-0500"
    assert hl7_time(datetime(2026, 7, 15, 14, 30), DENVER, seconds=False) == "202607150830"
    assert iso_time(datetime(2026, 1, 15, 15), CHICAGO) == "2026-01-15T09:00:00-06:00"


def test_moments_that_a_clock_change_repeats_are_moved() -> None:
    moment = datetime(2025, 11, 2, 0, 0)
    while moment < datetime(2025, 11, 3):
        safe = unambiguous(moment)
        for zone in (CHICAGO, NEW_YORK, DENVER):
            assert from_local(to_local(safe, zone), zone) == safe
        moment += timedelta(minutes=30)
