"""What can go wrong in this room, told so that a person knows the next step.

Belongs here: the base class and the errors that every part of ``ingest`` shares. Never a row's
value in a message: names of files, positions and counts only.
"""

from __future__ import annotations

__all__ = ["BronzeError", "IngestError", "SourcesError", "StillBeingWrittenError", "describe"]


class IngestError(Exception):
    """An error with a cause and a next step."""


class SourcesError(IngestError):
    """``sources.yml`` cannot be used; the message names the entry and the remedy."""


class BronzeError(IngestError):
    """Bronze or quarantine is not as its manifest says, or cannot be written."""


class StillBeingWrittenError(IngestError):
    """A file changed while it was read, or a writer has it open; the next run lands it."""


def describe(error: BaseException) -> str:
    """One line about ``error`` that is safe to log: a library's own text may quote a row."""
    if isinstance(error, IngestError):
        return str(error)
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return f"{type(error).__name__} (its text is withheld: it may quote a record)"
