"""``wellspring demo``, ``run``, ``build``, ``publish``: the main job and its parts.

Here: options, progress while it runs, the outcome and the exit code. Not here: the steps.
"""

from __future__ import annotations

import time
from datetime import UTC, date, datetime
from typing import Annotated, Literal

import typer

from ingest.errors import IngestError
from ingest.home import Home
from ingest.sources import load_sources
from orchestration.cli.console import Exit, Steps, console, errors, fail
from orchestration.cli.status import show
from orchestration.errors import OrchestrationError
from orchestration.run import Preparation, RunReport
from orchestration.run import run as run_job

__all__ = ["register"]

AsOf = Annotated[
    datetime | None,
    typer.Option(
        "--as-of",
        formats=["%Y-%m-%d"],
        help="The date that ages, look-backs and measures refer to.",
        show_default=False,
    ),
]
FullRefresh = Annotated[
    bool,
    typer.Option(
        "--full-refresh",
        help="Rebuild the whole warehouse from bronze. Done by itself when the code has changed.",
    ),
]


def register(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    app.command("demo")(demo)
    app.command("run")(run)
    app.command("build")(build)
    app.command("publish")(publish)


def demo(
    patients: Annotated[int, typer.Option(min=1, help="People in the population.")] = 1000,
    months: Annotated[int, typer.Option(min=1, help="Months of their lives.")] = 12,
    seed: Annotated[int, typer.Option(min=0, help="Same seed, same bytes.")] = 1,
    as_of: AsOf = None,
    full_refresh: FullRefresh = False,
) -> None:
    """Run everything on a synthetic population: synth → land → check → build → publish.

    The population is made once and kept. The as-of date is its last day. A home with another
    synthetic population, and nothing else, is started afresh; a home with your own data is left
    alone.

    Exit code: 0 published; 3 published, but a landed file could not be used as a whole; 1 not
    published; 2 refused, nothing was changed.
    """
    from orchestration.demo import Parameters, prepare_population

    home, began = Home.from_env(), time.monotonic()
    wanted, preparation = Parameters(patients, months, seed), None

    def meanwhile(until: date) -> None:
        nonlocal preparation
        preparation = Preparation(home, sources, as_of=as_of.date() if as_of else until)

    try:
        sources = load_sources()
        with Steps() as steps:
            prepared = prepare_population(
                home,
                wanted,
                on_notice=lambda text: errors.print(f"[yellow]![/] {text}", soft_wrap=True),
                on_progress=lambda stage, done, total: steps(f"synth {stage}", done, total),
                meanwhile=meanwhile,
            )
            if prepared.how == "kept":
                steps.say(f"The population is there already ({wanted}).")
            report = run_job(
                home,
                as_of=as_of.date() if as_of else prepared.until,
                received_at="mtime",
                full_refresh=full_refresh,
                sources=sources,
                preparation=preparation,
            )
    except OrchestrationError as error:
        fail(error.problem, error.remedy, code=Exit.USAGE)
    except IngestError as error:
        fail(str(error))
    finally:
        if preparation is not None:
            preparation.close()
    _finish(home, report, seconds=time.monotonic() - began)


def run(
    as_of: AsOf = None,
    received_at: Annotated[
        Literal["clock", "mtime"],
        typer.Option(
            help="When files count as received: now, or when each was last written (a history)."
        ),
    ] = "clock",
    full_refresh: FullRefresh = False,
) -> None:
    """Run the main job on what lies in the landing folder: land → check → build → publish.

    The same job that Dagster runs every morning; the as-of date is today in UTC unless given. When
    nothing has changed since the published version, nothing is done.

    Exit code: 0 published, or up to date; 3 published, but a landed file could not be used as a
    whole; 1 not published, readers keep the version they have; 2 wrong options.
    """
    home, began = Home.from_env(), time.monotonic()
    try:
        with Steps():
            report = run_job(
                home,
                as_of=_date(as_of),
                received_at=received_at,
                full_refresh=full_refresh,
                sources=load_sources(),
            )
    except OrchestrationError as error:
        fail(error.problem, error.remedy)
    except IngestError as error:
        fail(str(error))
    _finish(home, report, seconds=time.monotonic() - began)


def build(as_of: AsOf = None, full_refresh: FullRefresh = False) -> None:
    """Build the warehouse from bronze and test it, without landing or publishing anything.

    Exit code: 0 built, and nothing blocks publishing; 1 not built, or a check of severity error
    failed; 2 wrong options.
    """
    home = Home.from_env()
    try:
        with Steps():
            report = run_job(
                home,
                as_of=_date(as_of),
                full_refresh=full_refresh,
                sources=load_sources(),
                steps="build",
            )
    except (OrchestrationError, IngestError) as error:
        fail(str(error))
    if report.outcome in ("failed", "blocked"):
        fail(report.problem, report.remedy)
    console.print(f"[green]✓[/] Built as of {report.as_of} in {report.seconds:,.1f} s.")


def publish() -> None:
    """Audit the last build and publish its gold as a new read-only version.

    Exit code: 0 published; 1 blocked by a failing check, readers keep the version they have.
    """
    from orchestration.publish import publish as publish_gold

    try:
        with Steps():
            done = publish_gold(Home.from_env())
    except OrchestrationError as error:
        fail(error.problem, error.remedy)
    console.print(f"[green]✓[/] Published version {done.version}: {done.path}", soft_wrap=True)


def _date(given: datetime | None) -> date:
    return given.date() if given else datetime.now(tz=UTC).date()


def _finish(home: Home, report: RunReport, *, seconds: float) -> None:
    """Show what came of a run, and end with its exit code."""
    if report.outcome in ("failed", "blocked"):
        fail(report.problem, report.remedy)
    show(home, report=report, seconds=seconds)
    raise typer.Exit(int(Exit.UNUSABLE_FILES if report.unusable else Exit.OK))
