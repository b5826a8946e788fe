"""From framed batches to Parquet files in the making, with the proof that nothing was lost.

Belongs here: columns, row groups, digests. Does not belong here: final names and the manifest
(``landing.py``), or finding records (``ingest/formats``).
"""

from __future__ import annotations

import hashlib
import queue
import threading
from collections import Counter
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ingest.bronze.schema import BRONZE_SCHEMA, PROVENANCE, QUARANTINE_SCHEMA

__all__ = [
    "PartWriter",
    "Provenance",
    "RecordWriter",
    "complete",
    "record_bytes",
    "record_lengths",
]

#: A row group ends at this many records or this many bytes of text, whichever comes first. The
#: first is DuckDB's own row group, the second bounds memory where records are long.
ROW_GROUP_RECORDS = 122_880
ROW_GROUP_BYTES = 48 * 1024 * 1024

#: Columns whose values repeat. The others hold the records themselves: a dictionary would only be
#: tried and given up.
_REPEATING = [
    *PROVENANCE.names,
    "charset",
    "record_type",
    "version",
    "delimiters",
    "header",
    "reason_code",
    "reason",
    "replayed_at",
    "quarantined_reason",
]
_PLAIN_ENCODING = {
    "record_index": "DELTA_BINARY_PACKED",
    "byte_offset": "DELTA_BINARY_PACKED",
}


class Provenance:
    """The columns that are the same for every record of a file, as cheap constants."""

    def __init__(self, **values: Any) -> None:
        self._constants: dict[str, pa.Array] = {}
        for name in PROVENANCE.names:
            self._constants[name] = pa.array([values[name]], type=PROVENANCE.field(name).type)

    def named(self, file_name: str) -> Provenance:
        """The same with another file name."""
        other = object.__new__(Provenance)
        other._constants = {**self._constants, "file_name": pa.array([file_name])}
        return other

    def columns(self, rows: int) -> dict[str, pa.Array]:
        """``rows`` copies of each, dictionary-encoded: four bytes a record, whatever the value."""
        zeros = _zeros(rows)
        return {
            name: pa.DictionaryArray.from_arrays(zeros, value)
            for name, value in self._constants.items()
        }


def _zeros(rows: int) -> pa.Array:
    return pa.Array.from_buffers(pa.int32(), rows, [None, pa.py_buffer(bytes(4 * rows))])


class _HashingFile:
    """A file that knows the digest of what was written to it."""

    def __init__(self, path: Path) -> None:
        self._out: BinaryIO = path.open("xb", buffering=1024 * 1024)
        self.digest = hashlib.sha256()
        self.size = 0
        self.closed = False

    def write(self, data: Any) -> int:
        view = memoryview(data)
        self.digest.update(view)
        self._out.write(view)
        self.size += len(view)
        return len(view)

    def tell(self) -> int:
        return self.size

    def flush(self) -> None:
        self._out.flush()

    def writable(self) -> bool:
        return True

    def readable(self) -> bool:
        return False

    def seekable(self) -> bool:
        return False

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            self._out.close()


class PartWriter:
    """One Parquet file in the making; created at the first record, so no file is empty."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self.path = path
        self.schema = schema
        self.records = 0
        self._file: _HashingFile | None = None
        self._writer: pq.ParquetWriter | None = None
        self._waiting: list[pa.RecordBatch] = []
        self._waiting_records = 0
        self._waiting_bytes = 0

    @property
    def sha256(self) -> str:
        """The digest of the closed file."""
        assert self._file is not None
        return self._file.digest.hexdigest()

    @property
    def size(self) -> int:
        """Bytes of the closed file."""
        return self._file.size if self._file else 0

    def write(self, rows: pa.RecordBatch) -> None:
        """Add records; they reach the file a row group at a time."""
        self.records += rows.num_rows
        start = 0
        while start < rows.num_rows:
            step = min(rows.num_rows - start, ROW_GROUP_RECORDS - self._waiting_records)
            piece = rows.slice(start, step)
            self._waiting.append(piece)
            self._waiting_records += step
            self._waiting_bytes += piece.get_total_buffer_size() * step // max(1, rows.num_rows)
            start += step
            if self._waiting_records >= ROW_GROUP_RECORDS or self._waiting_bytes >= ROW_GROUP_BYTES:
                self._flush()

    def _flush(self) -> None:
        if not self._waiting:
            return
        table = pa.Table.from_batches(self._waiting).unify_dictionaries()
        self._waiting, self._waiting_records, self._waiting_bytes = [], 0, 0
        if self._writer is None:
            self._file = _HashingFile(self.path)
            names = self.schema.names
            self._writer = pq.ParquetWriter(
                pa.PythonFile(self._file, mode="w"),
                table.schema,
                compression="zstd",
                compression_level=1,
                use_dictionary=[name for name in _REPEATING if name in names],
                write_statistics=[
                    name for name in names if name not in ("record_text", "raw", "lead", "envelope")
                ],
                column_encoding=_PLAIN_ENCODING,
                # Readers see plain strings, not the dictionaries that made writing cheap.
                store_schema=False,
            )
        self._writer.write_table(table)

    def close(self) -> None:
        """Finish the file."""
        self._flush()
        if self._writer is not None:
            self._writer.close()
        if self._file is not None:
            self._file.close()

    def abandon(self) -> None:
        """Drop what is in the making."""
        self._waiting = []
        if self._file is not None:
            self._file.close()
        self.path.unlink(missing_ok=True)


class RecordWriter:
    """Writes framed batches of one file to a bronze and a quarantine part, in a thread of its own,
    and recomputes the digest of the file from what is written.

    ``rebuilt_sha256`` after ``close`` is the digest of lead and record bytes in order, and of the
    tail given to ``close``: where it is the file's own, the file can be rebuilt from its records.
    """

    def __init__(
        self,
        *,
        bronze: Path,
        quarantine: Path,
        provenance: Provenance,
        threaded: bool = True,
        rebuild: bool = True,
    ) -> None:
        self.bronze = PartWriter(bronze, BRONZE_SCHEMA)
        self.quarantine = PartWriter(quarantine, QUARANTINE_SCHEMA)
        self.provenance = provenance
        self.reasons: Counter[str] = Counter()
        self.records_in = 0
        self.first_record_index: int | None = None
        self._digest = hashlib.sha256() if rebuild else None
        self._error: BaseException | None = None
        self._queue: queue.Queue[tuple[pa.RecordBatch, Provenance] | None] | None = None
        self._thread: threading.Thread | None = None
        if threaded:
            self._queue = queue.Queue(maxsize=1)
            self._thread = threading.Thread(target=self._work, name="bronze-writer", daemon=True)
            self._thread.start()

    def __enter__(self) -> RecordWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is not None:
            self._stop()
            self.bronze.abandon()
            self.quarantine.abandon()

    def write(self, rows: pa.RecordBatch, *, file_name: str | None = None) -> None:
        """Take a batch by FRAME_SCHEMA; waits while the one before last is still being written.
        ``file_name`` is the records' own where they come from a member of an archive."""
        if self._error is not None:
            raise self._error
        if rows.num_rows == 0:
            return
        provenance = self.provenance
        if file_name is not None:
            provenance = provenance.named(file_name)
        if self._queue is None:
            self._write(rows, provenance)
        else:
            self._queue.put((rows, provenance))

    def close(self, *, tail: bytes = b"") -> None:
        """Finish both parts."""
        self._stop()
        if self._error is not None:
            raise self._error
        self.bronze.close()
        self.quarantine.close()
        if self._digest is not None:
            self._digest.update(tail)

    @property
    def rebuilt_sha256(self) -> str | None:
        """The digest of the file as its records and tail give it back."""
        return self._digest.hexdigest() if self._digest is not None else None

    def _stop(self) -> None:
        if self._thread is not None and self._queue is not None:
            self._queue.put(None)
            self._thread.join()
            self._thread = None

    def _work(self) -> None:
        assert self._queue is not None
        while (item := self._queue.get()) is not None:
            if self._error is None:
                try:
                    self._write(*item)
                except BaseException as error:
                    self._error = error

    def _write(self, rows: pa.RecordBatch, provenance: Provenance) -> None:
        self.records_in += rows.num_rows
        if self._digest is not None:
            for chunk in record_bytes(rows, with_lead=True):
                self._digest.update(chunk)
        reasons = rows.column("reason_code")
        refused = rows.num_rows - reasons.null_count
        if refused == 0:
            good, bad = rows, None
        else:
            good, bad = rows.filter(pc.is_null(reasons)), rows.filter(pc.is_valid(reasons))
            self.reasons.update(bad.column("reason_code").to_pylist())
        if good.num_rows:
            if self.first_record_index is None:
                self.first_record_index = good.column("record_index")[0].as_py()
            self.bronze.write(complete(good, BRONZE_SCHEMA, provenance))
        if bad is not None:
            self.quarantine.write(complete(bad, QUARANTINE_SCHEMA, provenance))


def complete(
    rows: pa.RecordBatch, schema: pa.Schema, provenance: Provenance, **given: pa.Array
) -> pa.RecordBatch:
    """Framed rows with the columns of ``schema``: the provenance, what is ``given``, what the
    framer found, and null for the rest."""
    columns = {
        **{name: rows.column(name) for name in rows.schema.names},
        **given,
        **provenance.columns(rows.num_rows),
    }
    return pa.RecordBatch.from_arrays(
        [columns.get(field.name, pa.nulls(rows.num_rows, field.type)) for field in schema],
        names=schema.names,
    )


def record_bytes(rows: pa.RecordBatch, *, with_lead: bool) -> list[Any]:
    """The bytes of the records of ``rows`` in order, as buffers to be joined.

    A record is its ``raw``, or its ``record_text`` in its ``charset`` where ``raw`` is null.
    """
    content = _record_column(rows)
    if with_lead:
        content = pc.binary_join_element_wise(
            pc.fill_null(rows.column("lead"), b""), content, b"", null_handling="replace"
        )
    return _values(content)


def record_lengths(rows: pa.RecordBatch) -> pa.Array:
    """Bytes of each record, without its lead."""
    return pc.binary_length(_record_column(rows))


_UTF8 = ("utf-8", "ascii", "utf8", "us-ascii")


def _record_column(rows: pa.RecordBatch) -> pa.Array:
    text, raw, charset = (rows.column(name) for name in ("record_text", "raw", "charset"))
    # A stored string is UTF-8, so for these charsets its bytes are the record's.
    same = pc.is_in(charset, value_set=pa.array(_UTF8))
    needs_encoding = pc.and_(pc.is_null(raw), pc.and_(pc.is_valid(text), pc.invert(same)))
    if pc.any(needs_encoding).as_py():
        encoded = [
            value.encode(codec) if wanted else None
            for value, codec, wanted in zip(
                text.to_pylist(), charset.to_pylist(), needs_encoding.to_pylist(), strict=True
            )
        ]
        raw = pc.coalesce(raw, pa.array(encoded, pa.binary()))
    plain = text.cast(pa.binary())
    if raw.null_count == len(raw):
        return pc.fill_null(plain, b"")
    return pc.fill_null(pc.coalesce(raw, plain), b"")


def _values(content: pa.Array) -> list[Any]:
    if len(content) == 0:
        return []
    _, offsets, data = content.buffers()
    if data is None:
        return []
    ends = memoryview(offsets).cast("i")
    first, last = ends[content.offset], ends[content.offset + len(content)]
    return [memoryview(data)[first:last]]
