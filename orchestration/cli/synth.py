"""``wellspring synth``: the pretend hospital writes its eight systems' extracts."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import TaskID
from rich.table import Table

from ingest.home import Home
from ingest.synthetic import UNTIL, Population, SyntheticError, generate
from orchestration.cli.console import Exit, console, fail, progress

__all__ = ["register"]

_STAGES = {"people": "Living their lives", "files": "Writing files"}


def synth(
    patients: Annotated[
        int, typer.Option(min=1, help="How many people live in the region.")
    ] = 1000,
    months: Annotated[int, typer.Option(min=1, max=120, help="Months of history.")] = 12,
    seed: Annotated[int, typer.Option(min=0, help="Same seed, same bytes.")] = 42,
    until: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help=f"Last day of the window (default {UNTIL})."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Where landing/ and synthetic/ are written (default: the home)."),
    ] = None,
) -> None:
    """Write synthetic extracts of eight systems, and the truth beside them."""
    folder = out or Home.from_env().root
    with progress() as display:
        tasks: dict[str, TaskID] = {}

        def tell(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = display.add_task(_STAGES[stage], total=total)
            display.update(tasks[stage], completed=done, total=total)

        try:
            population = generate(
                out=folder,
                patients=patients,
                months=months,
                seed=seed,
                until=until.date() if until else UNTIL,
                on_progress=tell,
            )
        except SyntheticError as error:
            fail(str(error), code=Exit.USAGE)
    _show(population)


def _show(population: Population) -> None:
    table = Table(title=f"{population.patients:,} people, {population.start} to {population.until}")
    table.add_column("Feed")
    table.add_column("Files", justify="right")
    table.add_column("Records", justify="right")
    for feed, count in population.files.items():
        table.add_row(feed, f"{count:,}", f"{population.records[feed]:,}")
    table.add_section()
    table.add_row(
        "all", f"{sum(population.files.values()):,}", f"{sum(population.records.values()):,}"
    )
    console.print(table)
    console.print(
        f"{population.size_bytes / 1e6:,.1f} MB in {population.out / 'landing'}", soft_wrap=True
    )


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("synth")(synth)
