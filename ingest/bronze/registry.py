"""The declared feeds as data, and the folders that every reader may rely on.

Belongs here: ``feeds.parquet`` and the zero-row files that make each glob match. Does not belong
here: reading ``sources.yml`` (``ingest/sources.py``).
"""

from __future__ import annotations

import io
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ingest.bronze.manifest import FOLDERS, NONE
from ingest.bronze.schema import BRONZE_SCHEMA, QUARANTINE_SCHEMA
from ingest.bronze.store import Store, bronze_store, quarantine_store
from ingest.home import Home
from ingest.sources import Sources
from ingest.terminology import ensure_tables

__all__ = ["EMPTY", "FEEDS_SCHEMA", "ensure_layout", "write_feed_registry"]

EMPTY = "_empty.parquet"

FEEDS_SCHEMA = pa.schema(
    [
        pa.field("source_system", pa.string(), nullable=False),
        pa.field("feed", pa.string(), nullable=False),
        pa.field("source_title", pa.string()),
        pa.field("format", pa.string()),
        pa.field("description", pa.string()),
        pa.field("patterns", pa.list_(pa.string())),
        pa.field("time_zone", pa.string()),
        pa.field("owner", pa.string()),
        pa.field("authoritative", pa.list_(pa.string())),
        pa.field("message_types", pa.list_(pa.string())),
        pa.field("expected_columns", pa.list_(pa.string())),
        pa.field("required_columns", pa.list_(pa.string())),
        pa.field("drift", pa.string()),
        pa.field("after_landing", pa.string()),
        pa.field("arrival_every", pa.string()),
        pa.field("arrival_by", pa.string()),
        pa.field("arrival_grace_hours", pa.float64()),
        pa.field("min_records", pa.int64()),
        pa.field("max_records", pa.int64()),
    ]
)


def write_feed_registry(home: Home, sources: Sources) -> Path:
    """Write ``warehouse/feeds.parquet``, one row per declared feed; its path."""
    rows = [
        {
            "source_system": feed.source_system,
            "feed": feed.feed,
            "source_title": source.title,
            "format": feed.format,
            "description": feed.description,
            "patterns": list(feed.patterns),
            "time_zone": feed.time_zone,
            "owner": feed.owner,
            "authoritative": list(feed.authoritative),
            "message_types": list(feed.message_types),
            "expected_columns": [column.name for column in feed.columns],
            "required_columns": [column.name for column in feed.columns if column.required],
            "drift": feed.drift,
            "after_landing": feed.after_landing,
            "arrival_every": feed.arrival.every,
            "arrival_by": feed.arrival.by,
            "arrival_grace_hours": feed.arrival.grace_hours,
            "min_records": feed.volume.min_records,
            "max_records": feed.volume.max_records,
        }
        for source in sources.sources
        for feed in source.feeds
    ]
    target = home.feed_registry
    target.parent.mkdir(parents=True, exist_ok=True)
    making = target.with_name(f".{target.name}.making")
    pq.write_table(pa.Table.from_pylist(rows, schema=FEEDS_SCHEMA), making)
    making.replace(target)
    return target


def ensure_layout(home: Home, sources: Sources) -> None:
    """Create the home's folders, a zero-row Parquet file for every declared feed in bronze and
    quarantine, and an empty note in each folder of the manifest, so that every glob matches."""
    for folder in (home.landing, home.warehouse, home.runs, home.published):
        folder.mkdir(parents=True, exist_ok=True)
    bronze, quarantine = bronze_store(home), quarantine_store(home)
    for store, schema in ((bronze, BRONZE_SCHEMA), (quarantine, QUARANTINE_SCHEMA)):
        content = _no_rows(schema)
        for feed in sources:
            _ensure(store, f"{feed.name}/{EMPTY}", content)
    for folder_name in FOLDERS:
        _ensure(bronze, f"{folder_name}/{NONE}", b"")
    ensure_tables(home)


def _ensure(store: Store, name: str, content: bytes) -> None:
    """Create ``name``, or replace it where another version of the schema wrote it."""
    try:
        if store.read(name) == content:
            return
    except FileNotFoundError:
        if store.put_new(name, content, durable=False):
            return
    store.put(name, content)


def _no_rows(schema: pa.Schema) -> bytes:
    sink = io.BytesIO()
    pq.write_table(schema.empty_table(), sink, compression="zstd", store_schema=False)
    return sink.getvalue()
