"""A file comes back whatever its records are and wherever the quarantined ones stand."""

from __future__ import annotations

import hashlib
import random

import pytest

from ingest import bronze
from ingest.home import Home

from .conftest import ADT, ORU, Drop, exported, messages


@pytest.mark.parametrize("seed", range(12))
def test_good_and_bad_records_in_any_order(home: Home, drop: Drop, seed: int) -> None:
    chance = random.Random(seed)
    content = b"".join(
        messages(chance.choice([ADT, ORU]), chance.randint(1, 40), first=number * 100)
        + chance.choice([b"", b"\r\n", b"\n\n"])
        for number in range(chance.randint(1, 30))
    )
    drop("ehr/adt/a.hl7", content)
    report = bronze.land(home=home)
    assert report.records_in == report.landed + report.quarantined > 0
    assert exported(home, hashlib.sha256(content).hexdigest()) == content
    assert bronze.verify(home).problems == []


def test_many_more_records_than_one_batch(home: Home, drop: Drop) -> None:
    header = b"county_fips,county_name,state,svi_overall,release_year\n"
    content = header + b"".join(
        b"%d,County,IL,0.5,2022%s\n" % (number, b",more" if number % 997 == 0 else b"")
        for number in range(30_000)
    )
    drop("public_health/county_svi/a.csv", content)
    report = bronze.land(home=home)
    assert (report.records_in, report.quarantined) == (30_000, 31)
    assert exported(home, hashlib.sha256(content).hexdigest()) == content
