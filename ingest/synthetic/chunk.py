"""A chunk of households from birth to shard: the work of one process at a time."""

from __future__ import annotations

import marshal
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from ingest.synthetic.drop import Calendar, Drop, Fact
from ingest.synthetic.finance import Bill, charge_number, settle
from ingest.synthetic.life import Biographer
from ingest.synthetic.model import Life
from ingest.synthetic.parameters import parameters
from ingest.synthetic.people import NamePool, Person, Registrar, build_household
from ingest.synthetic.providers import Network, build_network
from ingest.synthetic.randomness import stream
from ingest.synthetic.systems.billing import Billing
from ingest.synthetic.systems.claims import Claims
from ingest.synthetic.systems.desk import Context, Desk
from ingest.synthetic.systems.ehr import Ehr
from ingest.synthetic.systems.fhir import Fhir
from ingest.synthetic.systems.lab import Lab, result_key
from ingest.synthetic.systems.pharmacy import Pharmacy
from ingest.synthetic.systems.public_health import PublicHealth
from ingest.synthetic.systems.scheduling import Scheduling
from ingest.synthetic.systems.wearables import Wearables


@dataclass(frozen=True, slots=True)
class Job:
    """Households to make: (index, kind, size, number of the first person)."""

    number: int
    households: tuple[tuple[int, str, int, int], ...]


class Factory:
    """What every chunk needs, built once per process."""

    def __init__(self, *, seed: int, patients: int, start: date, until: date, folder: Path) -> None:
        self.seed, self.start, self.until, self.folder = seed, start, until, folder
        self.calendar = Calendar(start=start, until=until)
        self.pool = NamePool(seed)
        self.network: Network = build_network(seed, patients)
        self.biographer = Biographer(seed=seed, network=self.network, start=start, until=until)
        self.registrar = Registrar(seed)

    def run(self, job: Job) -> tuple[int, int, dict[tuple[str, str, str], tuple[int, int]]]:
        """Writes the shard of a chunk; returns (people, records, where each file's records lie)."""
        drop = Drop(self.calendar)
        people = 0
        for index, kind, size, first in job.households:
            household = build_household(
                pool=self.pool,
                seed=self.seed,
                index=index,
                kind=kind,
                size=size,
                first_number=first,
                start=self.start,
                until=self.until,
            )
            people += len(household)
            self._household(household, drop)
        path = self.folder / f"{job.number:05d}.shard"
        where: dict[tuple[str, str, str], tuple[int, int]] = {}
        records = 0
        with path.open("wb") as out:
            blocks: dict[tuple[str, str, str], Any] = dict(drop.records)
            blocks["truth", "persons", ""] = drop.people
            blocks["truth", "person_records", ""] = list(drop.mentions)
            blocks["truth", "facts", ""] = [
                fact.row() for fact in drop.facts if fact.systems or fact.broken
            ]
            blocks["truth", "flaws", ""] = drop.flaws
            for key in sorted(blocks):
                block = blocks[key]
                if key[0] != "truth":
                    block.sort(key=lambda record: record[:3])
                    records += len(block)
                data = marshal.dumps(block, 4)
                where[key] = (out.tell(), len(data))
                out.write(data)
        return people, records, where

    def _household(self, household: list[Person], drop: Drop) -> None:
        desks: dict[int, Desk] = {}
        for person in household:
            life = self.biographer.write(person)
            desks[person.number] = Desk(self.seed, life, self.registrar, drop)
        for person in household:
            desk = desks[person.number]
            drop.begin(person.number, person.person_id, stream(self.seed, "drop", person.number))
            self._person(desk, desks[person.subscriber_number], drop)

    def _person(self, desk: Desk, subscriber: Desk, drop: Drop) -> None:
        person, life = desk.person, desk.life
        _mark_cancelled(life, self.seed)
        bills = settle(life, seed=self.seed, until=self.until)
        facts = _Facts(drop, life, bills)
        context = Context(seed=self.seed, network=self.network, desk=desk, drop=drop)
        Ehr(context).write(facts.encounters)
        Fhir(context).write(facts.encounters, facts.results)
        Lab(context).write(facts.results)
        Pharmacy(context).write(facts.fills)
        Scheduling(context).write(facts.appointments)
        Billing(context).write(bills, facts.encounters, facts.items)
        PublicHealth(context).write(facts.doses)
        Wearables(context).write()
        Claims(context, subscriber=subscriber).write(bills, facts.claims)
        home = person.new_address or person.address
        drop.people.append(
            (
                person.person_id,
                person.new_family or person.family,
                person.given,
                person.middle,
                person.suffix,
                person.former_family or (person.family if person.new_family else ""),
                person.birth_date.isoformat(),
                person.sex,
                person.ssn,
                home.line,
                home.city,
                home.state,
                home.postal_code,
                home.county_fips,
                person.new_phone or person.phone,
                person.email,
                person.payer["name"] if person.payer else "",
                person.deceased.isoformat() if person.deceased else "",
                person.twin_of,
                person.household_id,
            )
        )


def _mark_cancelled(life: Life, seed: int) -> None:
    """A few admissions were entered by mistake and taken back (A11)."""
    chance = stream(seed, "cancelled", life.person.number)
    rate = parameters().visits.cancel_admit
    orders = {order.visit_number for order in life.orders}
    prescriptions = {one.visit_number for one in life.prescriptions}
    for encounter in life.encounters:
        alone = (
            encounter.visit_number not in orders
            and encounter.visit_number not in prescriptions
            and encounter.disposition == "01"
            and not encounter.appointment_id
        )
        if chance.random() < rate and alone:
            encounter.cancelled = True
            encounter.charges = []
            encounter.procedures = []
            encounter.vitals = []
            encounter.upkeep = []
            encounter.has_note = False


class _Facts:
    """The facts of a life, by the key each system uses."""

    def __init__(self, drop: Drop, life: Life, bills: list[Bill]) -> None:
        self.drop = drop
        who = life.person.person_id
        self.encounters = {
            one.visit_number: self._add(
                Fact(
                    "encounter",
                    f"E-{one.visit_number}",
                    who,
                    (one.visit_number, "", ""),
                    code=one.kind,
                    occurred_at=one.start,
                )
            )
            for one in life.encounters
        }
        self.results = {
            result_key(order, result): self._add(
                Fact(
                    "lab_result",
                    f"L-{order.filler}-{result.test.loinc}",
                    who,
                    (order.filler, result.test.loinc, ""),
                    code=result.test.loinc,
                    unit=result.test.unit if result.value is not None else "",
                    occurred_at=order.collected_at,
                )
            )
            for order in life.orders
            for result in order.results
        }
        self.fills = {
            f"{one.rx_number}|{fill.number}": self._add(
                Fact(
                    "fill",
                    f"F-{one.rx_number}-{fill.number}",
                    who,
                    (one.rx_number, str(fill.number), ""),
                    value=f"{fill.quantity:g}",
                    code=one.drug.ndc,
                    occurred_at=fill.filled_at,
                )
            )
            for one in life.prescriptions
            for fill in one.fills
        }
        self.doses = {
            f"{one.vaccine.cvx}|{one.given_on:%Y%m%d}": self._add(
                Fact(
                    "immunization",
                    f"I-{who}-{one.vaccine.cvx}-{one.given_on:%Y%m%d}",
                    who,
                    (one.vaccine.cvx, one.given_on.isoformat(), ""),
                    code=one.vaccine.cvx,
                    occurred_at=datetime.combine(one.given_on, time()),
                )
            )
            for one in life.doses
        }
        self.appointments = {
            one.number: self._add(
                Fact("appointment", f"A-{one.number}", who, (one.number, "", ""), code=one.kind)
            )
            for one in life.appointments
        }
        self.claims = {
            claim.number: self._add(
                Fact(
                    "claim",
                    f"C-{claim.number}",
                    who,
                    (claim.number, "", ""),
                    value=f"{claim.total / 100:.2f}",
                    unit="USD",
                    code=claim.use,
                    occurred_at=claim.encounter.start,
                )
            )
            for bill in bills
            for claim in bill.claims
        }
        self.items = {
            number: self._add(
                Fact(
                    "charge",
                    f"X-{number}",
                    who,
                    (number, "", ""),
                    unit="USD",
                    code=code,
                    occurred_at=bill.encounter.start,
                )
            )
            for bill in bills
            for number, code in (
                (charge_number(bill.encounter, place), code)
                for place, (code, _) in enumerate(bill.encounter.charges, start=1)
            )
        }

    def _add(self, fact: Fact) -> Fact:
        return self.drop.fact(fact)
