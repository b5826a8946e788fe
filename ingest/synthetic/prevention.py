"""Vaccines, health maintenance and social-needs screenings of one life."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from typing import Any

from ingest.synthetic.catalogue import CHILD_SCHEDULE, QUESTIONS, UPKEEP, VACCINES
from ingest.synthetic.model import Diagnosis, Done, Dose, Encounter, Kept, Life, Screening
from ingest.synthetic.parameters import parameters
from ingest.synthetic.randomness import poisson
from ingest.synthetic.wire.times import at

_DAYS_PER_MONTH = 30.44


def vaccinate(life: Life, *, chance: Random, age: int, start: date, until: date) -> None:
    """Doses before and inside the window, at most one of a vaccine a day."""
    v, person = parameters().vaccination, life.person
    kind = "child" if age < 18 else "senior" if age >= 65 else "adult"
    doses: dict[tuple[str, date], Dose] = {}
    keeps = kind == "child" and chance.random() < v.child_keeps_schedule
    too_young = person.birth_date + timedelta(days=v.influenza_from_days)

    def give(cvx: str, day: date, *, historical: bool) -> None:
        if not person.birth_date <= day <= until or (cvx, day) in doses:
            return
        if cvx == "140" and day < too_young:
            return
        lot = f"{chance.choice('ABCDEFGH')}{chance.randrange(1000, 9999)}{chance.choice('XYZ')}A"
        doses[cvx, day] = Dose(
            vaccine=VACCINES[cvx],
            given_on=day,
            given_at=at(day, 9 + chance.random() * 8),
            lot=lot,
            historical=historical,
            refused=chance.random() < v.refused and not keeps,
            site=chance.choice(("LA", "RA") if age > 2 else ("LT", "RT")),
            practitioner=life.pcp,
        )

    def reported(day: date) -> bool:
        return day < start and chance.random() < v.historical_record

    for year in range(start.year - v.years_of_history, until.year + 1):
        for share, products in (
            (v.influenza[kind], ("135",) if kind == "senior" else ("140",)),
            (v.covid[kind], ("309", "312")),
        ):
            if chance.random() < share:
                month, first, days = v.season
                day = date(year, month, first) + timedelta(days=chance.randrange(days))
                give(chance.choice(products), day, historical=day < start)
    if kind == "child":
        first = min((day for cvx, day in doses if cvx == "140"), default=None)
        second = v.second_influenza
        if first and (first - person.birth_date).days <= second.most_age_days:
            later = first + timedelta(days=chance.randrange(*second.within_days))
            if chance.random() < second.share or keeps:
                give("140", later, historical=reported(later))
        for cvx, months in CHILD_SCHEDULE:
            due = person.birth_date + timedelta(
                days=int(months * _DAYS_PER_MONTH) + chance.randrange(v.child_delay_days)
            )
            if chance.random() < v.child_on_schedule or keeps:
                give(cvx, due, historical=reported(due))
    else:
        grown = max(min((until - person.birth_date).days - 19 * 365, 3650), 30)
        for cvx, rule in v.adults.items():
            if age >= rule.age and chance.random() < rule.share:
                day = until - timedelta(days=chance.randrange(min(grown, rule.within_days)))
                give(cvx, day, historical=reported(day))
                if cvx == "187":
                    low, high = v.zoster_second_dose_days
                    give(cvx, day + timedelta(days=chance.randrange(low, high)), historical=False)
    life.doses = sorted(doses.values(), key=lambda one: (one.given_on, one.vaccine.cvx))


def keep_up(life: Life, encounter: Encounter, *, chance: Random) -> None:
    """What is asked at a visit, and what the health-maintenance list says was done before."""
    p, person, day = parameters(), life.person, encounter.start.date()
    age = (day - person.birth_date).days // 365
    diseases = {one.group for one in life.conditions if one.onset <= day}

    def before(days: int) -> date:
        return max(day - timedelta(days=chance.randrange(days + 1)), person.birth_date)

    def is_for(rule: Any) -> bool:
        low, high = rule.ages
        return (
            low <= age <= high
            and rule.get("sex", "") in ("", person.sex)
            and rule.get("disease", "") in ("", *diseases)
            and chance.random() < rule.share
        )

    for code, rule in p.upkeep.items():
        if is_for(rule):
            value = round(chance.uniform(4, 97)) if UPKEEP[code].kind == "NM" else None
            encounter.upkeep.append(Kept(code, before(rule.within_days), value))
    done = {one.code for one in encounter.procedures}
    if "G0121" not in done and is_for(p.colonoscopy_before):
        past = before(p.colonoscopy_before.within_days) - timedelta(days=1)
        encounter.procedures.append(Done("G0121", at(past, 15)))
    mass = next((value for code, value, _ in encounter.vitals if code == "VS-BMI"), 0.0)
    if age >= 18 and mass >= p.diet.from_bmi and chance.random() < p.diet.share:
        if not any(one.code.startswith("E66") for one in encounter.diagnoses):
            encounter.diagnoses.append(Diagnosis("E66.3" if mass < 30 else "E66.9", False))
        encounter.upkeep.append(Kept("HM-DIET", day))
    if 3 <= age < 18:
        for code, share in p.counseling.items():
            if chance.random() < share:
                encounter.procedures.append(Done(code, encounter.start + timedelta(minutes=12)))
    if age >= 18 and life.smoker and chance.random() < p.quit_tobacco:
        encounter.procedures.append(Done("G9458", encounter.start + timedelta(minutes=14)))
    if person.sex == "F" and is_for(p.contraception_advice):
        encounter.diagnoses.append(Diagnosis("Z30.09", False))


def screen(
    life: Life, *, chance: Random, age: int, payer_kind: str, start: date, until: date
) -> None:
    """Screenings of adults; needs depend on county, payer and chance."""
    s, person = parameters().social_needs, life.person
    if age < 18:
        return
    days = (until - start).days + 1
    need = s.need.base + s.need.deprivation * person.deprivation
    need += s.need.medicaid if payer_kind == "medicaid" else 0
    need += s.need.uninsured if payer_kind == "none" else 0
    need = min(max(need * chance.gauss(1, s.need.spread), 0.005), 0.9)
    for number in range(poisson(chance, s.screened_per_year * days / 365)):
        day = start + timedelta(days=chance.randrange(days))
        answers = []
        for place, question in enumerate(QUESTIONS):
            wanted = chance.random() < need
            options = [at_ for at_, one in enumerate(question.answers) if one[2] == wanted]
            answers.append((place, chance.choice(options)))
        life.screenings.append(
            Screening(
                number=f"SDH{person.number:06d}{number + 1:02d}",
                screened_at=at(day, 9 + chance.random() * 8),
                organization=chance.choice(s.organizations),
                answers=answers,
            )
        )
