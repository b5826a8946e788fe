"""``make measures-deck``: the published test cases of the measures through the whole house.

The cases are landed like any FHIR feed, in a home of their own, from a source that is declared
authoritative for identity; the value sets are loaded; dbt builds as for anybody; every population
of every group is compared with what is expected. ``--shift`` renames all ids and moves all dates
by a year first: the same logic must give the same answer.

Here: preparing, running, comparing. Not here: any rule of a measure.

Exit code: 0 all graded cases agree, 1 some do not.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import re
import shutil
import subprocess
import sys
import uuid
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
from rich.console import Console
from rich.table import Table

from ingest.bronze.registry import ensure_layout, write_feed_registry
from ingest.home import Home
from ingest.sources import DEFAULT_FILE, load_sources
from ingest.terminology import load_value_sets

REPOSITORY = Path(__file__).resolve().parents[2]
CONSOLE = Console(highlight=False)
SOURCE = "measure_cases"
YEAR = 2026
DECLARATION = f"""
  {SOURCE}:
    title: Test cases of the measures
    description: Published test patients, each a person of its own.
    owner: quality@northside.example
    time_zone: UTC
    authoritative: [identity, subject]
    feeds:
      fhir:
        description: Bundles of one test patient each.
        format: fhir
        arrival: {{every: irregular}}
"""
POPULATIONS = {
    "initial-population": "in_initial_population",
    "denominator": "in_denominator",
    "denominator-exclusion": "in_denominator_exclusion",
    "denominator-exception": "in_denominator_exception",
    "numerator": "in_numerator",
}
#: A FHIR date or dateTime; a time zone's colon keeps codes and versions out.
_DATE = re.compile(r"^(\d{4})(-\d{2}(?:-\d{2}(?:T\d{2}:\d{2}.*)?)?)$")
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
#: Elements that hold dates; elsewhere four digits and a hyphen may be a code.
_DATED = re.compile(
    r"(date|dateTime|authoredOn|issued|recorded|start|end|event|effective|occurrence|onset"
    r"|abatement|performed|deceased|birthDate|timestamp|sent|received|created)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, order=True)
class Cell:
    """One expectation: a population of a group of a case."""

    measure: str
    case: str
    group: int
    population: str


@dataclass(slots=True)
class Outcome:
    """How the cases of one measure came out."""

    measure: str
    cases: int = 0
    agreeing: int = 0
    positive: int = 0  #: cases with a numerator of 1
    positive_agreeing: int = 0
    differing: list[dict[str, Any]] = field(default_factory=list)


def main() -> None:
    """Prepare, build, compare; the last line says how many cases agree."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--deck", type=Path, required=True, help="folder with a folder per measure")
    parser.add_argument("--valuesets", type=Path, required=True, help="FHIR ValueSets")
    parser.add_argument("--shift", action="store_true", help="rename ids, move dates by a year")
    parser.add_argument("--out", type=Path, help="where to write the result as JSON")
    chosen = parser.parse_args()
    measures = sorted(
        (path for path in chosen.deck.iterdir() if (path / "cases.ndjson").is_file()),
        key=lambda path: int(re.sub(r"\D", "", path.name) or 0),
    )
    if not measures:
        sys.exit(f"{chosen.deck} holds no folder with cases.ndjson")
    shift = 1 if chosen.shift else 0
    home = Home(Home.from_env().root / ("measures_deck_shifted" if shift else "measures_deck"))
    shutil.rmtree(home.root, ignore_errors=True)
    home.root.mkdir(parents=True)
    ids = land(home, measures, shift=shift)
    load_value_sets(home, [chosen.valuesets])
    build(home, year=YEAR + shift)
    outcomes = compare(
        expected(measures), found(home, {path.name for path in measures}, ids), measures
    )
    target = chosen.out or home.root / "measures_deck.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(as_json(outcomes, year=YEAR + shift), indent=2), encoding="utf-8")
    agree = show(outcomes)
    cases = sum(outcome.cases for outcome in outcomes)
    CONSOLE.print(f"written: {target}", soft_wrap=True)
    CONSOLE.print(f"{agree} of {cases} cases agree")
    sys.exit(agree != cases)


def land(home: Home, measures: list[Path], *, shift: int) -> dict[str, str]:
    """Drop the cases into the landing folder and land them; the case of each patient id."""
    sources = home.root / "sources.yml"
    declared = DEFAULT_FILE.read_text(encoding="utf-8")
    sources.write_text(declared + DECLARATION, encoding="utf-8")
    os.environ["WELLSPRING_SOURCES"] = str(sources)
    folder = home.landing / SOURCE / "fhir"
    folder.mkdir(parents=True)
    ids: dict[str, str] = {}
    for measure in measures:
        with (folder / f"{measure.name}.ndjson").open("w", encoding="utf-8") as lines:
            for line in (measure / "cases.ndjson").read_text(encoding="utf-8").splitlines():
                if not line.strip():
                    continue
                case = json.loads(line)["id"]
                moved = json.dumps(shifted(json.loads(line), shift)) if shift else line
                ids[json.loads(moved)["id"]] = case
                lines.write(moved + "\n")
    run("wellspring", "land", home=home.root, year=YEAR + shift)
    ensure_layout(home, load_sources())
    write_feed_registry(home, load_sources())
    return ids


def shifted(value: Any, years: int, name: str = "") -> Any:
    """A resource with other ids and every date `years` later; a leap day becomes the last of its
    month."""
    if isinstance(value, dict):
        return {key: shifted(inner, years, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [shifted(inner, years, name) for inner in value]
    if not isinstance(value, str):
        return value
    match = _DATE.match(value)
    if match and _DATED.search(name):
        moved = f"{int(match[1]) + years:04d}{match[2]}"
        if moved[4:10] == "-02-29":
            moved = f"{moved[:4]}-02-28{moved[10:]}"
        return moved
    return _UUID.sub(lambda found: str(uuid.uuid5(uuid.NAMESPACE_URL, found[0].lower())), value)


def build(home: Home, *, year: int) -> None:
    """The measures and all they are made of, as in every run; tests and checks are the run's."""
    target = str(home.warehouse / "dbt")
    run(
        "dbt",
        "build",
        *("--select", "+measure_populations", "+measure_value_sets"),
        *("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"),
        *("--project-dir", str(REPOSITORY / "dbt_project")),
        *("--profiles-dir", str(REPOSITORY / "profiles"), "--target-path", target),
        *("--log-path", target),
        home=home.root,
        year=year,
    )


def run(command: str, *arguments: str, home: Path, year: int) -> None:
    """A command of this environment against `home`, as of the end of `year`, in UTC."""
    done = subprocess.run(
        [str(Path(sys.executable).with_name(command)), *arguments],
        env={
            **os.environ,
            "WELLSPRING_HOME": str(home),
            "WELLSPRING_AS_OF": date(year, 12, 31).isoformat(),
            "WELLSPRING_TIME_ZONE": "UTC",
            "NO_COLOR": "1",
            "COLUMNS": "200",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"{command} {arguments[0]} failed:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")


def expected(measures: list[Path]) -> dict[Cell, tuple[int, bool]]:
    """What each case should give, and whether it is graded."""
    cells: dict[Cell, tuple[int, bool]] = {}
    for measure in measures:
        with (measure / "expected.csv").open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                cell = Cell(measure.name, row["case_id"], int(row["group"]), row["population"])
                cells[cell] = (int(row["count"]), row["graded"].strip().lower() != "no")
    return cells


def found(home: Home, measures: set[str], ids: dict[str, str]) -> dict[Cell, int]:
    """Who is in which population, by case."""
    cells: dict[Cell, int] = {}
    with duckdb.connect(str(home.database), read_only=True) as connection:
        rows = connection.execute(
            f"""
            select
                populations.measure_id, xref.id_value, populations.group_number,
                {", ".join(POPULATIONS.values())}
            from gold.measure_populations as populations
            inner join identity.patient_xref as xref using (patient_id)
            where xref.source_system = '{SOURCE}'
            """
        ).fetchall()
    for measure, patient, group, *flags in rows:
        if measure not in measures or patient not in ids:
            continue
        for population, flag in zip(POPULATIONS, flags, strict=True):
            cells[Cell(measure, ids[patient], group, population)] = int(bool(flag))
    return cells


def compare(
    wanted: dict[Cell, tuple[int, bool]], have: dict[Cell, int], measures: list[Path]
) -> list[Outcome]:
    """Outcomes per measure, in the order of `measures`."""
    by_case: dict[tuple[str, str], list[Cell]] = defaultdict(list)
    for cell in wanted:
        by_case[(cell.measure, cell.case)].append(cell)
    outcomes = {path.name: Outcome(path.name) for path in measures}
    for (measure, case), cells in sorted(by_case.items()):
        if not any(wanted[cell][1] for cell in cells):
            continue
        outcome = outcomes[measure]
        differing = [
            cell for cell in cells if wanted[cell][1] and have.get(cell, 0) != wanted[cell][0]
        ]
        positive = any(wanted[cell][0] for cell in cells if cell.population == "numerator")
        outcome.cases += 1
        outcome.positive += positive
        outcome.agreeing += not differing
        outcome.positive_agreeing += positive and not differing
        outcome.differing += [
            {
                "case": case,
                "group": cell.group,
                "population": cell.population,
                "expected": wanted[cell][0],
                "found": have.get(cell, 0),
            }
            for cell in sorted(differing)
        ]
    return list(outcomes.values())


def as_json(outcomes: list[Outcome], *, year: int) -> dict[str, Any]:
    """The result as it is written."""
    return {
        "period": {"start": f"{year}-01-01", "end": f"{year}-12-31"},
        "cases": sum(outcome.cases for outcome in outcomes),
        "agreeing": sum(outcome.agreeing for outcome in outcomes),
        "measures": [
            {
                "measure": outcome.measure,
                "cases": outcome.cases,
                "agreeing": outcome.agreeing,
                "numerator_cases": outcome.positive,
                "numerator_cases_agreeing": outcome.positive_agreeing,
                "differing": outcome.differing,
            }
            for outcome in outcomes
        ],
    }


def _differences(outcome: Outcome) -> Iterator[str]:
    counted: dict[tuple[int, str], int] = defaultdict(int)
    for one in outcome.differing:
        counted[(one["group"], one["population"])] += 1
    for (group, population), count in sorted(counted.items()):
        yield f"{population} of group {group}: {count}"


def show(outcomes: list[Outcome]) -> int:
    """Print the table; how many cases agree."""
    shown = Table(title="Published test cases")
    for column, justify in (
        ("measure", "left"),
        ("cases", "right"),
        ("agree", "right"),
        ("numerator 1", "right"),
        ("agree", "right"),
        ("populations that differ", "left"),
    ):
        shown.add_column(column, justify=justify)  # type: ignore[arg-type]
    for outcome in outcomes:
        shown.add_row(
            outcome.measure,
            str(outcome.cases),
            str(outcome.agreeing),
            str(outcome.positive),
            str(outcome.positive_agreeing),
            "; ".join(_differences(outcome)),
        )
    CONSOLE.print(shown)
    return sum(outcome.agreeing for outcome in outcomes)


if __name__ == "__main__":
    main()
