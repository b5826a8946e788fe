"""What can go wrong while the rooms are run in order, each with its next step.

Here: the errors this room raises itself. Not here: errors of other rooms, which pass through.
"""

from __future__ import annotations

__all__ = [
    "BuildError",
    "HomeInTheWayError",
    "HomeLockedError",
    "OrchestrationError",
    "PublishBlockedError",
]


class OrchestrationError(Exception):
    """A cause and a next step; the text names objects and counts, never a row's values."""

    def __init__(self, problem: str, remedy: str = "") -> None:
        super().__init__(f"{problem} {remedy}".strip())
        self.problem = problem
        self.remedy = remedy


class HomeLockedError(OrchestrationError):
    """Another process is building or publishing in this home."""


class HomeInTheWayError(OrchestrationError):
    """The home holds data that a demonstration must not touch."""


class BuildError(OrchestrationError):
    """dbt could not build the warehouse."""


class PublishBlockedError(OrchestrationError):
    """The audit found something that must not reach a reader."""
