"""``wellspring measures``: why a person is in or out of a measure, and reports for exchange.

Here: options, and what is shown. Not here: any rule of a measure
(``dbt_project/models/gold/measures``).
"""

from __future__ import annotations

import csv
import json
import re
import uuid
from html import escape
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
#: What an event says, by kind of resource.
_SAYS = {
    "Encounter": "concat_ws(', ', status, class_code)",
    "Condition": """concat_ws(
        ', ', case when is_encounter then 'diagnosis of an encounter' end,
        case when is_problem then 'on the problem list' end,
        case when not is_verified then 'refuted or in error' end
    )""",
    "Observation": """concat_ws(
        ', ', case when value_number is not null then concat_ws(' ', value_number, value_unit) end,
        nullif(array_to_string(list_transform(value_codings, lambda one: one.code), ' '), ''),
        case when not has_value then 'no value' end, status
    )""",
    "Procedure": "status",
    "Order": """concat_ws(
        ', ', status, intent, case when refills > 0 then refills || ' refills' end,
        case when is_prohibited then 'not to be done' end,
        case when is_rejected then 'rejected' end
    )""",
    "Immunization": "status",
    "Reaction": "status",
}
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

    First who they are and where they ended; then what put them there, and what is open; last every
    event of a value set of the measure with what it says, so that what is missing, does not count
    or fell outside the period can be seen.

    Exit code: 0 explained; 2 the measure or the patient is not known.
    """
    with _warehouse(Home.from_env()) as connection:
        measure_id, title = _measure(connection, measure)
        patient_id = _patient(connection, patient)
        _who(connection, measure_id, title, patient_id)
        _evidence(connection, measure_id, patient_id)
        _open(connection, measure_id, patient_id)
        _events(connection, measure_id, patient_id)


def _who(
    connection: duckdb.DuckDBPyConnection, measure_id: str, title: str, patient_id: str
) -> None:
    _, start, end, as_of = _period(connection, measure_id)
    console.print(f"[bold]{measure_id}[/] {title}, {start} to {end}, as of {as_of}")
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
        f"1. {sex or 'sex not known'}, born {born}, {at_start} years old when the period begins, "
        f"{at_end} when it ends" + (f", died {died}" if died else "")
    )
    missing = connection.execute(
        "select count(*) from gold.measure_value_sets where measure_id = $m and is_missing",
        {"m": measure_id},
    ).fetchone()
    if missing and missing[0]:
        console.print(
            f"   {missing[0]} value sets of the measure are not loaded, so nothing is in them: "
            "`select value_set from measure_value_sets where is_missing` names them"
        )
    rows = connection.execute(
        f"""
        select
            groups.group_number || ' ' || groups.title, coalesce(populations.episode_id, ''),
            {", ".join(POPULATIONS.values())}
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
    _show(
        "2. Populations",
        (
            "group",
            "event",
            *(
                name.removeprefix("denominator-").removesuffix("-population")
                for name in POPULATIONS
            ),
        ),
        [
            (group, event, *("yes" if flag else "-" for flag in flags))
            for group, event, *flags in rows
        ],
    )


def _show(title: str, columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    """A table; the event that is counted only where a measure counts events."""
    kept = [
        place
        for place, column in enumerate(columns)
        if column != "event" or any(row[place] for row in rows)
    ]
    shown = Table(title=title)
    for place in kept:
        shown.add_column(columns[place], overflow="fold")
    for row in rows:
        shown.add_row(*(row[place] for place in kept))
    console.print(shown)


def _open(connection: duckdb.DuckDBPyConnection, measure_id: str, patient_id: str) -> None:
    """What a care team would have to do, where the patient counts and does not meet the measure."""
    rows = connection.execute(
        """
        select group_number, gap, closes_it, last_done_date::varchar, due_date::varchar
        from gold.care_gaps where measure_id = $m and patient_id = $id order by group_number
        """,
        {"m": measure_id, "id": patient_id},
    ).fetchall()
    if not rows:
        console.print("4. nothing is open")
    for group, gap, closes_it, last_done, due in rows:
        console.print(
            f"4. open in group {group}: {gap}; closed by: {closes_it}; "
            f"last on record {last_done or 'never'}, due {due}"
        )


def _evidence(connection: duckdb.DuckDBPyConnection, measure_id: str, patient_id: str) -> None:
    model = connection.execute(
        "select model from reference.measures where measure_id = $m", {"m": measure_id}
    ).fetchone()
    assert model is not None
    rows = connection.execute(
        f"""
        select
            group_number, population, criterion, event_date::varchar, coalesce(episode_id, ''),
            coalesce(resource_type || ' ' || resource_id, 'nothing was found')
        from gold."{model[0]}"
        where patient_id = $id and measure_id = $m
        order by
            group_number, list_position($order, population), episode_id, event_date, criterion
        """,
        {"id": patient_id, "m": measure_id, "order": list(POPULATIONS)},
    ).fetchall()
    if not rows:
        console.print("3. no criterion is met")
        return
    _show(
        "3. Criteria that are met, each by its latest resource",
        ("group", "population", "criterion", "date", "event", "resource", "sources"),
        [
            (
                str(group),
                *(cell or "" for cell in row),
                _sources(connection, *row[-1].split(" ", 1)),
            )
            for group, *row in rows
        ],
    )


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
        select
            '{kind}' as kind, value_set, {first} as first_day, {last} as last_day, {key} as id,
            {_SAYS[kind]} as says
        from gold_intermediate.{model} where patient_id = $id
        """
        for kind, model, key, first, last in _EVENTS
    ]
    if measure_id in _CLAIMS:
        kind, what, model, key, first, last = _CLAIMS[measure_id]
        selects.append(
            f"""
            select '{kind}', {what}, {first}, {last}, {key}, ''
            from gold_intermediate.{model} where patient_id = $id
            """
        )
    rows = connection.execute(
        f"""
        select
            events.value_set, events.kind,
            nullif(events.first_day, date '0001-01-01')::varchar,
            case
                when events.last_day = date '9999-12-31' then 'open'
                else coalesce(events.last_day::varchar, 'not known')
            end,
            events.says, events.id
        from ({" union all ".join(selects)}) as events
        where events.value_set in (
            select value_set from gold.measure_value_sets where measure_id = $m
        ) or events.kind in ('Claim', 'MedicationDispense') or (
            starts_with($m, 'CMS')
            and events.value_set in (
                select value_set from gold_intermediate.int_measure_direct_codes
            )
        )
        order by events.value_set, events.first_day, events.id
        """,
        {"id": patient_id, "m": measure_id},
    ).fetchall()
    if not rows:
        console.print("5. nothing on record is in a value set of the measure")
        return
    _show(
        "5. Everything on record that the measure could look at",
        ("value set", "kind", "from", "until", "says", "id in silver"),
        [tuple(cell or "" for cell in row) for row in rows],
    )


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

    For the house: summary.ndjson, rates.csv (a line per rate), populations.csv (a line per
    population) and, if asked, individual.ndjson and individual.csv (PHI). To be shared: scores.csv,
    the rates by dimension, where a cell of fewer than 11 people shows no number.

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
            rows.writerow(
                ("measure_id", "group", "population", "count", "period_start", "period_end")
            )
            for name in chosen:
                summary = _summary(connection, name)
                summaries.write(json.dumps(summary) + "\n")
                period = summary["period"]
                for group in summary["group"]:
                    for population in group["population"]:
                        code = population["code"]["coding"][0]["code"]
                        cells = (name, group["id"], code, population["count"])
                        rows.writerow((*cells, period["start"], period["end"]))
        listed = ", ".join(f"'{name}'" for name in chosen) or "''"
        _copy(
            connection,
            f"""
            select * from gold.measure_scores_shared where measure_id in ({listed})
            order by measure_id, group_number, dimension, value
            """,
            out / "scores.csv",
        )
        _copy(
            connection,
            f"""
            select
                scores.measure_id, scores.group_number, measures.title as measure_title,
                groups.title as group_title, measures.improvement as better,
                scores.* exclude (measure_id, group_number, dimension, value, is_small_cell)
            from gold.measure_scores as scores
            inner join reference.measures as measures using (measure_id)
            inner join reference.measure_groups as groups using (measure_id, group_number)
            where scores.dimension = 'all' and scores.measure_id in ({listed})
            order by scores.measure_id, scores.group_number
            """,
            out / "rates.csv",
        )
        if individual:
            _copy(
                connection,
                f"""
                select
                    measure_id, group_number, patient_id, episode_id, period_start_date,
                    period_end_date, {", ".join(POPULATIONS.values())}
                from gold.measure_populations where measure_id in ({listed})
                order by measure_id, group_number, patient_id, episode_id
                """,
                out / "individual.csv",
            )
            with (out / "individual.ndjson").open("w", encoding="utf-8") as lines:
                for name in chosen:
                    for one in _individuals(connection, name):
                        lines.write(json.dumps(one) + "\n")
    console.print(f"written: {out}", soft_wrap=True)


def _copy(connection: duckdb.DuckDBPyConnection, query: str, path: Path) -> None:
    quoted = str(path).replace("'", "''")
    connection.execute(f"copy ({query}) to '{quoted}' (header)")


def _period(
    connection: duckdb.DuckDBPyConnection, measure_id: str
) -> tuple[str, str, str, str | None]:
    """(version of the measure, first and last day of the period, as-of date) of the last build."""
    found = connection.execute(
        """
        select
            measures.version, trends.period_start_date::varchar, trends.period_end_date::varchar,
            trends.as_of_date::varchar
        from reference.measures as measures
        left join (
            select
                min(period_start_date) as period_start_date,
                max(period_end_date) as period_end_date,
                max(as_of_date) as as_of_date
            from gold.measure_trends
        ) as trends on true
        where measures.measure_id = $m
        """,
        {"m": measure_id},
    ).fetchone()
    assert found is not None
    return found


def _base(connection: duckdb.DuckDBPyConnection, measure_id: str, kind: str) -> dict[str, Any]:
    version, start, end, as_of = _period(connection, measure_id)
    title, steward, improvement = connection.execute(
        "select title, steward, improvement from reference.measures where measure_id = $m",
        {"m": measure_id},
    ).fetchone() or ("", "", "higher")
    words = (
        f"{title}. Derived from the definition of {measure_id} {version} ({steward}); "
        f"data as of {as_of}. Not certified, not for submission."
    )
    return {
        "resourceType": "MeasureReport",
        "text": {
            "status": "generated",
            "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{escape(words)}</div>',
        },
        "status": "complete",
        "type": kind,
        # A URN of ours: who reads it must not take it for a result of the published measure.
        "measure": f"urn:wellspring:measure:{measure_id.lower()}|{version}",
        **({"date": as_of} if as_of else {}),
        "period": {"start": start, "end": end},
        "improvementNotation": {
            "coding": [
                {
                    "system": "http://terminology.hl7.org/CodeSystem/measure-improvement-notation",
                    "code": "increase" if improvement == "higher" else "decrease",
                }
            ]
        },
    }


def _population(code: str, count: int) -> dict[str, Any]:
    return {"code": {"coding": [{"system": _SYSTEM, "code": code}]}, "count": count}


def _score(rate: float, unit: str) -> dict[str, Any]:
    score: dict[str, Any] = {"value": round(rate, 6)}
    return score if unit == "proportion" else {**score, "unit": unit}


def _group(title: str, number: int, counts: list[int]) -> dict[str, Any]:
    return {
        "id": str(number),
        "code": {"text": title},
        "population": [
            _population(code, count) for code, count in zip(POPULATIONS, counts, strict=True)
        ],
    }


def _summary(connection: duckdb.DuckDBPyConnection, measure_id: str) -> dict[str, Any]:
    groups: dict[int, dict[str, Any]] = {}
    for number, title, dimension, stratum, rate, unit, *counts in connection.execute(
        """
        select
            groups.group_number, groups.title, scores.dimension, scores.value, scores.rate,
            scores.rate_unit, scores.initial_population_count, scores.denominator_count,
            scores.exclusion_count, scores.exception_count, scores.numerator_count
        from reference.measure_groups as groups
        inner join gold.measure_scores as scores using (measure_id, group_number)
        where groups.measure_id = $m and scores.dimension in ('all', 'stratum')
        order by groups.group_number, scores.dimension, scores.value
        """,
        {"m": measure_id},
    ).fetchall():
        counted = _group(title, number, counts)
        if rate is not None:
            counted["measureScore"] = _score(rate, unit)
        if dimension == "all":
            groups[number] = counted
            continue
        del counted["id"], counted["code"]
        stratifier = groups[number].setdefault(
            "stratifier", [{"code": [{"text": "stratum"}], "stratum": []}]
        )
        stratifier[0]["stratum"].append({"value": {"text": stratum}, **counted})
    summary = _base(connection, measure_id, "summary")
    summary["id"] = str(uuid.uuid5(uuid.NAMESPACE_URL, f"summary/{measure_id}/{summary['period']}"))
    summary["group"] = list(groups.values())
    return summary


def _individuals(connection: duckdb.DuckDBPyConnection, measure_id: str) -> list[dict[str, Any]]:
    base = _base(connection, measure_id, "individual")
    patients: dict[str, list[dict[str, Any]]] = {}
    resources: dict[str, list[str]] = {}
    counts = ", ".join(f"count(*) filter (populations.{one})" for one in POPULATIONS.values())
    # Of a measure that counts events somebody may have several: one group has all of them.
    for patient, number, title, evidence, *counted in connection.execute(
        f"""
        select
            populations.patient_id, populations.group_number, any_value(groups.title),
            flatten(list(populations.evidence order by populations.episode_id)), {counts}
        from gold.measure_populations as populations
        inner join reference.measure_groups as groups using (measure_id, group_number)
        where populations.measure_id = $m
        group by populations.patient_id, populations.group_number
        order by populations.patient_id, populations.group_number
        """,
        {"m": measure_id},
    ).fetchall():
        patients.setdefault(patient, []).append(_group(title, number, counted))
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
