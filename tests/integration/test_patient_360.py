"""patient_360 says what the synthetic hospital knows to be true, and from where it knows it."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from ingest.home import Home

SYSTEMS = {
    "ehr",
    "lab",
    "pharmacy",
    "claims",
    "wearables",
    "public_health",
    "scheduling",
    "billing",
}

DOMAINS = [
    "condition",
    "medication",
    "allergy",
    "lab",
    "vital",
    "visit",
    "appointment",
    "coverage",
    "cost",
    "social",
    "wearable",
    "immunization",
]

# A typed column and the LOINC code whose latest true result it must show, whatever the unit sent.
LATEST_LABS = {
    "hba1c_percent": "4548-4",
    "egfr_ml_min_173m2": "98979-8",
    "creatinine_mg_dl": "2160-0",
    "ldl_mg_dl": "13457-7",
    "glucose_mg_dl": "2345-7",
}

# A count and the true facts it counts, by their status and code; the day is that of the hospital.
COUNTS = {
    "emergency_visit_count_12m": (
        "fact_type = 'encounter' and status = 'finished' and code = 'EMER'"
    ),
    "inpatient_visit_count_12m": (
        "fact_type = 'encounter' and status in ('finished', 'in-progress') and code = 'IMP'"
    ),
    "no_show_appointment_count_12m": "fact_type = 'appointment' and status = 'noshow'",
    "kept_appointment_count_12m": "fact_type = 'appointment' and status = 'fulfilled'",
}


@pytest.fixture(scope="module")
def gold(hospital: Home) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(hospital.database), read_only=True) as connection:
        for table in ("person_records", "facts"):
            path = hospital.synthetic / "truth" / f"{table}.parquet"
            connection.execute(
                f"create temp view truth_{table} as select * from read_parquet('{path}')"
            )
        connection.execute(
            """
            create temp table person_of_patient as
            select
                xref.patient_id,
                mode(records.person_id order by records.person_id) as person_id,
            from identity.patient_xref as xref
            inner join truth_person_records as records using (source_system, id_authority, id_value)
            group by xref.patient_id
            """
        )
        yield connection


def test_every_patient_has_one_row(gold: duckdb.DuckDBPyConnection) -> None:
    rows, patients, expected = gold.sql(
        """
        select count(*), count(distinct patient_id), (select count(*) from silver.patient)
        from gold.patient_360
        """
    ).fetchone()
    assert rows == patients == expected > 0


def test_every_system_is_in_the_provenance(gold: duckdb.DuckDBPyConnection) -> None:
    named = {
        row[0]
        for row in gold.sql(
            "select distinct unnest(source_systems) from gold.patient_360"
        ).fetchall()
    }
    assert named == SYSTEMS


@pytest.mark.parametrize("domain", DOMAINS)
def test_every_domain_is_known_of_somebody(gold: duckdb.DuckDBPyConnection, domain: str) -> None:
    known = gold.sql(
        f"select count(*) from gold.patient_360 where len({domain}_source_systems) > 0"
    ).fetchone()[0]
    assert known > 0


@pytest.mark.parametrize("column", LATEST_LABS)
def test_latest_labs_are_the_true_ones_in_the_unit_of_their_column(
    gold: duckdb.DuckDBPyConnection, column: str
) -> None:
    # 2 %: what a laboratory loses when it rounds to the decimals of the other unit.
    total, wrong = gold.sql(
        f"""
        with latest as (
            select person_id, try_cast(value as double) as value
            from truth_facts
            where
                fact_type = 'lab_result' and key_2 = '{LATEST_LABS[column]}'
                and status in ('final', 'corrected') and not is_corrupted
            qualify row_number() over (partition by person_id order by occurred_at desc) = 1
        )

        select
            count(*),
            count(*) filter (where not coalesce(
                abs(gold.{column} - latest.value) <= 0.02 * latest.value, false
            ))
        from latest
        left join person_of_patient using (person_id)
        left join gold.patient_360 as gold using (patient_id)
        """
    ).fetchone()
    assert total > 0
    # A person whom linkage has split or merged is measured elsewhere.
    assert wrong <= 0.02 * total, f"{wrong} of {total} people have another latest {column}"


@pytest.mark.parametrize("column", COUNTS)
def test_counts_of_twelve_months_are_the_true_ones(
    gold: duckdb.DuckDBPyConnection, column: str
) -> None:
    total, wrong = gold.sql(
        f"""
        with dated as (
            select
                person_id,
                timezone('America/Chicago', timezone('UTC', occurred_at))::date as day,
            from truth_facts
            where {COUNTS[column]} and not is_corrupted
        ),

        truth as (
            select dated.person_id, count(*) as times
            from dated
            cross join (select any_value(as_of_date) as as_of from gold.patient_360) as dates
            where day > as_of - interval 12 month and day <= as_of
            group by dated.person_id
        )

        select
            count(*),
            count(*) filter (where gold.{column} != coalesce(truth.times, 0)),
        from gold.patient_360 as gold
        left join person_of_patient using (patient_id)
        left join truth using (person_id)
        """
    ).fetchone()
    assert wrong <= 0.02 * total, f"{wrong} of {total} patients have another {column}"
