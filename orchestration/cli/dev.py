"""``wellspring dev``: Dagster's page on this home.

Here: starting it with everything it writes inside the home. Not here: definitions.
"""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from ingest.home import Home
from ingest.sources import load_sources
from orchestration import environment, warehouse
from orchestration.cli.console import errors, fail
from orchestration.errors import OrchestrationError
from orchestration.fingerprint import code_fingerprint

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command("dev")(dev)


def dev(
    port: Annotated[int, typer.Option(help="Where the page is served.")] = 3000,
    host: Annotated[
        str, typer.Option(help="The interface to serve on; the default is this machine only.")
    ] = "127.0.0.1",
) -> None:
    """Open Dagster: every feed, model, check, run, schedule and sensor (`dagster dev`)."""
    home = Home.from_env()
    environment.prepare(home)
    try:
        sources = load_sources()
        with errors.status("Reading the dbt project"):
            warehouse.parse(
                home,
                as_of=datetime.now(tz=UTC).date(),
                code=code_fingerprint(sources=sources.path, accepted=home.identity_model),
            )
    except OrchestrationError as error:
        fail(error.problem, error.remedy)
    errors.print(f"Dagster on [bold]http://{host}:{port}[/], home {home.root}. Ctrl-C ends it.")
    # Dagster recommends a command of another package (`dg`), which is not installed here.
    os.environ["PYTHONWARNINGS"] = "ignore:Function `dev_command`"
    program = str(Path(sys.executable).with_name("dagster"))
    os.chdir(environment.REPOSITORY)
    os.execv(
        program,
        [program, "dev", "-m", "orchestration.definitions", "-p", str(port), "-h", host],
    )
