"""What linkage refuses, with a cause and a next step."""

from __future__ import annotations

__all__ = ["LinkageError"]


class LinkageError(ValueError):
    """The input cannot be linked as given; the message says what to change, never a row's value."""
