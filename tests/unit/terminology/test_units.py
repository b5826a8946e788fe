"""Seeds of units beside a library of UCUM, which has every factor from the standard itself."""

from __future__ import annotations

import csv
from fractions import Fraction
from itertools import groupby
from pathlib import Path

import pytest
from ucumvert import PintUcumRegistry

# UCUM's own: a pure number of a kind, or a unit per body surface that it can only annotate.
_COUNTED = {"{steps}", "{score}", "mL/min/{1.73_m2}", "mL/s/{1.73_m2}"}


@pytest.fixture(scope="module")
def ucum() -> PintUcumRegistry:
    return PintUcumRegistry()


def seed(repository: Path, name: str) -> list[dict[str, str]]:
    with (repository / "seeds" / "value_sets" / f"{name}.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_every_unit_converts_as_the_library_converts_it(
    repository: Path, ucum: PintUcumRegistry
) -> None:
    """Each unit against the first of its dimension, at two values: a line has two points."""
    rows = [row for row in seed(repository, "ucum_units") if row["unit"] not in _COUNTED]
    wrong = []
    for _, group in groupby(rows, key=lambda row: row["dimension"]):
        units = list(group)
        base = ucum.from_ucum(units[0]["unit"])
        for row in units:
            unit = ucum.from_ucum(row["unit"])
            for value in (36.6, 1234.5):
                told = ucum.Quantity(value * unit.magnitude, unit.units)
                theirs = float(told.to(base.units).magnitude / base.magnitude)
                ours = value * float(row["factor"]) + float(row["offset_value"])
                ours = (ours - float(units[0]["offset_value"])) / float(units[0]["factor"])
                # A column of mercury is 133.322 Pa in UCUM, 133.322387 Pa in the library.
                exactness = 5e-6 if "[Hg]" in row["unit"] else 1e-12
                if ours != pytest.approx(theirs, rel=exactness):
                    wrong.append(f"{row['unit']}: {theirs / value} {units[0]['unit']}")
    assert wrong == [], "the library's factors"


def test_molar_masses_give_the_factors_that_laboratories_print(repository: Path) -> None:
    masses = {
        row["analyte"]: Fraction(row["molar_mass"])
        for row in seed(repository, "analytes")
        if row["molar_mass"]
    }
    # mg/dL per mmol/L, as in the conversion tables of the AMA Manual of Style, 17.5.
    printed = {
        "glucose": 18.016,
        "total_cholesterol": 38.67,
        "hdl": 38.67,
        "ldl": 38.67,
        "triglycerides": 88.57,
        "urea_nitrogen": 2.801,
        "calcium": 4.008,
        "magnesium": 2.431,
        "phosphate": 3.097,
    }
    for analyte, factor in printed.items():
        assert float(masses[analyte] / 10) == pytest.approx(factor, rel=5e-4), analyte
    # µmol/L per mg/dL
    for analyte, factor in {"creatinine": 88.4, "bilirubin_total": 17.104, "urate": 59.48}.items():
        assert float(10_000 / masses[analyte]) == pytest.approx(factor, rel=5e-4), analyte


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("mg/dl", "mg/dL"),
        ("MG/DL", "mg/dL"),
        ("mmol/L", "mmol/L"),
        ("mm[Hg]", "mm[Hg]"),
        ("mmHg", "mm[Hg]"),
        ("mm Hg", "mm[Hg]"),
        ("cells/uL", "/uL"),
        ("K/uL", "10*3/uL"),
        ("10*3/uL", "10*3/uL"),
        ("x10^3/uL", "10*3/uL"),
        ("10^3/µL", "10*3/uL"),
        ("×10^9/L", "10*9/L"),
        ("%", "%"),
        ("degF", "[degF]"),
        ("°C", "Cel"),
        ("lbs", "[lb_av]"),
        ("in", "[in_i]"),
        ("mL/min/1.73 m2", "mL/min/{1.73_m2}"),
        ("uIU/mL", "u[IU]/mL"),
        ("mEq/L", "meq/L"),
        ("mcg/dL", "ug/dL"),
        ("beats/min", "/min"),
    ],
)
def test_spellings_lead_to_the_unit_that_is_meant(
    repository: Path, written: str, meant: str
) -> None:
    spellings = {row["spelling"]: row["unit"] for row in seed(repository, "unit_spellings")}
    key = written.lower().replace(" ", "").replace("µ", "u").replace("μ", "u").replace("×", "x")
    assert spellings[key] == meant


def test_every_unit_spells_itself(repository: Path) -> None:
    spellings = {row["spelling"]: row["unit"] for row in seed(repository, "unit_spellings")}
    lost = [
        row["unit"]
        for row in seed(repository, "ucum_units")
        if spellings.get(row["unit"].lower(), row["unit"]) != row["unit"]
    ]
    assert lost == [], "these would be taken for another unit"


def test_every_analyte_can_be_plausible_and_loinc_codes_have_their_check_digit(
    repository: Path,
) -> None:
    for row in seed(repository, "analytes"):
        assert float(row["plausible_low"]) < float(row["plausible_high"]), row["analyte"]
    for row in seed(repository, "analyte_codes"):
        digits, check = row["loinc_code"].split("-")
        doubled = (int(d) * (2 - place % 2) for place, d in enumerate(reversed(digits)))
        total = sum(number // 10 + number % 10 for number in doubled)
        assert (10 - total % 10) % 10 == int(check), row["loinc_code"]
