"""What sqlfluff sees instead of dbt's ``adapter``: linting needs no database.

A dispatched macro renders to an identifier, which reads as an expression or as a relation.
"""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["dispatch"]


def dispatch(macro_name: str, *_: object, **__: object) -> Callable[..., str]:
    """A macro that renders to its own name, whatever its arguments."""

    def render(*_: object, **__: object) -> str:
        return macro_name

    return render
