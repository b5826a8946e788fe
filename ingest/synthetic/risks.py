"""Probabilities of what a model is meant to predict, each from what the record shows and a
hidden trait.

Missed visits, emergency visits, admissions and readmissions. The weights stand in
`parameters.yml` (visits.no_show, emergency, admission); the hidden trait is standard normal, of a
person, and written nowhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import exp

from ingest.synthetic.parameters import parameters
from ingest.synthetic.physiology import Body
from ingest.synthetic.randomness import logistic

CANCERS = ("breast_cancer", "colorectal_cancer", "prostate_cancer", "lung_cancer")
_HALF_YEAR = timedelta(days=182)


@dataclass(slots=True)
class Sight:
    """What has happened so far, as the record shows it, and the three traits it does not show."""

    body: Body
    age: int
    payer: str
    deprivation: float
    far: bool
    alone: bool
    hidden: dict[str, float]
    missed: list[datetime]
    emergencies: list[datetime]
    stays: list[datetime]
    kept: int = 0

    def recent(self, times: list[datetime], now: datetime, most: int) -> int:
        """How many in the last half year, at most `most`."""
        return min(sum(1 for one in times if now - _HALF_YEAR <= one < now), most)


def no_show(sight: Sight, *, lead_days: int, weekday: int) -> float:
    """Probability that a booked visit is missed."""
    n, body = parameters().visits.no_show, sight.body
    visits = len(sight.missed) + sight.kept
    score = n.base + n.hidden * sight.hidden["no_show"] + n.per_lead_day * min(lead_days, 45)
    score += n.young_adult if 18 <= sight.age < 35 else 0
    score += n.medicaid if sight.payer == "medicaid" else 0
    score += n.uninsured if sight.payer == "none" else 0
    score += n.depression if body.has("depression") else 0
    score += n.deprivation * (sight.deprivation - 0.5)
    score += n.earlier_share * (len(sight.missed) / visits if visits else n.share_when_new)
    score += n.monday_or_friday if weekday in (0, 4) else 0
    score += n.far_from_clinic if sight.far else 0
    return logistic(score)


def emergency_rate(sight: Sight, day: date, uncovered: float) -> float:
    """Emergency visits per month."""
    e, body = parameters().emergency, sight.body
    now = datetime(day.year, day.month, day.day)
    score = e.base + e.hidden * sight.hidden["emergency"]
    score += e.child if sight.age < 18 else e.senior if sight.age >= 70 else 0
    for group in ("copd", "heart_failure", "asthma", "diabetes", "depression"):
        score += e[group] if body.has(group, day) else 0
    score += e.medicaid if sight.payer == "medicaid" else 0
    score += e.uninsured if sight.payer == "none" else 0
    score += e.deprivation * (sight.deprivation - 0.5)
    score += e.visits_last_6_months * sight.recent(sight.emergencies, now, 4)
    score += e.missed_visits * sight.recent(sight.missed, now, 3)
    score += e.a1c_above_9 if body.a1c > 9 else 0
    score += e.poor_adherence if uncovered > 0.4 else 0
    return exp(min(score, e.most))


def admission_rate(sight: Sight, day: date, uncovered: float) -> float:
    """Direct admissions per month."""
    a, body = parameters().admission, sight.body
    now = datetime(day.year, day.month, day.day)
    score = a.base + a.hidden * sight.hidden["admission"]
    score += a.per_decade_above_40 * max(sight.age - 40, 0) / 10
    for group in (
        "heart_failure",
        "copd",
        "chronic_kidney_disease",
        "coronary_artery_disease",
        "diabetes",
    ):
        score += a[group] if body.has(group, day) else 0
    score += a.cancer if any(body.has(group, day) for group in CANCERS) else 0
    score += a.admissions_last_6_months * sight.recent(sight.stays, now, 3)
    score += a.egfr_below_30 if body.egfr < 30 else 0
    score += a.poor_adherence if uncovered > 0.4 else 0
    return exp(min(score, a.most))


def readmission(
    sight: Sight,
    *,
    discharged: datetime,
    days: int,
    from_emergency: bool,
    seen_soon: bool,
    uncovered: float,
) -> float:
    """Probability of another stay within thirty days."""
    r, body = parameters().admission.readmission, sight.body
    score = r.base + r.per_day_of_stay * min(days, 10)
    score += r.from_emergency if from_emergency else 0
    score += r.per_condition * min(len(body.groups), 8)
    score += r.emergency_visits_6_months * sight.recent(sight.emergencies, discharged, 4)
    score += r.heart_failure if body.has("heart_failure") else 0
    score += r.copd if body.has("copd") else 0
    score += r.no_visit_soon if not seen_soon else 0
    score += r.poor_adherence if uncovered > 0.4 else 0
    score += r.lives_alone_senior if sight.alone and sight.age >= 70 else 0
    score += r.hidden * sight.hidden["admission"]
    return logistic(score)


def death_rate(sight: Sight) -> float:
    """Deaths per month (Gompertz, with a factor for grave illness)."""
    p = parameters().population
    grave = sight.body.has("heart_failure") or any(map(sight.body.has, CANCERS))
    factor = p.death_factor.grave if grave else p.death_factor.other
    return float(
        p.death_per_year_base * exp(p.death_gompertz * max(sight.age - 30, 0)) / 12 * factor
    )
