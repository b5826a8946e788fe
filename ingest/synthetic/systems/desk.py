"""The registration desks of all systems: who has which record number where, and PID from a
record.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random

from ingest.synthetic.catalogue import RACES
from ingest.synthetic.drop import Drop
from ingest.synthetic.model import Life
from ingest.synthetic.parameters import parameters
from ingest.synthetic.people import Person, Record, Registrar, Registration, fold
from ingest.synthetic.providers import Network
from ingest.synthetic.randomness import stream
from ingest.synthetic.wire.hl7 import comp, esc, segment

RIVERSIDE_OID = "urn:oid:2.16.840.1.113883.19.5.2"
AUTHORITY = {
    "ehr": "NORTHSIDE",
    "fhir": RIVERSIDE_OID,
    "lab": "REFLAB",
    "pharmacy": "CORNERRX",
    "wearables": "WEARABLE",
    "public_health": "STATEIIS",
    "scheduling": "SCHEDULING",
    "billing": "BILLING",
}
_PREFIX = {
    "ehr": "",
    "fhir": "R",
    "lab": "LAB",
    "pharmacy": "RX",
    "wearables": "WD",
    "public_health": "PH",
    "scheduling": "SCH",
    "billing": "BIL",
}
_SPREAD = {
    "ehr": 7_654_321,
    "fhir": 5_432_123,
    "lab": 3_456_787,
    "pharmacy": 6_543_211,
    "wearables": 4_567_891,
    "public_health": 2_345_681,
    "scheduling": 7_891_237,
    "billing": 1_234_577,
}


def number_in(system: str, person: int, copy: int = 0) -> str:
    """A record number: unique within the system, in no order that tells the person's."""
    value = ((person + copy * 1_000_000) * _SPREAD[system] + 17) % 9_000_000 + 1_000_000
    return f"{_PREFIX[system]}{value}"


@dataclass(slots=True)
class Desk:
    """The records of one person in every system, made when first asked for."""

    seed: int
    life: Life
    registrar: Registrar
    drop: Drop
    _records: dict[str, list[Record]] = field(default_factory=dict)

    @property
    def person(self) -> Person:
        return self.life.person

    @property
    def mrn(self) -> str:
        """The number of the main campus, if the person is known there."""
        return number_in("ehr", self.person.number) if self.life.northside else ""

    def records(self, system: str) -> list[Record]:
        """The person's records in a system: two where registration did not find the first."""
        if system in self._records:
            return self._records[system]
        person = self.person
        mrn = "" if system in ("ehr", "fhir") else self.mrn
        made = []
        copies = 1
        chance = stream(self.seed, "duplicate", system, person.number)
        rate = parameters().flaws.duplicate_record.get(system, 0.0)
        if chance.random() < rate:
            copies = 2
        for copy in range(copies):
            number = (
                person.member_id if system == "claims" else number_in(system, person.number, copy)
            )
            record, flaws = self.registrar.register(
                person, system, number=number, mrn=mrn, copy=copy
            )
            for kind, detail in flaws:
                self.drop.flaw(
                    kind, "ehr" if system == "fhir" else system, locator=number, detail=detail
                )
            made.append(record)
        if copies == 2:
            self.drop.flaw(
                "duplicate_record",
                "ehr" if system == "fhir" else system,
                locator=made[1].number,
                detail=f"same person as {made[0].number}",
            )
            if system == "ehr" and chance.random() < parameters().flaws.duplicate_merged:
                window = (self.drop.calendar.until - self.drop.calendar.start).days
                made[1].merged_into = made[0].number
                made[1].merged_on = self.drop.calendar.start + timedelta(
                    days=int(window * (0.35 + 0.6 * chance.random()))
                )
        self._records[system] = made
        return made

    def at(self, system: str, moment: datetime) -> tuple[Record, Registration]:
        """The record a clerk picks at a moment, and what it says then."""
        day = moment.date()
        made = self.records(system)
        record = made[0]
        second = made[1] if len(made) > 1 else None
        if (
            second is not None
            and (second.merged_on is None or day < second.merged_on)
            and (moment.minute + moment.hour) % 10 < 4
        ):
            record = second
        return record, record.on(day)


@dataclass(frozen=True, slots=True)
class Context:
    """What a system writes one person's records with."""

    seed: int
    network: Network
    desk: Desk
    drop: Drop

    def chance(self, name: str) -> Random:
        """The system's own stream of chance for this person."""
        return stream(self.seed, name, self.desk.person.number)


def day8(day: date | None) -> str:
    """A date of eight digits, empty when unknown."""
    return f"{day:%Y%m%d}" if day else ""


def iso(day: date | None) -> str:
    """An ISO date, empty when unknown."""
    return f"{day:%Y-%m-%d}" if day else ""


def phone_text(phone: str) -> str:
    """`(292)555-0123`."""
    return f"({phone[:3]}){phone[3:6]}-{phone[6:]}" if phone else ""


def xad(registration: Registration, *, kind: str = "H") -> str:
    """XAD: street, city, state, zip, country, type, county."""
    home = registration.address
    if home is None:
        return ""
    return comp(
        esc(home.line),
        "",
        esc(home.city),
        home.state,
        home.postal_code,
        "USA",
        kind,
        "",
        home.county_fips,
    )


def pid(
    person: Person,
    registration: Registration,
    *,
    ids: list[str],
    second_id: str = "",
    alternate_id: str = "",
    account: str = "",
    upper: bool = False,
    rich: bool = False,
    phone_style: str = "modern",
    ssn_in_field: bool = False,
    former: str = "",
) -> str:
    """PID (3.4.2) as a system fills it; `rich` adds race, language, marital status, group."""
    name = comp(
        esc(registration.family),
        esc(registration.given),
        esc(registration.middle),
        esc(registration.suffix),
        "",
        "",
        "L",
    )
    if former and former != registration.family:
        name += "~" + comp(esc(former), esc(registration.given), "", "", "", "", "M")
    address = xad(registration)
    phones = []
    if registration.phone:
        if phone_style == "modern":
            phones.append(
                comp("", "PRN", "PH", "", "1", registration.phone[:3], registration.phone[3:])
            )
        else:
            phones.append(comp(phone_text(registration.phone), "PRN", "PH"))
    if registration.email:
        phones.append(comp("", "NET", "Internet", registration.email))
    fields = {
        1: "1",
        2: second_id,
        3: "~".join(ids),
        4: alternate_id,
        5: name,
        7: day8(registration.birth_date),
        8: registration.sex or "U",
        11: address,
        13: "~".join(phones),
        18: account,
    }
    if ssn_in_field:
        fields[19] = registration.ssn
    if rich:
        fields[10] = comp(person.race, esc(RACES[person.race]), "HL70005")
        fields[15] = comp({"en": "eng", "es": "spa"}[person.language], "", "ISO639")
        fields[16] = person.marital
        fields[22] = (
            comp("2135-2", "Hispanic or Latino", "CDCREC")
            if person.hispanic
            else comp("2186-5", "Not Hispanic or Latino", "CDCREC")
        )
        if person.work_phone:
            fields[14] = comp(
                "", "WPN", "PH", "", "1", person.work_phone[:3], person.work_phone[3:]
            )
    text = segment("PID", fields)
    return fold(text).upper() if upper else text
