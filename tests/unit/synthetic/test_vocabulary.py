"""The seeds know every code that the systems use, and say the same of it as the catalogue."""

from __future__ import annotations

import csv
from pathlib import Path

from ingest.synthetic import catalogue


def rows(repository: Path, name: str) -> list[dict[str, str]]:
    path = repository / "seeds" / "terminology" / f"{name}.csv"
    with path.open(encoding="utf-8", newline="") as source:
        return list(csv.DictReader(source))


def test_every_local_code_is_mapped_once(repository: Path) -> None:
    mapped = {
        (row["source_system"], row["local_system"], row["local_code"]): row["target_code"]
        for row in rows(repository, "local_code_map")
    }
    assert len(mapped) == len(rows(repository, "local_code_map"))
    for test in catalogue.LAB_TESTS.values():
        assert mapped["lab", "L", test.code] == test.loinc
    for panel in catalogue.PANELS.values():
        assert mapped["lab", "L", panel.code] == panel.loinc
    for vital in catalogue.VITALS.values():
        assert mapped["ehr", "99EHR", vital.code] == vital.loinc
    for code, charge in catalogue.CHARGE_CODES.items():
        assert mapped["billing", "99CDM", charge] == code


def test_every_product_has_its_clinical_drug(repository: Path) -> None:
    by_ndc = {row["ndc11"]: row for row in rows(repository, "ndc_rxnorm")}
    for drug in catalogue.DRUGS.values():
        row = by_ndc[drug.ndc]
        assert len(drug.ndc) == 11
        assert (row["rxcui"], row["ingredient_rxcui"]) == (drug.rxcui, drug.ingredient_rxcui)


def test_every_code_has_a_display_in_our_words(repository: Path) -> None:
    display = {(row["code_system"], row["code"]) for row in rows(repository, "code_display")}
    assert len(display) == len(rows(repository, "code_display"))
    for test in catalogue.LAB_TESTS.values():
        assert ("http://loinc.org", test.loinc) in display
    for code in catalogue.DIAGNOSES:
        assert ("http://hl7.org/fhir/sid/icd-10-cm", code) in display
    for vaccine in catalogue.VACCINES.values():
        assert ("http://hl7.org/fhir/sid/cvx", vaccine.cvx) in display


def test_regimens_and_panels_name_things_that_exist() -> None:
    for regimens in catalogue.REGIMENS.values():
        for _, keys in regimens:
            assert set(keys) <= set(catalogue.DRUGS)
    for panel in catalogue.PANELS.values():
        assert set(panel.tests) <= set(catalogue.LAB_TESTS)
        assert panel.charge in catalogue.SERVICES
