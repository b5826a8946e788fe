"""The columns of bronze and quarantine: one Arrow schema for every format, one row per record.

Belongs here: names and types. Does not belong here: how rows are found (``ingest/formats``) or
written (``writer.py``).
"""

from __future__ import annotations

import pyarrow as pa

from ingest.formats.model import FRAME_SCHEMA

__all__ = ["BRONZE_SCHEMA", "FRAMED", "PROVENANCE", "QUARANTINE_SCHEMA"]

_TIMESTAMP = pa.timestamp("us", tz="UTC")

#: Where a record came from, the same for every record of a file.
PROVENANCE = pa.schema(
    [
        pa.field("source_system", pa.string()),
        pa.field("feed", pa.string()),
        pa.field("format", pa.string()),
        pa.field("file_name", pa.string()),
        pa.field("file_sha256", pa.string()),
        pa.field("received_at", _TIMESTAMP),
        pa.field("batch_id", pa.string()),
    ]
)

#: What the framer said of a record that can be used.
FRAMED: tuple[str, ...] = (
    "record_text",
    "charset",
    "raw",
    "lead",
    "byte_offset",
    "record_type",
    "control_id",
    "version",
    "delimiters",
    "header",
    "envelope",
)


def _framed(name: str) -> pa.Field:
    return pa.field(name, FRAME_SCHEMA.field(name).type)


_RECORD = pa.schema(
    [
        *[PROVENANCE.field(name) for name in PROVENANCE.names[:5]],
        pa.field("record_index", pa.int64()),
        *[PROVENANCE.field(name) for name in PROVENANCE.names[5:]],
        *[_framed(name) for name in FRAMED],
    ]
)

#: ``replayed_at`` and ``quarantined_reason`` are null unless the record came out of quarantine.
BRONZE_SCHEMA = pa.schema(
    [*_RECORD, pa.field("replayed_at", _TIMESTAMP), pa.field("quarantined_reason", pa.string())]
)

#: ``replayed_at`` stays null in the file, which is never rewritten: the addenda of the manifest say
#: what was replayed, and readers fill the column from them.
QUARANTINE_SCHEMA = pa.schema(
    [
        *_RECORD,
        pa.field("reason_code", pa.string()),
        pa.field("reason", pa.string()),
        pa.field("replayed_at", _TIMESTAMP),
    ]
)
