"""How the command line speaks: results on stdout, progress and errors on stderr.

Here: the two consoles, the progress bar, the way an error is shown and ends the command.
Not here: what is said; each command says it. Nothing printed may carry a row's values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import IntEnum
from typing import NoReturn

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
)

__all__ = ["Exit", "bar", "console", "errors", "fail", "progress"]

#: Results, for a person or a pipe.
console = Console(highlight=False)
#: Progress, notices and errors.
errors = Console(stderr=True, highlight=False)


class Exit(IntEnum):
    """What the exit code of every ``wellspring`` command means."""

    OK = 0  #: done; single records may have been quarantined, the report says so
    FAILED = 1  #: not done; nothing new was published
    USAGE = 2  #: refused before anything was changed: wrong options, or a home in the way
    UNUSABLE_FILES = 3  #: done, but at least one landed file could not be used as a whole


def progress(*, transient: bool = True) -> Progress:
    """A progress display for the error stream, silent where that is not a terminal."""
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=28),
        TaskProgressColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=errors,
        transient=transient,
        disable=not errors.is_terminal,
    )


@contextmanager
def bar(description: str) -> Iterator[Callable[[int, int], None]]:
    """One bar; yields ``update(done, total)``, to be given to a function's ``on_progress``."""
    with progress() as display:
        task = display.add_task(description, total=None)

        def update(done: int, total: int) -> None:
            display.update(task, completed=done, total=total)

        yield update


def fail(problem: str, remedy: str = "", *, code: Exit = Exit.FAILED) -> NoReturn:
    """Say what went wrong and what to do next, and end the command with ``code``."""
    errors.print(f"[bold red]✗[/] {problem}", soft_wrap=True)
    if remedy:
        errors.print(f"  [dim]→[/] {remedy}", soft_wrap=True)
    raise typer.Exit(int(code))
