"""What bronze holds, per feed, as its manifest tells.

Here: adding up manifest entries. Not here: the entries themselves (``ingest/bronze/manifest.py``)
or whether the figures are good (``checks/``).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

from ingest.bronze.manifest import Entry, Manifest
from ingest.bronze.store import bronze_store
from ingest.home import Home

__all__ = ["FeedTotals", "Landed", "landed"]


@dataclass(slots=True)
class FeedTotals:
    """The landed files of one feed."""

    source_system: str
    feed: str
    format: str
    files: int = 0
    unusable_files: int = 0  #: files of which no record could be used
    records_in: int = 0
    landed: int = 0
    quarantined: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    first_received_at: str | None = None
    last_received_at: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """For ``wellspring status --json``."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Landed:
    """All landed files: the totals by feed, and the names of their manifest entries."""

    feeds: tuple[FeedTotals, ...]
    names: tuple[str, ...]

    @property
    def files(self) -> int:
        """Files with a manifest entry."""
        return sum(feed.files for feed in self.feeds)

    @property
    def records_landed(self) -> int:
        """Records that reached bronze."""
        return sum(feed.landed for feed in self.feeds)

    @property
    def records_quarantined(self) -> int:
        """Records that wait in quarantine."""
        return sum(feed.quarantined for feed in self.feeds)


def landed(home: Home) -> Landed:
    """Read the whole manifest: about 10,000 entries a second."""
    manifest = Manifest(bronze_store(home))
    feeds: dict[tuple[str, str], FeedTotals] = {}
    names = []
    for entry in manifest.entries():
        names.append(entry.name)
        totals = _totals(feeds, entry)
        totals.files += 1
        totals.unusable_files += entry.landed == 0
        totals.records_in += entry.records_in
        totals.landed += entry.landed
        totals.quarantined += entry.quarantined
        totals.reasons = dict(Counter(totals.reasons) + Counter(entry.reasons))
        received = entry.received_at
        totals.first_received_at = min(totals.first_received_at or received, received)
        totals.last_received_at = max(totals.last_received_at or received, received)
    for addendum in manifest.replays():  # records that a replay took out of quarantine
        names.append(addendum.name)
        totals = _totals(feeds, addendum)
        totals.records_in += addendum.records_in - addendum.superseded_records
        totals.landed += addendum.landed
        totals.quarantined += addendum.quarantined - addendum.superseded_records
        reasons = Counter(totals.reasons) + Counter(addendum.reasons)
        reasons.subtract(addendum.superseded_reasons)
        totals.reasons = dict(+reasons)
    return Landed(
        feeds=tuple(feeds[key] for key in sorted(feeds)),
        names=tuple(sorted(names)),
    )


def _totals(feeds: dict[tuple[str, str], FeedTotals], entry: Entry) -> FeedTotals:
    key = (entry.source_system, entry.feed)
    if key not in feeds:
        feeds[key] = FeedTotals(entry.source_system, entry.feed, entry.format)
    return feeds[key]
