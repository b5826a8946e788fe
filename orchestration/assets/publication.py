"""The published version of gold as an asset.

Here: the call of ``orchestration.publish``. Not here: the audit or the copy.
"""

from __future__ import annotations

from collections.abc import Sequence

import dagster as dg

from ingest.home import Home
from orchestration.failures import failures_told
from orchestration.publish import publish

__all__ = ["publication"]


def publication(marts: Sequence[dg.AssetKey]) -> dg.AssetsDefinition:
    """The asset ``published/gold``, downstream of every mart."""

    @dg.asset(
        key=["published", "gold"],
        deps=list(marts),
        group_name="published",
        kinds={"duckdb"},
        description="Gold as its readers see it: a new read-only version, swapped in atomically.",
    )
    def published_gold() -> dg.MaterializeResult:
        with failures_told():
            done = publish(Home.from_env())
        return dg.MaterializeResult(
            metadata={
                "version": done.version,
                "path": dg.MetadataValue.path(done.path),
                "as_of": done.as_of,
                "patients": done.patients or 0,
                "person_records": done.person_records or 0,
                "checks_passed": done.checks_passed,
                "checks_warned": done.checks_warned,
            }
        )

    return published_gold
