"""The ``wellspring`` command: the same functions that Dagster calls, from a shell.

Here: one module per group of commands, registered below in the order of the data's way.
Not here: work; a command parses its options, calls one function and shows its report.
"""

from __future__ import annotations

import importlib

import typer

__all__ = ["app", "main"]

app = typer.Typer(
    name="wellspring",
    help="An open health-data lakehouse: land, build, check, publish.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_show_locals=False,  # locals may hold row values
)

# Each module has `register(app)`.
GROUPS: tuple[str, ...] = (
    "run",
    "status",
    "query",
    "dev",
    "synth",
    "land",
    "identity",
    "fhir",
    "terminology",
    "measures",
)

for _group in GROUPS:
    try:
        importlib.import_module(f"{__name__}.{_group}").register(app)
    except ModuleNotFoundError as error:
        if error.name != f"{__name__}.{_group}":
            raise


def main() -> None:
    """Entry point of the ``wellspring`` script."""
    app()
