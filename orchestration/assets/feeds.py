"""One asset per feed of ``ingest/sources.yml``: materialising it lands what lies in the folder.

Here: the call of ``ingest.bronze.land`` and its report. Not here: landing.
"""

# No postponed annotations here: Dagster reads those of config and resources as they are.

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Literal

import dagster as dg

from ingest.bronze import LandReport, Progress, ensure_layout, land
from ingest.home import Home
from ingest.sources import Feed, Sources
from orchestration import records
from orchestration.failures import failures_told
from orchestration.lineage import feed_key
from orchestration.progress import report

__all__ = ["LandConfig", "feed_assets", "land_feeds"]

_EVERY = {"hour": 1 / 24, "day": 1, "week": 7, "month": 31, "quarter": 92, "year": 366}


class LandConfig(dg.Config):
    """How landed files are dated."""

    #: clock: now, the truth of a live landing. mtime: the file's own time, for a history.
    received_at: Literal["clock", "mtime"] = "clock"


def land_feeds(
    home: Home,
    sources: Sources,
    *,
    feeds: Sequence[Feed] | None = None,
    received_at: Literal["clock", "mtime"] = "clock",
) -> list[LandReport]:
    """Land the whole landing folder, or only what lies in the folders of ``feeds``."""

    def tell(progress: Progress) -> None:
        report("land", progress.files_done, progress.files)

    ensure_layout(home, sources)
    if feeds is None:
        reports = [land(home=home, sources=sources, received_at=received_at, on_progress=tell)]
    else:
        folders = [home.landing / feed.source_system / feed.feed for feed in feeds]
        present = [folder for folder in folders if folder.is_dir()]
        reports = []
        if present:
            reports = [
                land(
                    home=home,
                    paths=present,
                    sources=sources,
                    received_at=received_at,
                    on_progress=tell,
                )
            ]
    records.write(home, "land", _summary(reports))
    return reports


def _summary(reports: Sequence[LandReport]) -> dict[str, object]:
    """The files of a run that somebody should look at, and the totals."""
    files = [file for done in reports for file in done.files]
    outcomes = ("landed", "already_landed", "quarantined", "failed", "skipped")
    return {
        "batch_ids": [done.batch_id for done in reports],
        "seconds": round(sum(done.seconds for done in reports), 3),
        "records_in": sum(file.records_in for file in files),
        "landed": sum(file.landed for file in files),
        "quarantined": sum(file.quarantined for file in files),
        "outcomes": {name: sum(file.outcome == name for file in files) for name in outcomes},
        "unusable": [
            {
                "file_name": file.file_name,
                "feed": f"{file.source_system}/{file.feed}".strip("/"),
                "outcome": file.outcome,
                "reasons": file.reasons,
                "message": file.message,
            }
            for file in files
            if file.outcome in ("quarantined", "failed")
        ],
    }


def feed_assets(sources: Sources) -> dg.AssetsDefinition:
    """The assets of all declared feeds; one operation lands them, all or some."""
    by_key = {feed_key(feed): feed for feed in sources.feeds}
    specs = [
        dg.AssetSpec(
            key,
            description=feed.description,
            group_name="feeds",
            kinds={"bronze", feed.format or "file"},
            metadata={
                "folder": f"landing/{feed.name}",
                "time_zone": feed.time_zone,
                "owner": feed.owner,
                "expected": (
                    f"every {feed.arrival.every} by {feed.arrival.by}"
                    if feed.arrival.every in _EVERY
                    else feed.arrival.every
                ),
            },
            freshness_policy=(
                dg.FreshnessPolicy.time_window(
                    fail_window=timedelta(
                        days=_EVERY[feed.arrival.every], hours=feed.arrival.grace_hours
                    )
                )
                if feed.arrival.every in _EVERY
                else None
            ),
            skippable=True,
        )
        for key, feed in by_key.items()
    ]

    @dg.multi_asset(specs=specs, name="landing", can_subset=True)
    def landing(
        context: dg.AssetExecutionContext, config: LandConfig
    ) -> Iterator[dg.MaterializeResult]:
        """Land every new file: framed, counted, written once, bad records to quarantine."""
        selected = context.selected_asset_keys
        chosen = None if len(selected) == len(by_key) else [by_key[key] for key in selected]
        with failures_told():
            reports = land_feeds(
                Home.from_env(), sources, feeds=chosen, received_at=config.received_at
            )
        files = [file for done in reports for file in done.files]
        for key in sorted(selected):
            feed = by_key[key]
            mine = [
                f for f in files if (f.source_system, f.feed) == (feed.source_system, feed.feed)
            ]
            yield dg.MaterializeResult(
                key,
                metadata={
                    "files_landed": sum(file.outcome == "landed" for file in mine),
                    "files_unusable": sum(f.outcome in ("quarantined", "failed") for f in mine),
                    "records_landed": sum(file.landed for file in mine),
                    "records_quarantined": sum(file.quarantined for file in mine),
                },
            )

    return landing
