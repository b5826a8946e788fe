"""What can be wrong with a file of terminology.

Here: the error that every reader raises. Not here: bad lines of a good file, which are kept aside.
"""

from __future__ import annotations

from ingest.errors import IngestError

__all__ = ["TerminologyError"]


class TerminologyError(IngestError):
    """A file that cannot be used: what it is, and what would do."""
