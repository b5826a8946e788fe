"""Whether what was built may be published: every check of the run, and its verdict.

Here: bringing dbt's data tests and Great Expectations' results under one verdict. Not here: the
checks themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from ingest.home import Home
from orchestration import records

__all__ = ["Audit", "Check", "audit"]

Verdict = Literal["passed", "warned", "failed", "skipped"]


@dataclass(frozen=True, slots=True)
class Check:
    """One check and what it found; never a value of a row."""

    kind: Literal["dbt", "expectation"]
    name: str
    on: str  #: the model or the ``source/feed`` that was checked
    severity: Literal["error", "warn"]
    verdict: Verdict
    failures: int | None  #: rows (dbt) or observations (expectation) that broke the rule

    @property
    def sentence(self) -> str:
        """What came of a check that did not pass."""
        if self.verdict == "skipped":
            return f"{self.name} on {self.on} was not run."
        found = f" ({self.failures:,} found)" if self.failures is not None else ""
        return f"{self.name} on {self.on} failed{found}."


@dataclass(frozen=True, slots=True)
class Audit:
    """All checks of the last run."""

    checks: tuple[Check, ...]
    blockers: tuple[str, ...]  #: why publishing is blocked, one sentence each; empty when it is not

    def count(self, verdict: Verdict) -> int:
        """How many checks came to ``verdict``."""
        return sum(check.verdict == verdict for check in self.checks)


def audit(home: Home) -> Audit:
    """Judge the last build and the last checks on landed feeds.

    A check of severity ``error`` that fails, or cannot run, blocks publishing, and so does a build
    that is missing or incomplete. A check of severity ``warn`` never does.
    """
    checks: list[Check] = []
    blockers: list[str] = []
    build = records.read(home, "build")
    if build is None:
        blockers.append("The warehouse has not been built to its end since it was last touched.")
    else:
        checks += [_dbt(test) for test in build["tests"]]
        if build["broken"]:
            blockers.append(f"These models could not be built: {', '.join(build['broken'])}.")
        elif build["skipped"]:
            blockers.append(f"These models were not built: {', '.join(build['skipped'])}.")
    feeds = records.read(home, "checks") or {"checks": []}
    checks += [_expectation(found) for found in feeds["checks"]]
    # The cause before what follows from it: a skipped check waits for a model that was not built.
    for verdict in ("failed", "skipped"):
        blockers += [check.sentence for check in checks if check.verdict == verdict]
    return Audit(checks=tuple(checks), blockers=tuple(blockers))


def _dbt(test: dict[str, Any]) -> Check:
    verdicts: dict[str, Verdict] = {"pass": "passed", "warn": "warned", "skipped": "skipped"}
    return Check(
        kind="dbt",
        name=test["name"],
        on=test["model"],
        severity=test["severity"],
        # fail; error: the test itself broke
        verdict=verdicts.get(test["status"], "failed"),
        failures=test["failures"],
    )


def _expectation(found: dict[str, Any]) -> Check:
    verdict: Verdict = "passed"
    if not found["success"]:
        verdict = "failed" if found["severity"] == "error" else "warned"
    return Check(
        kind="expectation",
        name=found["name"],
        on=f"{found['source_system']}/{found['feed']}",
        severity=found["severity"],
        verdict=verdict,
        failures=found["unexpected"],
    )
