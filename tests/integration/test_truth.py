"""What the synthetic hospital knows to be true is in silver, once, and with the right person."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from ingest.home import Home
from tests.ready import truth


@pytest.fixture(scope="module")
def warehouse(hospital: Home) -> Iterator[duckdb.DuckDBPyConnection]:
    with truth.opened(hospital) as connection:
        yield connection


def test_every_person_record_of_the_truth_has_a_patient(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    # Somebody whom a system named only in a malformed record is in quarantine there, not in bronze.
    missing = warehouse.sql(
        """
        select records.source_system, count(*) as missing
        from truth_person_records as records
        anti join identity.patient_xref as xref using (source_system, id_authority, id_value)
        anti join (
            select source_system, person_id from truth_flaws where flaw_type = 'malformed'
        ) as flaws using (source_system, person_id)
        group by all order by all
        """
    ).fetchall()
    assert missing == []


def test_linkage_is_precise_and_complete(warehouse: duckdb.DuckDBPyConnection) -> None:
    true_positive, false_positive, false_negative = warehouse.sql(
        """
        with labelled as (
            select xref.patient_id, records.person_id, count(*) as n
            from truth_person_records as records
            inner join identity.patient_xref as xref using (source_system, id_authority, id_value)
            group by all
        ),

        by_patient as (select sum(n) as n from labelled group by patient_id),

        by_person as (select sum(n) as n from labelled group by person_id),

        pairs as (
            select
                (select sum(n * (n - 1) / 2) from labelled) as linked_and_same,
                (select sum(n * (n - 1) / 2) from by_patient) as linked,
                (select sum(n * (n - 1) / 2) from by_person) as same,
        )

        select linked_and_same, linked - linked_and_same, same - linked_and_same from pairs
        """
    ).fetchone()
    precision = true_positive / (true_positive + false_positive)
    recall = true_positive / (true_positive + false_negative)
    assert precision >= 0.99, f"pairwise precision {precision:.4f} ({false_positive} false pairs)"
    assert recall >= 0.95, f"pairwise recall {recall:.4f} ({false_negative} missed pairs)"


@pytest.mark.parametrize("resource", truth.RESOURCES, ids=lambda resource: resource.name)
def test_every_true_fact_is_in_silver_exactly_once_and_right(
    warehouse: duckdb.DuckDBPyConnection, resource: truth.Resource
) -> None:
    found = truth.measure(warehouse, resource)
    assert found.facts > 0, f"the truth holds no {resource.fact_type}"
    assert found.is_met, (
        f"{resource.name}: precision {found.precision:.4f}, recall {found.recall:.4f}; "
        f"of {found.facts} true facts (problem, how many, an example) {found.problems}; "
        f"not true {found.invented}"
    )


def test_every_person_is_one_patient_with_the_right_birth_date_and_sex(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    found = truth.patients(warehouse)
    assert found.is_met, (found.precision, found.recall, found.problems)


def test_every_fact_of_the_truth_is_measured(warehouse: duckdb.DuckDBPyConnection) -> None:
    kinds = {
        kind for (kind,) in warehouse.sql("select distinct fact_type from truth_facts").fetchall()
    }
    assert kinds == {resource.fact_type for resource in truth.RESOURCES}
