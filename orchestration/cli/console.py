"""How the command line speaks: results on stdout, progress and errors on stderr.

Here: the two consoles, the progress bar, the way an error is shown and ends the command.
Not here: what is said; each command says it. Nothing printed may carry a row's values.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from enum import IntEnum
from typing import ClassVar, NoReturn, Self

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
)

from orchestration.progress import listening

__all__ = ["Exit", "Steps", "bar", "console", "errors", "fail", "progress"]

#: Results, for a person or a pipe. A code such as `urn:id:lab:L` is no picture.
console = Console(highlight=False, emoji=False)
#: Progress, notices and errors.
errors = Console(stderr=True, highlight=False, emoji=False)


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


class Steps:
    """The steps of a run as they go by: a bar for the one under way, a line for each that is done.

    Where the error stream is no terminal, only the lines.
    """

    _TITLES: ClassVar[dict[str, str]] = {
        "synth people": "Synthetic people",
        "synth files": "Their extracts",
        "prepare": "Getting ready",
        "land": "Landing",
        "check": "Checking feeds",
        "build": "Building, testing",
        "publish": "Publishing",
    }

    def __init__(self) -> None:
        self._display = progress()
        self._task: TaskID | None = None
        self._step: str | None = None
        self._done = 0
        self._began = 0.0

    def __enter__(self) -> Self:
        self._display.start()
        self._stack = ExitStack()
        self._stack.enter_context(listening(self))
        return self

    def __exit__(self, *exception: object) -> None:
        self._stack.close()
        self._end(completed=exception[0] is None)
        self._display.stop()

    def __call__(self, step: str, done: int, total: int | None) -> None:
        """A :class:`orchestration.progress.Listener`."""
        if step != self._step:
            self._end(completed=True)
            self._step, self._began = step, time.monotonic()
            self._task = self._display.add_task(self._title(step), total=total)
        self._done = done
        if self._task is not None:
            self._display.update(self._task, completed=done, total=total)

    def say(self, text: str) -> None:
        """A line between the steps."""
        self._end(completed=True)
        errors.print(f"[green]✓[/] {text}", soft_wrap=True)

    def _end(self, *, completed: bool) -> None:
        if self._step is None:
            return
        if self._task is not None:
            self._display.remove_task(self._task)
        seconds = time.monotonic() - self._began
        if completed:
            count = f"{self._done:,}" if self._done else ""
            errors.print(
                f"[green]✓[/] {self._title(self._step):<20} {count:>9}  [dim]{seconds:6.1f} s[/]"
            )
        self._step, self._task, self._done = None, None, 0

    def _title(self, step: str) -> str:
        return self._TITLES.get(step, step.capitalize())


def fail(problem: str, remedy: str = "", *, code: Exit = Exit.FAILED) -> NoReturn:
    """Say what went wrong and what to do next, and end the command with ``code``."""
    errors.print(f"[bold red]✗[/] {problem}", soft_wrap=True)
    if remedy:
        errors.print(f"  [dim]→[/] {remedy}", soft_wrap=True)
    raise typer.Exit(int(code))
