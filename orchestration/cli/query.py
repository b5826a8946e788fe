"""``wellspring query``: a question to the published version, from a shell.

Here: opening it read-only and drawing the answer. Not here: SQL of our own.
"""

from __future__ import annotations

import csv
import sys
from contextlib import closing
from datetime import datetime
from typing import Annotated, Any, Literal

import duckdb
import orjson
import typer
from rich import box
from rich.table import Table

from ingest.home import Home
from orchestration.cli.console import console, errors, fail

__all__ = ["register"]

_TABLES = """
    select
        if(schema_name = 'main', '', schema_name || '.') || table_name as table_name,
        estimated_size as row_count,
        column_count,
        left(split_part(replace(comment, chr(10), ' '), '. ', 1), 90) as about
    from duckdb_tables()
    order by schema_name = 'about', table_name
"""


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command("query")(query)


def query(
    sql: Annotated[
        str | None,
        typer.Argument(help="A query; without one, the tables are listed.", show_default=False),
    ] = None,
    form: Annotated[
        Literal["table", "csv", "json"], typer.Option("--format", help="How the answer is printed.")
    ] = "table",
    limit: Annotated[
        int, typer.Option(min=0, help="Rows shown in a table; 0 for all. Others are complete.")
    ] = 40,
) -> None:
    """Ask the published gold, read-only: [b]wellspring query "from patient_360 limit 5"[/b].

    Marts by their names, what is known about the version as about.version, about.row_counts,
    about.checks, about.source_freshness and about.quality_scores.

    Exit code: 0 answered; 1 nothing published, or the query is wrong.
    """
    link = Home.from_env().published / "gold.duckdb"
    if not link.exists():
        fail(
            "Nothing has been published yet.", "Run `wellspring run`, or `make run` for an example."
        )
    try:
        # The version itself: the link may be swapped while the query runs.
        with closing(duckdb.connect(str(link.resolve()), read_only=True)) as connection:
            connection.execute("set TimeZone = 'UTC'")
            answer = connection.execute(sql or _TABLES)
            names = [column[0] for column in answer.description or []]
            if form == "table":
                _draw(names, answer.fetchmany(limit + 1) if limit else answer.fetchall(), limit)
            else:
                _write(form, names, answer)
    except (duckdb.ConversionException, duckdb.OutOfRangeException) as error:
        fail(
            f"{type(error).__name__}: a value does not fit; its text is withheld.",
            "`try_cast` gives null where a cast fails.",
        )
    except duckdb.Error as error:
        fail(str(error), "`wellspring query` lists the tables; `describe <table>` its columns.")


def _draw(names: list[str], rows: list[tuple[Any, ...]], limit: int) -> None:
    shown = rows[:limit] if limit else rows
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for place, name in enumerate(names):
        numeric = all(isinstance(row[place], int | float | None) for row in shown)
        table.add_column(name, justify="right" if numeric and shown else "left", overflow="fold")
    for row in shown:
        table.add_row(*(_cell(value) for value in row))
    console.print(table)
    if limit and len(rows) > limit:
        errors.print(f"[dim]The first {limit:,} rows; --limit 0 shows all.[/]")


def _cell(value: Any) -> str:
    from rich.markup import escape

    if value is None:
        return "[dim]–[/]"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    if isinstance(value, float):
        return f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.1f}"
    return escape(str(value))


def _write(form: str, names: list[str], answer: duckdb.DuckDBPyConnection) -> None:
    writer = csv.writer(sys.stdout)
    if form == "csv":
        writer.writerow(names)
    while rows := answer.fetchmany(10_000):
        if form == "csv":
            writer.writerows(rows)
            continue
        for row in rows:
            line = orjson.dumps(
                dict(zip(names, row, strict=True)), default=str, option=orjson.OPT_NON_STR_KEYS
            )
            sys.stdout.write(line.decode() + "\n")
