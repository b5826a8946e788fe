"""The expectations on each feed as Dagster asset checks.

Here: one check per feed and dimension of quality. Not here: expectations (``suites.py``) or their
library (``validate.py``).
"""

# No postponed annotations here: Dagster reads those of config and resources as they are.

from collections.abc import Iterator
from dataclasses import asdict
from datetime import date

import dagster as dg

from ingest.home import Home
from ingest.sources import Sources
from orchestration import records
from orchestration.assets.warehouse import CheckConfig, today
from orchestration.checks.profile import profile
from orchestration.checks.suites import DIMENSIONS
from orchestration.checks.validate import FeedCheck, run, scores
from orchestration.lineage import feed_key
from orchestration.progress import report

__all__ = ["check_feeds", "feed_checks"]

_ABOUT = {
    "volume": "Files came, with as many records a period as declared.",
    "timeliness": "The newest file is not older than its period and grace allow.",
    "schema": "Records and columns are those that the feed declares.",
    "completeness": "Records arrived whole, identified, and as many as their trailers say.",
    "plausibility": "Records are not from the future, nor copies of one another.",
}


def check_feeds(home: Home, sources: Sources, *, as_of: date) -> list[FeedCheck]:
    """Check every feed's files, keep the results and the scores for the audit, return them."""
    report("check", 0, len(sources.feeds))
    found = run(sources.feeds, profile(home), as_of)
    records.write(
        home,
        "checks",
        {
            "as_of": as_of.isoformat(),
            "checks": [check.to_dict() for check in found],
            "scores": [asdict(score) for score in scores(found)],
        },
    )
    report("check", len(sources.feeds), len(sources.feeds))
    return found


def feed_checks(sources: Sources) -> dg.AssetChecksDefinition:
    """Five checks on every feed, run by one operation."""
    by_name = {feed.name: feed for feed in sources.feeds}
    specs = [
        # blocking: staging waits for the verdict, and an error (a warning never) stops it there
        dg.AssetCheckSpec(
            dimension, asset=feed_key(feed), description=_ABOUT[dimension], blocking=True
        )
        for feed in sources.feeds
        for dimension in DIMENSIONS
    ]

    @dg.multi_asset_check(specs=specs, name="expectations", can_subset=True)
    def expectations(
        context: dg.AssetCheckExecutionContext, config: CheckConfig
    ) -> Iterator[dg.AssetCheckResult]:
        """Hold what each source sent against what it declares (Great Expectations)."""
        as_of = date.fromisoformat(config.as_of) if config.as_of else today()
        for check in check_feeds(Home.from_env(), sources, as_of=as_of):
            key = feed_key(by_name[f"{check.source_system}/{check.feed}"])
            if dg.AssetCheckKey(key, check.name) not in context.selected_asset_check_keys:
                continue
            error = check.severity == "error"
            yield dg.AssetCheckResult(
                asset_key=key,
                check_name=check.name,
                passed=check.success,
                severity=dg.AssetCheckSeverity.ERROR if error else dg.AssetCheckSeverity.WARN,
                metadata={
                    "expectations": check.expectations,
                    "unmet": ", ".join(check.unmet) or "none",
                    "files": check.files,
                },
            )

    return expectations
