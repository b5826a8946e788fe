"""Which feeds a staging model reads, so that Dagster's lineage runs from feed to gold.

Here: keys of feed assets, and the translation of dbt's two bronze sources into the feeds behind
them. Not here: anything else that dagster-dbt derives from dbt's manifest.

In dbt every base staging model reads ``source('bronze', …)``. Staging is named by standard
(``stg_hl7v2__…``) where any sender of the standard is read, and by source system
(``stg_pharmacy__dispenses``) where the layout is the sender's own; ``config.meta.feeds`` (a list of
``source/feed``) says otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, DbtProject

from ingest.sources import Feed, Sources

__all__ = ["FeedLineage", "feed_key", "feeds_read_by"]

#: Standards whose staging reads every feed that speaks them; an extract is a sender's own layout.
_STANDARDS = frozenset({"hl7v2", "x12", "fhir"})
_BRONZE = frozenset({"bronze", "ingest"})


def feed_key(feed: Feed) -> dg.AssetKey:
    """The key of a feed's asset."""
    return dg.AssetKey(["feeds", feed.source_system, feed.feed])


def feeds_read_by(model: str, meta: Mapping[str, Any], feeds: Iterable[Feed]) -> list[Feed]:
    """The feeds behind the bronze source of ``model``."""
    every = list(feeds)
    named = meta.get("feeds")
    if named:
        return [feed for feed in every if feed.name in named]
    subject, _, entity = model.removeprefix("stg_").removeprefix("base_").partition("__")
    if subject in _STANDARDS:
        return [feed for feed in every if feed.format == subject]
    of_source = [feed for feed in every if feed.source_system == subject]
    exact = [feed for feed in of_source if feed.feed == entity]
    related = [
        feed
        for feed in of_source
        if feed.format not in _STANDARDS
        and (entity.startswith(feed.feed) or entity.split("_")[0] == feed.feed.split("_")[0])
    ]
    own_layout = [feed for feed in of_source if feed.format not in _STANDARDS]
    return exact or related or own_layout or every


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
        kept = [dep for dep in spec.deps if dep.asset_key.path[0] not in _BRONZE]
        if len(kept) == len(list(spec.deps)):
            return spec
        props = self.get_resource_props(manifest, unique_id)
        meta = {**props.get("meta", {}), **props.get("config", {}).get("meta", {})}
        read = feeds_read_by(props["name"], meta, self._feeds)
        return spec.replace_attributes(deps=[*kept, *(dg.AssetDep(feed_key(f)) for f in read)])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        """The room of the house: the schema that the model is built in."""
        return str(dbt_resource_props.get("schema") or "default")
