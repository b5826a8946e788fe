"""What the home holds and how the last run went, in one structure for people and programs.

Here: gathering what manifest, reports and the published version say. Not here: drawing it
(``cli/status.py``), and opening the warehouse, which a build may hold.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any

from ingest.home import Home
from ingest.sources import Sources
from orchestration import records
from orchestration.audit import Audit, audit
from orchestration.landed import FeedTotals, landed
from orchestration.publish import Publication, current

__all__ = ["Status", "status"]


@dataclass(frozen=True, slots=True)
class Status:
    """Everything that a run's summary and ``wellspring status`` show."""

    home: str
    feeds: tuple[FeedTotals, ...]  #: those that are declared, and others that have landed
    audit: Audit
    published: Publication | None
    last_run: dict[str, Any] | None

    @property
    def reasons(self) -> dict[str, int]:
        """Records in quarantine by reason, most frequent first."""
        total: Counter[str] = Counter()
        for feed in self.feeds:
            total.update(feed.reasons)
        return dict(total.most_common())

    def to_dict(self) -> dict[str, Any]:
        """For ``--json``."""
        published = self.published
        warned = [check for check in self.audit.checks if check.verdict == "warned"]
        failed = [check for check in self.audit.checks if check.verdict == "failed"]
        return {
            "home": self.home,
            "files": sum(feed.files for feed in self.feeds),
            "unusable_files": sum(feed.unusable_files for feed in self.feeds),
            "records_landed": sum(feed.landed for feed in self.feeds),
            "records_quarantined": sum(feed.quarantined for feed in self.feeds),
            "quarantine_reasons": self.reasons,
            "feeds": [feed.to_dict() for feed in self.feeds],
            "person_records": published.person_records if published else None,
            "patients": published.patients if published else None,
            "checks": {
                "passed": self.audit.count("passed"),
                "warned": len(warned),
                "failed": len(failed),
                "warnings": [asdict(check) for check in warned],
                "failures": [asdict(check) for check in failed],
            },
            "publishing_blocked_by": list(self.audit.blockers),
            "published": published.to_dict() if published else None,
            "last_run": self.last_run,
        }


def status(home: Home, sources: Sources) -> Status:
    """Read the state of ``home``; changes nothing."""
    found = {(feed.source_system, feed.feed): feed for feed in landed(home).feeds}
    declared = [
        found.pop(
            (feed.source_system, feed.feed),
            FeedTotals(feed.source_system, feed.feed, feed.format or ""),
        )
        for feed in sources.feeds
    ]
    return Status(
        home=str(home.root),
        feeds=(*declared, *(found[key] for key in sorted(found))),
        audit=audit(home),
        published=current(home),
        last_run=records.read(home, "run"),
    )
