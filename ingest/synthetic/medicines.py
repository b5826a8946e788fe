"""Prescriptions and their fills: what is begun for which disease, and how faithfully it is
fetched.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from random import Random

from ingest.synthetic.catalogue import DRUGS, REGIMENS
from ingest.synthetic.model import Condition, Encounter, Fill, Life, Prescription
from ingest.synthetic.parameters import parameters
from ingest.synthetic.physiology import Body
from ingest.synthetic.providers import Practitioner
from ingest.synthetic.randomness import Weighted
from ingest.synthetic.wire.times import at


class Medicines:
    """The medicines of one life."""

    def __init__(self, *, chance: Random, life: Life, body: Body, start: date, until: date) -> None:
        self.chance, self.life, self.body = chance, life, body
        self.start, self.until = start, until
        self.p = parameters()
        self._at_pharmacy = chance.random() < self.p.coverage.corner_rx
        self._count = 0

    def renew(self, groups: dict[str, Condition]) -> None:
        """Medicines of diseases known before, renewed by telephone in the first weeks."""
        a, chance, pcp = self.p.adherence, self.chance, self.life.pcp
        for group, condition in groups.items():
            if condition.onset < self.start:
                day = self.start + timedelta(days=chance.randrange(a.renewed_within_days))
                if chance.random() < a.renewed:
                    self._begin(group, at(day, 9 + chance.random() * 7), pcp, "", pcp.facility)

    def prescribe(self, encounter: Encounter, groups: dict[str, Condition], *, sick: bool) -> None:
        """New regimens for diseases newly found, and short courses for what the visit is about."""
        day, chance = encounter.start.date(), self.chance
        when = encounter.start + timedelta(minutes=chance.randrange(8, 20))
        doctor, visit, site = encounter.practitioner, encounter.visit_number, encounter.facility
        codes = [one.code for one in encounter.diagnoses]
        for group, condition in groups.items():
            fresh = self.start <= condition.onset <= day and condition.code in codes
            treated = any(
                one.drug.key in keys
                for _, keys in REGIMENS.get(group, ())
                for one in self.life.prescriptions
            )
            if fresh and not treated:
                self._begin(group, when, doctor, visit, site)
        course = self.p.courses.by_diagnosis.get(codes[0])
        if sick and course and chance.random() < self.p.courses.given and self.body.age >= 10:
            self._write(course[0], when, doctor, visit, site, days=course[1], chronic=False)

    def protect(self, groups: dict[str, Condition]) -> None:
        """A statin for hearts at risk, where none is taken yet: begun at an office visit."""
        rule, body, chance = self.p.statin_at_risk, self.body, self.chance
        taken = {one.drug.drug_class for one in self.life.prescriptions if one.chronic}
        if "statin" in taken:
            return
        for group, share in rule.share.items():
            if group not in groups or not rule.ages[0] <= body.age <= rule.ages[1]:
                continue
            if chance.random() >= share:
                continue
            for encounter in sorted(self.life.encounters, key=lambda one: one.start):
                known = groups[group].onset <= encounter.start.date()
                if known and encounter.kind == "AMB" and not encounter.video:
                    self._write(
                        rule.drug,
                        encounter.start + timedelta(minutes=chance.randrange(8, 20)),
                        encounter.practitioner,
                        encounter.visit_number,
                        encounter.facility,
                        days=90,
                        chronic=True,
                    )
                    return

    def ease(self) -> None:
        """For sleep, itch, nerves and backs: what older adults had better not take, ordered again.

        The last draws of a life, so that nothing else depends on them.
        """
        rule, chance = self.p.avoidable, self.chance
        if self.body.age < 18:
            return
        for key, share in rule.taken.items():
            if chance.random() >= (share.senior if self.body.age >= 65 else share.adult):
                continue
            last: datetime | None = None
            for encounter in sorted(self.life.encounters, key=lambda one: one.start):
                if encounter.reason not in ("Office Visit", "Annual Physical", "Sick Visit"):
                    continue
                if last and encounter.start - last < timedelta(days=rule.ordered_anew_days):
                    continue
                last = encounter.start
                self._write(
                    key,
                    encounter.start + timedelta(minutes=chance.randrange(8, 20)),
                    encounter.practitioner,
                    encounter.visit_number,
                    encounter.facility,
                    days=rule.days,
                    chronic=False,
                    refills=chance.randrange(rule.most_refills + 1),
                )

    def uncovered(self, day: date) -> float:
        """Share of the last 90 days without the medicines meant to be taken."""
        since = day - timedelta(days=90)
        wanted = covered = 0
        for prescription in self.life.prescriptions:
            written = prescription.written_at.date()
            if not prescription.chronic or written >= day:
                continue
            begin = max(written, since)
            wanted += (day - begin).days
            for fill in prescription.fills:
                filled = fill.filled_at.date()
                if fill.reversed or filled >= day:
                    continue
                end = min(filled + timedelta(days=fill.days), day)
                covered += max((end - max(filled, begin)).days, 0)
        return 0.0 if not wanted else max(1.0 - covered / wanted, 0.0)

    def _begin(
        self, group: str, when: datetime, doctor: Practitioner, visit: str, site: str
    ) -> None:
        if group not in REGIMENS or (self.body.age < 16 and group != "asthma"):
            return
        keys = Weighted([(keys, weight) for weight, keys in REGIMENS[group]]).draw(self.chance)
        taken = {one.drug.ingredient for one in self.life.prescriptions if one.chronic}
        for key in keys:
            if DRUGS[key].ingredient not in taken:
                days = 90 if self.chance.random() < self.p.adherence.ninety_day_supply else 30
                self._write(key, when, doctor, visit, site, days=days, chronic=True)

    def _write(
        self,
        key: str,
        when: datetime,
        doctor: Practitioner,
        visit: str,
        site: str,
        *,
        days: int,
        chronic: bool,
        refills: int | None = None,
    ) -> None:
        drug, chance, a = DRUGS[key], self.chance, self.p.adherence
        self._count += 1
        sequence = f"{self.life.person.number:06d}{self._count:02d}"
        quantity: float = max(round(drug.units_per_day * days), 1)
        if refills is None:
            refills = (3 if days == 90 else 11) if chronic else 0
        prescription = Prescription(
            order_number=f"MO{sequence}",
            rx_number=f"7{sequence}",
            drug=drug,
            written_at=when,
            practitioner=doctor,
            facility=site,
            visit_number=visit,
            quantity=quantity,
            days=days,
            refills=refills,
            chronic=chronic,
            at_pharmacy=self._at_pharmacy,
        )
        self.life.prescriptions.append(prescription)
        if chance.random() < a.never_filled:
            return
        limit = at(self.until, 23)
        moment = when + timedelta(hours=2 + chance.random() * a.first_fill_within_hours)
        for number in range(refills + 1):
            filled = at(moment.date(), 9 + chance.random() * 10)
            if filled < when:
                filled = when + timedelta(hours=1)
            if filled > limit:
                break
            back = chance.random() < a.reversed_fill
            prescription.fills.append(
                Fill(
                    number=number,
                    filled_at=filled,
                    sold_at=None if back else filled + timedelta(hours=chance.random() * 6),
                    quantity=quantity,
                    days=days,
                    reversed=back,
                )
            )
            # adherence is the share of days covered, so the mean gap follows from it
            gap = days * (1 / max(self.body.adherence, 0.25) - 1)
            low, high = a.gap_spread
            moment = filled + timedelta(
                days=days - a.fetched_days_early + gap * (low + (high - low) * chance.random())
            )
            if chance.random() < a.given_up_per_fill * (1.2 - self.body.adherence):
                break
