"""Every kind of silver row is a FHIR resource that an independent validator accepts.

fhir.resources has R4B; what silver emits is the same in R4 (no element that R4B added or moved).
"""

from __future__ import annotations

from collections import Counter

import duckdb
import orjson
import pytest
from fhir.resources.R4B import get_fhir_model_class
from pydantic import ValidationError

from ingest.home import Home

ROWS_OF_EACH_TABLE = 150

#: Tables of what no system of the synthetic hospital sends.
NOT_SENT = {"adverse_event", "device_request", "service_request", "task"}


def _tables(home: Home) -> list[str]:
    with duckdb.connect(str(home.database), read_only=True) as connection:
        return [
            name
            for (name,) in connection.execute(
                """
                select table_name from information_schema.columns
                where table_schema = 'silver' and column_name = 'fhir_json'
                order by table_name
                """
            ).fetchall()
        ]


def test_a_sample_of_every_silver_table_is_valid_fhir(hospital: Home) -> None:
    tables = _tables(hospital)
    assert len(tables) >= 15, "silver tables without FHIR JSON"
    faults: Counter[str] = Counter()
    with duckdb.connect(str(hospital.database), read_only=True) as connection:
        for table in tables:
            rows = connection.execute(
                f"select fhir_json from silver.{table} order by hash(fhir_json) limit ?",
                [ROWS_OF_EACH_TABLE],
            ).fetchall()
            assert rows or table in NOT_SENT, f"silver.{table} is empty"
            for (text,) in rows:
                resource = orjson.loads(text)
                kind = resource["resourceType"]
                try:
                    get_fhir_model_class(kind).model_validate(resource)
                except ValidationError as error:
                    # where and what, never the value
                    for fault in error.errors(include_input=False, include_context=False):
                        place = ".".join(str(step) for step in fault["loc"])
                        faults[f"{kind}.{place}: {fault['type']}"] += 1
    assert not faults, faults.most_common(20)


@pytest.mark.parametrize(
    ("table", "column", "target"),
    [
        ("encounter", "patient_id", "patient"),
        ("observation", "patient_id", "patient"),
        ("observation", "encounter_id", "encounter"),
        ("observation", "diagnostic_report_id", "diagnostic_report"),
        ("medication_dispense", "medication_request_id", "medication_request"),
        ("condition", "encounter_id", "encounter"),
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
