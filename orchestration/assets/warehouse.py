"""Every dbt seed, model and snapshot as an asset, its data tests as asset checks.

Here: one dbt invocation and the events it streams. Not here: transformations, and what is read
out of dbt's results (``orchestration/warehouse.py``).
"""

# No postponed annotations here: Dagster reads those of config and resources as they are.

import time
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DbtCliResource, DbtProject, dbt_assets
from packaging import version

from ingest.bronze import ensure_layout, write_feed_registry
from ingest.home import Home
from ingest.sources import Sources
from ingest.terminology import ensure_icd10cm
from orchestration import environment, records, warehouse
from orchestration.audit import audit
from orchestration.errors import BuildError, PublishBlockedError
from orchestration.failures import failures_told
from orchestration.fingerprint import build_fingerprint, code_fingerprint
from orchestration.landed import landed
from orchestration.lineage import FeedLineage
from orchestration.progress import report
from orchestration.publish import current

__all__ = ["BuildConfig", "CheckConfig", "Dbt", "today", "warehouse_assets"]


class CheckConfig(dg.Config):
    """What checks may be told."""

    #: ISO date that ages, look-backs and measures refer to; empty = today in UTC.
    as_of: str = ""


class BuildConfig(CheckConfig):
    """What a build may be told."""

    full_refresh: bool = False
    #: Build nothing when code, landed files and as-of date are those of the published version.
    skip_unchanged: bool = False


class Dbt(DbtCliResource):
    """The dbt of this environment, without what its wrapper would start for every call.

    ``dbt --version`` takes four seconds and asks a package index for newer releases; the adapter
    serves features (row counts, column metadata) that are not used here.
    """

    @cached_property
    def _cli_version(self) -> version.Version:
        return warehouse.core_version()

    def _initialize_dbt_core_adapter(self, args: Sequence[str]) -> Any:
        del args
        return None


def today() -> date:
    """The as-of date of a run that names none. Only orchestration looks at the clock."""
    return datetime.now(tz=UTC).date()


def warehouse_assets(sources: Sources, project: DbtProject, manifest: Path) -> dg.AssetsDefinition:
    """The assets of the whole dbt project."""

    @dbt_assets(
        manifest=manifest,
        project=project,
        dagster_dbt_translator=FeedLineage(sources),
        name="warehouse",
    )
    def assets(context: dg.AssetExecutionContext, dbt: Dbt, config: BuildConfig) -> Iterator[Any]:
        """Build the warehouse as of a date: one dbt invocation, seeds to gold, with its tests."""
        home = Home.from_env()
        as_of = date.fromisoformat(config.as_of) if config.as_of else today()
        with failures_told(), records.home_lock(home):
            yield from _build(context, dbt, home, sources, as_of, config)

    return assets


def _build(
    context: dg.AssetExecutionContext,
    dbt: Dbt,
    home: Home,
    sources: Sources,
    as_of: date,
    config: BuildConfig,
) -> Iterator[Any]:
    started = time.monotonic()
    environment.prepare(home)
    ensure_layout(home, sources)
    ensure_icd10cm(home)
    write_feed_registry(home, sources)
    code = code_fingerprint(sources=sources.path, accepted=home.identity_model)
    fingerprint = build_fingerprint(
        code=code,
        landed=landed(home).names,
        as_of=as_of,
        registers=home.terminology_registers,
    )
    published = current(home)
    if (
        config.skip_unchanged
        and not config.full_refresh
        and not context.is_subset
        and published is not None
        and published.fingerprint == fingerprint
        and home.database.exists()
    ):
        context.log.info(f"Nothing has changed since version {published.version}.")
        return
    full = config.full_refresh
    if context.is_subset:
        records.forget(home, "build")  # what is built now has not been audited as a whole
    else:
        full = warehouse.begin(home, code=code, full_refresh=full)
    target = environment.dbt_target(home)
    (target / "run_results.json").unlink(missing_ok=True)
    invocation = dbt.cli(
        warehouse.arguments(as_of=as_of, full_refresh=full),
        context=context,
        target_path=target,
        raise_on_error=False,
    )
    total = warehouse.node_count(home)
    report("build", 0, total)
    for done, event in enumerate(invocation.stream(), start=1):
        report("build", done, total)
        yield event
    if not (target / "run_results.json").exists():
        raise BuildError(
            "dbt ended before it had built anything.", f"Its log says why: {target / 'dbt.log'}"
        )
    log = f"dbt's log says why: {target / 'dbt.log'}"
    if context.is_subset:
        if not invocation.is_successful():
            raise BuildError("dbt could not build all that was asked for.", log)
        return
    result = warehouse.conclude(
        home,
        as_of=as_of,
        code=code,
        fingerprint=fingerprint,
        full_refresh=full,
        seconds=time.monotonic() - started,
    )
    if result.broken:
        raise BuildError(f"These models could not be built: {', '.join(result.broken)}.", log)
    failed = [check for check in audit(home).checks if check.verdict == "failed"]
    failed = [check for check in failed if check.kind == "dbt"]
    if failed:  # what is built on the model of a failing test waits for it
        shown = "\n  ".join(check.sentence for check in failed[:10])
        if len(failed) > 10:
            shown += f"\n  and {len(failed) - 10:,} more: wellspring status --json"
        raise PublishBlockedError(
            f"Checks failed and {len(result.skipped)} models wait for them:\n  {shown}",
            "Correct the cause and run again; readers keep the version they have.",
        )
