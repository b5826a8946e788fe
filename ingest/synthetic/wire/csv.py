"""CSV rows as the vendors write them (RFC 4180, minimal quoting)."""

from __future__ import annotations

from collections.abc import Iterable


def cell(value: str) -> str:
    """A value, quoted where it must be."""
    if "," in value or '"' in value or "\n" in value:
        return '"' + value.replace('"', '""') + '"'
    return value


def row(values: Iterable[str]) -> str:
    """A line with its newline."""
    return ",".join(cell(value) for value in values) + "\n"
