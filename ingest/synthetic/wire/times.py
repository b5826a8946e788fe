"""Local times of the hospital's three zones without a time-zone lookup per message.

The simulation lives in naive UTC. Zone offsets change twice a year, so the transitions of the
simulated years are found once and looked up by bisection.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

CHICAGO = "America/Chicago"
NEW_YORK = "America/New_York"
DENVER = "America/Denver"


@lru_cache(maxsize=8)
def _transitions(zone: str) -> tuple[list[datetime], list[timedelta]]:
    info = ZoneInfo(zone)
    starts: list[datetime] = []
    offsets: list[timedelta] = []
    moment = datetime(1999, 1, 1, tzinfo=UTC)
    end = datetime(2040, 1, 1, tzinfo=UTC)
    previous: timedelta | None = None
    while moment < end:
        offset = moment.astimezone(info).utcoffset() or timedelta()
        if offset != previous:
            exact = moment
            while previous is not None:
                earlier = exact - timedelta(minutes=30)
                if (earlier.astimezone(info).utcoffset() or timedelta()) != offset:
                    break
                exact = earlier
            starts.append(exact.replace(tzinfo=None))
            offsets.append(offset)
            previous = offset
        moment += timedelta(days=1)
    return starts, offsets


def utc_offset(moment: datetime, zone: str) -> timedelta:
    """Offset of `zone` at a naive UTC moment."""
    starts, offsets = _transitions(zone)
    return offsets[max(bisect_right(starts, moment) - 1, 0)]


def to_local(moment: datetime, zone: str) -> datetime:
    """Naive local time of a naive UTC moment."""
    return moment + utc_offset(moment, zone)


def from_local(moment: datetime, zone: str) -> datetime:
    """Naive UTC of a naive local moment, which must not lie in the hours a clock change skips."""
    guess = moment - utc_offset(moment, zone)
    return moment - utc_offset(guess, zone)


def at(day: date, hour: float, zone: str = CHICAGO) -> datetime:
    """Naive UTC of a local hour (9.5 is half past nine) of a day, to the minute."""
    minutes = round(hour * 60)
    local = datetime.combine(day, time()) + timedelta(minutes=minutes)
    return from_local(local, zone)


def unambiguous(moment: datetime) -> datetime:
    """A moment that has one local time only: the hour that autumn repeats is skipped.

    The laboratory and the scheduler send local times without an offset; a result of the repeated
    hour could not be placed by anybody.
    """
    for zone in (NEW_YORK, CHICAGO, DENVER):
        later = utc_offset(moment, zone)
        if utc_offset(moment - timedelta(hours=1), zone) > later or (
            utc_offset(moment + timedelta(hours=1), zone) < later
        ):
            return moment + timedelta(hours=6)
    return moment


def offset_text(offset: timedelta) -> str:
    """`-0500`, as HL7 v2 (2.A.22) and ISO 8601's basic form write it."""
    minutes = int(offset.total_seconds() // 60)
    sign = "-" if minutes < 0 else "+"
    minutes = abs(minutes)
    return f"{sign}{minutes // 60:02d}{minutes % 60:02d}"


def hl7_time(moment: datetime, zone: str, *, offset: bool = False, seconds: bool = True) -> str:
    """HL7 v2 TS/DTM of a naive UTC moment in a zone."""
    shift = utc_offset(moment, zone)
    text = (moment + shift).strftime("%Y%m%d%H%M%S" if seconds else "%Y%m%d%H%M")
    return text + offset_text(shift) if offset else text


def iso_time(moment: datetime, zone: str) -> str:
    """ISO 8601 with offset, as FHIR instants and dateTimes want it."""
    shift = utc_offset(moment, zone)
    text = offset_text(shift)
    return f"{(moment + shift):%Y-%m-%dT%H:%M:%S}{text[:3]}:{text[3:]}"


def zulu(moment: datetime) -> str:
    """ISO 8601 in UTC."""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
