"""Errors of the rooms as Dagster shows them: cause and next step, nothing else.

Here: one translation, used by every operation. Not here: the errors themselves.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from ingest.errors import IngestError
from orchestration.errors import OrchestrationError

__all__ = ["failures_told"]


@contextmanager
def failures_told() -> Iterator[None]:
    """Turn an error of ours into a ``dagster.Failure`` with its remedy; it is not retried."""
    try:
        yield
    except OrchestrationError as error:
        raise dg.Failure(
            error.problem,
            metadata={"kind": type(error).__name__, "remedy": error.remedy},
            allow_retries=False,
        ) from error
    except IngestError as error:
        raise dg.Failure(
            str(error), metadata={"kind": type(error).__name__, "remedy": ""}, allow_retries=False
        ) from error
