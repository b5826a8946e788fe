# ruff: noqa: E501 (a segment a line)
"""837 replacements and voids and 835 reversals end in the same state whatever the order of their files.

A family is a handful of transaction sets about one claim. Every order of them is a copy with a claim, payer
number and person of its own; every second copy repeats some. All copies are built at once.

Beside them an interchange of one minute, whose claims tell of members who moved house.
"""

from __future__ import annotations

import itertools
import os
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import duckdb
import pytest

from ingest.bronze.registry import write_feed_registry
from ingest.home import Home
from ingest.sources import load_sources
from ingest.synthetic.wire.x12 import interchange, seg, transaction
from tests.run_dbt import MODELS_ALONE, run_dbt

from .conftest import wellspring

START = datetime(2026, 3, 2, 8, 0)
NPI = "1234567893"

CLAIMS = """
    select claim_number[:1], status, frequency_code, total_charge::double, replaced_claim_number, replaced_by_claim_number
    from silver.claim where claim_number[2:] = $1
    order by all
"""
DECISIONS = """
    select status, total_paid::double, is_balanced, reversed_at is not null
    from silver.explanation_of_benefit where claim_number[2:] = $1
    order by all
"""


@dataclass(frozen=True)
class Submission:
    """An 837 claim: its letter, CLM05-3, charge, and whether REF*F8 names the payer's number of claim C."""

    letter: str
    frequency: str
    charge: int
    refers: bool = False


@dataclass(frozen=True)
class Payment:
    """An 835: for each decision on claim C its CLP02, charge and payment; the rest is contractual."""

    decisions: tuple[tuple[str, int, int], ...]


@dataclass(frozen=True)
class Family:
    """`events` in the order in which they were said; what `queries` answer in the end (`{n}`: the copy's number)."""

    name: str
    events: tuple[Submission | Payment, ...]
    queries: tuple[tuple[str, list[tuple[object, ...]]], ...]


FAMILIES = (
    Family(
        "a claim that was replaced under its number",
        (Submission("C", "1", 100), Payment((("1", 100, 60),)), Submission("C", "7", 150, refers=True)),
        ((CLAIMS, [("C", "active", "7", 150.0, None, None)]), (DECISIONS, [("active", 60.0, True, False)])),
    ),
    Family(
        "a claim that was voided under its number",
        (Submission("C", "1", 100), Payment((("1", 100, 60),)), Submission("C", "8", 100, refers=True)),
        ((CLAIMS, [("C", "cancelled", "8", 100.0, None, None)]), (DECISIONS, [("active", 60.0, True, False)])),
    ),
    Family(
        "a claim that was replaced, and then voided",
        (Submission("C", "1", 100), Submission("C", "7", 150), Submission("C", "8", 150)),
        ((CLAIMS, [("C", "cancelled", "8", 150.0, None, None)]),),
    ),
    Family(
        "a claim that was replaced twice",
        (Submission("C", "1", 100), Submission("C", "7", 150), Submission("C", "7", 140)),
        ((CLAIMS, [("C", "active", "7", 140.0, None, None)]),),
    ),
    Family(
        "a claim that was replaced under another number",
        (Submission("C", "1", 100), Payment((("1", 100, 60),)), Submission("D", "7", 150, refers=True)),
        (
            (
                CLAIMS,
                [("C", "cancelled", "1", 100.0, None, "D{n}"), ("D", "active", "7", 150.0, "C{n}", None)],
            ),
        ),
    ),
    Family(
        "a payment that was reversed and corrected",
        (
            Submission("C", "1", 100),
            Payment((("1", 100, 60),)),
            Payment((("22", -100, -60), ("1", 100, 75))),
        ),
        (
            (CLAIMS, [("C", "active", "1", 100.0, None, None)]),
            (DECISIONS, [("active", 75.0, True, False), ("cancelled", 60.0, True, True)]),
        ),
    ),
    Family(
        "a replaced claim whose payment was reversed and corrected",
        (
            Submission("C", "1", 100),
            Payment((("1", 100, 60),)),
            Submission("C", "7", 150, refers=True),
            Payment((("22", -100, -60), ("1", 150, 90))),
        ),
        (
            (CLAIMS, [("C", "active", "7", 150.0, None, None)]),
            (DECISIONS, [("active", 90.0, True, False), ("cancelled", 60.0, True, True)]),
        ),
    ),
    Family(
        "a payment that was reversed and made again",
        (Payment((("1", 100, 60),)), Payment((("22", -100, -60),)), Payment((("1", 100, 60),))),
        ((DECISIONS, [("active", 60.0, True, False), ("cancelled", 60.0, True, True)]),),
    ),
    Family(
        "a payment that was reversed twice",
        (
            Payment((("1", 100, 60),)),
            Payment((("22", -100, -60), ("1", 100, 60))),
            Payment((("22", -100, -60),)),
        ),
        ((DECISIONS, [("cancelled", 60.0, True, True), ("cancelled", 60.0, True, True)]),),
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Copy:
    family: Family
    number: str
    order: tuple[int, ...]


def copies() -> list[Copy]:
    chance = random.Random(20260302)
    found = []
    for place, family in enumerate(FAMILIES):
        events = range(len(family.events))
        for turn, order in enumerate(itertools.permutations(events)):
            repeats = tuple(chance.choice(events) for _ in range(2 * (turn % 2)))
            found.append(Copy(family, f"{place}{turn:02d}", (*order, *repeats)))
    return found


COPIES = copies()


def person(number: str, entity: str) -> str:
    # Nobody resembles anybody: the number in letters.
    name = "".join(chr(ord("A") + int(digit)) for digit in number)
    return seg("NM1", entity, "1", f"ZOR{name}", f"Q{name}", "", "", "", "MI", f"W{number}")


def body(event: Submission | Payment, copy: Copy, said: datetime, place: int) -> list[str]:
    number = copy.number
    day = f"{said:%Y%m%d}"
    if isinstance(event, Submission):
        return [
            seg("BHT", "0019", "00", f"{number}{place}", day, f"{said:%H%M}", "CH"),
            seg("NM1", "41", "2", "CLINIC", "", "", "", "", "46", "CLINIC1"),
            seg("NM1", "40", "2", "PAYER", "", "", "", "", "46", "PAY1"),
            seg("HL", "1", "", "20", "1"),
            seg("NM1", "85", "2", "CLINIC", "", "", "", "", "XX", NPI),
            seg("HL", "2", "1", "22", "0"),
            seg("SBR", "P", "18", "", "", "", "", "", "", "CI"),
            person(number, "IL"),
            seg("DMG", "D8", f"19{40 + int(number) % 50}0{1 + int(number) % 9}1{int(number[-1])}", "F"),
            seg("NM1", "PR", "2", "PAYER", "", "", "", "", "PI", "PAY1"),
            seg("CLM", f"{event.letter}{number}", str(event.charge), "", "", f"11:B:{event.frequency}", "Y", "A", "Y", "Y"),
            *([seg("REF", "F8", f"P{number}")] if event.refers else []),
            seg("HI", "ABK:R51"),
            seg("LX", "1"),
            seg("SV1", "HC:99213", str(event.charge), "UN", "1", "", "", "1"),
            seg("DTP", "472", "D8", "20260201"),
        ]  # fmt: skip
    lines = []
    for status, charge, paid in event.decisions:
        lines += [
            seg(
                "CLP",
                f"C{number}",
                status,
                str(charge),
                str(paid),
                "",
                "12",
                f"P{number}",
                "11",
                "1",
            ),
            seg("CAS", "CO", "45", str(charge - paid)),
            person(number, "QC"),
        ]
    return [
        seg("BPR", "I", str(sum(paid for *_, paid in event.decisions)), "C", "ACH", "CCP", *[""] * 10, day),
        seg("TRN", "1", f"T{number}{place}", "1999999999"),
        seg("DTM", "405", day),
        seg("N1", "PR", "PAYER", "XV", "PAY1"),
        seg("N1", "PE", "CLINIC", "XX", NPI),
        seg("LX", "1"),
        *lines,
    ]  # fmt: skip


#: Members with two claims in each of the transaction sets; eleven, for as text the tenth stands before the second.
MOVERS, SETS = 4, 11


def claims_of_movers(number: int) -> list[str]:
    """A transaction set with two claims of each mover, each from another house; the last is the newest."""
    lines = [
        seg("BHT", "0019", "00", f"MOVE{number}", f"{START:%Y%m%d}", f"{START:%H%M}", "CH"),
        seg("NM1", "41", "2", "CLINIC", "", "", "", "", "46", "CLINIC1"),
        seg("NM1", "40", "2", "PAYER", "", "", "", "", "46", "PAY1"),
        seg("HL", "1", "", "20", "1"),
        seg("NM1", "85", "2", "CLINIC", "", "", "", "", "XX", NPI),
    ]
    for place, (house, mover) in enumerate(itertools.product((1, 2), range(MOVERS)), 2):
        lines += [
            seg("HL", str(place), "1", "22", "0"),
            seg("SBR", "P", "18", "", "", "", "", "", "", "CI"),
            person(f"99{mover}", "IL"),
            seg("N3", f"{number} HOUSE {house}"),
            seg("N4", "AURORA", "IL", "60505"),
            seg("DMG", "D8", f"1950010{1 + mover}", "F"),
            seg("NM1", "PR", "2", "PAYER", "", "", "", "", "PI", "PAY1"),
            seg("CLM", f"E{number:02d}{house}{mover}", "10", "", "", "11:B:1", "Y", "A", "Y", "Y"),
            seg("HI", "ABK:R51"),
            seg("LX", "1"),
            seg("SV1", "HC:99213", "10", "UN", "1", "", "", "1"),
            seg("DTP", "472", "D8", "20260201"),
        ]
    return lines


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    home = Home(tmp_path_factory.mktemp("claims"))
    # One file per place in the order of arrival, moment at which it was said, and kind.
    files: dict[tuple[int, int, str], list[tuple[Copy, Submission | Payment]]] = {}
    for copy in COPIES:
        for arrival, place in enumerate(copy.order):
            event = copy.family.events[place]
            kind = "837p" if isinstance(event, Submission) else "835"
            files.setdefault((arrival, place, kind), []).append((copy, event))
    for control, ((arrival, place, kind), told) in enumerate(sorted(files.items(), key=str), 1):
        said = START + timedelta(days=place)
        guide = "005010X222A1" if kind == "837p" else "005010X221A1"
        sets = [
            transaction(kind[:3], number, guide if kind == "837p" else "", body(event, copy, said, place))
            for number, (copy, event) in enumerate(told, 1)
        ]  # fmt: skip
        path = home.landing / "claims" / kind / f"{arrival:02d}{place}.x12"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(
            interchange(
                sender="PAYER" if kind == "835" else "CLINIC", receiver="WELLSPRING",
                functional="HP" if kind == "835" else "HC", version=guide, moment=said, control=control,
                transactions=sets,
            ),
            encoding="ascii",
        )  # fmt: skip
        arrived = (
            datetime(2026, 5, 1, tzinfo=UTC) + timedelta(days=arrival, seconds=control)
        ).timestamp()
        os.utime(path, (arrived, arrived))
    moving = interchange(
        sender="CLINIC", receiver="WELLSPRING", functional="HC", version="005010X222A1", moment=START, control=999,
        transactions=[
            transaction("837", number, "005010X222A1", claims_of_movers(number)) for number in range(1, SETS + 1)
        ],
    )  # fmt: skip
    (home.landing / "claims" / "837p" / "moving.x12").write_text(moving, encoding="ascii")
    wellspring("land", "--received-at", "mtime", home=home.root)
    write_feed_registry(home, load_sources())
    run_dbt(home, "build", "--select", "+claim", "+explanation_of_benefit", *MODELS_ALONE)
    with duckdb.connect(str(home.database), read_only=True) as connection:
        yield connection


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_claims_end_in_the_same_state_in_every_order_of_their_files(
    warehouse: duckdb.DuckDBPyConnection, family: Family
) -> None:
    wrong = {}
    for copy in COPIES:
        if copy.family is not family:
            continue
        for query, answer in family.queries:
            expected = [
                tuple(one.format(n=copy.number) if isinstance(one, str) else one for one in row)
                for row in answer
            ]
            found = warehouse.execute(query, [copy.number]).fetchall()
            if found != expected:
                wrong[copy.order, query] = (found, expected)
    assert not wrong, wrong


def test_every_submission_stays_among_the_versions(warehouse: duckdb.DuckDBPyConnection) -> None:
    kept = dict(
        warehouse.execute(
            "select claim_number[2:], count(distinct (source_record_id, claim_index))"
            " from silver.int_claim_versions__x12 where claim_number[1] in ('C', 'D') group by all"
        ).fetchall()
    )
    sent = {
        copy.number: sum(isinstance(copy.family.events[place], Submission) for place in copy.order)
        for copy in COPIES
    }
    assert kept == {number: count for number, count in sent.items() if count}


def test_of_claims_of_one_minute_the_last_of_the_file_says_where_a_member_lives(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    lives = warehouse.execute(
        "select address_line from identity.int_person_records where id_value in (select 'W99' || range from range(?))",
        [MOVERS],
    ).fetchall()
    assert lives == [(f"{SETS} HOUSE 2",)] * MOVERS
