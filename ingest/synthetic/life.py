"""One person's year, month by month: diseases, visits, orders, stays, and what follows from
them.

How likely things are is in `risks.py`, what would be measured in `physiology.py`, which medicines
in `medicines.py`, vaccines in `prevention.py`; here they happen, one after the other, in time.
Every number comes from `parameters.yml`.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import cache
from math import exp
from random import Random

from ingest.synthetic import prevention, risks
from ingest.synthetic.catalogue import ALLERGIES, PANELS
from ingest.synthetic.medicines import Medicines
from ingest.synthetic.model import (
    Appointment,
    Condition,
    Diagnosis,
    Done,
    Encounter,
    LabOrder,
    Life,
)
from ingest.synthetic.parameters import parameters
from ingest.synthetic.people import Person
from ingest.synthetic.physiology import Body
from ingest.synthetic.providers import Network, Practitioner
from ingest.synthetic.randomness import Weighted, poisson, stream
from ingest.synthetic.wire.times import at, unambiguous

_SPECIALIST = {
    "heart_failure": "Cardiology",
    "coronary_artery_disease": "Cardiology",
    "atrial_fibrillation": "Cardiology",
    "copd": "Pulmonology",
    "chronic_kidney_disease": "Nephrology",
    "diabetes": "Endocrinology",
    "depression": "Psychiatry",
    **dict.fromkeys(risks.CANCERS, "Oncology"),
}
_FLARE = {"heart_failure": "I50.23", "copd": "J44.1", "asthma": "J45.901"}
_SURGERY = {"K35.80": "WS406", "S72.001A": "WS407", "I21.4": "WS408", "O80": "WS410"}
_VISIT_CODE = {
    "Annual Physical": "G0439",
    "Well Child": "WS104",
    "Video Visit": "WS105",
    "Specialist Visit": "WS103",
}


@cache
def _reasons(name: str) -> Weighted[str]:
    return Weighted(parameters().reasons[name])


class Biographer:
    """Writes lives of people, given the network and the window."""

    def __init__(self, *, seed: int, network: Network, start: date, until: date) -> None:
        self.seed = seed
        self.network = network
        self.start = start
        self.until = until

    def write(self, person: Person) -> Life:
        """The life of one person inside the window."""
        return _Course(self, person).run()


class _Course:
    """The state of one person while the months go by."""

    def __init__(self, biographer: Biographer, person: Person) -> None:
        self.p = parameters()
        self.network = biographer.network
        self.start, self.until = biographer.start, biographer.until
        self.person = person
        self.seed = biographer.seed
        self.chance = chance = stream(biographer.seed, "life", person.number)
        hidden = {name: chance.gauss(0, 1) for name in ("no_show", "emergency", "admission")}
        self.age = person.age_on(self.until)
        self.groups = self._diseases(chance)
        smoker = self.age >= 18 and chance.random() < (
            self.p.smoker.with_copd if "copd" in self.groups else self.p.smoker.base
        )
        mood = stream(biographer.seed, "mood", person.number)
        self.body = Body(
            chance=chance,
            person=person,
            age=self.age,
            groups=self.groups,
            smoker=smoker,
            mood=mood,
            relieved_on=self._relief(mood),
        )
        self.life = self._found(chance, smoker)
        self.medicines = Medicines(
            chance=chance, life=self.life, body=self.body, start=self.start, until=self.until
        )
        self.sight = risks.Sight(
            body=self.body,
            age=self.age,
            payer=str(person.payer["kind"]) if person.payer else "none",
            deprivation=person.deprivation,
            far=person.address.county_fips in self.p.visits.far_counties,
            alone=person.lives_alone,
            hidden=hidden,
            missed=[],
            emergencies=[],
            stays=[],
        )
        self.visits = self.orders = self.booked = 0
        self.busy_until: datetime = at(self.start, 0)
        self.last_panel: dict[str, date] = self._tested_before()
        self.pending: list[Appointment] = []

    # -- who they are ---------------------------------------------------------------------------

    def _diseases(self, chance: Random) -> dict[str, Condition]:
        p, person = self.p, self.person
        band = (self.age >= 18) + (self.age >= 40) + (self.age >= 60) + (self.age >= 75)
        groups: dict[str, Condition] = {}
        for group, disease in p.diseases.items():
            share = disease.bands[band]
            roll, fresh, ago = chance.random(), chance.random(), chance.random()
            if not share or disease.get("only", person.sex) != person.sex:
                continue
            odds = share / (1.0 - share)
            if person.sex == "M":
                odds *= disease.male
            odds *= disease.deprivation ** ((person.deprivation - 0.5) * 2)
            for other, factor in disease.given.items():
                # those without the other disease have it a little less often, so that the
                # population as a whole stays near its band
                less = min((factor - 1.0) * p.disease_less_without, p.disease_least_without)
                odds *= factor if other in groups else 1.0 - less
            if roll >= odds / (1.0 + odds):
                continue
            if fresh < p.disease_new_in_window:
                onset = self.start + timedelta(days=int(ago * (self.until - self.start).days))
            else:
                low, high = p.disease_years_before
                onset = self.start - timedelta(days=int((low + ago * (high - low)) * 365))
                onset = max(onset, person.birth_date + timedelta(days=200))
            groups[group] = Condition(group, disease.code, onset)
        return groups

    def _relief(self, mood: Random) -> date | None:
        """The day on which a treatment of depression takes hold, of those whom it helps."""
        helps, share = mood.random() < self.p.course.phq9_relief.share, mood.random()
        if "depression" not in self.groups or not helps:
            return None
        return self.start + timedelta(days=int(share * (self.until - self.start).days))

    def _tested_before(self) -> dict[str, date]:
        """Yearly tests of a disease that is known: when they were done last, before the window."""
        earlier = stream(self.seed, "tested before", self.person.number)
        return {
            panel: self.start - timedelta(days=int(earlier.random() * months * 30.4))
            for panel, months in self.p.orders.months_between.items()
            if panel in self.p.orders.tested_before
        }

    def _found(self, chance: Random, smoker: bool) -> Life:
        p, person = self.p, self.person
        roll = chance.random()
        count = (roll > p.allergy.none) + (roll > p.allergy.none + p.allergy.one)
        lived = max((self.start - person.birth_date).days, 1)
        allergies = [
            (which, person.birth_date + timedelta(days=int(chance.random() * lived)))
            for which in chance.sample(range(len(ALLERGIES)), count)
        ]
        northside = chance.random() < p.coverage.northside
        riverside = not northside or chance.random() < p.coverage.riverside_too
        internist = self.age >= 60 or chance.random() < p.providers.internist_under_60
        specialty = (
            "Pediatrics"
            if self.age < 18
            else "Internal Medicine"
            if internist
            else "Family Medicine"
        )
        pcp = self.network.pick(chance, "NORTHSIDE" if northside else "RIVERSIDE", specialty)
        return Life(
            person,
            list(self.groups.values()),
            smoker,
            allergies,
            pcp,
            northside,
            riverside,
            self.body.height_cm,
        )

    # -- the months -----------------------------------------------------------------------------

    def run(self) -> Life:
        """All months."""
        self._plan_visits()
        self.medicines.renew(self.groups)
        month = self.start
        while month <= self.until and not self.person.deceased:
            following = (month.replace(day=1) + timedelta(days=32)).replace(day=1)
            self._month(month, min(following - timedelta(days=1), self.until))
            month = following
        for appointment in self.pending:
            self._open(appointment)
        life = self.life
        prevention.vaccinate(
            life, chance=self.chance, age=self.age, start=self.start, until=self.until
        )
        prevention.screen(
            life,
            chance=self.chance,
            age=self.age,
            payer_kind=self.sight.payer,
            start=self.start,
            until=self.until,
        )
        self._keep_up()
        self.medicines.protect(self.groups)
        self.medicines.ease()
        if self.person.deceased:
            self._end(self.person.deceased)
        life.encounters.sort(key=lambda one: (one.start, one.visit_number))
        life.orders.sort(key=lambda one: (one.ordered_at, one.placer))
        life.appointments.sort(key=lambda one: (one.booked_at, one.number))
        return life

    def _keep_up(self) -> None:
        """The health-maintenance list is gone through at the first office visit in half a year."""
        last: datetime | None = None
        for encounter in sorted(self.life.encounters, key=lambda one: one.start):
            if encounter.kind != "AMB" or encounter.video or not encounter.diagnoses:
                continue
            if last and encounter.start - last < timedelta(days=self.p.upkeep_days):
                continue
            last = encounter.start
            chance = stream(self.seed, "upkeep", encounter.visit_number)
            prevention.keep_up(self.life, encounter, chance=chance)

    def _end(self, died: date) -> None:
        """Nothing is given, asked, ordered or fetched after death."""
        life, limit = self.life, at(died, 23.9)
        life.doses = [one for one in life.doses if one.given_on < died]
        life.screenings = [one for one in life.screenings if one.screened_at < limit]
        life.orders = [one for one in life.orders if one.collected_at < limit]
        life.prescriptions = [one for one in life.prescriptions if one.written_at < limit]
        for prescription in life.prescriptions:
            prescription.fills = [one for one in prescription.fills if one.filled_at < limit]

    def _month(self, first: date, last: date) -> None:
        first = max(first, self.person.birth_date + timedelta(days=1))
        if first > last:
            return
        self.body.drift()
        chance, days = self.chance, (last - first).days + 1
        uncovered = self.medicines.uncovered(first)
        events: list[tuple[date, int, str]] = []
        for kind, rate in (
            ("emergency", risks.emergency_rate(self.sight, first, uncovered)),
            ("stay", risks.admission_rate(self.sight, first, uncovered)),
        ):
            for place in range(poisson(chance, rate * days / 30.4)):
                events.append((first + timedelta(days=chance.randrange(days)), place, kind))
        if chance.random() < risks.death_rate(self.sight):
            events.append((first + timedelta(days=chance.randrange(days)), 9, "death"))
        for day, _, kind in sorted(events):
            self._appointments_until(day)
            moment = at(day, 6 + chance.random() * 17)
            if self.person.deceased:
                return
            if moment < self.busy_until + timedelta(hours=20):
                continue
            if kind == "death":
                self.person.deceased = day
                self._close_appointments(moment)
            elif kind == "emergency":
                self._emergency(moment)
            else:
                self._stay(moment, from_emergency=False)
            if self.person.deceased:
                return
        self._appointments_until(last + timedelta(days=1))

    # -- appointments ---------------------------------------------------------------------------

    def _plan_visits(self) -> None:
        v, chance = self.p.visits, self.chance
        days = (self.until - self.start).days + 1
        years = days / 365.0
        often, pcp = v.primary_care_per_year, self.life.pcp
        adult = often.adult + often.per_condition * len(self.groups)
        rate = often.child if self.age < 18 else min(adult, often.most)
        rate += often.senior if self.age >= 65 else 0
        plan = [("Office Visit", pcp)] * poisson(chance, rate * years)
        plan += [("Sick Visit", pcp)] * poisson(chance, v.acute_primary_care_per_year * years)
        if (self.age >= 18 or self.age < 6) and chance.random() < v.yearly_check * min(years, 1):
            plan.append(("Annual Physical" if self.age >= 18 else "Well Child", pcp))
        seen: set[str] = set()
        for group in self.groups:
            specialty = _SPECIALIST.get(group)
            if not specialty or specialty in seen or chance.random() > v.sees_specialist:
                continue
            seen.add(specialty)
            rate = {"Psychiatry": v.mental_health_per_year, "Oncology": v.oncology_per_year}.get(
                specialty, v.specialist_per_year
            )
            doctor = self.network.pick(chance, self._facility(), specialty)
            plan += [("Specialist Visit", doctor)] * poisson(chance, rate * years)
        for kind, doctor in plan:
            day = self.start + timedelta(days=chance.randrange(days + v.booked_ahead_days))
            self._book(kind, doctor, day, None)

    def _facility(self) -> str:
        if self.life.northside and self.life.riverside:
            main = self.chance.random() < self.p.coverage.main_campus_of_both
            return "NORTHSIDE" if main else "RIVERSIDE"
        return "NORTHSIDE" if self.life.northside else "RIVERSIDE"

    def _slot(self, day: date) -> datetime:
        """A quarter of an hour between eight and half past four on a weekday."""
        while day.weekday() > 4:
            day += timedelta(days=1)
        return at(day, 8 + self.chance.randrange(0, 34) * 0.25)

    def _book(self, kind: str, doctor: Practitioner, day: date, booked: datetime | None) -> None:
        chance, v = self.chance, self.p.visits
        start = self._slot(day)
        if booked is None:
            lead = 1 if kind == "Sick Visit" else chance.randrange(*v.lead_days)
            booked = at(start.date() - timedelta(days=lead), 8 + chance.random() * 9)
        self.booked += 1
        number = f"APT{self.person.number:06d}{self.booked:03d}"
        if kind in ("Office Visit", "Sick Visit") and chance.random() < v.video:
            kind = "Video Visit"
        self.pending.append(
            Appointment(
                number,
                doctor,
                doctor.facility,
                kind,
                v.minutes.get(kind, v.minutes.other),
                booked,
                start,
                "booked",
            )
        )
        self.pending.sort(key=lambda one: (one.start, one.number))

    def _appointments_until(self, day: date) -> None:
        limit = at(day, 0)
        while self.pending and self.pending[0].start < limit and not self.person.deceased:
            self._meet(self.pending.pop(0))

    def _close_appointments(self, moment: datetime) -> None:
        for one in self.pending:
            if one.booked_at < moment:
                _cancel(one, moment + timedelta(days=2), "Deceased")
                self.life.appointments.append(one)
        self.pending = []

    def _open(self, appointment: Appointment) -> None:
        """A visit that lies beyond the window: booked, no more."""
        if appointment.booked_at.date() <= self.until and not self.person.deceased:
            self.life.appointments.append(appointment)

    def _meet(self, one: Appointment) -> None:
        v, chance = self.p.visits, self.chance
        if one.start.date() > self.until:
            self._open(one)
            return
        if one.start.date() <= self.person.birth_date + timedelta(days=1):
            return
        self.life.appointments.append(one)
        lead, roll = one.start - one.booked_at, chance.random()
        admitted = "Admitted to hospital"
        if one.start < self.busy_until:
            _cancel(one, max(one.start - timedelta(hours=3), one.booked_at), admitted)
            return
        if roll < v.entered_in_error:
            _cancel(one, one.booked_at + timedelta(minutes=35), "")
            one.status, one.deleted = "entered-in-error", True
            return
        if roll < v.entered_in_error + v.cancelled_by_patient:
            share = v.cancelled_after_share[0] + chance.random() * v.cancelled_after_share[1]
            _cancel(one, one.booked_at + lead * share, chance.choice(v.cancel_reasons))
            return
        if chance.random() < v.rescheduled and lead > timedelta(days=3):
            one.first_start = one.start
            one.rescheduled_at = one.booked_at + lead * (0.2 + chance.random() * 0.7)
            one.start = self._slot(
                one.start.date() + timedelta(days=chance.randrange(*v.rescheduled_days))
            )
            if one.start.date() > self.until:
                return
            if one.start < self.busy_until:
                _cancel(one, one.start - timedelta(hours=3), admitted)
                return
        missed = risks.no_show(self.sight, lead_days=lead.days, weekday=one.start.weekday())
        if chance.random() < missed:
            one.status = "noshow"
            self.sight.missed.append(one.start)
            return
        self.sight.kept += 1
        one.status = "fulfilled"
        self._visit(one)

    # -- visits ---------------------------------------------------------------------------------

    def _encounter(
        self, *, kind: str, doctor: Practitioner, start: datetime, end: datetime, reason: str
    ) -> Encounter:
        self.visits += 1
        number = f"{'12'[doctor.facility == 'RIVERSIDE']}{self.person.number:06d}{self.visits:03d}"
        noted = self.p.visits.note_of_stay if kind == "IMP" else self.p.visits.summary_note
        encounter = Encounter(
            visit_number=f"V{number}",
            account=f"A{number}",
            facility=doctor.facility,
            kind=kind,
            department=doctor.department,
            practitioner=doctor,
            start=start,
            end=end,
            reason=reason,
            has_note=self.chance.random() < noted,
        )
        self.life.encounters.append(encounter)
        self.busy_until = end
        return encounter

    def _diagnose(self, encounter: Encounter, *codes: str, chronic: int) -> None:
        """What it was about, then up to `chronic` of the long-standing diseases."""
        day = encounter.start.date()
        found = {code: Diagnosis(code, False) for code in codes if code}
        known = [one for one in self.life.conditions if one.onset <= day]
        for condition in known[:chronic]:
            code = condition.code
            if code == "E11.9" and self.body.a1c > 9:
                code = "E11.65"
            if code == "E11.9" and self.body.has("chronic_kidney_disease", day):
                code = "E11.22"
            if code == "N18.30" and self.body.egfr < 30:
                code = "N18.4"
            found.setdefault(code, Diagnosis(code, True))
        encounter.diagnoses.extend(found.values())

    def _visit(self, one: Appointment) -> None:
        chance = self.chance
        start = one.start + timedelta(minutes=chance.randrange(-4, 26))
        end = start + timedelta(minutes=one.minutes + chance.randrange(-5, 15))
        encounter = self._encounter(
            kind="AMB", doctor=one.practitioner, start=start, end=end, reason=one.kind
        )
        encounter.appointment_id = one.number
        encounter.video = one.kind == "Video Visit"
        sick = one.kind in ("Sick Visit", "Video Visit")
        check = "Z00.00" if self.age >= 18 else "Z00.129"
        about = ""
        if sick:
            about = _reasons("minor_child" if self.age < 18 else "minor_adult").draw(chance)
        elif one.kind in ("Annual Physical", "Well Child"):
            about = check
        elif (
            one.practitioner.specialty == "Oncology"
            and chance.random() < self.p.procedures.chemotherapy
        ):
            about = "Z51.11"
        self.body.measure(encounter, ill=sick)
        self._diagnose(encounter, about, chronic=4)
        if not encounter.diagnoses:
            self._diagnose(encounter, check, chronic=0)
        short = "WS102" if len(encounter.diagnoses) > 2 else "WS101"
        encounter.charges.append((_VISIT_CODE.get(one.kind, short), 1))
        self._workup(encounter)
        self.medicines.prescribe(encounter, self.groups, sick=sick)
        self._procedures(encounter)

    def _workup(self, encounter: Encounter) -> None:
        """Panels that are due."""
        day, o, chance, body = encounter.start.date(), self.p.orders, self.chance, self.body

        def due(panel: str) -> bool:
            last = self.last_panel.get(panel)
            return last is None or (day - last).days > o.months_between[panel] * 30.4 - 10

        def want(panel: str, share: float) -> None:
            if panel not in wanted and due(panel) and chance.random() < share:
                wanted.append(panel)

        wanted: list[str] = []
        diabetic = body.has("diabetes", day)
        if diabetic and not encounter.video:
            months = o.a1c_months.uncontrolled if body.a1c > 8 else o.a1c_months.controlled
            last = self.last_panel.get("A1C")
            if last is None or (day - last).days > months * 30.4 - 10:
                wanted.append("A1C")
            want("UACR", o.share.UACR)
        if encounter.reason == "Annual Physical" and chance.random() < o.adult_yearly_panels:
            for panel in ("CMP", "LIPID", "CBC"):
                want(panel, 1.0)
            if self.person.sex == "M" and 50 <= self.age < 72:
                want("PSA", o.share.PSA)
            if 45 <= self.age < 76:
                want("FIT", o.share.FIT)
            if self.age >= 40:
                want("VITD", o.share.VITD)
            if self.age >= 35 and not diabetic:
                want("A1C", o.share.A1C_screening)
        elif self.groups and self.age >= 18 and not encounter.video:
            if due("CMP"):
                want("BMP", o.share.BMP)
            if body.has("hyperlipidemia", day):
                want("LIPID", 1.0)
        if body.has("heart_failure", day):
            want("NTBNP", o.share.NTBNP)
        if body.has("hypothyroidism", day):
            want("TSH", 1.0)
        if encounter.diagnoses[0].code in ("J06.9", "U07.1", "J10.1", "J20.9"):
            want("COVRNA", o.share.COVRNA)
        for panel in wanted:
            self._order(encounter, panel, after_hours=0.3 + chance.random() * o.specimen_hours)

    def _order(self, encounter: Encounter, panel: str, *, after_hours: float) -> None:
        chance, r = self.chance, self.p.results
        ordered = encounter.start + timedelta(minutes=chance.randrange(8, 18))
        self.last_panel[panel] = ordered.date()
        encounter.charges.append((PANELS[panel].charge, 1))
        collected = unambiguous(ordered + timedelta(hours=after_hours)).replace(second=0)
        low, high = r.turnaround_hours if encounter.kind == "AMB" else r.turnaround_hours_stay
        resulted = collected + timedelta(hours=low + chance.random() * (high - low))
        self.orders += 1
        sequence = f"{self.person.number:06d}{self.orders:03d}"
        order = LabOrder(
            placer=f"ORD{sequence}",
            filler=f"RL{sequence}",
            panel=PANELS[panel],
            ordered_at=ordered,
            collected_at=collected,
            resulted_at=resulted.replace(second=0),
            corrected_at=None,
            practitioner=encounter.practitioner,
            late_days=chance.randrange(*r.late_days) if chance.random() < r.late else 0,
            facility=encounter.facility,
            visit_number=encounter.visit_number,
            si_units=chance.random() < r.outreach_si_units,
            ifcc=chance.random() < r.ifcc_a1c,
            has_loinc=chance.random() < r.loinc_alternate,
            results=[self.body.result(test) for test in PANELS[panel].tests],
        )
        self._mishap(order)
        if chance.random() < self.p.orders.performed:
            self.life.orders.append(order)

    def _mishap(self, order: LabOrder) -> None:
        """Some specimens are spoilt, some values mistyped and corrected, some reported early."""
        chance, r = self.chance, self.p.results
        roll = chance.random()
        if roll < r.cancelled:
            for result in order.results:
                result.cancelled = True
        elif roll < r.cancelled + r.corrected:
            result = chance.choice(order.results)
            if result.value is not None and not result.text:
                factor = chance.choice(r.wrong_by_factor)
                result.wrong_value = round(result.value * factor, result.test.decimals)
                order.corrected_at = order.resulted_at + timedelta(
                    hours=6 + chance.random() * r.corrected_within_hours
                )
        elif roll < r.cancelled + r.corrected + r.preliminary_first:
            for result in order.results:
                result.preliminary = True

    def _do(self, encounter: Encounter, code: str, share: float = 1.0) -> None:
        if self.chance.random() >= share:
            return
        moment = encounter.start + timedelta(minutes=self.chance.randrange(10, 40))
        encounter.procedures.append(Done(code, moment))
        encounter.charges.append((code, 1))

    def _procedures(self, encounter: Encounter) -> None:
        p, specialty = self.p.procedures, encounter.practitioner.specialty
        if specialty == "Cardiology":
            self._do(encounter, "WS401", p.electrocardiogram)
            self._do(encounter, "WS403", p.heart_ultrasound)
        elif specialty == "Pulmonology":
            self._do(encounter, "WS404", p.spirometry)
        elif encounter.diagnoses[0].code == "Z51.11":
            self._do(encounter, "WS411")
            encounter.charges.append(("J1100", 10))
        elif encounter.reason == "Annual Physical":
            if self.person.sex == "F" and 45 <= self.age < 75:
                self._do(encounter, "WS405", p.mammogram)
            if 45 <= self.age < 76:
                self._do(encounter, "G0121", p.colonoscopy)
            self._do(encounter, "G0444", p.depression_screening)

    # -- emergency department and stays ---------------------------------------------------------

    def _flare(self, day: date, share: float, groups: tuple[str, ...]) -> str:
        """A worsening of a disease that the person has, or nothing."""
        code = ""
        for group in groups:
            if self.body.has(group, day) and self.chance.random() < share:
                code = _FLARE[group]
        return code

    def _emergency(self, moment: datetime) -> None:
        e, chance, day = self.p.emergency, self.chance, moment.date()
        doctor = self.network.pick(chance, self._facility(), "Emergency Medicine")
        hours = min(e.hours.least + chance.expovariate(1 / e.hours.mean_more), e.hours.most)
        encounter = self._encounter(
            kind="EMER",
            doctor=doctor,
            start=moment,
            reason="Emergency",
            end=moment + timedelta(hours=hours),
        )
        self.sight.emergencies.append(moment)
        code = _reasons("emergency_child" if self.age < 18 else "emergency_adult").draw(chance)
        code = self._flare(day, e.flare, tuple(_FLARE)) or code
        high_sugar = self.body.has("diabetes", day) and self.body.a1c > 9.5
        if high_sugar and chance.random() < e.high_sugar:
            code = "E11.65"
        self.body.measure(encounter, ill=True)
        if chance.random() < e.left_without_being_seen:
            self._diagnose(encounter, code, chronic=0)
            encounter.disposition = "07"
            return
        self._diagnose(encounter, code, chronic=3)
        serious = code in ("I50.23", "J44.1", "J18.9", "R07.9", "E11.65", "R10.9")
        severe = "WS203" if self.age > 60 else "WS202"
        encounter.charges.append((severe if serious else "WS201", 1))
        if code == "S61.419A":
            self._do(encounter, "WS409")
        if code in ("R07.9", "I50.23"):
            self._do(encounter, "WS401")
        if code in ("J18.9", "J44.1", "I50.23", "J20.9"):
            self._do(encounter, "WS402")
        panels = {"R07.9": ("TROP",), "I50.23": ("TROP", "NTBNP")}.get(code, ())
        for panel in (*panels, *(("BMP", "CBC") if serious else ())):
            self._order(encounter, panel, after_hours=0.4)
        self.medicines.prescribe(encounter, self.groups, sick=True)
        admitted = e.admitted + (e.admitted_senior if self.age >= 70 else 0)
        admitted *= e.admitted_serious if serious else e.admitted_other
        if self.age >= 12 and chance.random() < admitted:
            encounter.disposition = "09"
            self._stay(
                encounter.end + timedelta(minutes=chance.randrange(10, 60)),
                from_emergency=True,
                facility=doctor.facility,
                code=code if serious and code != "R07.9" else "",
            )

    def _cause(self, day: date, *, again: bool) -> str:
        a, chance = self.p.admission, self.chance
        code = self._flare(day, a.flare, ("heart_failure", "copd")) or _reasons("stay").draw(chance)
        fertile = self.person.sex == "F" and 20 <= self.age < 42
        if fertile and not again and chance.random() < a.birth_of_fertile_women:
            code = "O80"
        if again and code in ("K35.80", "S72.001A", "I21.4"):
            code = "A41.9"
        return code

    def _stay(
        self,
        moment: datetime,
        *,
        from_emergency: bool,
        again: bool = False,
        code: str = "",
        facility: str = "",
    ) -> None:
        a, chance, day = self.p.admission, self.chance, moment.date()
        doctor = self.network.pick(chance, facility or self._facility(), "Hospital Medicine")
        length = min(exp(chance.gauss(*a.length_of_stay)), a.longest_stay)
        end = at((moment + timedelta(days=length)).date(), 10 + chance.random() * 7)
        if end <= moment + timedelta(hours=4):
            end = moment + timedelta(hours=14)
        encounter = self._encounter(
            kind="IMP", doctor=doctor, start=moment, end=end, reason="Inpatient stay"
        )
        encounter.admit_source = "7" if from_emergency else "2"
        encounter.readmission = again
        code = code or self._cause(day, again=again)
        self.sight.stays.append(moment)
        self.body.measure(encounter, ill=True)
        self._diagnose(encounter, code, chronic=7)
        days = max((end.date() - day).days, 1)
        self._treat(encounter, code, days)
        if end.date() > self.until:
            return
        frail = 2 if self.age > 75 else 1
        if self.age >= 40 and chance.random() < a.died_in_hospital * frail:
            encounter.disposition = "20"
            self.person.deceased = end.date()
            self._close_appointments(end)
            return
        if self.age >= 70 and chance.random() < a.to_nursing_facility:
            encounter.disposition = "03"
        elif chance.random() < a.to_home_care:
            encounter.disposition = "06"
        seen_soon = chance.random() < a.follow_up_visit
        if seen_soon:
            after = end.date() + timedelta(days=chance.randrange(*a.follow_up_days))
            self._book("Office Visit", self.life.pcp, after, end - timedelta(hours=2))
        if code == "O80" or len(self.sight.stays) >= a.most_stays:
            return
        likely = risks.readmission(
            self.sight,
            discharged=end,
            days=days,
            from_emergency=from_emergency,
            seen_soon=seen_soon,
            uncovered=self.medicines.uncovered(day),
        )
        if chance.random() >= likely:
            return
        back = end + timedelta(days=1 + chance.random() * 27)
        back = at(back.date(), 8 + chance.random() * 12)
        if back.date() > self.until:
            return
        self._appointments_until(back.date())
        if back > self.busy_until + timedelta(hours=2) and not self.person.deceased:
            same = code[0] in "IJ" and chance.random() < a.same_cause_again
            self._stay(back, from_emergency=True, again=True, code=code if same else "")

    def _treat(self, encounter: Encounter, code: str, days: int) -> None:
        """Room, doctors, operations and the laboratory of a stay."""
        a = self.p.admission
        intensive = code in ("A41.9", "I21.4") and self.chance.random() < a.intensive_care
        if intensive:
            encounter.charges.append(("WS302", 1))
        if days > intensive:
            encounter.charges.append(("WS301", days - intensive))
        encounter.charges.append(("WS303", days))
        if code in _SURGERY:
            self._do(encounter, _SURGERY[code])
        if code in ("A41.9", "J18.9"):
            self._order(encounter, "LACT", after_hours=0.5)
            encounter.charges.append(("J0696", 4 * days))
        for number in range(min(days, a.days_with_blood_tests)):
            self._order(encounter, "BMP" if number else "CMP", after_hours=2 + 24 * number)
            if number % 2 == 0:
                self._order(encounter, "CBC", after_hours=2 + 24 * number)
        if code.startswith("I50"):
            self._order(encounter, "NTBNP", after_hours=2)


def _cancel(appointment: Appointment, moment: datetime, reason: str) -> None:
    appointment.status = "cancelled"
    appointment.cancelled_at = moment
    appointment.cancel_reason = reason
