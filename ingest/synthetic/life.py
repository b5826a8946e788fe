"""One person's year: diseases, visits, results, medicines, vaccines, drawn month by month.

Each probability depends on what a model could see in the record (age, payer, county, diseases,
earlier visits, results, days without medicine) and on a hidden trait that nobody records, so that
prediction is possible and never perfect. Every number comes from `parameters.yml`.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from math import exp
from random import Random

from ingest.synthetic.catalogue import (
    ALLERGIES,
    CHILD_SCHEDULE,
    DRUGS,
    LAB_TESTS,
    PANELS,
    QUESTIONS,
    REGIMENS,
    VACCINES,
)
from ingest.synthetic.model import (
    Appointment,
    Condition,
    Diagnosis,
    Done,
    Dose,
    Encounter,
    Fill,
    LabOrder,
    Life,
    Prescription,
    Result,
    Screening,
)
from ingest.synthetic.parameters import parameters
from ingest.synthetic.people import Person
from ingest.synthetic.providers import Network, Practitioner
from ingest.synthetic.randomness import Weighted, logistic, poisson, stream
from ingest.synthetic.wire.times import at, unambiguous

_SPECIALIST = {
    "heart_failure": "Cardiology",
    "coronary_artery_disease": "Cardiology",
    "atrial_fibrillation": "Cardiology",
    "copd": "Pulmonology",
    "chronic_kidney_disease": "Nephrology",
    "diabetes": "Endocrinology",
    "depression": "Psychiatry",
    "breast_cancer": "Oncology",
    "colorectal_cancer": "Oncology",
    "lung_cancer": "Oncology",
    "prostate_cancer": "Oncology",
}
_CANCERS = ("breast_cancer", "colorectal_cancer", "prostate_cancer", "lung_cancer")
_MINOR = {
    "adult": Weighted(
        {
            "J06.9": 5,
            "J20.9": 3,
            "N39.0": 3,
            "M54.50": 4,
            "R51.9": 2,
            "S93.409A": 2,
            "R10.9": 2,
            "R42": 1,
            "U07.1": 1,
            "J10.1": 1,
        }
    ),
    "child": Weighted(
        {"J06.9": 6, "H66.90": 5, "J20.9": 2, "J10.1": 2, "S61.419A": 1, "J45.901": 1}
    ),
}
_ED = {
    "adult": Weighted(
        {
            "R07.9": 5,
            "R10.9": 5,
            "S93.409A": 3,
            "S61.419A": 3,
            "R51.9": 2,
            "N39.0": 2,
            "M54.50": 2,
            "J18.9": 2,
            "R42": 2,
            "J06.9": 2,
        }
    ),
    "child": Weighted(
        {"S61.419A": 4, "H66.90": 3, "J06.9": 3, "J10.1": 3, "S93.409A": 2, "R10.9": 2}
    ),
}
_STAY = Weighted(
    {
        "J18.9": 4,
        "A41.9": 4,
        "N17.9": 2,
        "K57.32": 2,
        "I63.9": 1.5,
        "I21.4": 1.5,
        "K35.80": 1.2,
        "S72.001A": 1,
    }
)
_SCREENED = {
    "J06.9": "amox",
    "H66.90": "amox",
    "J20.9": "azithro",
    "J18.9": "azithro",
    "N39.0": "amox",
    "J44.1": "pred",
    "J45.901": "pred",
    "M54.50": "ibu",
    "S93.409A": "ibu",
}
_COURSES = {
    "amox": ("amoxicillin500", 10),
    "azithro": ("azithromycin250", 5),
    "pred": ("prednisone20", 5),
    "ibu": ("ibuprofen600", 10),
}
_CANCEL_REASONS = (
    "Patient request",
    "Provider unavailable",
    "Transportation",
    "Feeling better",
    "Insurance",
)


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
        self.seed = biographer.seed
        self.network = biographer.network
        self.start = biographer.start
        self.until = biographer.until
        self.person = person
        self.chance = stream(self.seed, "life", person.number)
        self.hidden = {
            name: self.chance.gauss(0.0, 1.0) for name in ("no_show", "emergency", "admission")
        }
        self.age = person.age_on(self.until)
        self.count = {"visit": 0, "order": 0, "rx": 0, "appointment": 0}
        self.missed: list[datetime] = []
        self.kept = 0
        self.ed_times: list[datetime] = []
        self.stay_times: list[datetime] = []
        self.busy_until: datetime = at(self.start, 0)
        self.last_panel: dict[str, date] = {}
        self.pending: list[Appointment] = []
        self._egfr_now = 90.0
        self.life = self._found()

    # -- who they are -------------------------------------------------------------------------

    def _found(self) -> Life:
        chance, person, p = self.chance, self.person, self.p
        band = min((self.age >= 18) + (self.age >= 40) + (self.age >= 60) + (self.age >= 75), 4)
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
                odds *= factor if other in groups else 1.0 - min((factor - 1.0) * 0.12, 0.35)
            if roll >= odds / (1.0 + odds):
                continue
            if fresh < p.disease_new_in_window:
                onset = self.start + timedelta(days=int(ago * (self.until - self.start).days))
            else:
                low, high = p.disease_years_before
                years = low + ago * (high - low)
                onset = self.start - timedelta(days=int(years * 365))
                onset = max(onset, person.birth_date + timedelta(days=200))
            groups[group] = Condition(group, disease.code, onset)
        smoker = self.age >= 18 and chance.random() < (
            p.smoker.with_copd if "copd" in groups else p.smoker.base
        )
        roll = chance.random()
        count = (roll > p.allergy.none) + (roll > p.allergy.none + p.allergy.one)
        allergies = [
            (
                which,
                person.birth_date
                + timedelta(
                    days=int(chance.random() * max((self.start - person.birth_date).days, 1))
                ),
            )
            for which in chance.sample(range(len(ALLERGIES)), count)
        ]
        northside = chance.random() < p.coverage.northside
        riverside = not northside or chance.random() < p.coverage.riverside_too
        specialty = (
            "Pediatrics"
            if self.age < 18
            else "Internal Medicine"
            if self.age >= 60 or chance.random() < 0.3
            else "Family Medicine"
        )
        pcp = self.network.pick(chance, "NORTHSIDE" if northside else "RIVERSIDE", specialty)
        self.groups = groups
        self._start_course(chance)
        height = chance.gauss(176, 7) if person.sex == "M" else chance.gauss(163, 6.5)
        if self.age < 18:
            height *= 0.30 + 0.70 * min(self.age + 1, 17) / 17
        life = Life(
            person,
            list(groups.values()),
            smoker,
            allergies,
            pcp,
            northside,
            riverside,
            round(height, 1),
        )
        self.uses_pharmacy = chance.random() < p.coverage.corner_rx
        return life

    def _start_course(self, chance: Random) -> None:
        c, groups, person = self.p.course, self.groups, self.person
        self.a1c = max(chance.gauss(*(c.a1c_start if "diabetes" in groups else c.a1c_normal)), 4.6)
        if "chronic_kidney_disease" in groups:
            self.egfr = min(max(chance.gauss(*c.egfr_ckd_start), 12), 62)
        else:
            self.egfr = chance.gauss(*c.egfr_at_40) + c.egfr_per_year_of_age * max(
                self.age - 40, -15
            )
            self.egfr = max(self.egfr, 62)
        slope = c.egfr_slope_per_year
        self.egfr_slope = (
            slope.base
            + sum(
                slope[group] for group in ("chronic_kidney_disease", "diabetes") if group in groups
            )
            + chance.gauss(0, 1.0)
        )
        self.sbp = chance.gauss(*(c.sbp_hypertension if "hypertension" in groups else c.sbp_base))
        self.bmi = max(chance.gauss(*(c.bmi_obesity if "obesity" in groups else c.bmi)), 16.5)
        if self.age < 18:
            self.bmi = max(chance.gauss(17 + self.age * 0.25, 1.8), 13)
            self.sbp -= 14
        self.ldl = max(chance.gauss(*c.ldl) + (22 if "hyperlipidemia" in groups else 0), 45)
        self.phq9 = max(
            chance.gauss(*(c.phq9_depression if "depression" in groups else c.phq9_other)), 0
        )
        a = self.p.adherence
        mean = a.mean + a.deprivation * (person.deprivation - 0.5)
        mean += a.depression if "depression" in groups else 0
        mean += a.age_under_40 if self.age < 40 else 0
        mean = min(max(mean, 0.2), 0.97)
        self.adherence = chance.betavariate(mean * a.concentration, (1 - mean) * a.concentration)

    @property
    def kind_of_payer(self) -> str:
        payer = self.person.payer
        return str(payer["kind"]) if payer else "none"

    def has(self, group: str, day: date | None = None) -> bool:
        """Whether a disease is known on a day."""
        condition = self.groups.get(group)
        return condition is not None and (day is None or condition.onset <= day)

    # -- the months ---------------------------------------------------------------------------

    def run(self) -> Life:
        """All months."""
        self._plan_visits()
        self._renew_medicines()
        month = self.start
        while month <= self.until:
            following = (month.replace(day=1) + timedelta(days=32)).replace(day=1)
            last = min(following - timedelta(days=1), self.until)
            self._month(month, last)
            month = following
            if self.person.deceased:
                break
        for appointment in self.pending:
            self._open(appointment)
        self._vaccinate()
        self._screen()
        life = self.life
        died = self.person.deceased
        if died:
            limit = at(died, 23.9)
            life.doses = [dose for dose in life.doses if dose.given_on < died]
            life.screenings = [one for one in life.screenings if one.screened_at < limit]
            for prescription in life.prescriptions:
                prescription.fills = [fill for fill in prescription.fills if fill.filled_at < limit]
        life.encounters.sort(key=lambda one: (one.start, one.visit_number))
        life.orders.sort(key=lambda one: (one.ordered_at, one.placer))
        life.appointments.sort(key=lambda one: (one.booked_at, one.number))
        return life

    def _month(self, first: date, last: date) -> None:
        if last < self.person.birth_date:
            return
        first = max(first, self.person.birth_date + timedelta(days=1))
        if first > last:
            return
        self._drift()
        events: list[tuple[date, int, str]] = []
        days = (last - first).days + 1
        for kind, rate in (("emergency", self._ed_rate(first)), ("stay", self._stay_rate(first))):
            for place in range(poisson(self.chance, rate * days / 30.4)):
                day = first + timedelta(days=self.chance.randrange(days))
                events.append((day, place, kind))
        p = self.p.population
        years = max(self.age - 30, 0)
        if self.chance.random() < p.death_per_year_base * exp(p.death_gompertz * years) / 12 * (
            2.2 if self.has("heart_failure") or any(map(self.has, _CANCERS)) else 0.8
        ):
            events.append((first + timedelta(days=self.chance.randrange(days)), 9, "death"))
        for day, _, kind in sorted(events):
            self._appointments_until(day)
            if self.person.deceased:
                return
            moment = at(day, 6 + self.chance.random() * 17)
            if kind == "death":
                if moment > self.busy_until:
                    self.person.deceased = day
                    self._close_appointments(moment)
                    return
            elif moment < self.busy_until + timedelta(hours=20):
                continue
            elif kind == "emergency":
                self._emergency(moment)
            else:
                self._stay(moment, source="2", readmission=False)
            if self.person.deceased:
                return
        self._appointments_until(last + timedelta(days=1))

    def _drift(self) -> None:
        c, chance = self.p.course, self.chance
        if "diabetes" in self.groups:
            relief = c.a1c_relief_per_month * self.adherence if self.a1c > 6.6 else 0
            self.a1c += c.a1c_drift_per_month * (1.15 - self.adherence) - relief
            self.a1c = min(max(self.a1c + chance.gauss(0, c.a1c_noise), 5.3), 13.5)
        extra = c.egfr_slope_per_year.uncontrolled if self.a1c > 9 else 0
        self.egfr = max(self.egfr + (self.egfr_slope + extra) / 12 + chance.gauss(0, 0.25), 7)
        self.bmi = max(self.bmi + chance.gauss(0, 0.12), 13)

    def _recent(self, times: list[datetime], now: datetime, days: int = 182) -> int:
        return sum(1 for moment in times if now - timedelta(days=days) <= moment < now)

    def _uncovered(self, day: date) -> float:
        """Share of the last 90 days without the medicines meant to be taken."""
        since = day - timedelta(days=90)
        wanted = covered = 0
        for prescription in self.life.prescriptions:
            if not prescription.chronic or prescription.written_at.date() >= day:
                continue
            begin = max(prescription.written_at.date(), since)
            wanted += (day - begin).days
            for fill in prescription.fills:
                filled = fill.filled_at.date()
                if fill.reversed or filled >= day:
                    continue
                covered += max(
                    (min(filled + timedelta(days=fill.days), day) - max(filled, begin)).days, 0
                )
        return 0.0 if not wanted else max(1.0 - covered / wanted, 0.0)

    def _ed_rate(self, day: date) -> float:
        e, now = self.p.emergency, at(day, 0)
        score = e.base + e.hidden * self.hidden["emergency"]
        score += e.child if self.age < 18 else e.senior if self.age >= 70 else 0
        for group in ("copd", "heart_failure", "asthma", "diabetes", "depression"):
            score += e[group] if self.has(group, day) else 0
        score += e.medicaid if self.kind_of_payer == "medicaid" else 0
        score += e.uninsured if self.kind_of_payer == "none" else 0
        score += e.deprivation * (self.person.deprivation - 0.5)
        score += e.visits_last_6_months * min(self._recent(self.ed_times, now), 4)
        score += e.missed_visits * min(self._recent(self.missed, now), 3)
        score += e.a1c_above_9 if self.a1c > 9 else 0
        score += e.poor_adherence if self._uncovered(day) > 0.4 else 0
        return exp(min(score, 0.5))

    def _stay_rate(self, day: date) -> float:
        a, now = self.p.admission, at(day, 0)
        score = a.base + a.hidden * self.hidden["admission"]
        score += a.per_decade_above_40 * max(self.age - 40, 0) / 10
        for group in (
            "heart_failure",
            "copd",
            "chronic_kidney_disease",
            "coronary_artery_disease",
            "diabetes",
        ):
            score += a[group] if self.has(group, day) else 0
        score += a.cancer if any(self.has(group, day) for group in _CANCERS) else 0
        score += a.admissions_last_6_months * min(self._recent(self.stay_times, now), 3)
        score += a.egfr_below_30 if self.egfr < 30 else 0
        score += a.poor_adherence if self._uncovered(day) > 0.4 else 0
        return exp(min(score, 0.0))

    # -- appointments ---------------------------------------------------------------------------

    def _plan_visits(self) -> None:
        v, chance = self.p.visits, self.chance
        days = (self.until - self.start).days + 1
        years = days / 365.0
        pcp = v.primary_care_per_year
        conditions = len(self.groups)
        rate = pcp.child if self.age < 18 else pcp.adult + pcp.per_condition * conditions
        rate += pcp.senior if self.age >= 65 else 0
        plan = [("Office Visit", self.life.pcp)] * poisson(chance, min(rate, pcp.most) * years)
        plan += [("Sick Visit", self.life.pcp)] * poisson(
            chance, v.acute_primary_care_per_year * years
        )
        if (self.age >= 18 or self.age < 6) and chance.random() < 0.62 * min(years, 1):
            plan.append(("Annual Physical" if self.age >= 18 else "Well Child", self.life.pcp))
        seen: set[str] = set()
        for group in self.groups:
            specialty = _SPECIALIST.get(group)
            if not specialty or specialty in seen or chance.random() > 0.6:
                continue
            seen.add(specialty)
            rate = {"Psychiatry": v.mental_health_per_year, "Oncology": v.oncology_per_year}.get(
                specialty, v.specialist_per_year
            )
            facility = self._facility()
            doctor = self.network.pick(chance, facility, specialty)
            plan += [("Specialist Visit", doctor)] * poisson(chance, rate * years)
        horizon = 30
        for kind, doctor in plan:
            day = self.start + timedelta(days=chance.randrange(days + horizon))
            self._book(kind, doctor, day, None)

    def _facility(self) -> str:
        if self.life.northside and self.life.riverside:
            return "NORTHSIDE" if self.chance.random() < 0.72 else "RIVERSIDE"
        return "NORTHSIDE" if self.life.northside else "RIVERSIDE"

    def _book(self, kind: str, doctor: Practitioner, day: date, booked: datetime | None) -> None:
        chance, v = self.chance, self.p.visits
        while day.weekday() > 4:
            day += timedelta(days=1)
        start = at(day, 8 + chance.randrange(0, 34) * 0.25)
        if booked is None:
            lead = 1 if kind == "Sick Visit" else chance.randrange(*v.lead_days)
            booked = at(day - timedelta(days=lead), 8 + chance.random() * 9)
        self.count["appointment"] += 1
        number = f"APT{self.person.number:06d}{self.count['appointment']:03d}"
        if chance.random() < v.video and kind in ("Office Visit", "Sick Visit"):
            kind = "Video Visit"
        minutes = {"Annual Physical": 40, "Specialist Visit": 30, "Well Child": 30}.get(kind, 20)
        self.pending.append(
            Appointment(number, doctor, doctor.facility, kind, minutes, booked, start, "booked")
        )
        self.pending.sort(key=lambda one: (one.start, one.number))

    def _appointments_until(self, day: date) -> None:
        limit = at(day, 0)
        while self.pending and self.pending[0].start < limit and not self.person.deceased:
            self._meet(self.pending.pop(0))

    def _close_appointments(self, moment: datetime) -> None:
        for appointment in self.pending:
            if appointment.booked_at < moment:
                appointment.status = "cancelled"
                appointment.cancelled_at = moment + timedelta(days=2)
                appointment.cancel_reason = "Deceased"
                self.life.appointments.append(appointment)
        self.pending = []

    def _open(self, appointment: Appointment) -> None:
        """A visit that lies beyond the window: booked, no more."""
        if appointment.booked_at.date() <= self.until and not self.person.deceased:
            self.life.appointments.append(appointment)

    def _meet(self, appointment: Appointment) -> None:
        v, chance = self.p.visits, self.chance
        if appointment.start.date() > self.until:
            self._open(appointment)
            return
        if appointment.start.date() <= self.person.birth_date:
            return
        self.life.appointments.append(appointment)
        roll = chance.random()
        lead = appointment.start - appointment.booked_at
        if appointment.start < self.busy_until:
            appointment.status = "cancelled"
            appointment.cancelled_at = appointment.start - timedelta(hours=3)
            appointment.cancel_reason = "Admitted to hospital"
            return
        if roll < v.entered_in_error:
            appointment.status = "entered-in-error"
            appointment.deleted = True
            appointment.cancelled_at = appointment.booked_at + timedelta(minutes=35)
            return
        if roll < v.entered_in_error + v.cancelled_by_patient:
            appointment.status = "cancelled"
            appointment.cancelled_at = appointment.booked_at + lead * (0.3 + chance.random() * 0.65)
            appointment.cancel_reason = chance.choice(_CANCEL_REASONS)
            return
        if chance.random() < v.rescheduled and lead > timedelta(days=3):
            appointment.first_start = appointment.start
            appointment.rescheduled_at = appointment.booked_at + lead * (
                0.2 + chance.random() * 0.7
            )
            moved = appointment.start.date() + timedelta(days=chance.randrange(2, 21))
            while moved.weekday() > 4:
                moved += timedelta(days=1)
            appointment.start = at(moved, 8 + chance.randrange(0, 34) * 0.25)
            if appointment.start.date() > self.until:
                return
        if appointment.start < self.busy_until:
            appointment.status = "cancelled"
            appointment.cancelled_at = appointment.start - timedelta(hours=3)
            appointment.cancel_reason = "Admitted to hospital"
            return
        n = v.no_show
        score = n.base + n.hidden * self.hidden["no_show"] + n.per_lead_day * min(lead.days, 45)
        score += n.young_adult if 18 <= self.age < 35 else 0
        score += n.medicaid if self.kind_of_payer == "medicaid" else 0
        score += n.uninsured if self.kind_of_payer == "none" else 0
        score += n.depression if self.has("depression") else 0
        score += n.deprivation * (self.person.deprivation - 0.5)
        visits = len(self.missed) + self.kept
        score += n.earlier_share * (len(self.missed) / visits if visits else 0.12)
        score += n.monday_or_friday if appointment.start.weekday() in (0, 4) else 0
        score += n.far_from_clinic if self.person.address.county_fips.startswith("55") else 0
        if chance.random() < logistic(score):
            appointment.status = "noshow"
            self.missed.append(appointment.start)
            return
        self.kept += 1
        appointment.status = "fulfilled"
        self._visit(appointment)

    # -- encounters -----------------------------------------------------------------------------

    def _encounter(
        self,
        *,
        kind: str,
        facility: str,
        doctor: Practitioner,
        start: datetime,
        end: datetime,
        reason: str,
    ) -> Encounter:
        self.count["visit"] += 1
        sequence = self.count["visit"]
        site = "1" if facility == "NORTHSIDE" else "2"
        encounter = Encounter(
            visit_number=f"V{site}{self.person.number:06d}{sequence:03d}",
            account=f"A{site}{self.person.number:06d}{sequence:03d}",
            facility=facility,
            kind=kind,
            department=doctor.department,
            practitioner=doctor,
            start=start,
            end=end,
            reason=reason,
            has_note=self.chance.random() < (0.95 if kind == "IMP" else self.p.visits.summary_note),
        )
        self.life.encounters.append(encounter)
        self.busy_until = end
        return encounter

    def _measure(self, encounter: Encounter, *, ill: bool) -> None:
        c, chance = self.p.course, self.chance
        moment = encounter.start + timedelta(minutes=chance.randrange(2, 11))
        sbp = self.sbp + chance.gauss(0, c.sbp_noise)
        if self.has("hypertension"):
            sbp -= c.sbp_relief * self.adherence
        weight = self.bmi * (self.life.height_cm / 100) ** 2
        temperature = chance.gauss(38.1 if ill and chance.random() < 0.4 else 36.8, 0.3)
        rate = chance.gauss(74 if self.age >= 12 else 95, 10) + (12 if ill else 0)
        oxygen = min(chance.gauss(92.5 if self.has("copd") and ill else 97.6, 1.3), 100)
        unit = "temperature_fahrenheit"
        fahrenheit = chance.random() < self.p.flaws[unit]
        pounds = chance.random() < self.p.flaws.weight_pounds
        vitals = encounter.vitals
        if encounter.video:
            return
        vitals.append(("VS-BP-SYS", round(max(sbp, 78)), "mm[Hg]"))
        vitals.append(("VS-BP-DIA", round(max(sbp * 0.42 + chance.gauss(26, 5), 40)), "mm[Hg]"))
        vitals.append(("VS-HR", round(max(rate, 42)), "/min"))
        vitals.append(("VS-RR", round(max(chance.gauss(16, 2) + (4 if ill else 0), 9)), "/min"))
        if fahrenheit:
            vitals.append(("VS-TEMP", round(temperature * 9 / 5 + 32, 1), "[degF]"))
        else:
            vitals.append(("VS-TEMP", round(temperature, 1), "Cel"))
        vitals.append(("VS-SPO2", round(max(oxygen, 80)), "%"))
        if pounds:
            vitals.append(("VS-WT", round(weight / 0.45359237, 1), "[lb_av]"))
        else:
            vitals.append(("VS-WT", round(weight, 1), "kg"))
        if encounter.kind == "AMB":
            vitals.append(("VS-HT", self.life.height_cm, "cm"))
            vitals.append(("VS-BMI", round(self.bmi, 1), "kg/m2"))
        if (
            self.age >= 18
            and encounter.reason in ("Annual Physical", "Specialist Visit")
            and (self.has("depression") or chance.random() < 0.5)
        ):
            score = min(max(round(self.phq9 + chance.gauss(0, 2)), 0), 27)
            vitals.append(("VS-PHQ9", score, "{score}"))
        if self.age >= 18 and encounter.reason == "Annual Physical":
            vitals.append(("VS-SMOKE", 1 if self.life.smoker else 0, ""))
        del moment

    def _diagnose_chronic(self, encounter: Encounter, limit: int) -> None:
        day = encounter.start.date()
        known = [one for one in self.life.conditions if one.onset <= day]
        for condition in known[:limit]:
            code = condition.code
            if code == "E11.9" and self.a1c > 9:
                code = "E11.65"
            if code == "E11.9" and self.has("chronic_kidney_disease", day):
                code = "E11.22"
            if code == "N18.30" and self.egfr < 30:
                code = "N18.4"
            if code not in [one.code for one in encounter.diagnoses]:
                encounter.diagnoses.append(Diagnosis(code, True))

    def _visit(self, appointment: Appointment) -> None:
        chance = self.chance
        delay = timedelta(minutes=chance.randrange(-4, 26))
        start = appointment.start + delay
        end = start + timedelta(minutes=appointment.minutes + chance.randrange(-5, 15))
        encounter = self._encounter(
            kind="AMB",
            facility=appointment.facility,
            doctor=appointment.practitioner,
            start=start,
            end=end,
            reason=appointment.kind,
        )
        encounter.appointment_id = appointment.number
        encounter.video = appointment.kind == "Video Visit"
        sick = appointment.kind in ("Sick Visit", "Video Visit")
        age_kind = "child" if self.age < 18 else "adult"
        if sick:
            encounter.diagnoses.append(Diagnosis(_MINOR[age_kind].draw(chance), False))
        elif appointment.kind in ("Annual Physical", "Well Child"):
            encounter.diagnoses.append(Diagnosis("Z00.00" if self.age >= 18 else "Z00.129", False))
        self._measure(encounter, ill=sick)
        self._diagnose_chronic(encounter, 4)
        if not encounter.diagnoses:
            encounter.diagnoses.append(Diagnosis("Z00.00" if self.age >= 18 else "Z00.129", False))
        visit_code = {
            "Annual Physical": "G0439",
            "Well Child": "WS104",
            "Video Visit": "WS105",
            "Specialist Visit": "WS103",
        }.get(appointment.kind)
        if visit_code is None:
            visit_code = "WS102" if len(encounter.diagnoses) > 2 else "WS101"
        encounter.charges.append((visit_code, 1))
        self._workup(encounter)
        self._prescribe(encounter, sick=sick)
        self._procedures(encounter)

    def _workup(self, encounter: Encounter) -> None:
        """Panels that are due."""
        day, o, chance = encounter.start.date(), self.p.orders, self.chance

        def due(panel: str, months: float) -> bool:
            last = self.last_panel.get(panel)
            return last is None or (day - last).days > months * 30.4 - 10

        wanted: list[str] = []
        if self.has("diabetes", day) and not encounter.video:
            months = o.a1c_months.uncontrolled if self.a1c > 8 else o.a1c_months.controlled
            if due("A1C", months):
                wanted.append("A1C")
            if due("UACR", 12) and chance.random() < 0.7:
                wanted.append("UACR")
        if encounter.reason == "Annual Physical" and chance.random() < o.adult_yearly_panels + 0.25:
            wanted += [one for one in ("CMP", "LIPID", "CBC") if due(one, 11)]
            if self.person.sex == "M" and 50 <= self.age < 72 and chance.random() < 0.35:
                wanted.append("PSA")
            if 45 <= self.age < 76 and chance.random() < 0.4:
                wanted.append("FIT")
            if self.age >= 40 and chance.random() < 0.2:
                wanted.append("VITD")
            if "A1C" not in wanted and self.age >= 35 and due("A1C", 24) and chance.random() < 0.4:
                wanted.append("A1C")
        elif self.groups and self.age >= 18 and not encounter.video:
            if due("BMP", 5) and due("CMP", 5) and chance.random() < 0.6:
                wanted.append("BMP")
            if self.has("hyperlipidemia", day) and due("LIPID", 11):
                wanted.append("LIPID")
        if self.has("heart_failure", day) and due("NTBNP", 5) and chance.random() < 0.6:
            wanted.append("NTBNP")
        if self.has("hypothyroidism", day) and due("TSH", 6):
            wanted.append("TSH")
        if encounter.diagnoses[0].code in ("J06.9", "U07.1", "J10.1", "J20.9") and (
            chance.random() < 0.4
        ):
            wanted.append("COVRNA")
        for panel in wanted:
            self._order(encounter, panel, delay_hours=0.3 + chance.random() * 30)

    def _order(self, encounter: Encounter, panel: str, *, delay_hours: float) -> None:
        chance, r = self.chance, self.p.results
        ordered = encounter.start + timedelta(minutes=chance.randrange(8, 18))
        self.last_panel[panel] = ordered.date()
        performed = chance.random() < self.p.orders.performed
        collected = unambiguous(ordered + timedelta(hours=delay_hours))
        low, high = r.turnaround_hours
        if encounter.kind != "AMB":
            low, high = 1, 5
        resulted = collected + timedelta(hours=low + chance.random() * (high - low))
        self.count["order"] += 1
        sequence = f"{self.person.number:06d}{self.count['order']:03d}"
        encounter.charges.append((PANELS[panel].charge, 1))
        si_units = chance.random() < r.outreach_si_units
        ifcc = chance.random() < r.ifcc_a1c
        has_loinc = chance.random() < r.loinc_alternate
        late = chance.randrange(*r.late_days) if chance.random() < r.late else 0
        results = [self._result(test) for test in PANELS[panel].tests]
        corrected_at: datetime | None = None
        if chance.random() < r.cancelled * len(results) ** 0.3:
            for result in results:
                result.cancelled = True
        elif chance.random() < r.corrected * len(results) ** 0.5:
            result = chance.choice(results)
            if result.value is not None:
                decimals = result.test.decimals
                wrong = result.value * (0.55 if chance.random() < 0.5 else 1.6)
                result.wrong_value = round(wrong, decimals)
                corrected_at = resulted + timedelta(hours=6 + chance.random() * 90)
        elif chance.random() < r.preliminary_first:
            for result in results:
                result.preliminary = True
        if not performed:
            return
        self.life.orders.append(
            LabOrder(
                placer=f"ORD{sequence}",
                filler=f"RL{sequence}",
                panel=PANELS[panel],
                ordered_at=ordered,
                collected_at=collected.replace(second=0),
                resulted_at=resulted.replace(second=0),
                corrected_at=corrected_at,
                late_days=late,
                practitioner=encounter.practitioner,
                facility=encounter.facility,
                visit_number=encounter.visit_number,
                si_units=si_units,
                ifcc=ifcc,
                has_loinc=has_loinc,
                results=results,
            )
        )

    def _result(self, code: str) -> Result:
        test, chance, c = LAB_TESTS[code], self.chance, self.p.course
        if code == "FIT":
            positive = chance.random() < 0.05
            return Result(
                test, None, "Positive" if positive else "Negative", "A" if positive else "N"
            )
        if code == "COVRNA":
            positive = chance.random() < 0.2
            return Result(
                test, None, "Detected" if positive else "Not detected", "A" if positive else "N"
            )
        value = self._value(code, chance)
        del c
        value = round(max(value, 0.001), test.decimals)
        flag = ""
        if test.low is not None and value < test.low:
            flag = "LL" if value < test.low * 0.75 else "L"
        elif test.high is not None and value > test.high:
            flag = "HH" if value > test.high * 1.8 and code in ("GLU", "K", "TROP", "LACT") else "H"
        return Result(test, value, "", flag or "N")

    def _value(self, code: str, chance: Random) -> float:
        egfr = max(self.egfr + chance.gauss(0, self.p.course.egfr_noise), 5)
        if code == "A1C":
            return self.a1c
        if code == "EGFR":
            return self._egfr_now
        if code == "CREA":
            self._egfr_now = egfr
            return self._creatinine(egfr)
        if code == "GLU":
            # after the ADAG study (Nathan 2008, Diabetes Care 31:1473): 28.7 x A1c - 46.7
            return max(28.7 * self.a1c - 46.7 + chance.gauss(-12, 14), 55)
        if code == "LDL":
            statin = self.p.course.ldl_statin_relief * self.adherence
            treated = self.has("hyperlipidemia") or self.has("coronary_artery_disease")
            self._ldl_now = max(self.ldl - (statin if treated else 0) + chance.gauss(0, 6), 30)
            return self._ldl_now
        if code == "NTBNP":
            base = 6.7 if self.has("heart_failure") else 4.2
            return exp(chance.gauss(base, 0.6)) * (1.4 if egfr < 45 else 1)
        if code == "UACR":
            bad = self.has("chronic_kidney_disease") or self.a1c > 8.5
            return exp(chance.gauss(4.4 if bad else 2.3, 0.9))
        if code == "K":
            return chance.gauss(4.3 + (0.35 if egfr < 40 else 0), 0.33)
        if code == "HGB":
            return chance.gauss(13.6 if self.person.sex == "F" else 14.9, 1.0) - (
                1.3 if egfr < 35 else 0
            )
        if code == "PSA":
            return exp(chance.gauss(1.9 if self.has("prostate_cancer") else 0.1, 0.7))
        if code == "TROP":
            return exp(chance.gauss(-4.4, 0.9))
        mean, sd = {
            "BUN": (14 + max(70 - egfr, 0) * 0.35, 3.5),
            "NA": (139.5, 2.2),
            "CL": (102, 2.4),
            "CO2": (25.5, 2),
            "CA": (9.4, 0.35),
            "ALB": (4.2, 0.3),
            "TP": (7.1, 0.4),
            "TBIL": (0.6, 0.22),
            "ALP": (76, 19),
            "ALT": (26, 11),
            "AST": (24, 8),
            "CHOL": (188, 30),
            "TRIG": (132 + 8 * max(self.bmi - 26, 0), 42),
            "HDL": (51, 12),
            "WBC": (7.1, 1.8),
            "RBC": (4.7, 0.42),
            "HCT": (42, 3.4),
            "PLT": (248, 54),
            "TSH": (3.4 if self.has("hypothyroidism") else 2.0, 1.1),
            "LACT": (1.5, 0.7),
            "VITD": (31, 9),
        }[code]
        return max(chance.gauss(mean, sd), mean * 0.25)

    def _creatinine(self, egfr: float) -> float:
        """Creatinine that CKD-EPI 2021 turns into `egfr` (Inker 2021, NEJM 385:1737)."""
        female = self.person.sex == "F"
        kappa, alpha = (0.7, -0.241) if female else (0.9, -0.302)
        base = 142 * 0.9938 ** max(self.age, 18) * (1.012 if female else 1.0)
        share = egfr / base
        exponent = -1 / 1.2 if share < 1 else 1 / alpha
        return max(kappa * share**exponent, 0.25)

    # -- medicines ------------------------------------------------------------------------------

    def _renew_medicines(self) -> None:
        """Medicines of diseases known before, renewed by telephone in the first weeks."""
        for group, condition in self.groups.items():
            if condition.onset < self.start:
                day = self.start + timedelta(days=self.chance.randrange(45))
                if self.chance.random() < 0.85:
                    self._start_regimen(
                        group,
                        at(day, 9 + self.chance.random() * 7),
                        self.life.pcp,
                        "",
                        self.life.pcp.facility,
                    )

    def _start_regimen(
        self, group: str, when: datetime, doctor: Practitioner, visit: str, facility: str
    ) -> None:
        if group not in REGIMENS or (self.age < 16 and group != "asthma"):
            return
        keys = Weighted([(keys, weight) for weight, keys in REGIMENS[group]]).draw(self.chance)
        taken = {one.drug.ingredient for one in self.life.prescriptions if one.chronic}
        for key in keys:
            if DRUGS[key].ingredient not in taken:
                days = 90 if self.chance.random() < self.p.adherence.ninety_day_supply else 30
                self._write_prescription(
                    key, when, doctor, visit, facility, days=days, chronic=True
                )

    def _prescribe(self, encounter: Encounter, *, sick: bool) -> None:
        day, chance = encounter.start.date(), self.chance
        when = encounter.start + timedelta(minutes=chance.randrange(8, 20))
        for group, condition in self.groups.items():
            fresh = self.start <= condition.onset <= day
            if (
                fresh
                and condition.code in [one.code for one in encounter.diagnoses]
                and not any(
                    one.drug.key in keys
                    for _, keys in REGIMENS.get(group, ())
                    for one in self.life.prescriptions
                )
            ):
                self._start_regimen(
                    group, when, encounter.practitioner, encounter.visit_number, encounter.facility
                )
        course = _SCREENED.get(encounter.diagnoses[0].code)
        if sick and course and chance.random() < 0.55:
            key, days = _COURSES[course]
            if self.age >= 10:
                self._write_prescription(
                    key,
                    when,
                    encounter.practitioner,
                    encounter.visit_number,
                    encounter.facility,
                    days=days,
                    chronic=False,
                )

    def _write_prescription(
        self,
        key: str,
        when: datetime,
        doctor: Practitioner,
        visit: str,
        facility: str,
        *,
        days: int,
        chronic: bool,
    ) -> None:
        drug, chance, a = DRUGS[key], self.chance, self.p.adherence
        self.count["rx"] += 1
        sequence = f"{self.person.number:06d}{self.count['rx']:02d}"
        quantity: float = max(round(drug.units_per_day * days), 1)
        refills = (3 if days == 90 else 11) if chronic else 0
        prescription = Prescription(
            order_number=f"MO{sequence}",
            rx_number=f"7{sequence}",
            drug=drug,
            written_at=when,
            practitioner=doctor,
            facility=facility,
            visit_number=visit,
            quantity=quantity,
            days=days,
            refills=refills,
            chronic=chronic,
            at_pharmacy=self.uses_pharmacy,
        )
        self.life.prescriptions.append(prescription)
        if chance.random() < a.never_filled:
            return
        limit = at(self.until, 23)
        moment = when + timedelta(hours=2 + chance.random() * 60)
        for number in range(refills + 1):
            local_hour = 9 + chance.random() * 10
            filled = at(moment.date(), local_hour)
            if filled < when:
                filled = when + timedelta(hours=1)
            if filled > limit:
                break
            reversed_fill = chance.random() < a.reversed_fill
            prescription.fills.append(
                Fill(
                    number=number,
                    filled_at=filled,
                    sold_at=None
                    if reversed_fill
                    else filled + timedelta(hours=chance.random() * 6),
                    quantity=quantity,
                    days=days,
                    reversed=reversed_fill,
                )
            )
            gap = days * (1 / max(self.adherence, 0.25) - 1) * (0.4 + 1.2 * chance.random())
            moment = filled + timedelta(days=days - 2 + gap)
            if chance.random() < 0.03 * (1.2 - self.adherence):
                break

    # -- procedures, emergency, stays -----------------------------------------------------------

    def _do(self, encounter: Encounter, code: str) -> None:
        moment = encounter.start + timedelta(minutes=self.chance.randrange(10, 40))
        encounter.procedures.append(Done(code, moment))
        encounter.charges.append((code, 1))

    def _procedures(self, encounter: Encounter) -> None:
        chance, specialty = self.chance, encounter.practitioner.specialty
        if specialty == "Cardiology":
            if chance.random() < 0.5:
                self._do(encounter, "WS401")
            if chance.random() < 0.25:
                self._do(encounter, "WS403")
        elif specialty == "Pulmonology" and chance.random() < 0.5:
            self._do(encounter, "WS404")
        elif specialty == "Oncology" and chance.random() < 0.35:
            encounter.diagnoses.insert(0, Diagnosis("Z51.11", False))
            self._do(encounter, "WS411")
            encounter.charges.append(("J1100", 10))
        elif encounter.reason == "Annual Physical":
            if self.person.sex == "F" and 45 <= self.age < 75 and chance.random() < 0.5:
                self._do(encounter, "WS405")
            if 45 <= self.age < 76 and chance.random() < 0.08:
                self._do(encounter, "G0121")
            if chance.random() < 0.35:
                self._do(encounter, "G0444")

    def _emergency(self, moment: datetime) -> None:
        e, chance = self.p.emergency, self.chance
        facility = self._facility()
        doctor = self.network.pick(chance, facility, "Emergency Medicine")
        hours = 1.2 + chance.expovariate(1 / 2.6)
        encounter = self._encounter(
            kind="EMER",
            facility=facility,
            doctor=doctor,
            start=moment,
            end=moment + timedelta(hours=min(hours, 16)),
            reason="Emergency",
        )
        self.ed_times.append(moment)
        day = moment.date()
        code = _ED["child" if self.age < 18 else "adult"].draw(chance)
        for group, flare in (("heart_failure", "I50.23"), ("copd", "J44.1"), ("asthma", "J45.901")):
            if self.has(group, day) and chance.random() < 0.38:
                code = flare
        if self.a1c > 9.5 and chance.random() < 0.2 and self.has("diabetes", day):
            code = "E11.65"
        encounter.diagnoses.append(Diagnosis(code, False))
        self._measure(encounter, ill=True)
        if chance.random() < e.left_without_being_seen:
            encounter.disposition = "07"
            return
        self._diagnose_chronic(encounter, 3)
        serious = code in ("I50.23", "J44.1", "J18.9", "R07.9", "E11.65", "R10.9")
        encounter.charges.append(
            (("WS203" if serious and self.age > 60 else "WS202" if serious else "WS201"), 1)
        )
        if code == "S61.419A":
            self._do(encounter, "WS409")
        if code in ("R07.9", "I50.23"):
            self._do(encounter, "WS401")
            self._order(encounter, "TROP", delay_hours=0.4)
        if code in ("J18.9", "J44.1", "I50.23", "J20.9"):
            self._do(encounter, "WS402")
        if serious:
            self._order(encounter, "BMP", delay_hours=0.4)
            self._order(encounter, "CBC", delay_hours=0.4)
        if code == "I50.23":
            self._order(encounter, "NTBNP", delay_hours=0.4)
        self._prescribe(encounter, sick=True)
        admitted = e.admitted + (e.admitted_senior if self.age >= 70 else 0)
        if chance.random() < admitted * (1.6 if serious else 0.35) and self.age >= 12:
            encounter.disposition = "09"
            stay_code = code if serious and code != "R07.9" else ""
            self._stay(
                encounter.end + timedelta(minutes=chance.randrange(10, 60)),
                source="7",
                readmission=False,
                code=stay_code,
                facility=facility,
            )

    def _stay(
        self,
        moment: datetime,
        *,
        source: str,
        readmission: bool,
        code: str = "",
        facility: str = "",
    ) -> None:
        a, chance = self.p.admission, self.chance
        facility = facility or self._facility()
        doctor = self.network.pick(chance, facility, "Hospital Medicine")
        length = min(exp(chance.gauss(*a.length_of_stay)), 28)
        end = moment + timedelta(days=max(length, 0.7))
        end = at(end.date(), 10 + chance.random() * 7)
        if end <= moment:
            end = moment + timedelta(hours=14)
        encounter = self._encounter(
            kind="IMP",
            facility=facility,
            doctor=doctor,
            start=moment,
            end=end,
            reason="Inpatient stay",
        )
        encounter.admit_source = source
        encounter.readmission = readmission
        day = moment.date()
        if not code:
            code = _STAY.draw(chance)
            for group, flare in (("heart_failure", "I50.23"), ("copd", "J44.1")):
                if self.has(group, day) and chance.random() < 0.45:
                    code = flare
            if (
                self.person.sex == "F"
                and 20 <= self.age < 42
                and not readmission
                and chance.random() < 0.6
            ):
                code = "O80"
            if code in ("K35.80", "S72.001A", "I21.4") and readmission:
                code = "A41.9"
        encounter.diagnoses.append(Diagnosis(code, False))
        self.stay_times.append(moment)
        self._measure(encounter, ill=True)
        self._diagnose_chronic(encounter, 7)
        days = max((end.date() - moment.date()).days, 1)
        intensive = code in ("A41.9", "I21.4") and chance.random() < 0.4
        if intensive:
            encounter.charges.append(("WS302", 1))
        if days - intensive > 0:
            encounter.charges.append(("WS301", days - intensive))
        encounter.charges.append(("WS303", days))
        for key, procedure in (
            ("K35.80", "WS406"),
            ("S72.001A", "WS407"),
            ("I21.4", "WS408"),
            ("O80", "WS410"),
        ):
            if code == key:
                self._do(encounter, procedure)
        if code in ("A41.9", "J18.9"):
            self._order(encounter, "LACT", delay_hours=0.5)
            encounter.charges.append(("J0696", 4 * days))
        for number in range(min(days, 4)):
            self._order(encounter, "BMP" if number else "CMP", delay_hours=2 + 24 * number)
            if number % 2 == 0:
                self._order(encounter, "CBC", delay_hours=2 + 24 * number)
        if code.startswith("I50"):
            self._order(encounter, "NTBNP", delay_hours=2)
        if end.date() > self.until:
            return
        if self.age >= 40 and chance.random() < a.died_in_hospital * (2 if self.age > 75 else 1):
            encounter.disposition = "20"
            self.person.deceased = end.date()
            self._close_appointments(end)
            return
        if self.age >= 70 and chance.random() < a.to_nursing_facility:
            encounter.disposition = "03"
        elif chance.random() < 0.12:
            encounter.disposition = "06"
        seen_soon = chance.random() < a.follow_up_visit
        if seen_soon:
            after = end.date() + timedelta(days=chance.randrange(3, 14))
            self._book("Office Visit", self.life.pcp, after, end - timedelta(hours=2))
        if code == "O80":
            return
        r = a.readmission
        now = end
        score = r.base + r.per_day_of_stay * min(days, 10)
        score += r.from_emergency if source == "7" else 0
        score += r.per_condition * min(len(self.groups), 8)
        score += r.emergency_visits_6_months * min(self._recent(self.ed_times, now), 4)
        score += r.heart_failure if self.has("heart_failure", day) else 0
        score += r.copd if self.has("copd", day) else 0
        score += r.no_visit_in_7_days if not seen_soon else 0
        score += r.poor_adherence if self._uncovered(day) > 0.4 else 0
        score += r.lives_alone_senior if self.person.lives_alone and self.age >= 70 else 0
        score += r.hidden * self.hidden["admission"]
        if chance.random() < logistic(score) and len(self.stay_times) < 8:
            again = end + timedelta(days=1 + chance.random() * 27)
            again = at(again.date(), 8 + chance.random() * 12)
            if again.date() <= self.until:
                self._appointments_until(again.date())
                if again > self.busy_until + timedelta(hours=2):
                    self._stay(
                        again,
                        source="7",
                        readmission=True,
                        code=code if code[0] in "IJ" and chance.random() < 0.6 else "",
                    )

    # -- vaccines and screenings ----------------------------------------------------------------

    def _vaccinate(self) -> None:
        v, chance, person = self.p.vaccination, self.chance, self.person
        kind = "child" if self.age < 18 else "senior" if self.age >= 65 else "adult"

        def give(cvx: str, day: date, *, historical: bool = False) -> None:
            if not person.birth_date <= day <= self.until:
                return
            vaccine = VACCINES[cvx]
            self.life.doses.append(
                Dose(
                    vaccine=vaccine,
                    given_on=day,
                    given_at=at(day, 9 + chance.random() * 8),
                    lot=f"{chance.choice('ABCDEFGH')}{chance.randrange(1000, 9999)}"
                    f"{chance.choice('XYZ')}{chance.choice('AB')}",
                    historical=historical,
                    refused=chance.random() < v.refused,
                    site=chance.choice(("LA", "RA"))
                    if self.age > 2
                    else chance.choice(("LT", "RT")),
                    practitioner=self.life.pcp,
                )
            )

        def autumn(year: int) -> date:
            return date(year, 9, 5) + timedelta(days=chance.randrange(95))

        for year in range(self.start.year - 2, self.until.year + 1):
            if chance.random() < v.influenza[kind]:
                day = autumn(year)
                give("135" if kind == "senior" else "140", day, historical=day < self.start)
            if chance.random() < v.covid[kind]:
                day = autumn(year)
                give(chance.choice(("309", "312")), day, historical=day < self.start)
        if kind == "child":
            for cvx, months in CHILD_SCHEDULE:
                due = person.birth_date + timedelta(days=int(months * 30.44) + chance.randrange(30))
                if chance.random() < v.child_on_schedule:
                    give(
                        cvx,
                        due,
                        historical=due < self.start and chance.random() < v.historical_record,
                    )
        else:
            span = (self.until - person.birth_date).days - 19 * 365
            back = max(min(span, 3650), 30)
            for cvx, share, age in (
                ("216", v.pneumococcal_senior, 65),
                ("187", v.zoster_senior, 50),
                ("305", v.rsv_senior, 70),
                ("115", v.tdap_adult_10_years, 19),
            ):
                if self.age >= age and chance.random() < share:
                    window = min(back, 900) if cvx in ("216", "305") else back
                    day = self.until - timedelta(days=chance.randrange(window))
                    give(
                        cvx,
                        day,
                        historical=day < self.start and chance.random() < v.historical_record,
                    )
                    if cvx == "187":
                        give(cvx, day + timedelta(days=chance.randrange(60, 170)))
        seen: set[tuple[str, date]] = set()
        doses = []
        for dose in self.life.doses:
            if (dose.vaccine.cvx, dose.given_on) not in seen:
                seen.add((dose.vaccine.cvx, dose.given_on))
                doses.append(dose)
        self.life.doses = sorted(doses, key=lambda one: (one.given_on, one.vaccine.cvx))

    def _screen(self) -> None:
        s, chance, person = self.p.social_needs, self.chance, self.person
        years = ((self.until - self.start).days + 1) / 365
        need = s.need.base + s.need.deprivation * person.deprivation
        need += s.need.medicaid if self.kind_of_payer == "medicaid" else 0
        need += s.need.uninsured if self.kind_of_payer == "none" else 0
        need = min(max(need * chance.gauss(1, 0.5), 0.005), 0.9)
        if self.age < 18:
            return
        for number in range(poisson(chance, s.screened_per_year * years)):
            day = self.start + timedelta(days=chance.randrange((self.until - self.start).days))
            answers = []
            for place, question in enumerate(QUESTIONS):
                wanted = chance.random() < need
                options = [
                    at_ for at_, answer in enumerate(question.answers) if answer[2] == wanted
                ]
                answers.append((place, chance.choice(options)))
            self.life.screenings.append(
                Screening(
                    number=f"SDH{person.number:06d}{number + 1:02d}",
                    screened_at=at(day, 9 + chance.random() * 8),
                    organization=chance.choice(
                        (
                            "County Health Department",
                            "Community Food Network",
                            "Northside Medical Center",
                        )
                    ),
                    answers=answers,
                )
            )
