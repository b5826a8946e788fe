"""What a benchmark reports, as a table for people and as JSON for programs."""

from __future__ import annotations

import json
import platform
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

__all__ = ["Figure", "write"]


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure.

    ``value`` is in ``unit``; ``target`` is what the figure should reach (None: for information);
    ``higher_is_better`` says on which side of the target good lies.
    """

    bench: str
    name: str
    value: float
    unit: str
    target: float | None = None
    higher_is_better: bool = True
    note: str = ""

    @property
    def is_met(self) -> bool | None:
        """Whether the target is reached; None without a target."""
        if self.target is None:
            return None
        return self.value >= self.target if self.higher_is_better else self.value <= self.target


def write(figures: Iterable[Figure], *, path: Path) -> None:
    """Print ``figures`` as a table and write them as JSON to ``path``."""
    figures = list(figures)
    table = Table(title=f"Benchmarks on {platform.machine()}, Python {platform.python_version()}")
    for column, justify in (
        ("bench", "left"),
        ("figure", "left"),
        ("value", "right"),
        ("target", "right"),
        ("", "left"),
        ("note", "left"),
    ):
        table.add_column(column, justify=justify)
    for figure in figures:
        sign = "≥" if figure.higher_is_better else "≤"
        table.add_row(
            figure.bench,
            figure.name,
            f"{figure.value:,.4g} {figure.unit}",
            "" if figure.target is None else f"{sign} {figure.target:,.4g}",
            {True: "[green]met", False: "[red]missed", None: ""}[figure.is_met],
            figure.note,
        )
    Console().print(table)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        json.dumps([{**asdict(figure), "is_met": figure.is_met} for figure in figures], indent=2)
    )
