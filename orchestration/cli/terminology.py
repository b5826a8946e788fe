"""``wellspring terminology``: official releases and value sets, and the codes that have no map yet.

Here: options, and what is shown. Not here: reading releases (``ingest.terminology``), deciding what
a code means (``seeds/terminology``).
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Annotated

import duckdb
import typer
from rich.table import Table
from rich.text import Text

from ingest.errors import IngestError
from ingest.home import Home
from ingest.terminology import (
    READERS,
    Release,
    list_releases,
    load_release,
    load_value_sets,
    use_release,
)
from orchestration.cli.console import console, fail

__all__ = ["register"]

commands = typer.Typer(help="Code systems, maps and value sets.", no_args_is_help=True)
load_commands = typer.Typer(help="Load a release that you obtained.", no_args_is_help=True)
commands.add_typer(load_commands, name="load")


def register(app: typer.Typer) -> None:
    """Add the group to the ``wellspring`` command."""
    app.add_typer(commands, name="terminology")


@load_commands.command("valueset")
def load_valueset(
    paths: Annotated[
        list[Path], typer.Argument(help="ValueSet JSON or NDJSON, a Bundle, or a folder of them.")
    ],
) -> None:
    """Load FHIR value sets as VSAC serves them; every release is kept, the newest one is used.

    Expansions may come in pages, value sets may be made of value sets. The same release again
    replaces what was loaded of it.

    Exit code: 0 loaded (what is incomplete is listed); 1 a file could not be used.
    """
    try:
        report = load_value_sets(Home.from_env(), paths)
    except (IngestError, OSError) as error:
        fail(str(error))
    if report.incomplete:
        shown = Table(title=f"Incomplete: {len(report.incomplete)}")
        for column in ("value set", "release", "what is missing"):
            shown.add_column(column)
        for row in report.incomplete:
            shown.add_row(*row)
        console.print(shown)
    console.print(
        f"{report.value_sets:,} value sets loaded; {report.releases:,} releases with "
        f"{report.codes:,} codes in all, {len(report.incomplete):,} incomplete"
    )


def _loader(kind: str) -> Callable[..., None]:
    def load(
        path: Annotated[Path, typer.Argument(help="The zip, folder or file.")],
        release: Annotated[
            str | None,
            typer.Option("--release", help="Which release it is, where its files do not say."),
        ] = None,
        use: Annotated[
            bool, typer.Option("--use", help="Use it from now on, even if a newer one is loaded.")
        ] = False,
    ) -> None:
        try:
            done = load_release(Home.from_env(), kind, path, release=release, use=use)
        except (IngestError, OSError) as error:
            fail(str(error))
        _say(done)

    load.__doc__ = f"""Load {READERS[kind].title}; every release is kept, the newest one is used.

    Wanted: {READERS[kind].expects}. The same files again change nothing; lines that are not in the
    layout are kept aside with their reason.

    Exit code: 0 loaded; 1 the file could not be used.
    """
    return load


for _kind in READERS:
    load_commands.command(_kind)(_loader(_kind))


def _say(done: Release) -> None:
    counts = ", ".join(
        f"{count:,} {name}"
        for name, count in (
            ("concepts", done.concepts),
            ("relations", done.relations),
            ("mappings", done.maps),
            ("NDCs", done.ndcs),
        )
        if count
    )
    console.print(
        f"{done.family} {done.release}: {counts}; {done.rejected:,} lines kept aside; "
        + ("it was loaded before; " if done.was_there else "")
        + ("in use from the next build on" if done.is_current else "another release is in use")
    )


@commands.command("list")
def show_releases() -> None:
    """Every release that is loaded, and which ones are in use."""
    releases = list_releases(Home.from_env())
    shown = Table()
    for column in (
        "terminology",
        "release",
        "in use",
        "concepts",
        "mappings",
        "NDCs",
        "kept aside",
    ):
        shown.add_column(
            column, justify="left" if column in ("terminology", "release") else "right"
        )
    shown.add_column("loaded")
    shown.add_column("file", overflow="fold")
    for one in releases:
        shown.add_row(
            one.family,
            one.release,
            "yes" if one.is_current else "",
            f"{one.concepts:,}",
            f"{one.maps:,}",
            f"{one.ndcs:,}",
            f"{one.rejected:,}",
            one.loaded_at[:16].replace("T", " "),
            one.file_name,
        )
    console.print(shown)
    if not releases:
        console.print("Nothing is loaded; what ships with Wellspring is in seeds/terminology.")


@commands.command("use")
def use(
    kind: Annotated[str, typer.Argument(help="The terminology, as `list` names it.")],
    release: Annotated[str, typer.Argument(help="One of its releases.")],
) -> None:
    """Use this release from the next build on, whatever is newer."""
    try:
        done = use_release(Home.from_env(), kind, release)
    except (IngestError, OSError) as error:
        fail(str(error))
    console.print(f"{done.family} {done.release} is in use from the next build on")


_UNMAPPED = """
    select
        priority, source_system, resource, coalesce(code_system_name, code_system, '(words)'), code,
        code_display, reason, record_count, share_of_records, first_seen_date, last_seen_date
    from unmapped_codes
    where ($source is null or source_system = $source)
        and ($resource is null or resource = $resource)
    order by priority
"""


@commands.command("unmapped")
def show_unmapped(
    source: Annotated[
        str | None, typer.Option("--source", help="Only codes of this source system.")
    ] = None,
    resource: Annotated[
        str | None, typer.Option("--resource", help="Only codes of this kind of record.")
    ] = None,
    limit: Annotated[int, typer.Option(min=0, help="Rows shown; 0 for all.")] = 40,
) -> None:
    """The codes that lead to no public code, the most frequent first; what to map next.

    A decision goes into seeds/terminology/local_code_map.csv or into a ConceptMap that is loaded.

    Exit code: 0 shown, even if there are none; 1 nothing published yet.
    """
    link = Home.from_env().published / "gold.duckdb"
    if not link.exists():
        fail("Nothing has been published yet.", "Run `wellspring run`.")
    try:
        with closing(duckdb.connect(str(link.resolve()), read_only=True)) as connection:
            rows = connection.execute(
                _UNMAPPED, {"source": source, "resource": resource}
            ).fetchall()
    except duckdb.CatalogException:
        fail("The published version has no worklist yet.", "Run `wellspring run`.")
    shown = Table()
    for column, side in (
        ("", "right"),
        ("source", "left"),
        ("record", "left"),
        ("code system", "left"),
        ("code", "left"),
        ("called", "left"),
        ("why", "left"),
        ("records", "right"),
        ("share", "right"),
        ("first", "left"),
        ("last", "left"),
    ):
        shown.add_column(column, justify="right" if side == "right" else "left", overflow="fold")
    for row in rows[: limit or None]:
        priority, system, kind, codes, code, display, reason, count, share, first, last = row
        shown.add_row(
            f"{priority:,}",
            system,
            kind,
            Text(codes),
            Text(code or ""),
            Text(display or ""),
            reason.replace("_", " "),
            f"{count:,}",
            f"{share:.2%}",
            str(first or ""),
            str(last or ""),
        )
    if rows:
        console.print(shown)
    hidden = len(rows) - limit if limit else 0
    console.print(
        f"{len(rows):,} codes without a public one, in {sum(row[7] for row in rows):,} records"
        + (f"; {hidden:,} not shown (--limit 0)" if hidden > 0 else "")
    )
