"""Which feeds a staging model reads, so that Dagster's lineage runs from feed to gold.

Here: keys of feed assets, and the translation of dbt's two bronze sources into the feeds behind
them. Not here: anything else that dagster-dbt derives from dbt's manifest.

Base staging reads bronze by format, through ``{{ new_bronze_records('hl7v2') }}``: its feeds are
those of that format. ``config.meta.feeds`` (a list of ``source/feed``) narrows that down.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, DbtProject

from ingest.sources import Feed, Sources

__all__ = ["FeedLineage", "feed_key", "feeds_read_by"]

_FORMATS_READ = re.compile(r"new_bronze_records\(\s*['\"](\w+)['\"]\s*\)")
_BRONZE = frozenset({"bronze", "ingest"})
#: Loaded by hand, of no feed.
_LOADED = frozenset({"terminology"})


def feed_key(feed: Feed) -> dg.AssetKey:
    """The key of a feed's asset."""
    return dg.AssetKey(["feeds", feed.source_system, feed.feed])


def feeds_read_by(sql: str, meta: Mapping[str, Any], feeds: Iterable[Feed]) -> list[Feed]:
    """The feeds behind the bronze sources of a model: those of the formats that its SQL asks for,
    or all where it asks for none (a model over all of bronze)."""
    every = list(feeds)
    if named := meta.get("feeds"):
        return [feed for feed in every if feed.name in named]
    formats = set(_FORMATS_READ.findall(sql))
    return [feed for feed in every if feed.format in formats] if formats else every


class FeedLineage(DagsterDbtTranslator):
    """dagster-dbt's translation, with feeds in the place of dbt's bronze sources."""

    def __init__(self, sources: Sources) -> None:
        super().__init__(DagsterDbtTranslatorSettings(enable_source_metadata=False))
        self._feeds = sources.feeds

    def get_asset_spec(
        self, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None
    ) -> dg.AssetSpec:
        spec = super().get_asset_spec(manifest, unique_id, project)
        if unique_id.startswith("source."):
            return spec
        deps = [dep for dep in spec.deps if dep.asset_key.path[0] not in _LOADED]
        kept = [dep for dep in deps if dep.asset_key.path[0] not in _BRONZE]
        if len(kept) == len(deps):
            return spec.replace_attributes(deps=kept)
        props = self.get_resource_props(manifest, unique_id)
        meta = {**props.get("meta", {}), **props.get("config", {}).get("meta", {})}
        read = feeds_read_by(props.get("raw_code") or "", meta, self._feeds)
        return spec.replace_attributes(deps=[*kept, *(dg.AssetDep(feed_key(f)) for f in read)])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        """The room of the house: the schema that the model is built in."""
        return str(dbt_resource_props.get("schema") or "default")
