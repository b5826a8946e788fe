"""Framing: where a record starts and ends, in every format that a health system sends.

Belongs here: finding records in bytes, the envelope that can be read without interpreting a field,
and why a record cannot be used. Does not belong here: the meaning of a field (that is SQL in
``staging/``) and where records are written (``ingest/bronze``).

    framing = frame(stream, format=detect(head, name), options=FrameOptions())
    for batch in framing:
        ...                 # batch.rows: pyarrow.RecordBatch by FRAME_SCHEMA
    framing.result          # tail, counts, warnings, drift
"""

from __future__ import annotations

from ingest.formats.detect import detect
from ingest.formats.model import (
    FORMATS,
    FRAME_SCHEMA,
    HEADER_SEPARATOR,
    Column,
    Format,
    FrameBatch,
    FrameOptions,
    Framer,
    FrameResult,
    Reader,
)
from ingest.formats.reasons import REASONS, Reason

__all__ = [
    "FORMATS",
    "FRAME_SCHEMA",
    "HEADER_SEPARATOR",
    "REASONS",
    "Column",
    "Format",
    "FrameBatch",
    "FrameOptions",
    "FrameResult",
    "Framer",
    "Reason",
    "detect",
    "frame",
]


def frame(stream: Reader, *, format: str, options: FrameOptions | None = None) -> Framer:
    """The framer of a format over a stream of decompressed bytes.

    ``format`` is one of FORMATS. Where the bytes turn out to be of another format, the whole file
    comes back quarantined with the reason ``wrong-format``; a ValueError is for a format that does
    not exist.
    """
    chosen = options or FrameOptions()
    if format == "hl7v2":
        from ingest.formats.hl7v2 import Hl7v2Framer

        return Hl7v2Framer(stream, chosen)
    if format == "x12":
        from ingest.formats.x12 import X12Framer

        return X12Framer(stream, chosen)
    if format == "csv":
        from ingest.formats.tables import TableFramer

        return TableFramer(stream, chosen)
    if format in ("fhir", "json"):
        from ingest.formats.json_records import JsonFramer

        return JsonFramer(stream, chosen, fhir=format == "fhir")
    if format == "text":
        from ingest.formats.text import TextFramer

        return TextFramer(stream, chosen)
    raise ValueError(f"unknown format {format!r}; one of {', '.join(FORMATS)}")
