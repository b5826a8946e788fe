"""``wellspring terminology``: value sets that are loaded, because their codes have owners.

Here: options, and what is shown. Not here: reading them (``ingest.terminology``).
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from ingest.errors import IngestError
from ingest.home import Home
from ingest.terminology import load_value_sets
from orchestration.cli.console import console, fail

__all__ = ["register"]

commands = typer.Typer(help="Terminology that is loaded into the home.", no_args_is_help=True)
load_commands = typer.Typer(help="Load terminology from files.", no_args_is_help=True)
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
