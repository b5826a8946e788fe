"""Every kind of silver row is a FHIR resource that validators of other makers accept.

A sample here; every row by ``make validate-fhir``.
"""

from __future__ import annotations

import duckdb
import pytest

from ingest.home import Home
from tests.ready.fhir_validators import validate
from tests.ready.validate_fhir import dangling_references, silver, tables

ROWS_OF_EACH_TABLE = 100

#: Tables of what no system of the synthetic hospital sends.
NOT_SENT = {
    "adverse_event",
    "device_request",
    "fhir_other",
    "medication",
    "medication_administration",
    "practitioner_role",
    "specimen",
    "task",
}


def test_a_sample_of_every_silver_table_is_valid_fhir(
    hospital: Home, validators: tuple[str, ...]
) -> None:
    with duckdb.connect(str(hospital.database), read_only=True) as connection:
        names = tables(connection)
        assert len(names) >= 15, "silver tables without FHIR JSON"
        empty = {
            name
            for name in names
            if connection.execute(f"select 1 from silver.{name} limit 1").fetchone() is None
        }
        assert empty <= NOT_SENT
        report = validate(silver(connection, of_each=ROWS_OF_EACH_TABLE), only=validators)
    assert report.rows.total() > 1_000
    assert {name: dict(faults) for name, faults in report.faults.items() if faults} == {}
    assert report.invalid == set()


def test_a_fault_is_told_by_path_and_rule_and_never_by_value(validators: tuple[str, ...]) -> None:
    report = validate(
        [("Patient", '{"resourceType":"Patient","id":"p","birthDate":"2020-13","active":"Zoë"}')],
        only=validators,
    )
    assert report.invalid == {"Patient/p"}
    for name in validators:
        told = " ".join(report.faults[name])
        assert "Patient." in told
        assert "2020-13" not in told and "Zoë" not in told


def test_every_reference_names_a_row_or_is_listed_as_unresolvable(hospital: Home) -> None:
    with duckdb.connect(str(hospital.database), read_only=True) as connection:
        named, dangling = dangling_references(connection)
    assert named > 1_000
    assert dangling == {}


@pytest.mark.parametrize(
    ("table", "column", "target"),
    [
        ("encounter", "patient_id", "patient"),
        ("observation", "patient_id", "patient"),
        ("observation", "encounter_id", "encounter"),
        ("observation", "diagnostic_report_id", "diagnostic_report"),
        ("medication_dispense", "medication_request_id", "medication_request"),
        ("condition", "encounter_id", "encounter"),
        ("service_request", "practitioner_id", "practitioner"),
        ("document_reference", "practitioner_id", "practitioner"),
        ("account", "patient_id", "patient"),
    ],
)
def test_references_resolve(hospital: Home, table: str, column: str, target: str) -> None:
    with duckdb.connect(str(hospital.database), read_only=True) as connection:
        found = connection.execute(
            f"""
            select
                count({column}),
                count({column}) filter (
                    where {column} not in (select {target}_id from silver.{target})
                )
            from silver.{table}
            """
        ).fetchone()
    assert found is not None
    named, dangling = found
    assert named > 0, f"no {table} names its {target}"
    assert dangling == 0
