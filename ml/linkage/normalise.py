"""The normalisation macros of dbt for data that never went through the warehouse.

Here: rendering ``dbt_project/macros/person.sql``. Not here: any rule; they are written there, once.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment

__all__ = ["macros"]

_FILE = Path(__file__).resolve().parents[2] / "dbt_project" / "macros" / "person.sql"


@cache
def macros() -> Any:
    """The macros as functions from an SQL expression to an SQL expression."""
    return (
        Environment(autoescape=False).from_string(_FILE.read_text(encoding="utf-8")).make_module()
    )
