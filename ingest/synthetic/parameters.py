"""The parameters of the pretend hospital, read from `parameters.yml` (the only place of
numbers).
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

PATH = Path(__file__).with_name("parameters.yml")


class Parameters(dict[str, Any]):
    """A mapping whose keys can be read as attributes; a missing key is an error that names it."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"parameters.yml has no {name!r} here") from None

    def __reduce__(self) -> tuple[Any, ...]:
        return (Parameters, (dict(self),))


def _wrap(value: Any) -> Any:
    if isinstance(value, dict):
        return Parameters({key: _wrap(item) for key, item in value.items()})
    if isinstance(value, list):
        return [_wrap(item) for item in value]
    return value


@cache
def parameters() -> Parameters:
    """All parameters, read once per process."""
    wrapped: Parameters = _wrap(yaml.safe_load(PATH.read_text(encoding="utf-8")))
    return wrapped
