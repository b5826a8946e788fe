"""``wellspring fhir``: silver as FHIR resources, for other systems.

Here: options, and what is shown. Not here: the export (``serving.fhir_export``).
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import duckdb
import typer
from rich.table import Table

from ingest.home import Home
from orchestration import records
from orchestration.cli.console import Exit, console, errors, fail
from orchestration.publish import current
from serving.fhir_export import ExportError
from serving.fhir_export import export as export_resources

__all__ = ["register"]

commands = typer.Typer(
    name="fhir", help="Silver as FHIR R4, for other systems.", no_args_is_help=True
)


@commands.callback()
def _group() -> None:
    """Silver as FHIR R4, for other systems."""


def register(app: typer.Typer) -> None:
    """Add the group to the ``wellspring`` command."""
    app.add_typer(commands)


@commands.command()
def export(
    out: Annotated[Path, typer.Option(help="A new folder for the files.")],
    source: Annotated[
        str | None, typer.Option(help="Only what this source system told us something of.")
    ] = None,
    patient: Annotated[
        str | None, typer.Option(help="Only this patient, and what its resources refer to.")
    ] = None,
) -> None:
    """Write silver as FHIR Bulk Data: an NDJSON file per resource type, and a manifest.

    Only of a build that was published. These are whole records of people: whoever gets the folder
    sees all of it.

    Exit code: 0 written; 1 nothing to export, or not now; 2 no such source or patient.
    """
    home = Home.from_env()
    published, build = current(home), records.read(home, "build")
    if published is None or build is None:
        fail("nothing has been published yet", "run `wellspring run`, or `make run` for an example")
    if build["fingerprint"] != published.fingerprint:
        fail(
            "the last build was not published: its checks failed, or it is not finished",
            "see `wellspring status`; export again after the next published run",
        )
    try:
        with errors.status("exporting"):
            written = export_resources(
                home.database,
                out,
                transaction_time=published.published_at,
                source=source,
                patient=patient,
            )
    except ExportError as error:
        fail(str(error), code=Exit.USAGE)
    except duckdb.Error as error:
        fail(
            f"the warehouse cannot be read ({type(error).__name__})",
            "wait for the running build to end",
        )
    shown = Table("resource", "files", "resources")
    for kind, count in sorted(written.counts.items()):
        shown.add_row(kind, f"{kind}.ndjson", f"{count:,}")
    console.print(shown)
    console.print(f"{sum(written.counts.values()):,} resources: {written.folder}", soft_wrap=True)
