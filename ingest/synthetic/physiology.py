"""A body: what its diseases do to it month by month, and what would be measured if somebody
did.

HbA1c rises where medicines are not taken, kidney function falls with age, diabetes and kidney
disease, pressure answers to treatment. Every number comes from `parameters.yml` (course, vitals,
analytes).
"""

from __future__ import annotations

from datetime import date
from math import exp
from random import Random

from ingest.synthetic.catalogue import LAB_TESTS
from ingest.synthetic.model import Condition, Encounter, Result
from ingest.synthetic.parameters import parameters
from ingest.synthetic.people import Person

_POUND = 0.45359237  # kg, exact


class Body:
    """The physiology of one person inside the window."""

    def __init__(
        self,
        *,
        chance: Random,
        person: Person,
        age: int,
        groups: dict[str, Condition],
        smoker: bool,
        mood: Random,
        relieved_on: date | None,
    ) -> None:
        p = parameters()
        self._mood, self._relieved_on = mood, relieved_on
        self._low_since: date | None = None
        self.p, self.chance, self.person = p, chance, person
        self.age, self.groups, self.smoker = age, groups, smoker
        c = p.course
        diabetic = "diabetes" in groups
        self.a1c = max(chance.gauss(*(c.a1c_start if diabetic else c.a1c_normal)), c.a1c_range[0])
        if "chronic_kidney_disease" in groups:
            low, high = c.egfr_ckd_range
            self.egfr = min(max(chance.gauss(*c.egfr_ckd_start), low), high)
        else:
            years = max(age - 40, -15)
            healthy = chance.gauss(*c.egfr_at_40) + c.egfr_per_year_of_age * years
            self.egfr = max(healthy, c.egfr_ckd_range[1])
        slope = c.egfr_slope_per_year
        self._slope = slope.base + chance.gauss(0, slope.spread)
        for group in ("chronic_kidney_disease", "diabetes"):
            self._slope += slope[group] if group in groups else 0
        self._sbp = chance.gauss(*(c.sbp_hypertension if "hypertension" in groups else c.sbp_base))
        self.bmi = max(chance.gauss(*(c.bmi_obesity if "obesity" in groups else c.bmi)), 16.5)
        if age < 18:
            b = c.child
            self.bmi = max(
                chance.gauss(b.bmi_at_birth + age * b.bmi_per_year, b.bmi_sd), b.bmi_least
            )
            self._sbp -= b.sbp_lower
        self._ldl = chance.gauss(*c.ldl) + (
            c.ldl_hyperlipidemia if "hyperlipidemia" in groups else 0
        )
        self._phq9 = max(
            chance.gauss(*(c.phq9_depression if "depression" in groups else c.phq9_other)), 0
        )
        height = chance.gauss(*c.height_cm[person.sex])
        if age < 18:
            height *= c.child.height_share[0] + c.child.height_share[1] * min(age + 1, 17) / 17
        self.height_cm = round(height, 1)
        self.adherence = self._adherence(chance)
        self._egfr_now = self.egfr
        self._hemoglobin = 14.0
        self._lipids: dict[str, float] = {}

    def _adherence(self, chance: Random) -> float:
        a = self.p.adherence
        mean = a.mean + a.deprivation * (self.person.deprivation - 0.5)
        mean += a.depression if "depression" in self.groups else 0
        mean += a.age_under_40 if self.age < 40 else 0
        mean = min(max(mean, a.least), a.most)
        return chance.betavariate(mean * a.concentration, (1 - mean) * a.concentration)

    def has(self, group: str, day: date | None = None) -> bool:
        """Whether a disease is there (on a day)."""
        condition = self.groups.get(group)
        return condition is not None and (day is None or condition.onset <= day)

    def drift(self) -> None:
        """A month goes by."""
        c, chance = self.p.course, self.chance
        if "diabetes" in self.groups:
            relief = c.a1c_relief_per_month * self.adherence if self.a1c > c.a1c_goal else 0
            self.a1c += c.a1c_drift_per_month * (c.a1c_drift_share - self.adherence) - relief
            low, high = c.a1c_range
            self.a1c = min(max(self.a1c + chance.gauss(0, c.a1c_noise), low), high)
        extra = c.egfr_slope_per_year.uncontrolled if self.a1c > 9 else 0
        step = (self._slope + extra) / 12 + chance.gauss(0, c.egfr_noise_per_month)
        self.egfr = max(self.egfr + step, c.egfr_least)
        self.bmi = max(self.bmi + chance.gauss(0, c.bmi_noise_per_month), 13)

    def measure(self, encounter: Encounter, *, ill: bool) -> None:
        """Vital signs of a visit, in the units that the nurse's device shows."""
        v, c, chance = self.p.vitals, self.p.course, self.chance
        flaws = self.p.flaws
        sbp = self._sbp + chance.gauss(0, c.sbp_noise)
        sbp -= c.sbp_relief * self.adherence if self.has("hypertension") else 0
        weight = self.bmi * (self.height_cm / 100) ** 2
        feverish = ill and chance.random() < v.fever_when_ill
        temperature = chance.gauss(v.fever if feverish else v.temperature, v.temperature_sd)
        rate = chance.gauss(v.rate if self.age >= 12 else v.rate_child, v.rate_sd)
        rate += v.rate_ill if ill else 0
        oxygen = chance.gauss(
            v.oxygen_copd_ill if self.has("copd") and ill else v.oxygen, v.oxygen_sd
        )
        breaths = chance.gauss(*v.breaths) + (v.breaths_ill if ill else 0)
        fahrenheit = chance.random() < flaws.temperature_fahrenheit
        pounds = chance.random() < flaws.weight_pounds
        if encounter.video:
            return
        low = sbp * v.diastolic_share + chance.gauss(*v.diastolic_rest)
        out = encounter.vitals
        out.append(("VS-BP-SYS", round(max(sbp, 78)), "mm[Hg]"))
        out.append(("VS-BP-DIA", round(max(low, 40)), "mm[Hg]"))
        out.append(("VS-HR", round(max(rate, 42)), "/min"))
        out.append(("VS-RR", round(max(breaths, 9)), "/min"))
        if fahrenheit:
            out.append(("VS-TEMP", round(temperature * 9 / 5 + 32, 1), "[degF]"))
        else:
            out.append(("VS-TEMP", round(temperature, 1), "Cel"))
        out.append(("VS-SPO2", round(min(max(oxygen, 80), 100)), "%"))
        if pounds:
            out.append(("VS-WT", round(weight / _POUND, 1), "[lb_av]"))
        else:
            out.append(("VS-WT", round(weight, 1), "kg"))
        if encounter.kind == "AMB":
            out.append(("VS-HT", self.height_cm, "cm"))
            out.append(("VS-BMI", round(self.bmi, 1), "kg/m2"))
        asked = encounter.reason in ("Annual Physical", "Specialist Visit")
        if self.age >= 18 and asked and (self.has("depression") or chance.random() < v.phq9_asked):
            out.append(("VS-PHQ9", self._phq9_score(encounter, chance), "{score}"))
        elif self._mood_is_followed(encounter):
            out.append(("VS-PHQ9", self._phq9_score(encounter, self._mood), "{score}"))
        asked = self._mood.random() < v.tobacco_asked
        if self.age >= 18 and encounter.kind == "AMB" and asked:
            out.append(("VS-SMOKE", 1 if self.smoker else 0, ""))

    def _mood_is_followed(self, encounter: Encounter) -> bool:
        """Whether somebody whose depression is known is asked at another visit as well.

        At office visits often, at whatever visit nearly always when a high score is a year old.
        """
        v, day = self.p.vitals, encounter.start.date()
        if self.age < 18 or encounter.kind != "AMB" or not self.has("depression", day):
            return False
        if self._low_since and (day - self._low_since).days >= v.phq9_recalled_after_days:
            return self._mood.random() < v.phq9_recalled
        return encounter.reason == "Office Visit" and self._mood.random() < v.phq9_followed

    def _phq9_score(self, encounter: Encounter, chance: Random) -> int:
        """0 to 27; far lower once a treatment of depression has taken hold."""
        c, mean = self.p.course, self._phq9
        if self._relieved_on and self._relieved_on <= encounter.start.date():
            mean *= c.phq9_relief.factor
        score = min(max(round(mean + chance.gauss(0, c.phq9_noise)), 0), 27)
        if score > c.phq9_high and self._low_since is None:
            self._low_since = encounter.start.date()
        return score

    def result(self, code: str) -> Result:
        """What the laboratory would find."""
        test, chance, a = LAB_TESTS[code], self.chance, self.p.analytes
        if code in a.positive:
            found = chance.random() < a.positive[code]
            words = ("Positive", "Negative") if code == "FIT" else ("Detected", "Not detected")
            return Result(test, None, words[0] if found else words[1], "A" if found else "N")
        value = round(max(self._value(code), 0.001), test.decimals)
        limit = a.detection_limit.get(code)
        if limit is not None and value < limit:
            return Result(test, limit, "<", "N")
        flag = "N"
        if test.low is not None and value < test.low:
            flag = "LL" if value < test.low * a.critical_low_share else "L"
        elif test.high is not None and value > test.high:
            critical = code in a.critical_high and value > test.high * a.critical_high_share
            flag = "HH" if critical else "H"
        return Result(test, value, "", flag)

    def _value(self, code: str) -> float:
        chance, a, c = self.chance, self.p.analytes, self.p.course
        if code == "A1C":
            return self.a1c
        if code == "CREA":
            self._egfr_now = max(self.egfr + chance.gauss(0, c.egfr_noise), c.egfr_least)
            return self._creatinine(self._egfr_now)
        if code == "EGFR":
            return self._egfr_now
        renal = self._egfr_now
        if code == "GLU":
            factor, offset = a.glucose_from_a1c
            return max(factor * self.a1c + offset + chance.gauss(*a.glucose_noise), 55)
        if code in ("CHOL", "TRIG", "HDL", "LDL"):
            if code == "CHOL":
                self._lipids = self._draw_lipids()
            return self._lipids[code]
        if code == "NTBNP":
            n = a.ntbnp_log
            value = exp(chance.gauss(n.failing if self.has("heart_failure") else n.other, n.sd))
            return value * (n.renal_factor if renal < 45 else 1)
        if code == "UACR":
            u = a.uacr_log
            damaged = self.has("chronic_kidney_disease") or self.a1c > u.damaging_a1c
            return exp(chance.gauss(u.damaged if damaged else u.other, u.sd))
        if code == "PSA":
            s = a.psa_log
            return exp(chance.gauss(s.cancer if self.has("prostate_cancer") else s.other, s.sd))
        if code == "TROP":
            return exp(chance.gauss(*a.troponin_log))
        if code == "K":
            k = a.potassium
            return chance.gauss(k.mean + (k.renal if renal < 40 else 0), k.sd)
        if code == "HGB":
            h = a.hemoglobin
            value = chance.gauss(h[self.person.sex], h.sd) + (h.renal if renal < 35 else 0)
            self._hemoglobin = value
            return value
        if code == "HCT":
            return self._hemoglobin * a.hematocrit.per_hemoglobin + chance.gauss(0, a.hematocrit.sd)
        if code == "BUN":
            b = a.urea
            return max(chance.gauss(b.mean + b.per_egfr_below_70 * max(70 - renal, 0), b.sd), 3)
        if code == "TSH":
            t = a.thyrotropin
            mean = t.hypothyroid if self.has("hypothyroidism") else t.other
            return max(chance.gauss(mean, t.sd), 0.2)
        mean, spread = a.plain[code]
        return max(chance.gauss(mean, spread), mean * 0.25)

    def _draw_lipids(self) -> dict[str, float]:
        """Four values that agree by Friedewald's formula (1972, Clin Chem 18:499)."""
        chance, a, c = self.chance, self.p.analytes, self.p.course
        treated = self.has("hyperlipidemia") or self.has("coronary_artery_disease")
        relief = c.ldl_statin_relief * self.adherence if treated else 0
        ldl = round(max(self._ldl - relief + chance.gauss(0, c.ldl_noise), 30))
        t = a.triglycerides
        fat = t.mean + t.per_bmi_above_26 * max(self.bmi - 26, 0)
        triglycerides = round(min(max(chance.gauss(fat, t.sd), 35), 395))
        hdl = round(max(chance.gauss(*a.hdl), 18))
        total = round(ldl + hdl + triglycerides / 5)
        return {"CHOL": total, "TRIG": triglycerides, "HDL": hdl, "LDL": ldl}

    def _creatinine(self, egfr: float) -> float:
        """Creatinine that CKD-EPI 2021 turns into `egfr` (Inker 2021, NEJM 385:1737)."""
        female = self.person.sex == "F"
        kappa, alpha = (0.7, -0.241) if female else (0.9, -0.302)
        base = 142 * 0.9938 ** max(self.age, 18) * (1.012 if female else 1.0)
        share = egfr / base
        exponent = -1 / 1.2 if share < 1 else 1 / alpha
        return max(kappa * share**exponent, 0.25)
