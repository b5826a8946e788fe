# ruff: noqa: E501 (a segment a line)
"""The same events in any order of arrival, repeated or not, leave the same rows in silver.

A family is a handful of messages about one person, one after the other in time. Copies of it, each with a
person, visit and numbers of its own, arrive in different orders and with repeats; all in one build.
``WELLSPRING_ORDERS`` sets how many orders of each family are tried (default 6).

Families of one minute lie in one file each, in the order in which they happened, and MSH-7 tells nothing of it.
"""

from __future__ import annotations

import itertools
import os
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import duckdb
import pytest

from ingest.bronze.registry import write_feed_registry
from ingest.home import Home
from ingest.sources import load_sources
from ingest.synthetic.wire.hl7 import message, msh
from tests.run_dbt import MODELS_ALONE, run_dbt

from .conftest import wellspring

ORDERS = int(os.environ.get("WELLSPRING_ORDERS") or 6)
START = datetime(2026, 3, 2, 8, 0)


@dataclass(frozen=True)
class Family:
    """``events``: (trigger, segments); `{n}` in them is the copy's own number, `{t}` the message's time,
    `{t0}` to `{t9}` those of the events. ``query`` reads the copy `$1`; ``expected`` is its only answer.
    """

    name: str
    events: tuple[tuple[str, tuple[str, ...]], ...]
    query: str
    expected: list[tuple[object, ...]]


PID = "PID|1||M{n}^^^ORD^MR||{family}^{given}^Quinn||{birth}|F|||{line}^^Aurora^IL^60505||(312)555-01{nn}"
OTHER = "PID|1||X{n}^^^ORD^MR||{other}^{stranger}||{day}|M|||{street}^^Joliet^IL^60431"
BARE = "PID|1||M{n}^^^ORD^MR||{family}^{given}||{birth}|F"


def pv1(where: str = "3W^301^A^ORD", how: str = "", end: str = "", start: str = "{t0}") -> str:
    fields = {
        1: "1",
        2: "I",
        3: where,
        4: "R",
        14: "7",
        19: "V{n}^^^ORD",
        36: how,
        44: start,
        45: end,
    }
    return "|".join(["PV1", *(fields.get(place, "") for place in range(1, 46))]).rstrip("|")


ENCOUNTER = """
    select status, encounter.end_at, discharge_disposition, location.name
    from silver.encounter
    left join silver.location using (location_id)
    where visit_number = 'V' || $1
"""
PATIENT = """
    select phone, email, middle, address_line, birth_date::varchar, is_deceased,
        json_array_length(json_extract(fhir_json, '$.telecom')), json_array_length(json_extract(fhir_json, '$.address'))
    from silver.patient
    where patient_id in (select patient_id from identity.patient_xref where id_value = 'M' || $1)
"""
APPOINTMENT = """
    select status, start_at, cancel_reason
    from silver.appointment where appointment_number = 'S' || $1
"""
RESULT = """
    select status, value_quantity, value_text
    from silver.observation where filler_order_number = 'F' || $1
"""


def sch(number: int, reason: str = "", status: str = "", at: str = "20260401090000") -> str:
    return f"SCH|P{{n}}^ORD|S{{n}}^ORD||||{reason}|||30|MIN|^^^{at}|||||||||||||||||||||{status}".replace(
        "|||||||||||||||||||||" + status, "||||||||||||||" + status
    )


def oru(value: str, status: str) -> tuple[str, ...]:
    return (
        BARE,
        "ORC|RE|O{n}^ORD|F{n}^ORD",
        "OBR|1|O{n}^ORD|F{n}^ORD|2345-7^Glucose^LN|||{t0}|||||||||||||||{t}|||" + status,
        f"OBX|1|NM|2345-7^Glucose^LN||{value}|mg/dL^^UCUM|70-99||||{status}|||{{t0}}",
    )


def at(event: int) -> datetime:
    return START + timedelta(hours=event)


FAMILIES = (
    Family(
        "a stay whose discharge was taken back",
        (
            ("ADT^A01", (PID, pv1())),
            ("ADT^A02", (BARE, pv1("4E^402^B^ORD"))),
            ("ADT^A03", (BARE, pv1("4E^402^B^ORD", how="01", end="{t2}"))),
            ("ADT^A13", (BARE, pv1("4E^402^B^ORD"))),
            ("ADT^A08", (BARE, pv1())),
        ),
        ENCOUNTER,
        [("in-progress", None, None, "3W")],
    ),
    Family(
        "a stay that ended after all",
        (
            ("ADT^A01", (PID, pv1())),
            ("ADT^A03", (BARE, pv1(how="01", end="{t1}"))),
            ("ADT^A13", (BARE, pv1())),
            ("ADT^A03", (BARE, pv1(how="03", end="{t3}"))),
        ),
        ENCOUNTER,
        [("finished", at(3), "03", "3W")],
    ),
    Family(
        "an admission that was a mistake",
        (("ADT^A01", (PID, pv1())), ("ADT^A08", (BARE, pv1())), ("ADT^A11", (BARE, pv1()))),
        "select status, location.name from silver.encounter left join silver.location using (location_id)"
        " where visit_number = 'V' || $1",
        [("cancelled", "3W")],
    ),
    Family(
        "a transfer that did not take place",
        (
            ("ADT^A01", (PID, pv1())),
            ("ADT^A02", (BARE, pv1("4E^402^B^ORD"))),
            ("ADT^A12", (BARE, pv1())),
        ),
        ENCOUNTER,
        [("in-progress", None, None, "3W")],
    ),
    Family(
        "a visit that was deleted",
        (("ADT^A04", (PID, pv1())), ("ADT^A03", (BARE, pv1(end="{t1}"))), ("ADT^A23", (BARE, pv1()))),
        "select status from silver.encounter where visit_number = 'V' || $1",
        [("entered-in-error",)],
    ),
    Family(
        "a discharge to be blanked by a null",
        (
            ("ADT^A01", (PID, pv1())),
            ("ADT^A03", (BARE, pv1(how="01", end="{t1}"))),
            ("ADT^A08", (BARE, pv1(how='""', end="{t1}"))),
            ("ADT^A08", (BARE, pv1())),
        ),
        ENCOUNTER,
        [("finished", at(1), None, "3W")],
    ),
    Family(
        "a visit that got another number",
        (
            ("ADT^A01", (PID, pv1().replace("V{n}", "W{n}"))),
            ("ADT^A50", (BARE, "MRG|M{n}^^^ORD^MR||||W{n}^^^ORD", pv1())),
            ("ADT^A03", (BARE, pv1(how="01", end="{t2}"))),
        ),
        "select visit_number, status, start_at from silver.encounter where visit_number in ('V' || $1, 'W' || $1)",
        [("V{n}", "finished", at(0))],
    ),
    Family(
        "a visit that was another person's",
        (
            ("ADT^A01", (OTHER, pv1())),
            ("ADT^A28", (PID,)),
            ("ADT^A45", (BARE, "MRG|X{n}^^^ORD^MR||||V{n}^^^ORD", pv1())),
        ),
        """
        select xref.id_value, (select count(distinct patient_id) from identity.patient_xref where id_value in ('M' || $1, 'X' || $1))
        from silver.encounter
        inner join identity.patient_xref as xref using (patient_id)
        where visit_number = 'V' || $1
        """,
        [("M{n}", 2)],
    ),
    Family(
        "two numbers of one person",
        (
            ("ADT^A28", (PID,)),
            ("ADT^A28", (PID.replace("M{n}", "X{n}").replace("{family}", "{other}").replace("{birth}", ""),)),
            ("ADT^A40", (BARE, "MRG|X{n}^^^ORD^MR")),
        ),
        "select count(distinct patient_id) from identity.patient_xref where id_value in ('M' || $1, 'X' || $1)",
        [(1,)],
    ),
    Family(
        "a telephone that was taken away",
        (
            ("ADT^A28", (PID + "^PRN^PH^q{n}@example.org",)),
            ("ADT^A08", (BARE,)),
            ("ADT^A31", (BARE + '|||||""',)),
            ("ADT^A08", (BARE,)),
        ),
        PATIENT,
        [(None, None, "Quinn", "{line}", "{iso}", False, None, 1)],
    ),
    Family(
        "a telephone that nobody took away",
        (("ADT^A28", (PID,)), ("ADT^A08", (BARE,)), ("ADT^A31", (BARE,))),
        PATIENT,
        [("31255501{nn}", None, "Quinn", "{line}", "{iso}", False, 1, 1)],
    ),
    Family(
        "a middle name that was none, and a death that was none",
        (
            ("ADT^A28", (PID + "||||||||||||||||{t0}|Y",)),
            ("ADT^A31", (BARE.replace("{given}", '{given}^""') + "|||||||||||||||||||||" + "|N",)),
            ("ADT^A31", (BARE,)),
        ),
        PATIENT,
        [("31255501{nn}", None, None, "{line}", "{iso}", False, 1, 1)],
    ),
    Family(
        "an allergy whose severity is withdrawn",
        (
            ("ADT^A28", (PID, "AL1|1|DA|7980^Penicillin^RXNORM|SV|Hives|20200101")),
            ("ADT^A31", (BARE, "AL1|1|DA|7980^Penicillin^RXNORM|\"\"|")),
            ("ADT^A31", (BARE, "AL1|1|DA|7980^Penicillin^RXNORM")),
        ),
        """
        select criticality, reaction_text, onset_date::varchar from silver.allergy_intolerance
        where patient_id in (select patient_id from identity.patient_xref where id_value = 'M' || $1)
        """,
        [(None, "Hives", "2020-01-01")],
    ),
    Family(
        "a next of kin whose telephone is withdrawn",
        (
            ("ADT^A28", (PID, "NK1|1|Kin^{given}|SPO^Spouse^HL70063|1 Elm St^^Aurora^IL|(312)555-0199")),
            ("ADT^A31", (BARE, 'NK1|1|Kin^{given}|SPO^Spouse^HL70063||""')),
            ("ADT^A31", (BARE, "NK1|1|Kin^{given}|SPO^Spouse^HL70063")),
        ),
        """
        select json_extract_string(fhir_json, '$.address[0].line[0]'), json_extract(fhir_json, '$.telecom')
        from silver.related_person
        where patient_id in (select patient_id from identity.patient_xref where id_value = 'M' || $1)
        """,
        [("1 Elm St", None)],
    ),
    Family(
        "insurance whose end is unknown again",
        (
            ("ADT^A28", (PID, "IN1|1|HMO|P9^^^NAIC|Prairie||||G1||||20260101|20261231|||||||||||||||||||||||Y{n}")),
            ("ADT^A31", (BARE, 'IN1|1|HMO|P9^^^NAIC|Prairie|||||||||""|||||||||||||||||||||||Y{n}')),
            ("ADT^A31", (BARE, "IN1|1|HMO|P9^^^NAIC|Prairie||||||||||||||||||||||||||||||||Y{n}")),
        ),
        """
        select group_number, period_start::varchar, period_end::varchar from silver.coverage
        where member_id = 'Y' || $1
        """,
        [("G1", "2026-01-01", None)],
    ),
    Family(
        "an appointment that was moved, cancelled and booked again",
        (
            ("SIU^S12", (sch(0), BARE)),
            ("SIU^S13", (sch(1, at="20260402090000"), BARE)),
            ("SIU^S15", (sch(2, reason="PT^Patient asked", at="20260402090000"), BARE)),
            ("SIU^S13", (sch(3, at="20260403090000"), BARE)),
            ("SIU^S14", (sch(4, at="20260403090000"), BARE)),
        ),
        APPOINTMENT,
        [("booked", datetime(2026, 4, 3, 9), None)],
    ),
    Family(
        "an appointment that was cancelled",
        (
            ("SIU^S12", (sch(0, status="Booked"), BARE)),
            ("SIU^S14", (sch(1), BARE)),
            ("SIU^S15", (sch(2, reason="PT^Patient asked", status="Booked"), BARE)),
            ("SIU^S18", (sch(3), BARE)),
        ),
        APPOINTMENT,
        [("cancelled", datetime(2026, 4, 1, 9), "Patient asked")],
    ),
    Family(
        "an appointment nobody came to",
        (("SIU^S12", (sch(0), BARE)), ("SIU^S13", (sch(1), BARE)), ("SIU^S26", (sch(2), BARE))),
        APPOINTMENT,
        [("noshow", datetime(2026, 4, 1, 9), None)],
    ),
    Family(
        "an appointment that was deleted",
        (("SIU^S12", (sch(0), BARE)), ("SIU^S17", (sch(1), BARE))),
        APPOINTMENT,
        [("entered-in-error", datetime(2026, 4, 1, 9), None)],
    ),
    Family(
        "a result that was corrected",
        (("ORU^R01", oru("101", "P")), ("ORU^R01", oru("102", "F")), ("ORU^R01", oru("120", "C"))),
        RESULT,
        [("corrected", 120.0, None)],
    ),
    Family(
        "a result that could not be obtained",
        (("ORU^R01", oru("101", "P")), ("ORU^R01", oru("", "X"))),
        RESULT,
        [("cancelled", None, None)],
    ),
    Family(
        "a result posted for the wrong patient",
        (("ORU^R01", oru("102", "F")), ("ORU^R01", oru("102", "W"))),
        RESULT,
        [("entered-in-error", 102.0, None)],
    ),
    Family(
        "a prescription that was stopped",
        (
            ("RDE^O11", (BARE, "ORC|NW|R{n}^ORD|||IP||||{t0}", "RXE|^^^{t0}|314076^lisinopril^RXNORM|1||TAB|||||30|TAB|3")),
            ("RDE^O11", (BARE, "ORC|XO|R{n}^ORD|||IP||||{t0}", "RXE|^^^{t0}|314076^lisinopril^RXNORM|1||TAB|||||90||\"\"")),
            ("RDE^O11", (BARE, "ORC|DC|R{n}^ORD|||DC||||{t0}", "RXE|^^^{t0}|314076^lisinopril^RXNORM|1||TAB")),
        ),
        "select status, quantity, quantity_unit, refills from silver.medication_request where order_number = 'R' || $1",
        [("stopped", 90.0, "TAB", None)],
    ),
    Family(
        "a dose that was never given",
        (
            ("VXU^V04", (BARE, "ORC|RE||D{n}^ORD", "RXA|0|1|20260301||115^Tdap^CVX|0.5|mL||00||||||L1|||||CP|A")),
            ("VXU^V04", (BARE, "ORC|RE||D{n}^ORD", "RXA|0|1|20260301||115^Tdap^CVX|0.5|mL||00||||||L2|||||CP|U")),
            ("VXU^V04", (BARE, "ORC|RE||D{n}^ORD", "RXA|0|1|20260301||115^Tdap^CVX|0.5|mL||00||||||L2|||||CP|D")),
        ),
        """
        select status, lot_number from silver.immunization
        where patient_id in (select patient_id from identity.patient_xref where id_value = 'M' || $1)
        """,
        [("entered-in-error", "L2")],
    ),
)  # fmt: skip


ALIEN = "PID|1||X{n}^^^ORD^MR||{other}^{stranger}||{day}|M"
PERSONS = "select count(distinct patient_id) from identity.patient_xref where id_value in ('M' || $1, 'X' || $1)"
ACTIVE = """
    select is_active, json_extract_string(fhir_json, '$.active') from silver.patient
    where patient_id in (select patient_id from identity.patient_xref where id_value = 'M' || $1)
"""
#: Whose a visit and what was filed under it are, as record numbers, and whether all are of one visit.
FILED = """
    with filed as (
        select patient_id, encounter_id, 1 as place from silver.encounter where visit_number = 'V' || $1
        union all select patient_id, encounter_id, 2 from silver.observation where filler_order_number = 'F' || $1
        union all select patient_id, encounter_id, 3 from silver.diagnostic_report where filler_order_number = 'F' || $1
        union all select patient_id, encounter_id, 4 from silver.service_request where placer_order_number = 'O' || $1
    )
    select
        list(distinct xref.id_value order by xref.id_value) || [count(*)::varchar],
        count(distinct filed.encounter_id) || ' visit, ' || count(*) filter (where filed.encounter_id is null) || ' without'
    from filed inner join identity.patient_xref as xref using (patient_id)
    where xref.id_value in ('M' || $1, 'X' || $1)
"""
ACCOUNTS = """
    select account.account_number, account.status, encounters.visits
    from silver.account
    left join (
        select account_id, count(*) as visits from silver.encounter where visit_number = 'V' || $1 group by account_id
    ) as encounters using (account_id)
    where account.account_number in ('A' || $1, 'B' || $1)
    order by all
"""


def ordered(person: str, visit: str = "V{n}^^^ORD") -> tuple[str, ...]:
    """An order and its result for `person`, in a visit."""
    return (
        person,
        f"PV1|1|I|3W^301^A^ORD|||||||||||||||{visit}".replace("|||||||||||||||", "|" * 16),
        *oru("101", "F")[1:],
    )


def beds(first: str, second: str) -> tuple[str, ...]:
    """Two inpatients, each with a visit and a bed."""
    return (BARE, pv1(first), ALIEN, pv1(second).replace("V{n}", "W{n}"))


WARDS = """
    select visit_number[:1], location.name, xref.id_value
    from silver.encounter
    inner join identity.patient_xref as xref using (patient_id)
    left join silver.location using (location_id)
    where visit_number in ('V' || $1, 'W' || $1)
    order by all
"""
A_ACCOUNT = "|" * 10 + "A{n}^^^ORD"
RENUMBERED = Family(
    "a visit whose number changed twice",
    (
        ("ADT^A01", (PID, pv1().replace("V{n}", "U{n}"))),
        ("ORU^R01", ordered(BARE, "U{n}^^^ORD")),
        ("ADT^A50", (BARE, "MRG|M{n}^^^ORD^MR||||U{n}^^^ORD", pv1().replace("V{n}", "W{n}"))),
        ("ADT^A42", (BARE, "MRG|M{n}^^^ORD^MR||||W{n}^^^ORD", pv1())),
    ),
    FILED,
    [(["M{n}", "4"], "1 visit, 0 without")],
)

FAMILIES += (
    Family(
        "a person who was deleted",
        (("ADT^A28", (PID,)), ("ADT^A31", (BARE,)), ("ADT^A29", (BARE,))),
        ACTIVE,
        [(False, "false")],
    ),
    Family(
        "a person who was deleted and registered again",
        (("ADT^A28", (PID,)), ("ADT^A29", (BARE,)), ("ADT^A28", (PID,))),
        ACTIVE,
        [(True, None)],
    ),
    Family(
        "two persons who were linked",
        (("ADT^A28", (PID,)), ("ADT^A28", (OTHER,)), ("ADT^A24", (BARE, ALIEN))),
        PERSONS,
        [(1,)],
    ),
    Family(
        "a link that was undone",
        (("ADT^A28", (PID,)), ("ADT^A28", (OTHER,)), ("ADT^A24", (BARE, ALIEN)), ("ADT^A37", (ALIEN, BARE))),
        PERSONS,
        [(2,)],
    ),
    Family(
        "a link that was undone and made again",
        (("ADT^A28", (PID,)), ("ADT^A24", (BARE, ALIEN)), ("ADT^A37", (BARE, ALIEN)), ("ADT^A24", (BARE, ALIEN))),
        PERSONS,
        [(1,)],
    ),
    Family(
        "a merge that was undone",
        (("ADT^A28", (PID,)), ("ADT^A40", (BARE, "MRG|X{n}^^^ORD^MR")), ("ADT^A37", (BARE, ALIEN))),
        PERSONS,
        [(2,)],
    ),
    Family(
        "two persons who resemble each other, unlinked",
        (("ADT^A28", (PID,)), ("ADT^A28", (PID.replace("M{n}", "X{n}"),)), ("ADT^A37", (BARE, BARE.replace("M{n}", "X{n}")))),
        PERSONS,
        [(2,)],
    ),
    Family(
        "two inpatients who changed beds",
        (
            ("ADT^A01", (PID, pv1("3W^301^A^ORD"))),
            ("ADT^A01", (OTHER, pv1("4E^402^B^ORD").replace("V{n}", "W{n}"))),
            ("ADT^A17", beds("4E^402^B^ORD", "3W^301^A^ORD")),
        ),
        WARDS,
        [("V", "4E", "M{n}"), ("W", "3W", "X{n}")],
    ),
    Family(
        "two inpatients who changed beds, and one of them went on",
        (
            ("ADT^A01", (PID, pv1("3W^301^A^ORD"))),
            ("ADT^A01", (OTHER, pv1("4E^402^B^ORD").replace("V{n}", "W{n}"))),
            ("ADT^A17", beds("4E^402^B^ORD", "3W^301^A^ORD")),
            ("ADT^A02", (BARE, pv1("5N^501^A^ORD"))),
        ),
        WARDS,
        [("V", "5N", "M{n}"), ("W", "3W", "X{n}")],
    ),
    *(
        Family(
            f"results and orders of a number that ceased: {event}",
            (
                ("ADT^A01", (OTHER, pv1())),
                ("ORU^R01", ordered(ALIEN)),
                ("ADT^A28", (PID,)),
                (f"ADT^{event}", (BARE, "MRG|X{n}^^^ORD^MR")),
            ),
            FILED,
            [(["M{n}", "X{n}", "8"], "1 visit, 0 without")],
        )
        for event in ("A18", "A34", "A36", "A40")
    ),
    *(
        Family(
            f"an account that ceased: {event}",
            (
                ("ADT^A01", (PID + A_ACCOUNT.removeprefix("|" * 5), pv1())),
                (f"ADT^{event}", (BARE + A_ACCOUNT.replace("A{n}", "B{n}"), "MRG|" + ceased + "||A{n}^^^ORD")),
                ("BAR^P01", (BARE + A_ACCOUNT.replace("A{n}", "B{n}"),)),
            ),
            ACCOUNTS,
            [("A{n}", "inactive", None), ("B{n}", "active", 1)],
        )
        for event, ceased in (
            ("A18", "X{n}^^^ORD^MR"), ("A35", "M{n}^^^ORD^MR"), ("A36", "X{n}^^^ORD^MR"), ("A41", "M{n}^^^ORD^MR"),
        )
    ),
    *(
        Family(
            f"results and orders of a visit that moved to another person: {name}",
            (
                ("ADT^A01", (OTHER, pv1().replace("V{n}^^^ORD", visit))),
                ("ORU^R01", ordered(ALIEN, visit)),
                ("ADT^A28", (PID,)),
                ("ADT^A45", (BARE, f"MRG|X{{n}}^^^ORD^MR||||{visit}", pv1().replace("V{n}^^^ORD", visit))),
            ),
            FILED,
            [(["M{n}", "4"], "1 visit, 0 without")],
        )
        for name, visit in (("a number with its authority", "V{n}^^^ORD"), ("a bare number", "V{n}"))
    ),
    Family(
        "a visit that moved to another person and back",
        (
            ("ADT^A01", (OTHER, pv1())),
            ("ORU^R01", ordered(ALIEN)),
            ("ADT^A45", (BARE, "MRG|X{n}^^^ORD^MR||||V{n}^^^ORD", pv1())),
            ("ADT^A45", (ALIEN, "MRG|M{n}^^^ORD^MR||||V{n}^^^ORD", pv1())),
        ),
        FILED,
        [(["X{n}", "4"], "1 visit, 0 without")],
    ),
    Family(
        "an account with its visits that moved to another person",
        (
            ("ADT^A01", (ALIEN + A_ACCOUNT, pv1())),
            ("ORU^R01", ordered(ALIEN + A_ACCOUNT)),
            ("ADT^A28", (PID,)),
            ("ADT^A44", (BARE + A_ACCOUNT, "MRG|X{n}^^^ORD^MR||A{n}^^^ORD")),
        ),
        FILED,
        [(["M{n}", "4"], "1 visit, 0 without")],
    ),
    RENUMBERED,
)  # fmt: skip


def segment(name: str, **fields: str) -> str:
    """A segment of the fields by their places: `segment("RXA", f1="0", f5="A^B")`."""
    places = {int(place[1:]): text for place, text in fields.items()}
    return "|".join([name, *(places.get(place, "") for place in range(1, max(places) + 1))])


def ordering(control: str, **fields: str) -> tuple[str, ...]:
    """An order of a service, its OBR with `fields`."""
    return (
        BARE,
        f"ORC|{control}|O{{n}}^ORD|||||||{{t}}",
        segment("OBR", f1="1", f2="O{n}^ORD", f4="2345-7^Glucose^LN", **fields),
    )


def sampling(**fields: str) -> tuple[str, ...]:
    return (
        *ordering("NW"),
        segment("SPM", f1="1", f2="^P{n}&ORD", f4="BLD^Blood^HL70487", **fields),
    )


def giving(route: str = "IV^Intravenous^HL70162", **fields: str) -> tuple[str, ...]:
    drug = segment(
        "RXA", f1="0", f2="1", f3="20260302090000", f5="7980^Penicillin G^RXNORM", **fields
    )
    return (BARE, "ORC|RE|G{n}^ORD|G{n}^ORD", drug, f"RXR|{route}")


NULLS = (
    Family(
        "an order whose urgency, reason and orderer are withdrawn",
        (
            (
                "OML^O21",
                ordering("NW", f5="S", f16="77^Ito^Aya^^^^^^NPI", f24="CH", f31="R51^Headache^I10"),
            ),
            ("OML^O21", ordering("XO", f5='""', f16='""', f31='""')),
            ("OML^O21", ordering("XO")),
        ),
        """
        select priority, reason_codings, practitioner_id, category, status from silver.service_request
        where placer_order_number = 'O' || $1
        """,
        [(None, None, None, "CH", "active")],
    ),
    Family(
        "an order of which nothing is withdrawn",
        (
            ("OML^O21", ordering("NW", f5="S", f24="CH", f31="R51^Headache^I10")),
            ("OML^O21", ordering("XO")),
            ("OML^O21", ordering("SC")),
        ),
        """
        select priority, reason_codings[1].code, category, status from silver.service_request
        where placer_order_number = 'O' || $1
        """,
        [("stat", "R51", "CH", "active")],
    ),
    Family(
        "a specimen whose site and amount are withdrawn",
        (
            (
                "OML^O21",
                sampling(f8="LA^Left arm^HL70163", f12="5^mL", f14="cloudy", f18="20260302100000"),
            ),
            ("OML^O21", sampling(f8='""', f12='""')),
            ("OML^O21", sampling(f20="Y")),
        ),
        """
        select body_site_codings, quantity, quantity_unit, note, received_time_at, status from silver.specimen
        where filler_specimen_id = 'P' || $1
        """,
        [(None, None, None, "cloudy", datetime(2026, 3, 2, 10), "available")],
    ),
    Family(
        "a dose whose amount, note and route are withdrawn",
        (
            ("RAS^O17", giving(f6="5", f7="mg^^UCUM", f9="^given late", f10="77^Ito^Aya")),
            ("RAS^O17", giving(route='""', f6='""', f7='""', f9='""')),
            ("RAS^O17", giving(f4="20260302093000")[:3]),
        ),
        """
        select dose_quantity, dose_unit, note, route_codings, ended_at, practitioner_id is not null, status
        from silver.medication_administration
        where patient_id in (select patient_id from identity.patient_xref where id_value = 'M' || $1)
        """,
        [(None, None, None, None, datetime(2026, 3, 2, 9, 30), True, "completed")],
    ),
    Family(
        "a prescription that an ORC alone stopped",
        (
            (
                "RDE^O11",
                (
                    BARE,
                    "ORC|NW|R{n}^ORD|||IP||||{t0}",
                    "RXE|^^^{t0}|314076^lisinopril^RXNORM|1||TAB|||||30|TAB|3",
                ),
            ),
            ("RDE^O11", (BARE, "ORC|DC|R{n}^ORD||||||||{t1}")),
        ),
        "select status, authored_at, quantity, refills from silver.medication_request where order_number = 'R' || $1",
        [("stopped", at(0), 30.0, 3)],
    ),
    Family(
        "a stop of a prescription that nobody wrote",
        (("RDE^O11", (BARE, "ORC|DC|R{n}^ORD||||||||{t1}")),),
        "select count(*) from silver.medication_request where order_number = 'R' || $1",
        [(0,)],
    ),
    Family(
        "a bed of a room of a ward, and then another ward's",
        (
            ("ADT^A01", (PID, pv1("3W{n}^301^A^ORD"))),
            ("ADT^A02", (BARE, pv1("4E{n}^402^B^ORD"))),
            ("ADT^A02", (BARE, pv1("5N{n}^501^^ORD"))),
        ),
        """
        select
            list_transform(json_extract_string(encounter.fhir_json, '$.location[*].physicalType.coding[0].code'), lambda code: code),
            room.name, ward.name, json_extract_string(room.fhir_json, '$.partOf.reference') = 'Location/' || ward.location_id,
            encounter.bed_location_id,
            (select count(*) from silver.location as bed inner join silver.location as its_room
                on bed.parent_location_id = its_room.location_id
             where bed.point_of_care in ('3W' || $1, '4E' || $1) and bed.physical_type = 'bd' and its_room.physical_type = 'ro')
        from silver.encounter as encounter
        inner join silver.location as room on encounter.room_location_id = room.location_id
        inner join silver.location as ward on room.parent_location_id = ward.location_id
        where visit_number = 'V' || $1
        """,
        [(["ro"], "501", "5N{n}", True, None, 2)],
    ),
    Family(
        "diagnoses of a stay",
        (
            (
                "ADT^A01",
                (
                    PID,
                    pv1(),
                    "DG1|1||R51^Headache^I10|||A",
                    "DG1|2||I10^Hypertension^I10|||F|||||||||2",
                ),
            ),
            ("ADT^A08", (BARE, pv1(), "DG1|1||R51^Headache^I10|||F|||||||||1")),
        ),
        """
        select list_transform(diagnoses, lambda d: [d.diagnosis_rank::varchar, d.diagnosis_use]),
            json_extract_string(fhir_json, '$.diagnosis[0].use.coding[0].system'),
            json_extract_string(fhir_json, '$.diagnosis[1].rank')
        from silver.encounter where visit_number = 'V' || $1
        """,
        [([["1", "F"], ["2", "F"]], "http://terminology.hl7.org/CodeSystem/v2-0052", "2")],
    ),
    Family(
        "problems of a list, one resolved and one deleted",
        (
            (
                "PPR^PC1",
                (
                    PID,
                    "PRB|AD|{t0}|I10^Hypertension^I10|P{n}||||||||||Active||20200301",
                    "PRB|AD|{t0}|R51^Headache^I10|Q{n}",
                ),
            ),
            (
                "PPR^PC2",
                (
                    BARE,
                    "PRB|UP|{t1}|I10^Hypertension^I10|P{n}|||||20260401||||C^Confirmed|Resolved",
                ),
            ),
            ("PPR^PC3", (BARE, "PRB|DE|{t2}|R51^Headache^I10|Q{n}")),
        ),
        """
        select
            code, category, clinical_status, verification_status, onset_date::varchar, abatement_date::varchar,
            json_extract_string(fhir_json, '$.onsetDateTime'),
            json_extract_string(fhir_json, '$.abatementDateTime'),
            json_extract_string(fhir_json, '$.clinicalStatus.coding[0].code')
        from silver.condition
        where patient_id in (select patient_id from identity.patient_xref where id_value = 'M' || $1)
        order by code
        """,
        [
            (
                "I10",
                "problem-list-item",
                "resolved",
                "confirmed",
                "2020-03-01",
                "2026-04-01",
                "2020-03-01",
                "2026-04-01",
                "resolved",
            ),
            ("R51", "problem-list-item", None, "entered-in-error", None, None, None, None, None),
        ],
    ),
    Family(
        "a diagnosis of an older sender, whose death nobody speaks of",
        (("ADT^A01", (PID, pv1(), "DG1|1|I9C|440.0|Atherosclerosis of aorta||F")),),
        """
        select
            json_extract_string(condition.fhir_json, '$.code.coding[0].system'),
            json_extract_string(condition.fhir_json, '$.code.text'),
            json_extract_string(patient.fhir_json, '$.deceasedBoolean')
        from silver.condition as condition
        inner join silver.patient as patient using (patient_id)
        where patient_id in (select patient_id from identity.patient_xref where id_value = 'M' || $1)
        """,
        [("http://hl7.org/fhir/sid/icd-9-cm", "Atherosclerosis of aorta", None)],
    ),
    Family(
        "who took part in a procedure",
        (
            (
                "ADT^A01",
                (
                    PID,
                    pv1(),
                    segment(
                        "PR1",
                        f1="1",
                        f3="44950^Appendectomy^CPT4",
                        f5="20260302090000",
                        f7="45",
                        f8="71^Doz^Al",
                        f11="72^Cut^Bo",
                        f12="73^Aid^Cy",
                    ),
                ),
            ),
        ),
        """
        select
            json_extract_string(fhir_json, '$.performer[*].function.coding[0].code'),
            json_array_length(json_extract(fhir_json, '$.performer')),
            json_extract_string(fhir_json, '$.performedPeriod.end')
        from silver.procedure
        where patient_id in (select patient_id from identity.patient_xref where id_value = 'M' || $1)
        """,
        [(["88189002", "304292004"], 3, "2026-03-02T09:45:00Z")],
    ),
    Family(
        "the numbers of an appointment",
        (("SIU^S12", (sch(0), BARE)),),
        """
        select json_extract_string(fhir_json, '$.identifier[*].value'), json_extract_string(fhir_json, '$.identifier[*].type.coding[0].code')
        from silver.appointment where appointment_number = 'S' || $1
        """,
        [(["S{n}", "P{n}"], ["FILL", "PLAC"])],
    ),
    Family(
        "notes of a person, of a report and of a result",
        (
            (
                "ORU^R01",
                (
                    BARE,
                    "NTE|1||of the person",
                    "OBR|1||F{n}^ORD|2345-7^Glucose^LN|||{t0}||||||||||||||||||F",
                    "NTE|1||of the report",
                    "OBX|1|NM|2345-7^Glucose^LN||5|mg/dL^^UCUM|||||F",
                    "NTE|1||of the result",
                ),
            ),
        ),
        """
        select
            (select json_extract_string(fhir_json, '$.extension[0].valueAnnotation.text') from silver.patient
             where patient_id in (select patient_id from identity.patient_xref where id_value = 'M' || $1)),
            (select json_extract_string(fhir_json, '$.extension[0].valueAnnotation.text') from silver.diagnostic_report
             where filler_order_number = 'F' || $1),
            (select note from silver.observation where filler_order_number = 'F' || $1)
        """,
        [("of the person", "of the report", "of the result")],
    ),
    Family(
        "a contact in the patient",
        (
            (
                "ADT^A28",
                (
                    PID,
                    "NK1|1|Kin^Ann|SPO^Spouse^HL70063|1 Elm St^^Aurora^IL|(312)555-0199||C^Emergency^HL70131",
                ),
            ),
            ("ADT^A31", (BARE, "NK1|1|Kin^Ann|SPO^Spouse^HL70063", "GT1|1||Pay^Per")),
        ),
        """
        select
            json_extract_string(fhir_json, '$.contact[*].name.family'),
            json_extract_string(fhir_json, '$.contact[0].relationship[*].coding[0].code'),
            json_extract_string(fhir_json, '$.contact[0].telecom[0].value'),
            json_extract_string(fhir_json, '$.contact[0].address.city')
        from silver.patient where patient_id in (select patient_id from identity.patient_xref where id_value = 'M' || $1)
        """,
        [(["Kin"], ["SPS", "C"], "(312)555-0199", "Aurora")],
    ),
)
FAMILIES += NULLS  # fmt: skip


def value(name: str, obx: str, path: str, expected: str | None, *more: str) -> Family:
    """What becomes of one OBX (its fields from OBX-2): the element at `path` of the Observation."""
    segments = (
        BARE,
        "OBR|1||F{n}^ORD|10000-0^Anything^LN|||{t0}||||||||||||||||||F",
        "OBX|1|" + obx,
        *more,
    )
    query = f"select json_extract(fhir_json, '$.{path}')::varchar from silver.observation where filler_order_number = 'F' || $1"
    return Family(f"{name}: {path}", (("ORU^R01", segments),), query, [(expected,)])


# HL7's Version 2 to FHIR, segment OBX: OBX-5 by OBX-2 (table 0125), and the rest of the segment.
FAMILIES += (
    value("NM", "NM|1-8^A^LN||5.40|mg/dL^^UCUM|||||F", "valueQuantity.value", "5.4"),
    value("NM compared", "NM|1-8^A^LN||<5|mg/dL^^UCUM|||||F", "valueQuantity.comparator", '"<"'),
    value("NM that is none", "NM|1-8^A^LN||see note||||||F", "valueString", '"see note"'),
    value("SN compared", "SN|1-8^A^LN||>=^100|mg/dL^^UCUM|||||F", "valueQuantity.comparator", '">="'),
    value("SN titre", "SN|1-8^A^LN||^1^:^128||||||F", "valueRatio", '{"numerator":{"value":1},"denominator":{"value":128}}'),
    value("SN range", "SN|1-8^A^LN||^5^-^10|/[HPF]^^UCUM|||||F", "valueRange.high.value", "10"),
    value("SN with unit", "SN|1-8^A^LN||^5^-^10|/[HPF]^^UCUM|||||F", "valueRange.low.code", '"/[HPF]"'),
    value("SN plus", "SN|1-8^A^LN||^2^+||||||F", "valueString", '"2+"'),
    value("NR", "NR|1-8^A^LN||3^7||||||F", "valueRange", '{"low":{"value":3},"high":{"value":7}}'),
    value("ST", "ST|1-8^A^LN||Yellow||||||F", "valueString", '"Yellow"'),
    value("TX repeated", "TX|1-8^A^LN||first~second||||||F", "valueString", '"first\\nsecond"'),
    value(
        "FT over several OBX", "FT|1-8^A^LN||one||||||F", "valueString", '"one\\ntwo \\u0026 three"'.replace("\\u0026", "&"),
        "OBX|2|FT|1-8^A^LN||two \\T\\ three||||||F",
    ),
    value("CWE", "CWE|1-8^A^LN||260373001^Detected^SCT||||||F", "valueCodeableConcept.coding[0].system", '"http://snomed.info/sct"'),
    value("CE with both codings", "CE|1-8^A^LN||P^Positive^L^10828004^Positive^SCT||||||F", "valueCodeableConcept.coding[1].code", '"10828004"'),
    value("CWE original text", "CWE|1-8^A^LN||A^B^L^^^^^^as written||||||F", "valueCodeableConcept.text", '"as written"'),
    value("CE repeated", "CE|1-8^A^LN||A^Alpha^L~B^Beta^L||||||F", "component[0].valueCodeableConcept.coding[0].code", '"B"'),
    value("NM repeated", "NM|1-8^A^LN||1~2|mg||||||F", "component[0].valueQuantity.value", "2"),
    value("DT", "DT|1-8^A^LN||202603||||||F", "valueDateTime", '"2026-03"'),
    value("TS with offset", "TS|1-8^A^LN||20260301120000-0600||||||F", "valueDateTime", '"2026-03-01T18:00:00Z"'),
    value("TM", "TM|1-8^A^LN||1345||||||F", "valueTime", '"13:45:00"'),
    value("ED", "ED|1-8^A^LN||LAB^AP^PDF^Base64^JVBERi0xLjQ=||||||F", "extension[0].valueAttachment.data", '"JVBERi0xLjQ="'),
    value("ED type", "ED|1-8^A^LN||LAB^AP^PDF^Base64^JVBERi0xLjQ=||||||F", "extension[0].valueAttachment.contentType", '"application/pdf"'),
    value("ED of text", "ED|1-8^A^LN||LAB^TEXT^PLAIN^A^Hello||||||F", "extension[0].valueAttachment.data", '"SGVsbG8="'),
    value("RP", "RP|1-8^A^LN||https://example.org/a.pdf^PACS^AP^PDF||||||F", "extension[0].valueAttachment.url", '"https://example.org/a.pdf"'),
    value("XPN", "XPN|1-8^A^LN||Ito^Aya^M||||||F", "valueString", '"Ito Aya M"'),
    value("no value", "NM|1-8^A^LN||||||||X", "dataAbsentReason.coding[0].code", '"cannot-be-obtained"'),
    value("several flags", "NM|1-8^A^LN||5|mg|1-2|H~A|||F", "interpretation[1].coding[0].code", '"A"'),
    value("a flag of its own", "NM|1-8^A^LN||5|mg|1-2|odd|||F", "interpretation", '[{"text":"odd"}]'),
    value("range", "NM|1-8^A^LN||5|mg|1.5-2|H|||F", "referenceRange[0].low.value", "1.5"),
    value("range below", "NM|1-8^A^LN||5|mg|<2|H|||F", "referenceRange[0].high.value", "2"),
    value("range in words", "ST|1-8^A^LN||Red||Yellow to amber||||F", "referenceRange[0].text", '"Yellow to amber"'),
    value("analysed", "NM|1-8^A^LN||5|mg|||||F||||||||20260301120500", "extension[0].valueDateTime", '"2026-03-01T12:05:00Z"'),
    value("instance", "NM|1-8^A^LN||5|mg|||||F||||||||||I1^LAB", "identifier[1]", '{"type":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v2-0203","code":"FILL"}]},"system":"urn:id:lab:observation","value":"I1"}'),
    value("amended", "NM|1-8^A^LN||5|mg|||||A", "status", '"amended"'),
    value("method", "NM|1-8^A^LN||5|mg|||||F||||||37^Enzymatic^99M", "method.coding[0].code", '"37"'),
    value("site", "NM|1-8^A^LN||5|mg|||||F|||||||||LA^Left arm^HL70163", "bodySite.text", '"Left arm"'),
    value("sub-id", "NM|1-8^A^LN|1.2|5|mg|||||F", "extension[0].extension[0].valueString", '"1.2"'),
    value("note", "NM|1-8^A^LN||5|mg|||||F", "note[0].text", '"first\\nsecond"', "NTE|1||first", "NTE|2||second"),
    value("a time known to the minute", "NM|1-8^A^LN||5|mg|||||F|||202603011200", "effectiveDateTime", '"2026-03-01T12:00:00Z"'),
    value("a day", "NM|1-8^A^LN||5|mg|||||F|||20260301", "effectiveDateTime", '"2026-03-01"'),
)  # fmt: skip


def elements(
    name: str,
    kind: str,
    segments: tuple[str, ...],
    table: str,
    expected: dict[str, str | None],
    where: str = "true",
) -> Family:
    """What becomes of one message: the elements of a person's one resource, by their paths, as JSON."""
    paths = ", ".join(f"json_extract(fhir_json, '$.{path}')::varchar" for path in expected)
    query = f"""
        select {paths} from silver.{table}
        where patient_id in (select patient_id from identity.patient_xref where id_value = 'M' || $1) and {where}
    """
    return Family(
        f"{table}: {name}", ((kind, (BARE, *segments)),), query, [tuple(expected.values())]
    )


RXE = "RXE||314076^lisinopril^RXNORM|1||TAB^tablet^99U||^With water~^At night"
# HL7's Version 2 to FHIR, segments ORC, OBR, TQ1, RXO, RXR, PR1, DG1; older senders say times in a TQ.
FAMILIES += (
    elements(
        "how a drug is taken, by TQ1", "RDE^O11",
        (
            "ORC|NW|R{n}^ORD|||||||{t0}",
            "TQ1|1||BID^twice a day|||10^d|202604010800||S|with food||AND||20",
            RXE + "||G|30|385055001^Tablet^SCT|3|||||||40^mg||||||||44054006^Diabetes^SCT",
            "NTE|1||Crush it", "RXR|PO^Oral^HL70162|MO^Mouth^HL70163||CH^Chew^HL70165",
        ),
        "medication_request",
        {
            "dosageInstruction[0].text": '"With water\\nAt night"',
            "dosageInstruction[0].additionalInstruction[0].text": '"with food"',
            "dosageInstruction[0].timing.code.coding[0]": '{"system":"http://terminology.hl7.org/CodeSystem/v3-GTSAbbreviation","code":"BID"}',
            "dosageInstruction[0].timing.repeat": '{"boundsPeriod":{"start":"2026-04-01T08:00:00Z"},"count":20,"frequency":2,"period":1,"periodUnit":"d"}',
            "dosageInstruction[0].route.coding[0].code": '"PO"',
            "dosageInstruction[0].site.coding[0].code": '"MO"',
            "dosageInstruction[0].method.coding[0].code": '"CH"',
            "dosageInstruction[0].doseAndRate": '[{"doseQuantity":{"value":1,"unit":"tablet","system":"urn:id:ord:99U","code":"TAB"}}]',
            "dosageInstruction[0].maxDosePerPeriod.numerator": '{"value":40,"unit":"mg"}',
            "dispenseRequest.quantity": '{"value":30,"unit":"Tablet","system":"http://snomed.info/sct","code":"385055001"}',
            "dispenseRequest.expectedSupplyDuration.value": "10",
            "priority": '"stat"',
            "substitution.allowedCodeableConcept.coding[0].code": '"G"',
            "reasonCode[0].coding[0].code": '"44054006"',
            "note[0].text": '"Crush it"',
        },
    ),
    elements(
        "how a drug is taken, by RXE-1", "RDE^O01",
        (
            "ORC|NW|R{n}^ORD|||||||{t0}",
            "RXE|^Q6H^D5^20260401080000^20260301080000^A|314076^lisinopril^RXNORM|1|2|mg" + "|" * 18 + "2|mL/h",
        ),
        "medication_request",
        {
            "dosageInstruction[0].timing.repeat": '{"boundsPeriod":{"start":"2026-04-01T08:00:00Z"},"frequency":1,"period":6,"periodUnit":"h"}',
            "dosageInstruction[0].doseAndRate[0].doseRange": '{"low":{"value":1,"unit":"mg"},"high":{"value":2,"unit":"mg"}}',
            "dosageInstruction[0].doseAndRate[0].rateQuantity.value": "2",
            "dispenseRequest.expectedSupplyDuration.value": "5",
            "priority": '"asap"',
        },
    ),
    elements(
        "as needed, in the older ORC-7, for hours", "OMP^O09",
        ("ORC|NW|R{n}^ORD|||||^PRNQ4H^H12|||{t0}", "RXO|314076^lisinopril^RXNORM|5||mg", "RXR|IV"),
        "medication_request",
        {
            "dosageInstruction[0].asNeededBoolean": "true",
            "dosageInstruction[0].timing.repeat.boundsDuration": '{"value":12,"unit":"h","system":"http://unitsofmeasure.org","code":"h"}',
            "dosageInstruction[0].timing.repeat.period": "4",
            "dosageInstruction[0].route.coding[0].code": '"IV"',
            "dosageInstruction[0].doseAndRate[0].doseQuantity.value": "5",
            "dispenseRequest": None,
        },
    ),
    elements(
        "why it was stopped", "RDE^O11",
        ("ORC|DC|R{n}^ORD|||||||{t0}|||||||REAC^Reaction^L", RXE),
        "medication_request", {"statusReason.text": '"Reaction"', "status": '"stopped"'},
    ),
    elements(
        "how it is taken and counted", "RDS^O13",
        (
            "PV1|1|O|||||||||||||||||V{n}^^^ORD", "ORC|RE|R{n}^ORD|F{n}^ORD", RXE, "TQ1|1||QD",
            "RXD|1|314076^lisinopril^RXNORM|20260401|30|TAB^tablet^99U||P{n}||Kept cool", "RXR|PO^Oral^HL70162",
        ),
        "medication_dispense",
        {
            "dosageInstruction[0].timing.repeat": '{"frequency":1,"period":1,"periodUnit":"d"}',
            "dosageInstruction[0].route.text": '"Oral"',
            "quantity": '{"value":30,"unit":"tablet","system":"urn:id:ord:99U","code":"TAB"}',
            "note[0].text": '"Kept cool"',
        },
        where="fhir_json like '%Encounter/%'",
    ),
    elements(
        "kind, reason and number", "ADT^A01",
        (pv1(), "PR1|1||45378^Colonoscopy^C4||202604011000|D|30||||||||K63.5^Polyp^I10C||||PR{n}^ORD"),
        "procedure",
        {
            "category.coding[0]": '{"system":"http://terminology.hl7.org/CodeSystem/v2-0230","code":"D"}',
            "reasonCode[0].coding[0].code": '"K63.5"',
            "identifier[0].system": '"urn:id:ord:procedure"',
            "performedPeriod.end": '"2026-04-01T10:30:00Z"',
        },
    ),
    elements(
        "when it began, who said so, and its number", "ADT^A01",
        (pv1(), "DG1|1||R51^Headache^I10|||F" + "|" * 10 + "D1^Ito^Aya|||202604020930|DG{n}^ORD"),
        "condition",
        {
            "identifier[0].system": '"urn:id:ord:diagnosis"',
            "recordedDate": '"2026-04-02T09:30:00Z"',
            "recorder": None,
        },
        where="json_extract_string(fhir_json, '$.asserter.reference') like 'Practitioner/%'",
    ),
    elements(
        "a moment", "ADT^A01", (pv1(), "DG1|1||R51^Headache^I10||202604011215|F"), "condition",
        {"onsetDateTime": '"2026-04-01T12:15:00Z"'},
    ),
    elements(
        "a problem", "PPR^PC1",
        (
            pv1(),
            "PRB|AD|202604011215|53741008^Atheroma^SCT|P{n}^ORD|||20260402||20260405||||suspected^Suspected||20260405||"
            "After the winter" + "|" * 9 + "24484000^Severe^SCT",
            "NTE|1||Seen again in May",
        ),
        "condition",
        {
            "identifier[0].system": '"urn:id:ord:problem"',
            "recordedDate": '"2026-04-01T12:15:00Z"',
            "clinicalStatus.coding[0].code": '"resolved"',
            "verificationStatus.coding[0].code": '"provisional"',
            "category[0].coding[0].code": '"problem-list-item"',
            "code.coding[0].code": '"53741008"',
            "severity.coding[0].code": '"24484000"',
            "onsetDateTime": None,
            "onsetString": '"After the winter"',
            "abatementDateTime": '"2026-04-05"',
            "extension[0].valueDateTime": '"2026-04-02"',
            "note[0].text": '"Seen again in May"',
        },
        where="encounter_id is not null",
    ),
    elements(
        "when it was taken, in an order", "OML^O21",
        ("ORC|NW|O{n}^ORD|||||||{t0}", "OBR|1|O{n}^ORD||2345-7^Glucose^LN|||20260401" + "|" * 24 + "R51^Headache^I10~R53^Fatigue^I10"),
        "service_request",
        {"occurrenceDateTime": '"2026-04-01"', "reasonCode[0].coding[0].code": '"R51"', "reasonCode[1].coding[0].code": '"R53"'},
    ),
    elements(
        "how often, by TQ1", "OML^O21",
        ("ORC|NW|O{n}^ORD|||||||{t0}", "TQ1|1||Q8H||||20260401|20260405", "OBR|1|O{n}^ORD||2345-7^Glucose^LN"),
        "service_request",
        {
            "occurrenceDateTime": None,
            "occurrenceTiming.repeat": '{"boundsPeriod":{"start":"2026-04-01","end":"2026-04-05"},"frequency":1,"period":8,"periodUnit":"h"}',
        },
    ),
    elements(
        "from when until when, in the older OBR-27, of a parent", "ORM^O01",
        ("ORC|NW|O{n}^ORD|||||||{t0}", "OBR|1|O{n}^ORD||2345-7^Glucose^LN|||||||G" + "|" * 16 + "1^ONCE^^20260401^20260402^R||P{n}&ORD^F{n}&LAB"),
        "service_request",
        {
            "occurrencePeriod": '{"start":"2026-04-01","end":"2026-04-02"}',
            "intent": '"reflex-order"',
            "basedOn[0].identifier.system": '"urn:id:ord:order"',
            "basedOn[1].identifier.system": '"urn:id:lab:accession"',
        },
    ),
    elements(
        "from when until when, and who read it", "ORU^R01",
        ("OBR|1|O{n}^ORD|F{n}^LAB|2345-7^Glucose^LN|||202604010800|202604010810" + "|" * 17 + "F|||||||A1&Ito&Aya~B2&Oba&Ken",
         "OBX|1|NM|2345-7^Glucose^LN||5|mg|||||F"),
        "diagnostic_report",
        {
            "effectiveDateTime": None,
            "effectivePeriod": '{"start":"2026-04-01T08:00:00Z","end":"2026-04-01T08:10:00Z"}',
            "identifier[0].system": '"urn:id:ord:order"',
            "identifier[1].system": '"urn:id:lab:accession"',
        },
        where="json_array_length(fhir_json, '$.resultsInterpreter') = 2",
    ),
)  # fmt: skip

# Segments PV1, PV2, AIS, AIP, SCH, RXA with OBX, AL1; data types PL, XTN, XAD, XCN.
FAMILIES += (
    elements(
        "what PV1-15, -16, -37, -42 and PV2 say", "ADT^A01",
        (
            pv1().replace("|||7|", "|||7|A0~A1^Walks^L|VIP", 1),
            "PV2" + "|" * 8 + "20260401|20260405||4||R1^Ito^Aya" + "|" * 25 + "C^Car",
        ),
        "encounter",
        {
            "hospitalization.specialArrangement[0].coding[0]": '{"system":"http://terminology.hl7.org/CodeSystem/v2-0009","code":"A0"}',
            "hospitalization.specialArrangement[1].text": '"Walks"',
            "hospitalization.specialCourtesy[0].coding[0].system": '"http://terminology.hl7.org/CodeSystem/v2-0099"',
            "hospitalization.admitSource.coding[0].code": '"7"',
            "length.value": "4",
            "extension[0].valueDateTime": '"2026-04-01"',
            "extension[1].valueDateTime": '"2026-04-05"',
            "extension[2].valueCoding.code": '"C"',
            "participant[0].type[0].coding[0].code": '"REF"',
        },
    ),
    elements("named by a result alone", "ORU^R01", (pv1(start=""), *oru("5", "F")[1:]), "encounter", {"status": '"in-progress"'}),
    Family(
        "location: a bed in a room on a floor of a ward in a building of a site",
        (("ADT^A01", (BARE, pv1("3W{n}^301^A^ORD^^^Main{n}^F2"))),),
        """
        with recursive up as (
            select bed_location_id as location_id, []::varchar[] as types
            from silver.encounter where visit_number = 'V' || $1
            union all
            select parent_location_id, list_append(types, coalesce(json_extract_string(fhir_json, '$.physicalType.coding[0].code'), 'ward'))
            from up inner join silver.location using (location_id)
        )
        select types, (
            select list_transform(json_extract(fhir_json, '$.location[*]'), lambda place: [place->>'$.status', place->>'$.physicalType.coding[0].code'])
            from silver.encounter where visit_number = 'V' || $1
        )
        from up where location_id is null
        """,
        [(["bd", "ro", "lvl", "ward", "bu", "si"], [["active", "bd"]])],
    ),
    elements(
        "what is done, why, and by whom", "SIU^S12",
        (
            "SCH|P{n}^ORD|S{n}^ORD|||||CHECKUP^Check up^HL70276|NORMAL^Normal^HL70277|30|MIN|^^^20260401090000",
            "NTE|1||Bring the letter",
            "AIS|1||45378^Colonoscopy^C4", "AIS|2||99213^Visit^C4",
            "AIP|1||D1^Ito^Aya^^^^^^ORD|GE^Gastroenterologist^L", "AIP|2||D2^Oba^Ken^^^^^^ORD|AN^Anesthetist^L",
        ),
        "appointment",
        {
            "serviceType[1].coding[0].code": '"99213"',
            "reasonCode[0].coding[0].system": '"http://terminology.hl7.org/CodeSystem/v2-0276"',
            "appointmentType.coding[0].system": '"http://terminology.hl7.org/CodeSystem/v2-0277"',
            "participant[1].type[0].text": '"Gastroenterologist"',
            "participant[2].type[0].text": '"Anesthetist"',
            "participant[3]": None,
            "comment": '"Bring the letter"',
        },
    ),
    elements(
        "what a registry is told of a dose", "VXU^V04",
        (
            "ORC|RE||I{n}^ORD", "RXA|0|1|20260401||49281-0215-88^TENIVAC^NDC|0.5|mL^mL^UCUM||00^New^NIP001|||||||||||PA|A",
            "OBX|1|CE|30963-3^Funding^LN|1|PHC70^Private^CDCPHINVS||||||F",
            "OBX|2|CE|64994-7^Eligibility^LN|2|V01^Not VFC Eligible^HL70064||||||F",
            "OBX|3|CE|69764-9^Document^LN|3|25^Td VIS^cdcgs1vis||||||F",
            "OBX|4|DT|29768-9^Published^LN|3|20250101||||||F", "OBX|5|DT|29769-7^Presented^LN|3|20260401||||||F",
            "OBX|6|NM|30973-2^Dose number^LN|4|2||||||F",
        ),
        "immunization",
        {
            "fundingSource.coding[0].code": '"PHC70"',
            "programEligibility[0].coding[0].code": '"V01"',
            "education": '[{"documentType":"Td VIS","publicationDate":"2025-01-01","presentationDate":"2026-04-01"}]',
            "protocolApplied[0].doseNumberPositiveInt": "2",
            "isSubpotent": "true",
            "vaccineCode.text": '"TENIVAC"',
        },
    ),
    elements("a contraindication", "ADT^A08", ("AL1|1|MC|X1^Contrast^L|U",), "allergy_intolerance", {"type": '"intolerance"'}),
    elements("a word for a code", "ADT^A08", ("AL1|1|DRUG|X1^Penicillin^L|SV",), "allergy_intolerance", {"category[0]": '"medication"'}),
    Family(
        "a patient: words for codes, a line of the Internet, what is no birth order",
        (
            (
                "ADT^A08",
                (
                    "PID|1||M{n}^^^ORD^MR||{family}^{given}^^^^^L^^^^^^^RN||{birth}|F||2106-3^White^HL70005|1 A St^^B^IL^60505^USA^HOME^^&Kane"
                    "||^WPN^Internet^a{n}@example.org|||A||||||||0",
                ),
            ),
        ),
        """
        select fhir_json->>'$.address[0].use', fhir_json->>'$.address[0].district', fhir_json->>'$.telecom[0].system',
            json_array_length(fhir_json, '$.telecom'), fhir_json->>'$.name[0].suffix[0]', fhir_json->>'$.multipleBirthInteger',
            fhir_json->>'$.maritalStatus.coding[0].system', fhir_json->>'$.extension[0].extension[1].valueString'
        from silver.patient
        where patient_id in (select patient_id from identity.patient_xref where id_value = 'M' || $1)
        """,
        [("home", "Kane", "email", 1, "RN", None, "http://terminology.hl7.org/CodeSystem/v2-0002", "White")],
    ),
    Family(
        "who performed: the organization's address, its director and their number",
        (
            (
                "ORU^R01",
                (
                    BARE, "OBR|1||F{n}^ORD|10000-0^Anything^LN|||{t0}||||||||||||||||||F",
                    "OBX|1|NM|1-8^A^LN||5|mg|||||F" + "|" * 12 + "Lab {n}^L^^^^ORD^XX^^^L{n}|1 A St^^Aurora^IL^60505|D{n}^Ito^Aya^^^^MD^^ORD^L^^^EI",
                ),
            ),
        ),
        """
        select organization.city, practitioner_role.code, practitioner.fhir_json->>'$.identifier[0].type.coding[0].code',
            practitioner.fhir_json->>'$.qualification[0].code.text'
        from silver.organization
        inner join silver.practitioner_role using (organization_id)
        inner join silver.practitioner using (practitioner_id)
        where organization.identifier = 'L' || $1
        """,
        [("Aurora", "MDIR", "EI", "MD")],
    ),
    elements(
        "a code system by its older name, who ordered, where", "ORM^O01",
        (
            "ORC|NW|O{n}^ORD|||||||{t0}|||D1^Ito^Aya^^^^^^ORD" + "|" * 9 + "Clinic {n}^L^^^^^^^^C{n}|2 B St^^Joliet^IL^60431|(815)555-0100",
            "OBR|1|O{n}^ORD||786.2^Cough^I9M",
        ),
        "service_request", {"code.coding[0].system": '"http://hl7.org/fhir/sid/icd-9-cm"'},
        where="(select city || phone from silver.organization where identifier = 'C' || $1) = 'Joliet(815)555-0100'",
    ),
)  # fmt: skip


MOVED = PID.replace("{line}", "{street}")
BILLED = "|" * 10
#: The messages of each say the same minute, and the last of them counts.
OF_ONE_MINUTE = (
    Family(
        "a person who moved house",
        (("ADT^A28", (PID,)), ("ADT^A08", (MOVED,))),
        """
        select golden.address_line, patient.address_line, json_extract_string(patient.fhir_json, '$.address[*].line[0]')
        from silver.patient
        inner join identity.int_patient_golden as golden using (patient_id)
        where patient_id in (select patient_id from identity.patient_xref where id_value = 'M' || $1)
        """,
        [("{street}", "{street}", ["{street}"])],
    ),
    Family(
        "a person of two numbers, the second of which goes on",
        (
            ("ADT^A28", (PID.replace("M{n}", "X{n}"),)),
            ("ADT^A28", (MOVED,)),
            ("ADT^A40", (BARE, "MRG|X{n}^^^ORD^MR")),
        ),
        """
        select address_line from identity.int_patient_golden
        where patient_id in (select patient_id from identity.patient_xref where id_value = 'X' || $1)
        """,
        [("{street}",)],
    ),
    Family(
        "a death that was none",
        (
            ("ADT^A28", (PID + "|" * 16 + "{t0}|Y",)),
            ("ADT^A31", (BARE + "|" * 21 + '""|N',)),
        ),
        "select is_deceased from silver.patient"
        " where patient_id in (select patient_id from identity.patient_xref where id_value = 'M' || $1)",
        [(False,)],
    ),
    Family(
        "a person who was deleted and registered again at once",
        (("ADT^A28", (PID,)), ("ADT^A29", (BARE,)), ("ADT^A28", (PID,))),
        ACTIVE,
        [(True, None)],
    ),
    Family(
        "a link that was undone and made again at once",
        (
            ("ADT^A28", (OTHER,)),
            ("ADT^A24", (BARE, ALIEN)),
            ("ADT^A37", (BARE, ALIEN)),
            ("ADT^A24", (BARE, ALIEN)),
        ),
        PERSONS,
        [(1,)],
    ),
    Family(
        "an account that was merged into one that was merged into another",
        (
            ("ADT^A01", (BARE + BILLED + "A{n}^^^ORD", pv1())),
            ("ADT^A41", (BARE + BILLED + "B{n}^^^ORD", "MRG|M{n}^^^ORD^MR||A{n}^^^ORD")),
            ("ADT^A41", (BARE + BILLED + "C{n}^^^ORD", "MRG|M{n}^^^ORD^MR||B{n}^^^ORD")),
        ),
        """
        select account.account_number
        from silver.encounter inner join silver.account using (account_id)
        where visit_number = 'V' || $1
        """,
        [("C{n}",)],
    ),
    replace(RENUMBERED, name="a visit whose number changed twice at once"),
    Family(
        "a visit whose number changed and changed back",
        (
            ("ADT^A01", (PID, pv1())),
            ("ADT^A50", (BARE, "MRG|M{n}^^^ORD^MR||||V{n}^^^ORD", pv1().replace("V{n}", "W{n}"))),
            ("ADT^A50", (BARE, "MRG|M{n}^^^ORD^MR||||W{n}^^^ORD", pv1())),
        ),
        "select visit_number, status from silver.encounter where visit_number in ('V' || $1, 'W' || $1)",
        [("V{n}", "in-progress")],
    ),
    *(
        Family(
            f"a visit that moved to another person and back: {name}",
            (
                ("ADT^A01", (OTHER, pv1().replace("V{n}^^^ORD", visit))),
                ("ORU^R01", ordered(ALIEN, visit)),
                ("ADT^A45", (PID, f"MRG|X{{n}}^^^ORD^MR||||{visit}", pv1().replace("V{n}^^^ORD", visit))),
                ("ADT^A45", (ALIEN, f"MRG|M{{n}}^^^ORD^MR||||{visit}", pv1().replace("V{n}^^^ORD", visit))),
            ),
            FILED,
            [(["X{n}", "4"], "1 visit, 0 without")],
        )
        for name, visit in (("a number with its authority", "V{n}^^^ORD"), ("a bare number", "V{n}"))
    ),
    Family(
        "an order that was held and released",
        (
            ("OML^O21", ordering("NW")),
            ("OML^O21", ordering("HD")),
            ("OML^O21", ordering("RL")),
        ),
        "select status from silver.service_request where placer_order_number = 'O' || $1",
        [("active",)],
    ),
    Family(
        "a diagnosis that was ranked anew, in a ward that got a name",
        (
            ("ADT^A01", (PID, pv1("W{n}^301^A^ORD^^^^^Ward One"), "DG1|1||R51^Headache^I10|||A|||||||||1")),
            ("ADT^A08", (BARE, pv1("W{n}^301^A^ORD^^^^^Ward Two"), "DG1|1||R51^Headache^I10|||F|||||||||2")),
        ),
        """
        select location.name, diagnoses[1].diagnosis_rank, diagnoses[1].diagnosis_use
        from silver.encounter inner join silver.location using (location_id)
        where visit_number = 'V' || $1
        """,
        [("Ward Two", 2, "F")],
    ),
)  # fmt: skip
#: As text, the number of this record stands before those of the nine before it: some copy's last message must be it.
TENTH = 10


def filled(one: object, words: dict[str, str]) -> object:
    """`one` of the expected values with the copy's own words."""
    if isinstance(one, list):
        return [filled(each, words) for each in one]
    return one.format(**words) if isinstance(one, str) and ("{n" in one or one in WORDS) else one


def word(chance: random.Random) -> str:
    return "".join(
        chance.choice("BCDFGHJKLMNPRSTVWZ") + chance.choice("aeiou") for _ in range(5)
    ).capitalize()


def orders_of(count: int, chance: random.Random) -> list[tuple[int, ...]]:
    """Orders of `count` events: as they happened, backwards, others; every second one with repeats."""
    first = tuple(range(count))
    others = [one for one in itertools.permutations(first) if one not in (first, first[::-1])]
    chosen = [
        first,
        *([first[::-1]] if count > 1 else []),
        *chance.sample(others, min(len(others), max(ORDERS - 2, 0))),
    ]
    return [
        one if place % 2 == 0 else one + tuple(chance.choice(first) for _ in range(2))
        for place, one in enumerate(chosen)
    ]


@dataclass(frozen=True)
class Copy:
    family: Family
    number: str
    order: tuple[int, ...]
    words: dict[str, str]


def copies() -> list[Copy]:
    chance = random.Random(20260302)
    found = []
    for place, family in enumerate((*FAMILIES, *OF_ONE_MINUTE)):
        count = len(family.events)
        if family in OF_ONE_MINUTE:
            # What is told again at first only takes up room.
            told_again = (0,) * ((TENTH + 1) % count)
            orders = [tuple(range(count))] * (TENTH // count + 1)
            orders[0] = told_again + orders[0]
        else:
            orders = orders_of(count, chance)
        for turn, order in enumerate(orders):
            born = datetime(1940, 1, 1) + timedelta(days=chance.randrange(25_000))
            number = f"{place:02d}{turn:02d}"
            words = {
                "n": number,
                "nn": f"{turn:02d}",
                "family": word(chance), "other": word(chance), "given": word(chance),
                "stranger": word(chance), "street": f"{chance.randrange(100, 999)} {word(chance)} Ave",
                "day": f"{datetime(1940, 1, 1) + timedelta(days=chance.randrange(25_000)):%Y%m%d}",
                "line": f"{chance.randrange(100, 999)} {word(chance)} St",
                "birth": f"{born:%Y%m%d}", "iso": f"{born:%Y-%m-%d}",
                **{
                    f"t{event}": f"{START:%Y%m%d%H%M}" if family in OF_ONE_MINUTE else f"{at(event):%Y%m%d%H%M%S}"
                    for event in range(10)
                },
            }  # fmt: skip
            found.append(Copy(family, number, order, words))
    return found


WORDS = ("{line}", "{iso}", "{street}")
COPIES = copies()


RESOURCES = (
    "encounter", "patient", "appointment", "observation", "allergy_intolerance", "coverage",
    "medication_request", "immunization", "related_person", "location", "account", "diagnostic_report",
    "service_request", "specimen", "medication_administration", "procedure", "condition", "medication_dispense",
    "organization", "practitioner", "practitioner_role",
)  # fmt: skip


def sent(copy: Copy, event: int) -> str:
    """The message of an event, as the copy sends it."""
    kind, segments = copy.family.events[event]
    moment = copy.words[f"t{event}"]
    lines = [
        msh(
            application="ORD", facility="ORD", receiver=("WELLSPRING", "WELLSPRING"), sent=moment,
            kind=kind, control_id=f"{copy.number}{event}",
        )
    ]  # fmt: skip
    if kind.startswith("ADT"):
        lines.append(f"EVN|{kind[-3:]}|{moment}")
    return message(lines + [line.format(t=moment, **copy.words) for line in segments])


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    home = Home(tmp_path_factory.mktemp("orders"))
    arrivals: dict[str, list[str]] = {}
    for copy in COPIES:
        for arrival, event in enumerate(copy.order):
            if copy.family in OF_ONE_MINUTE:
                file = f"one_minute_{OF_ONE_MINUTE.index(copy.family):02d}"
            else:
                file = f"{arrival:02d}"
            arrivals.setdefault(file, []).append(sent(copy, event))
    for arrival, (file, messages) in enumerate(sorted(arrivals.items())):
        path = home.landing / "ord" / "messages" / f"{file}.hl7"
        path.parent.mkdir(parents=True, exist_ok=True)
        if file.isdigit():
            random.Random(arrival).shuffle(messages)
        path.write_bytes("".join(messages).encode())
        arrived = (datetime(2026, 5, 1, tzinfo=UTC) + timedelta(days=arrival)).timestamp()
        os.utime(path, (arrived, arrived))
    wellspring("land", "--received-at", "mtime", home=home.root)
    write_feed_registry(home, load_sources())
    run_dbt(home, "build", "--select", *(f"+{name}" for name in RESOURCES), *MODELS_ALONE)
    with duckdb.connect(str(home.database), read_only=True) as connection:
        yield connection


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_silver_is_the_same_whatever_the_order_of_arrival(
    warehouse: duckdb.DuckDBPyConnection, family: Family
) -> None:
    assert not wrong_copies(warehouse, family)


@pytest.mark.parametrize("family", OF_ONE_MINUTE, ids=lambda family: family.name)
def test_of_messages_of_one_minute_the_last_of_the_file_counts(
    warehouse: duckdb.DuckDBPyConnection, family: Family
) -> None:
    assert not wrong_copies(warehouse, family)


def wrong_copies(
    warehouse: duckdb.DuckDBPyConnection, family: Family
) -> list[tuple[tuple[int, ...], object, object]]:
    """The copies of `family` of which the warehouse says something else: their order, what it says, what is true."""
    wrong: list[tuple[tuple[int, ...], object, object]] = []
    for copy in COPIES:
        if copy.family is not family:
            continue
        expected = [tuple(filled(one, copy.words) for one in row) for row in family.expected]
        found = warehouse.execute(family.query, [copy.number]).fetchall()
        if found != expected:
            wrong.append((copy.order, found, expected))
    return wrong
