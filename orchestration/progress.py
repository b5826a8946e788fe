"""How far a run has come, for whoever watches it.

Here: the interface between the steps, which report, and the command line, which draws. Under
``dagster dev`` nobody listens. Not here: drawing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

__all__ = ["Listener", "listening", "report"]


class Listener(Protocol):
    """Told of every step; ``total`` is None while it is unknown."""

    def __call__(self, step: str, done: int, total: int | None) -> None: ...


def _nobody(step: str, done: int, total: int | None) -> None:
    del step, done, total


_listener: Listener = _nobody


def report(step: str, done: int, total: int | None = None) -> None:
    """Tell the listener, if there is one, that ``step`` has done ``done`` of ``total``."""
    _listener(step, done, total)


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Send the reports of this process to ``listener`` while the block runs."""
    global _listener
    before, _listener = _listener, listener
    try:
        yield
    finally:
        _listener = before
