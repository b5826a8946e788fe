"""Care whose effect shows a year later, or only where somebody looks: medicines and moods."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from ingest.synthetic.life import Biographer
from ingest.synthetic.model import Life
from ingest.synthetic.parameters import parameters
from ingest.synthetic.people import NamePool, build_household, household_sizes
from ingest.synthetic.providers import build_network
from ingest.synthetic.wire.times import at

PATIENTS, SEED = 1200, 3
START, UNTIL = date(2025, 1, 1), date(2026, 6, 30)


@pytest.fixture(scope="module")
def lives() -> list[Life]:
    pool = NamePool(SEED)
    biographer = Biographer(
        seed=SEED, network=build_network(SEED, PATIENTS), start=START, until=UNTIL
    )
    found: list[Life] = []
    for index, (kind, size) in enumerate(household_sizes(SEED, PATIENTS)):
        household = build_household(
            pool=pool,
            seed=SEED,
            index=index,
            kind=kind,
            size=size,
            first_number=len(found) + 1,
            start=START,
            until=UNTIL,
        )
        found += [biographer.write(person) for person in household]
    return found


def test_some_older_adults_are_ordered_the_same_high_risk_medicine_again(
    lives: list[Life],
) -> None:
    risky = set(parameters().avoidable.taken)
    seniors = [life for life in lives if life.person.age_on(UNTIL) >= 65 and life.encounters]
    again = 0
    for life in seniors:
        orders = [one for one in life.prescriptions if one.drug.key in risky]
        days = {(one.drug.key, one.written_at.date()) for one in orders}
        repeated = len(days) > len({key for key, _ in days})
        again += repeated or any(one.refills for one in orders)
    assert 0.04 < again / len(seniors) < 0.20


def test_some_depression_is_gone_a_year_after_it_was_measured(lives: list[Life]) -> None:
    measured = followed = gone = 0
    for life in lives:
        scores = sorted(
            (encounter.start.date(), value)
            for encounter in life.encounters
            for code, value, _ in encounter.vitals
            if code == "VS-PHQ9"
        )
        index = next((day for day, value in scores if value > 9), None)
        if index is None or index + timedelta(days=425) > UNTIL:
            continue
        measured += 1
        later = [value for day, value in scores if 305 <= (day - index).days <= 425]
        followed += bool(later)
        gone += bool(later) and later[-1] < 5
    assert measured > 20
    assert followed / measured > 0.3
    assert 0.03 < gone / measured < 0.30


def test_nothing_is_ordered_after_death(lives: list[Life]) -> None:
    for life in lives:
        if died := life.person.deceased:
            midnight = at(died + timedelta(days=1), 0)
            assert all(one.written_at < midnight for one in life.prescriptions)
            assert all(
                fill.filled_at < midnight for one in life.prescriptions for fill in one.fills
            )
