"""``make validate-fhir``: every FHIR resource of silver under four validators, and its references.

``HOME_DIR=folder`` names a home whose last build is to be judged; without it a synthetic
population is made and built under ``WELLSPRING_HOME/validate_fhir`` first.

Last line: ``N of M resources valid`` (by all validators). Exit code: 0 all are valid and every
reference resolves or is listed as one that cannot, 1 not so, 2 a validator is missing.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import duckdb
import orjson
from rich.console import Console
from rich.table import Table

from ingest.home import Home
from tests.ready.fhir_validators import (
    VALIDATORS,
    Report,
    ValidatorMissingError,
    references,
    validate,
)
from tests.ready.identity import run

CONSOLE = Console(highlight=False)


def main() -> None:
    """Validate, print, and say by the exit code whether all is well."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("home", nargs="?", type=Path)
    parser.add_argument("--patients", type=int, default=1_000)
    parser.add_argument("--months", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    if chosen.home is None:
        home = Home(Home.from_env().root / "validate_fhir")
        shutil.rmtree(home.root, ignore_errors=True)
        CONSOLE.print(f"{chosen.patients:,} patients, {chosen.months} months: making, building …")
        size = ("--patients", str(chosen.patients), "--months", str(chosen.months))
        run("wellspring", "demo", *size, "--seed", str(chosen.seed), home=home.root)
    else:
        home = Home(chosen.home)
    if not home.database.exists():
        sys.exit(f"{home.root} holds no warehouse; build it with `wellspring run`")
    with duckdb.connect(str(home.database), read_only=True) as connection:
        try:
            report = validate(silver(connection))
        except ValidatorMissingError as error:
            CONSOLE.print(f"not validated: {error}", soft_wrap=True)
            sys.exit(2)
        named, dangling = dangling_references(connection)
    show(report)
    CONSOLE.print(
        f"{named:,} references: {named - dangling.total():,} resolve or are listed as unresolvable"
    )
    for path, count in dangling.most_common(40):
        CONSOLE.print(f"  {path}: {count:,} name a resource that is not there", soft_wrap=True)
    total = report.rows.total()
    CONSOLE.print(f"{total - len(report.invalid):,} of {total:,} resources valid")
    sys.exit(bool(report.invalid or dangling or not total))


def tables(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """The silver tables that hold FHIR resources, by name."""
    found = connection.execute(
        """
        select table_name from information_schema.columns
        where table_schema = 'silver' and column_name = 'fhir_json'
        order by table_name
        """
    ).fetchall()
    return [name for (name,) in found]


def silver(
    connection: duckdb.DuckDBPyConnection, *, of_each: int | None = None
) -> Iterator[tuple[str, str]]:
    """(resource type, JSON) of every resource, or of `of_each` rows of each table."""
    for table in tables(connection):
        cursor = connection.execute(
            f"""
            select json_extract_string(fhir_json, '$.resourceType'), fhir_json
            from silver.{table}
            where fhir_json is not null
            {"" if of_each is None else f"order by hash(fhir_json) limit {of_each}"}
            """
        )
        while rows := cursor.fetchmany(10_000):
            yield from rows


def dangling_references(connection: duckdb.DuckDBPyConnection) -> tuple[int, Counter[str]]:
    """How many references there are, and by path, those that name nobody.

    What ``silver.fhir_unresolved_reference`` lists is kept as the source wrote it, and no fault.
    """
    there: set[str] = set()
    for kind, text in silver(connection):
        there.add(f"{kind}/{orjson.loads(text)['id']}")
    listed = set()
    if connection.execute(
        "select 1 from information_schema.tables where table_name = 'fhir_unresolved_reference'"
    ).fetchone():
        listed = {
            one
            for (one,) in connection.execute(
                "select distinct reference from silver.fhir_unresolved_reference"
            ).fetchall()
        }
    named, dangling = 0, Counter[str]()
    for kind, text in silver(connection):
        for path, reference in references(orjson.loads(text)):
            named += 1
            if reference not in there and reference not in listed:
                dangling[f"{kind}.{path}"] += 1
    return named, dangling


def show(report: Report) -> None:
    """Print rows and valid rows by type, then every distinct fault with its count."""
    shown = Table(title="Silver as FHIR R4", title_justify="left")
    for column in ("resource", "rows", *VALIDATORS):
        shown.add_column(column, justify="left" if column == "resource" else "right")
    for kind, rows in sorted(report.rows.items()):
        shown.add_row(kind, f"{rows:,}", *(f"{report.valid[name][kind]:,}" for name in VALIDATORS))
    CONSOLE.print(shown)
    for name in VALIDATORS:
        for fault, count in report.faults[name].most_common():
            CONSOLE.print(f"{name}: {fault} ({count:,})", markup=False, soft_wrap=True)


if __name__ == "__main__":
    main()
