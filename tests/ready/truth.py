# ruff: noqa: E501 (a column of SQL a line)
"""``make truth``: what silver says of the synthetic hospital, beside what the hospital knows.

For each resource, every fact of the truth must be in silver exactly once, with its person, code, value,
unit, time and status; and silver must hold nothing else.

- precision: right facts over the rows of silver, so that an invented or doubled row costs.
- recall: right facts over the facts of the truth that some system carried whole.

Exit code: 0 every resource reaches the target, 1 one does not.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
from rich.console import Console
from rich.table import Table

from ingest.bronze.registry import write_feed_registry
from ingest.home import Home
from ingest.sources import load_sources
from ingest.synthetic.catalogue import LAB_TESTS

REPOSITORY = Path(__file__).resolve().parents[2]
TARGET = 0.995
CONSOLE = Console(highlight=False, width=160)


@dataclass(frozen=True, slots=True)
class Resource:
    """How the facts of a kind are found in silver.

    ``rows`` selects id, patient_id, the natural key (key_1 to key_3) and what is compared: status, value,
    unit, code, occurred_at; a column that it leaves out is not compared. ``within_person``: the key
    identifies within a person only.
    """

    name: str
    fact_type: str
    rows: str
    within_person: bool = False
    whole_days: bool = False


RESOURCES = (
    Resource("encounters", "encounter", """
        select encounter_id as id, patient_id, visit_number as key_1, status, class_code as code,
            start_at as occurred_at
        from silver.encounter
    """),
    Resource("conditions", "condition", """
        select condition_id as id, condition.patient_id, condition.code as key_1,
            case category when 'problem-list-item' then 'problem' else visit_number end as key_2,
            case category when 'problem-list-item' then onset_date::varchar end as key_3,
            condition.code
        from silver.condition
        left join silver.encounter using (encounter_id)
    """, within_person=True),
    Resource("allergies", "allergy", """
        select allergy_intolerance_id as id, patient_id, code_display as key_1
        from silver.allergy_intolerance
    """, within_person=True),
    Resource("laboratory results", "lab_result", """
        select observation_id as id, patient_id, filler_order_number as key_1, code as key_2, status, code,
            coalesce(value_comparator, '') || coalesce(value_quantity::varchar, lower(value_text), '') as value,
            value_unit as unit, effective_at as occurred_at
        from silver.observation
        where category = 'laboratory' and source_system != 'ehr'
    """),
    Resource("vital signs", "vital_sign", """
        select observation_id as id, patient_id, code as key_1,
            strftime(effective_at, '%Y-%m-%dT%H:%M:%S') as key_2, status, code, coalesce(value_quantity::varchar, value_text, value_code_display, value_code) as value,
            value_unit as unit, effective_at as occurred_at
        from silver.observation
        where source_system = 'ehr'
            -- A panel has no value of its own: its parts are the facts.
            and code != '85354-9'
    """, within_person=True),
    Resource("readings of devices", "reading", """
        select observation_id as id, patient_id, code as key_1,
            strftime(effective_at, '%Y-%m-%dT%H:%M:%S') as key_2,
            code, value_quantity::varchar as value, value_unit as unit
        from silver.observation
        where source_system = 'wearables' and effective_at_precision != 'day'
    """, within_person=True),
    Resource("days of devices", "activity", """
        select observation_id as id, patient_id, code as key_1, effective_at::date::varchar as key_2,
            code, value_quantity::varchar as value, value_unit as unit
        from silver.observation
        where source_system = 'wearables' and effective_at_precision = 'day'
    """, within_person=True),
    Resource("screening answers", "screening_answer", """
        select observation_id as id, patient_id, code as key_1, value_code as key_2,
            strftime(effective_at, '%Y-%m-%dT%H:%M:%S') as key_3, status, code, value_text as value
        from silver.observation
        where source_system = 'public_health' and category = 'survey'
    """, within_person=True),
    Resource("reports", "report", """
        select diagnostic_report_id as id, patient_id, filler_order_number as key_1, status, code,
            effective_at as occurred_at
        from silver.diagnostic_report
    """),
    Resource("procedures", "procedure", """
        select procedure_id as id, patient_id, code as key_1, performed_date::varchar as key_2, code
        from silver.procedure
    """, within_person=True),
    Resource("medication requests", "prescription", """
        select medication_request_id as id, patient_id, order_number as key_1, code, quantity::varchar as value,
            authored_at as occurred_at
        from silver.medication_request
    """),
    Resource("medication dispenses", "fill", """
        select medication_dispense_id as id, patient_id, rx_number as key_1, fill_number::varchar as key_2,
            status, ndc as code, quantity::varchar as value, when_handed_over_at as occurred_at
        from silver.medication_dispense
    """, whole_days=True),
    Resource("immunizations", "immunization", """
        select immunization_id as id, patient_id, cvx_code as key_1, occurrence_date::varchar as key_2, status,
            cvx_code as code
        from silver.immunization
    """, within_person=True),
    Resource("appointments", "appointment", """
        select appointment_id as id, patient_id, appointment_number as key_1, status, start_at as occurred_at
        from silver.appointment
    """),
    Resource("coverages", "coverage", """
        select coverage_id as id, patient_id, member_id as key_1, status, payer_identifier as code,
            coalesce(period_start::varchar, '') || '/' || coalesce(period_end::varchar, '') as value
        from silver.coverage
    """, within_person=True),
    Resource("claims", "claim", """
        select claim_id as id, patient_id, claim_number as key_1, status, total_charge::varchar as value,
            left(upper(type), 1) as code
        from silver.claim
    """),
    Resource("explanations of benefit", "benefit", """
        select explanation_of_benefit_id as id, patient_id, claim_number as key_1, total_paid::varchar as value,
            status, payment_date::timestamp as occurred_at
        from silver.explanation_of_benefit
    """),
    Resource("charge items", "charge", """
        select charge_item_id as id, patient_id, transaction_number as key_1, status, amount::varchar as value,
            currency as unit, code
        from silver.charge_item
    """),
)  # fmt: skip

# Units that a system may print instead of the truth's: as printed = truth * factor + offset.
UNITS = (
    ("[degF]", "Cel", 5 / 9, -160 / 9, 0.06),
    ("Cel", "[degF]", 9 / 5, 32.0, 0.11),
    ("[lb_av]", "kg", 0.45359237, 0.0, 0.06),
    ("kg", "[lb_av]", 1 / 0.45359237, 0.0, 0.11),
)


@dataclass(frozen=True, slots=True)
class Measured:
    """What came of one resource. ``problems`` counts true facts that are not right, by what is wrong."""

    name: str
    facts: int
    rows: int
    right: int
    invented: int
    problems: tuple[tuple[str, int, str], ...]

    @property
    def precision(self) -> float:
        return self.right / self.rows if self.rows else 0.0

    @property
    def recall(self) -> float:
        return self.right / self.facts if self.facts else 0.0

    @property
    def is_met(self) -> bool:
        return self.facts > 0 and min(self.precision, self.recall) >= TARGET


@contextmanager
def opened(home: Home) -> Iterator[duckdb.DuckDBPyConnection]:
    """The warehouse of a synthetic home, its truth as `truth_…`, and the true person of each patient."""
    with duckdb.connect(str(home.database), read_only=True) as connection:
        for table in ("persons", "person_records", "facts", "flaws"):
            path = home.synthetic / "truth" / f"{table}.parquet"
            connection.execute(f"create temp view truth_{table} as from read_parquet('{path}')")
        connection.execute(
            """
            create temp table person_of_patient as
            select xref.patient_id, mode(records.person_id order by records.person_id) as person_id
            from identity.patient_xref as xref
            inner join truth_person_records as records using (source_system, id_authority, id_value)
            group by xref.patient_id
            """
        )
        # Whose Riverside Patient is in quarantine: nobody can tell whose the resources are.
        connection.execute(
            """
            create temp table truth_unknowable as
            select person_id from truth_flaws
            where flaw_type = 'malformed' and source_system = 'ehr' and record_locator like 'Patient/%'
            """
        )
        connection.execute(
            "create temp table conversions "
            "(code varchar, unit varchar, shown varchar, factor double, shift double, within double)"
        )
        connection.executemany(
            "insert into conversions values (?, ?, ?, ?, ?, ?)",
            [
                *((None, *one) for one in UNITS),
                *(
                    (test.loinc, test.unit, *test.alternative[:3],
                     0.51 * (10 ** -test.alternative[3] + test.alternative[1] * 10**-test.decimals))
                    for test in LAB_TESTS.values()
                    if test.alternative
                ),
            ],
        )  # fmt: skip
        yield connection


def measure(connection: duckdb.DuckDBPyConnection, resource: Resource) -> Measured:
    """Compare a resource with the truth, fact by fact."""
    columns = set(connection.sql(resource.rows).columns)
    given = {
        name: name if name in columns else f"cast(null as {kind})"
        for name, kind in {
            "key_2": "varchar", "key_3": "varchar", "status": "varchar", "code": "varchar",
            "value": "varchar", "unit": "varchar", "occurred_at": "timestamp",
        }.items()
    }  # fmt: skip
    same_person = "and silver.person_id = truth.person_id" if resource.within_person else ""
    precision = "date" if resource.whole_days else "timestamp"
    differs = {
        "person": "silver.person_id is distinct from truth.person_id",
        "status": "silver.status is distinct from truth.status",
        "code": "silver.code is distinct from truth.code",
        "time": f"abs(date_diff('minute', silver.occurred_at::{precision}, truth.occurred_at::{precision})) > 1",
        "value": """not coalesce(
            silver.value = truth.value
            or lower(silver.value) = lower(truth.value)
            or (
                regexp_extract(silver.value, '^[<>]=?') = regexp_extract(truth.value, '^[<>]=?')
                and abs(
                    try_cast(ltrim(silver.value, '<>=') as double)
                    - case
                        when coalesce(silver.unit, '') = coalesce(truth.unit, '')
                            then try_cast(ltrim(truth.value, '<>=') as double)
                        else try_cast(ltrim(truth.value, '<>=') as double) * conversions.factor + conversions.shift
                    end
                ) <= case
                    when coalesce(silver.unit, '') = coalesce(truth.unit, '') then 1e-6 else conversions.within
                end
            ), false)""",
    }  # fmt: skip
    compared = {
        "person": True, "status": "status" in columns, "code": "code" in columns,
        "time": "occurred_at" in columns, "value": "value" in columns,
    }  # fmt: skip
    said = {"person": "true", "time": "truth.occurred_at is not null",
            "status": "truth.status is not null", "code": "truth.code is not null",
            "value": "truth.value is not null"}  # fmt: skip
    wrong = " || ".join(
        f"case when {said[name]} and {differs[name]} then '{name} ' else '' end"
        for name, is_compared in compared.items()
        if is_compared
    )
    connection.execute(
        f"""
        create or replace temp table silver_facts as
        select
            facts.id, facts.patient_id, people.person_id, key_1::varchar as key_1,
            {", ".join(f"{sql} as {name}" for name, sql in given.items())}
        from ({resource.rows}) as facts
        left join person_of_patient as people using (patient_id)
        -- A resource whose Patient never arrived whole is kept without a person; its facts are left out below.
        where patient_id is not null
        """
    )
    connection.execute(
        f"""
        create or replace temp table compared as
        select
            truth.fact_id,
            bool_or(truth.is_corrupted or (
                list_contains(truth.systems, 'ehr') and truth.person_id in (from truth_unknowable)
            )) as is_corrupted,
            count(distinct silver.id) as times,
            coalesce(list(silver.id) filter (silver.id is not null), []) as ids,
            any_value(case when silver.id is not null then {wrong} end) as wrong
        from truth_facts as truth
        left join silver_facts as silver
            on
                truth.key_1 = silver.key_1
                and coalesce(truth.key_2, '') = coalesce(silver.key_2, '')
                and coalesce(truth.key_3, '') = coalesce(silver.key_3, '')
                {same_person}
        left join conversions
            on
                truth.unit = conversions.unit and silver.unit = conversions.shown
                and coalesce(conversions.code, truth.code) = truth.code
        where truth.fact_type = '{resource.fact_type}'
        group by truth.fact_id
        """
    )
    facts, right, rows, invented = connection.execute(
        """
        select
            (select count(*) from compared where not is_corrupted),
            (select count(*) from compared where not is_corrupted and times = 1 and wrong = ''),
            (select count(distinct id) from silver_facts)
                - (select count(distinct id) from (select unnest(ids) as id from compared where is_corrupted)),
            (
                select count(distinct id) from silver_facts
                where id not in (select unnest(ids) from compared)
            )
        """
    ).fetchone()  # type: ignore[misc]
    problems = connection.execute(
        """
        select
            case
                when times = 0 then 'missing'
                when times > 1 then 'more than once'
                else 'wrong ' || trim(wrong)
            end as problem,
            count(*) as facts,
            min(fact_id) as example
        from compared
        where not is_corrupted and (times != 1 or wrong != '')
        group by all order by all
        """
    ).fetchall()
    return Measured(resource.name, facts, rows, right, invented, tuple(problems))


def patients(connection: duckdb.DuckDBPyConnection) -> Measured:
    """Every person whom a system named in a whole record is one patient, born when they were."""
    rows = connection.execute("select count(*) from silver.patient").fetchone()[0]  # type: ignore[index]
    connection.execute(
        """
        create or replace temp table compared as
        select
            people.person_id,
            count(distinct patient.patient_id) as times,
            any_value(
                case when patient.birth_date != people.birth_date then 'birth date ' else '' end
                || case
                    when patient.sex != case people.sex when 'M' then 'male' when 'F' then 'female' else patient.sex end
                        then 'sex ' else ''
                end
            ) as wrong
        from truth_persons as people
        left join person_of_patient using (person_id)
        left join silver.patient as patient using (patient_id)
        where people.person_id in (select person_id from truth_person_records)
        group by people.person_id
        """
    )
    facts, right = connection.execute(
        "select count(*), count(*) filter (times = 1 and wrong = '') from compared"
    ).fetchone()  # type: ignore[misc]
    problems = connection.execute(
        """
        select
            case when times = 0 then 'missing' when times > 1 then 'more than once' else 'wrong ' || trim(wrong) end,
            count(*), min(person_id)
        from compared where times != 1 or wrong != '' group by all order by all
        """
    ).fetchall()
    return Measured("patients", facts, rows, right, 0, tuple(problems))


def measured(home: Home) -> list[Measured]:
    """Every resource of a built synthetic home."""
    with opened(home) as connection:
        return [patients(connection), *(measure(connection, one) for one in RESOURCES)]


def run(command: str, *arguments: str, home: Path) -> None:
    """Run a command of this environment against `home`; its errors end us."""
    done = subprocess.run(
        [str(Path(sys.executable).with_name(command)), *arguments],
        env={**os.environ, "WELLSPRING_HOME": str(home), "NO_COLOR": "1", "COLUMNS": "200"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    # 3: landed, but whole files were unusable, as some of the synthetic ones are meant to be.
    if done.returncode not in (0, 3):
        sys.exit(f"{command} {arguments[0]} failed:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")


def build(home: Home, *, patients: int, months: int, seed: int) -> None:
    """A synthetic population, landed and taken to silver, in an empty home."""
    shutil.rmtree(home.root, ignore_errors=True)
    size = ("--patients", str(patients), "--months", str(months), "--seed", str(seed))
    run("wellspring", "synth", *size, home=home.root)
    run("wellspring", "land", "--received-at", "mtime", home=home.root)
    write_feed_registry(home, load_sources())
    target = str(home.warehouse / "dbt")
    run(
        "dbt", "build", "--select", "+path:models/silver",
        *("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"),
        *("--project-dir", str(REPOSITORY / "dbt_project")),
        *("--profiles-dir", str(REPOSITORY / "profiles"), "--target-path", target),
        *("--log-path", target),
        home=home.root,
    )  # fmt: skip


def main() -> None:
    """Measure, print, and say by the exit code whether all targets are met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--patients", type=int, default=1000)
    parser.add_argument("--months", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--home", type=Path, help="a built synthetic home; otherwise one is made")
    chosen = parser.parse_args()
    if chosen.home:
        home = Home(chosen.home)
    else:
        home = Home(Home.from_env().root / "truth_check")
        CONSOLE.print(
            f"{chosen.patients:,} patients, {chosen.months} months: making, landing, building …"
        )
        build(home, patients=chosen.patients, months=chosen.months, seed=chosen.seed)
    found = measured(home)
    shown = Table(title=f"Facts of the synthetic hospital in silver, target ≥ {TARGET}")
    for column in (
        "resource",
        "facts",
        "rows",
        "precision",
        "recall",
        "",
        "what is wrong (how many, an example)",
    ):
        shown.add_column(
            column,
            justify="right" if column in ("facts", "rows", "precision", "recall") else "left",
        )
    for one in found:
        wrong = [f"{problem} {count:,} ({example})" for problem, count, example in one.problems]
        if one.invented:
            wrong.append(f"not true {one.invented:,}")
        shown.add_row(
            one.name, f"{one.facts:,}", f"{one.rows:,}", f"{one.precision:.4f}", f"{one.recall:.4f}",
            "met" if one.is_met else "NOT MET", "; ".join(wrong),
        )  # fmt: skip
    CONSOLE.print(shown)
    met = sum(one.is_met for one in found)
    CONSOLE.print(f"{met} of {len(found)} resources at or above {TARGET}")
    sys.exit(met < len(found))


if __name__ == "__main__":
    main()
