"""What Dagster loads: every feed, model and check, joined from landing to the published version."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime
from types import ModuleType

import dagster as dg
import orjson
import pytest

from ingest.home import Home
from ingest.sources import load_sources
from orchestration.checks.suites import DIMENSIONS
from orchestration.warehouse import manifest_path

FEEDS = load_sources().feeds


@pytest.fixture(scope="module")
def definitions(hospital: Home) -> Iterator[ModuleType]:
    """``orchestration.definitions``, loaded for the hospital."""
    before = dict(os.environ)
    os.environ["WELLSPRING_HOME"] = str(hospital.root)
    try:
        import orchestration.definitions as loaded

        yield loaded
    finally:
        os.environ.clear()
        os.environ.update(before)


@pytest.fixture(scope="module")
def upstream(definitions: ModuleType) -> dict[dg.AssetKey, set[dg.AssetKey]]:
    """The direct upstream assets of every asset."""
    return {
        spec.key: {dep.asset_key for dep in spec.deps}
        for spec in definitions.defs.resolve_all_asset_specs()
    }


def test_there_is_one_asset_for_each_declared_feed(upstream: dict) -> None:
    found = {key for key in upstream if key.path[0] == "feeds"}
    assert found == {dg.AssetKey(["feeds", feed.source_system, feed.feed]) for feed in FEEDS}


def test_every_model_and_seed_is_an_asset(definitions: ModuleType, hospital: Home) -> None:
    nodes = orjson.loads(manifest_path(hospital).read_bytes())["nodes"].values()
    named = {
        node["name"] for node in nodes if node["resource_type"] in ("model", "seed", "snapshot")
    }
    assert {key.path[-1] for key in definitions.models.keys} == named


@pytest.mark.parametrize("feed", FEEDS, ids=lambda feed: feed.name)
def test_the_lineage_of_every_feed_ends_in_the_published_version(
    feed: object, upstream: dict[dg.AssetKey, set[dg.AssetKey]]
) -> None:
    wanted = dg.AssetKey(["feeds", feed.source_system, feed.feed])  # type: ignore[attr-defined]
    seen, waiting = set(), [dg.AssetKey(["published", "gold"])]
    while waiting:
        key = waiting.pop()
        if key not in seen:
            seen.add(key)
            waiting += upstream.get(key, ())
    assert wanted in seen


def test_lineage_has_no_loose_ends(upstream: dict[dg.AssetKey, set[dg.AssetKey]]) -> None:
    named = {key for keys in upstream.values() for key in keys}
    assert named <= set(upstream)


def test_every_feed_is_checked_in_every_dimension_before_staging_reads_it(
    definitions: ModuleType,
) -> None:
    [checks] = definitions.defs.asset_checks
    specs = list(checks.check_specs)
    assert {(spec.asset_key.path[1], spec.asset_key.path[2], spec.name) for spec in specs} == {
        (feed.source_system, feed.feed, dimension) for feed in FEEDS for dimension in DIMENSIONS
    }
    assert all(spec.blocking for spec in specs)


def test_the_job_runs_everything_with_the_configuration_that_commands_give_it(
    definitions: ModuleType,
) -> None:
    from orchestration.jobs import JOB, run_config

    job = definitions.defs.resolve_job_def(JOB)
    assert job.asset_layer.executable_asset_keys == {
        spec.key for spec in definitions.defs.resolve_all_asset_specs()
    }
    assert dg.validate_run_config(job, run_config(as_of="2026-06-30", received_at="mtime"))


def test_the_schedule_runs_as_of_its_own_morning(definitions: ModuleType) -> None:
    from orchestration.jobs import daily

    context = dg.build_schedule_context(
        scheduled_execution_time=datetime.fromisoformat("2026-07-04T06:00:00+00:00")
    )
    request = daily(context)
    assert request.run_config["ops"]["warehouse"]["config"]["as_of"] == "2026-07-04"
    assert request.run_config["ops"]["expectations"]["config"]["as_of"] == "2026-07-04"


def test_nothing_is_written_outside_the_home(definitions: ModuleType, hospital: Home) -> None:
    for name in ("DAGSTER_HOME", "DBT_TARGET_PATH", "DBT_LOG_PATH"):
        assert os.environ[name].startswith(str(hospital.root))
