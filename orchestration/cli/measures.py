"""``wellspring measures``: why a person is in or out of a measure, and reports for exchange.

Here: options, and what is shown. Not here: any rule of a measure
(``dbt_project/models/gold/measures``).
"""

from __future__ import annotations

import csv
import json
import re
import uuid
from pathlib import Path
from typing import Annotated, Any

import duckdb
import typer
from rich.table import Table

from ingest.home import Home
from orchestration.cli.console import Exit, console, fail

__all__ = ["register"]

commands = typer.Typer(help="Quality measures: explain, export.", no_args_is_help=True)

#: Columns of measure_populations by the code of FHIR's MeasurePopulationType, in order.
POPULATIONS = {
    "initial-population": "in_initial_population",
    "denominator": "in_denominator",
    "denominator-exclusion": "in_denominator_exclusion",
    "denominator-exception": "in_denominator_exception",
    "numerator": "in_numerator",
}
_SYSTEM = "http://terminology.hl7.org/CodeSystem/measure-population"
_RESOURCES = frozenset(
    {
        *("Patient", "Encounter", "Condition", "Observation", "Procedure", "Immunization"),
        *("MedicationRequest", "ServiceRequest", "DeviceRequest", "AllergyIntolerance"),
        *("AdverseEvent", "MedicationDispense", "Claim", "Coverage"),
    }
)
#: The models of events: (kind of resource, model, key, first day, last day).
_EVENTS = (
    ("Encounter", "int_measure_encounters", "encounter_id", "start_date", "end_date"),
    ("Condition", "int_measure_conditions", "condition_id", "start_date", "end_date"),
    ("Observation", "int_measure_observations", "observation_id", "start_date", "end_date"),
    ("Procedure", "int_measure_procedures", "procedure_id", "start_date", "end_date"),
    ("Order", "int_measure_orders", "order_id", "authored_date", "end_date"),
    ("Immunization", "int_measure_immunizations", "immunization_id", *("occurrence_date",) * 2),
    ("Reaction", "int_measure_reactions", "reaction_id", "start_date", "end_date"),
)
#: What measures out of claims look at, by measure: (kind, what it is, model, key, first, last day).
_CLAIMS = {
    "READM-30": ("Claim", "'stay'", "int_measure_stays", "stay_id", "start_date", "end_date"),
    "EDV": ("Claim", "'visit'", "int_measure_ed_visits", "claim_id", *("visit_date",) * 2),
    **dict.fromkeys(
        ("PDC-STA", "PDC-DR", "PDC-RASA"),
        (
            *("MedicationDispense", "drug_class", "int_measure_fills", "medication_dispense_id"),
            *("dispensed_date", "dispensed_date + days_supply - 1"),
        ),
    ),
}


def register(app: typer.Typer) -> None:
    """Add the group to the ``wellspring`` command."""
    app.add_typer(commands, name="measures")


def _warehouse(home: Home) -> duckdb.DuckDBPyConnection:
    if not home.database.is_file():
        fail("there is no warehouse yet", "run `wellspring run` first", code=Exit.USAGE)
    try:
        return duckdb.connect(str(home.database), read_only=True)
    except duckdb.Error:
        fail("the warehouse is busy or damaged", "wait for the running build to end")


def _measure(connection: duckdb.DuckDBPyConnection, name: str) -> tuple[str, str]:
    """(measure_id, title) of a measure by its id, whatever its case."""
    found = connection.execute(
        "select measure_id, title from reference.measures where upper(measure_id) = upper($name)",
        {"name": name},
    ).fetchone()
    if found is None:
        known = connection.execute(
            "select string_agg(measure_id, ', ' order by measure_id) from reference.measures"
        ).fetchone()
        fail(
            "no measure is named so",
            f"one of: {known[0] if known else 'none'}",
            code=Exit.USAGE,
        )
    return str(found[0]), str(found[1])


def _patient(connection: duckdb.DuckDBPyConnection, text: str) -> str:
    """The patient that `text` names: the enterprise id, or a number that a source gave."""
    found = connection.execute(
        """
        select distinct patient_id from identity.patient_xref
        where patient_id = $text or id_value = $text or id_authority || ':' || id_value = $text
        """,
        {"text": text},
    ).fetchall()
    if len(found) != 1:
        fail(
            f"{'no' if not found else 'more than one'} patient is named so",
            "give a patient_id, or authority:number as in identity.patient_xref",
            code=Exit.USAGE,
        )
    return str(found[0][0])


@commands.command()
def explain(
    measure: Annotated[str, typer.Argument(help="The measure, such as CMS165.")],
    patient: Annotated[str, typer.Argument(help="A patient_id, or authority:number of a source.")],
) -> None:
    """Why a person is in or out of each population, with dates and sources, step by step.

    First who they are and where they ended; then what put them there; last every event of a value
    set of the measure, so that what is missing, or fell outside the period, can be seen.

    Exit code: 0 explained; 2 the measure or the patient is not known.
    """
    with _warehouse(Home.from_env()) as connection:
        measure_id, title = _measure(connection, measure)
        patient_id = _patient(connection, patient)
        _who(connection, measure_id, title, patient_id)
        _evidence(connection, measure_id, patient_id)
        _events(connection, measure_id, patient_id)


def _who(
    connection: duckdb.DuckDBPyConnection, measure_id: str, title: str, patient_id: str
) -> None:
    console.print(f"[bold]{measure_id}[/] {title}")
    person = connection.execute(
        """
        select sex, birth_date, age_at_start, age_at_end, deceased_date
        from gold_intermediate.int_measure_patients where patient_id = $id
        """,
        {"id": patient_id},
    ).fetchone()
    if person is None:
        console.print("1. no birth date is known: in no measure")
        return
    sex, born, at_start, at_end, died = person
    console.print(
        f"1. {sex}, born {born}, {at_start} years old when the period begins, {at_end} when it ends"
        + (f", died {died}" if died else "")
    )
    missing = connection.execute(
        "select count(*) from gold.measure_value_sets where measure_id = $m and is_missing",
        {"m": measure_id},
    ).fetchone()
    if missing and missing[0]:
        console.print(
            f"   {missing[0]} value sets of the measure are not loaded: "
            "`select * from measure_value_sets` names them"
        )
    shown = Table(title="2. Populations")
    for column in ("group", *POPULATIONS):
        shown.add_column(column)
    rows = connection.execute(
        f"""
        select groups.group_number || ' ' || groups.title, {", ".join(POPULATIONS.values())}
        from reference.measure_groups as groups
        left join gold.measure_populations as populations
            on groups.measure_id = populations.measure_id
            and groups.group_number = populations.group_number
            and populations.patient_id = $id
        where groups.measure_id = $m
        order by groups.group_number, populations.episode_id
        """,
        {"id": patient_id, "m": measure_id},
    ).fetchall()
    for group, *flags in rows:
        shown.add_row(group, *("yes" if flag else "-" for flag in flags))
    console.print(shown)


def _evidence(connection: duckdb.DuckDBPyConnection, measure_id: str, patient_id: str) -> None:
    model = connection.execute(
        "select model from reference.measures where measure_id = $m", {"m": measure_id}
    ).fetchone()
    assert model is not None
    rows = connection.execute(
        f"""
        select
            group_number, population, criterion, event_date::varchar,
            coalesce(resource_type || ' ' || resource_id, 'nothing was found')
        from gold."{model[0]}"
        where patient_id = $id and measure_id = $m
        order by group_number, population, event_date
        """,
        {"id": patient_id, "m": measure_id},
    ).fetchall()
    shown = Table(title="3. Criteria that are met, each by its latest resource")
    for column in ("group", "population", "criterion", "date", "resource", "sources"):
        shown.add_column(column, overflow="fold")
    for group, *row in rows:
        sources = _sources(connection, *row[-1].split(" ", 1))
        shown.add_row(str(group), *(cell or "" for cell in row), sources)
    console.print(shown if rows else "3. no criterion is met")


def _sources(connection: duckdb.DuckDBPyConnection, kind: str, key: str) -> str:
    """The systems that know a resource, by its type and id."""
    table = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", kind).lower()
    if kind not in _RESOURCES:
        return ""
    found = connection.execute(
        f"select array_to_string(source_systems, ', ') from silver.{table} where {table}_id = $key",
        {"key": key},
    ).fetchone()
    return str(found[0]) if found else ""


def _events(connection: duckdb.DuckDBPyConnection, measure_id: str, patient_id: str) -> None:
    selects = [
        f"""
        select '{kind}' as kind, value_set, {first} as first_day, {last} as last_day, {key} as id
        from gold_intermediate.{model} where patient_id = $id
        """
        for kind, model, key, first, last in _EVENTS
    ]
    if measure_id in _CLAIMS:
        kind, what, model, key, first, last = _CLAIMS[measure_id]
        selects.append(
            f"""
            select '{kind}', {what}, {first}, {last}, {key}
            from gold_intermediate.{model} where patient_id = $id
            """
        )
    rows = connection.execute(
        f"""
        select
            events.value_set, events.kind,
            nullif(events.first_day, date '0001-01-01')::varchar,
            nullif(events.last_day, date '9999-12-31')::varchar, events.id
        from ({" union all ".join(selects)}) as events
        where events.value_set in (
            select value_set from gold.measure_value_sets where measure_id = $m
        ) or events.kind in ('Claim', 'MedicationDispense') or (
            starts_with($m, 'CMS')
            and events.value_set in (
                select value_set from gold_intermediate.int_measure_direct_codes
            )
        )
        order by events.value_set, events.first_day
        """,
        {"id": patient_id, "m": measure_id},
    ).fetchall()
    shown = Table(title="4. Everything on record that the measure could look at")
    for column in ("value set", "kind", "from", "until", "id in silver"):
        shown.add_column(column, overflow="fold")
    for row in rows:
        shown.add_row(*(cell or "" for cell in row))
    console.print(shown if rows else "4. nothing on record is in a value set of the measure")


@commands.command()
def report(
    out: Annotated[Path, typer.Option(help="The folder to write to.")],
    measure: Annotated[
        list[str] | None, typer.Option(help="Only this measure; may be repeated.")
    ] = None,
    individual: Annotated[
        bool, typer.Option("--individual", help="One report per patient, too (PHI).")
    ] = False,
) -> None:
    """Write FHIR R4 MeasureReports (summary, and individual if asked) and flat CSV files.

    populations.csv has the counts of each population, scores.csv the rates by every dimension that
    may be shared: a cell of fewer than 11 people shows no number.

    Results are derived from eCQM definitions, not certified, and not for submission.
    """
    out.mkdir(parents=True, exist_ok=True)
    with _warehouse(Home.from_env()) as connection:
        names = [_measure(connection, name)[0] for name in measure or []]
        chosen = names or [
            str(row[0])
            for row in connection.execute(
                "select distinct measure_id from gold.measure_populations order by 1"
            ).fetchall()
        ]
        with (
            (out / "summary.ndjson").open("w", encoding="utf-8") as summaries,
            (out / "populations.csv").open("w", encoding="utf-8", newline="") as flat,
        ):
            rows = csv.writer(flat, lineterminator="\n")
            rows.writerow(("measure_id", "group", "population", "count"))
            for name in chosen:
                summary = _summary(connection, name)
                summaries.write(json.dumps(summary) + "\n")
                for group in summary["group"]:
                    for population in group["population"]:
                        code = population["code"]["coding"][0]["code"]
                        rows.writerow((name, group["id"], code, population["count"]))
        connection.execute(
            f"""
            copy (
                select * from gold.measure_scores_shared
                where measure_id in ({", ".join(f"'{name}'" for name in chosen)})
                order by measure_id, group_number, dimension, value
            ) to '{str(out / "scores.csv").replace("'", "''")}' (header)
            """
        )
        if individual:
            with (out / "individual.ndjson").open("w", encoding="utf-8") as lines:
                for name in chosen:
                    for one in _individuals(connection, name):
                        lines.write(json.dumps(one) + "\n")
    console.print(f"written: {out}", soft_wrap=True)


def _base(connection: duckdb.DuckDBPyConnection, measure_id: str, kind: str) -> dict[str, Any]:
    version, improvement, start, end = connection.execute(
        """
        select
            measures.version, measures.improvement,
            min(populations.period_start_date)::varchar, min(populations.period_end_date)::varchar
        from reference.measures as measures
        left join gold.measure_populations as populations using (measure_id)
        where measures.measure_id = $m group by 1, 2
        """,
        {"m": measure_id},
    ).fetchone() or ("", "higher", None, None)
    notation = "increase" if improvement == "higher" else "decrease"
    return {
        "resourceType": "MeasureReport",
        "status": "complete",
        "type": kind,
        "measure": (
            f"https://madie.cms.gov/Measure/{measure_id}FHIR|{version}"
            if measure_id.startswith("CMS")
            else f"urn:wellspring:measure:{measure_id.lower()}|{version}"
        ),
        "period": {"start": start, "end": end},
        "improvementNotation": {
            "coding": [
                {
                    "system": "http://terminology.hl7.org/CodeSystem/measure-improvement-notation",
                    "code": notation,
                }
            ]
        },
    }


def _population(code: str, count: int) -> dict[str, Any]:
    return {"code": {"coding": [{"system": _SYSTEM, "code": code}]}, "count": count}


def _summary(connection: duckdb.DuckDBPyConnection, measure_id: str) -> dict[str, Any]:
    counts = ", ".join(f"count(*) filter ({column})" for column in POPULATIONS.values())
    groups = []
    for number, rate, *values in connection.execute(
        f"""
        select
            populations.group_number,
            any_value(scores.rate),
            {counts}
        from gold.measure_populations as populations
        left join gold.measure_scores as scores
            on populations.measure_id = scores.measure_id
            and populations.group_number = scores.group_number and scores.dimension = 'all'
        where populations.measure_id = $m group by 1 order by 1
        """,
        {"m": measure_id},
    ).fetchall():
        group: dict[str, Any] = {
            "id": str(number),
            "population": [
                _population(code, count) for code, count in zip(POPULATIONS, values, strict=True)
            ],
        }
        if rate is not None:
            group["measureScore"] = {"value": round(rate, 6)}
        groups.append(group)
    summary = _base(connection, measure_id, "summary")
    summary["id"] = str(uuid.uuid5(uuid.NAMESPACE_URL, f"summary/{measure_id}/{summary['period']}"))
    summary["group"] = groups
    return summary


def _individuals(connection: duckdb.DuckDBPyConnection, measure_id: str) -> list[dict[str, Any]]:
    base = _base(connection, measure_id, "individual")
    patients: dict[str, list[dict[str, Any]]] = {}
    resources: dict[str, list[str]] = {}
    for patient, number, evidence, *flags in connection.execute(
        f"""
        select patient_id, group_number, evidence, {", ".join(POPULATIONS.values())}
        from gold.measure_populations where measure_id = $m
        order by patient_id, group_number, episode_id
        """,
        {"m": measure_id},
    ).fetchall():
        patients.setdefault(patient, []).append(
            {
                "id": str(number),
                "population": [
                    _population(code, int(flag))
                    for code, flag in zip(POPULATIONS, flags, strict=True)
                ],
            }
        )
        resources.setdefault(patient, []).extend(
            f"{one['resource_type']}/{one['resource_id']}"
            for one in evidence
            if one["resource_id"] and one["resource_type"] != "Patient"
        )
    return [
        {
            **base,
            "id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{measure_id}/{patient}/{base['period']}")),
            "subject": {"reference": f"Patient/{patient}"},
            "group": groups,
            "evaluatedResource": [
                {"reference": name} for name in dict.fromkeys(resources[patient])
            ],
        }
        for patient, groups in patients.items()
    ]
