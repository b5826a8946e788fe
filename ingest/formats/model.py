"""What goes into a framer and what comes out of it.

Belongs here: the options, the Arrow schema of a batch, the result, the base class of every framer.
Does not belong here: anything that knows one format, or where records are written.

The promise that every framer keeps, for any bytes whatever:

* ``b"".join(lead + record bytes, in order of byte_offset) + tail`` is the stream, byte for byte;
* ``records_in == landed + quarantined``;
* it does not raise because of what the bytes are.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, Protocol

import pyarrow as pa

Format = Literal["hl7v2", "x12", "csv", "fhir", "json", "text"]
FORMATS: tuple[Format, ...] = ("hl7v2", "x12", "csv", "fhir", "json", "text")

#: Column names are joined by this in ``header`` (U+001F, the unit separator).
HEADER_SEPARATOR = "\x1f"

#: One row per record, good or not. ``reason_code`` is null where the record is good.
#: ``raw`` is null where ``record_text.encode(charset)`` gives the record's bytes; a record with a
#: reason always has ``raw``, and has ``record_text`` only where its bytes could be decoded.
FRAME_SCHEMA = pa.schema(
    [
        pa.field("lead", pa.binary()),
        pa.field("record_text", pa.string()),
        pa.field("raw", pa.binary()),
        pa.field("charset", pa.string()),
        pa.field("byte_offset", pa.int64(), nullable=False),
        pa.field("record_index", pa.int64(), nullable=False),
        pa.field("record_type", pa.string()),
        pa.field("control_id", pa.string()),
        pa.field("version", pa.string()),
        pa.field("delimiters", pa.string()),
        pa.field("header", pa.string()),
        pa.field("envelope", pa.string()),
        pa.field("reason_code", pa.string()),
        pa.field("reason", pa.string()),
    ]
)


class Reader(Protocol):
    """What a framer needs of a stream."""

    def read(self, size: int = -1, /) -> bytes:
        """At most ``size`` bytes, none at the end."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column that a feed declares: its name, the names by which others know it, and whether
    a file may come without it."""

    name: str
    required: bool = True
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameOptions:
    """What a feed declares about its files; everything has a default that reads the file itself."""

    #: CSV: one character; None = found from the file among comma, pipe, tab and semicolon.
    delimiter: str | None = None
    #: CSV: quote character; None or "" = quoting is not used.
    quote: str | None = '"'
    #: CSV: False where the file has no header line (then ``columns`` names the columns);
    #: None = found from the file.
    has_header: bool | None = None
    #: CSV and fixed width: the declared columns, in the order of the file where it has no header.
    columns: tuple[Column, ...] = ()
    #: Fixed width: characters of each column, in order. Not empty = the file is fixed width.
    widths: tuple[int, ...] = ()
    #: HL7 v2 "ADT^A01" or "ADT"; X12 "837"; FHIR "Patient"; OMH "heart-rate". Empty = any.
    message_types: tuple[str, ...] = ()
    #: Python codec of files that do not say (or the truth where a feed is known to lie).
    charset: str | None = None
    #: accept: added columns land and are reported, a missing column quarantines where required.
    #: strict: any difference between the header and the declared columns quarantines the rows.
    drift: Literal["accept", "strict"] = "accept"
    #: A record longer than this is quarantined in pieces; bounds memory.
    max_record_bytes: int = 64 * 1024 * 1024
    #: Bytes read at a time, about the bytes of one batch.
    chunk_bytes: int = 16 * 1024 * 1024


@dataclass(slots=True)
class FrameResult:
    """What is known of a file once its last byte has been framed."""

    #: Bytes after the last record (trailers, the final newline).
    tail: bytes = b""
    size_bytes: int = 0
    records_in: int = 0
    landed: int = 0
    quarantined: int = 0
    #: reason code → records
    reasons: Counter[str] = field(default_factory=Counter)
    #: Sentences about the whole file that did not cost a record (counts that disagree, text before
    #: the first message, repeated control numbers). Positions and counts only, never values.
    warnings: list[str] = field(default_factory=list)
    #: CSV: differences between the header and the declared columns, one sentence each.
    drift: list[str] = field(default_factory=list)
    #: How the file was read (segment terminator, charset, delimiter, MLLP, ...), for the manifest.
    framing: dict[str, str] = field(default_factory=dict)
    #: X12: "sender|receiver|control|date|time" hashes of the interchanges, so that the landing
    #: writer can tell an interchange sent twice in different files.
    interchanges: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class FrameBatch:
    """Some rows of one file, in file order, by FRAME_SCHEMA."""

    rows: pa.RecordBatch


class Framer(ABC):
    """Iterate it once for the batches; ``result`` is complete when the iteration has ended."""

    format: Format

    def __init__(self, stream: Reader, options: FrameOptions) -> None:
        self.stream = stream
        self.options = options
        self.result = FrameResult()

    @abstractmethod
    def __iter__(self) -> Iterator[FrameBatch]:
        """The file's records, batch by batch."""
