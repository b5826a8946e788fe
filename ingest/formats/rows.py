"""Rows of a batch, collected one at a time; what every record-by-record framer shares.

Belongs here: building batches, counting, whole-file quarantine, reading UTF-16 through UTF-8.
Does not belong here: anything that knows a format.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ingest.formats.charsets import Utf8View, decode
from ingest.formats.model import FRAME_SCHEMA, FrameBatch, FrameOptions, FrameResult, Reader
from ingest.formats.reasons import explain

#: A record that cannot be used at all is kept in pieces no longer than this.
PIECE_BYTES = 16 * 1024 * 1024


(
    _LEAD, _TEXT, _RAW, _CHARSET, _OFFSET, _INDEX, _TYPE, _CONTROL, _VERSION, _DELIMITERS,
    _HEADER, _ENVELOPE, _CODE, _REASON,
) = range(len(FRAME_SCHEMA))  # fmt: skip


def _array(values: list[Any], kind: pa.DataType, size: int) -> pa.Array:
    """An Arrow array of integers, or of bytes or text with nulls, from its buffers (pa.array of a
    list is slower, and imports pandas)."""
    if kind == pa.int64():
        numbers = np.array(values, dtype=np.int64)
        return pa.Array.from_buffers(kind, size, [None, pa.py_buffer(numbers)])
    nulls = values.count(None)
    if nulls == size or not values:
        return pa.nulls(size, kind)
    validity = None
    if nulls:
        present = np.fromiter((value is not None for value in values), dtype=bool, count=size)
        validity = pa.py_buffer(np.packbits(present, bitorder="little"))
        values = [b"" if value is None else value for value in values]
    if isinstance(values[0], str) or any(isinstance(value, str) for value in values):
        values = [value.encode() if isinstance(value, str) else value for value in values]
    offsets: npt.NDArray[np.int32] = np.zeros(size + 1, dtype=np.int32)
    np.cumsum(np.fromiter(map(len, values), dtype=np.int64, count=size), out=offsets[1:])
    data = pa.py_buffer(b"".join(values))
    return pa.Array.from_buffers(kind, size, [validity, pa.py_buffer(offsets), data], nulls)


class Rows:
    """Collects rows into batches and keeps the account of ``result``.

    ``add`` appends a record; ``full`` says that a batch should be taken; ``take`` empties it.
    Offsets are the caller's business only through order: rows are added in file order, each with
    the bytes between it and the row before as ``lead``.
    """

    def __init__(self, result: FrameResult, options: FrameOptions) -> None:
        self.result = result
        self._batch_bytes = options.chunk_bytes
        self._offset = 0
        self._clear()

    def _clear(self) -> None:
        self._size = 0
        self._columns: tuple[list[Any], ...] = tuple([] for _ in FRAME_SCHEMA)
        self._appends = tuple(column.append for column in self._columns)

    def add(
        self,
        lead: bytes,
        raw: bytes,
        *,
        text: str | None = None,
        charset: str | None = None,
        record_type: str | None = None,
        control_id: str | None = None,
        version: str | None = None,
        delimiters: str | None = None,
        envelope: str | None = None,
        reason_code: str | None = None,
        where: str = "",
        detail: str = "",
    ) -> None:
        """Adds one record; a record with a reason keeps its bytes beside its text.

        ``text`` may be left out where ``charset`` is utf-8: the bytes are the text.
        """
        result = self.result
        start = self._offset + len(lead)
        if charset is None:
            encoded = None
        elif charset == "utf-8":
            encoded = raw
        else:
            encoded = text.encode() if text is not None else None
        if reason_code is None:
            result.landed += 1
            kept = raw if encoded is None else None
            reason = None
        else:
            result.quarantined += 1
            result.reasons[reason_code] += 1
            reason = explain(
                reason_code, where=f"{where + ', ' if where else ''}byte {start}", detail=detail
            )
            kept = raw
        appends = self._appends
        appends[_LEAD](lead or None)
        appends[_TEXT](encoded)
        appends[_RAW](kept)
        appends[_CHARSET](charset if encoded is not None else None)
        appends[_OFFSET](start)
        appends[_INDEX](result.records_in)
        appends[_TYPE](record_type)
        appends[_CONTROL](control_id)
        appends[_VERSION](version)
        appends[_DELIMITERS](delimiters)
        appends[_ENVELOPE](envelope)
        appends[_CODE](reason_code)
        appends[_REASON](reason)
        result.records_in += 1
        self._offset = start + len(raw)
        self._size += len(lead) + len(raw) + 64

    def reject(
        self, lead: bytes, raw: bytes, reason_code: str, **about: str
    ) -> Iterator[FrameBatch]:
        """Quarantines bytes of any length, in pieces where they are long."""
        for at in range(0, max(len(raw), 1), PIECE_BYTES):
            piece = raw[at : at + PIECE_BYTES]
            decoded = decode(piece) if b"\0" not in piece else None
            text, charset = decoded if decoded and decoded[1] == "utf-8" else (None, None)
            self.add(
                lead if at == 0 else b"",
                piece,
                text=text,
                charset=charset,
                reason_code=reason_code,
                **about,
            )
            if self.full:
                yield self.take()

    def start_at(self, offset: int) -> None:
        """The next row's lead begins at that byte of the file."""
        self._offset = offset

    @property
    def full(self) -> bool:
        return self._size >= self._batch_bytes

    def __len__(self) -> int:
        return len(self._columns[_OFFSET])

    def take(self) -> FrameBatch:
        """What was added since the last batch, as a batch."""
        size = len(self)
        arrays = [
            _array(column, field.type, size)
            for column, field in zip(self._columns, FRAME_SCHEMA, strict=True)
        ]
        self._clear()
        return FrameBatch(rows=pa.RecordBatch.from_arrays(arrays, schema=FRAME_SCHEMA))

    def finish(self, tail: bytes) -> Iterator[FrameBatch]:
        """The last batch; ``tail`` becomes the result's."""
        self.result.tail = tail
        self.result.size_bytes = self._offset + len(tail)
        if len(self):
            yield self.take()


def read_all_rejected(
    rows: Rows, head: bytes, stream: Reader, reason_code: str, *, detail: str = ""
) -> Iterator[FrameBatch]:
    """Quarantines a whole file: ``head`` was read already, the rest comes in pieces."""
    piece = head
    while len(piece) < PIECE_BYTES:
        more = stream.read(PIECE_BYTES - len(piece))
        if not more:
            break
        piece += more
    yield from rows.reject(b"", piece, reason_code, detail=detail)
    while len(piece) >= PIECE_BYTES:
        piece = b""
        while len(piece) < PIECE_BYTES:
            more = stream.read(PIECE_BYTES - len(piece))
            if not more:
                break
            piece += more
        if piece:
            yield from rows.reject(b"", piece, reason_code, detail=detail)
    yield from rows.finish(b"")


class PushedBack:
    """A stream whose first bytes have been read and are to be read again."""

    def __init__(self, head: bytes, stream: Reader) -> None:
        self._head = head
        self._stream = stream

    def read(self, size: int = -1) -> bytes:
        if self._head:
            if size is None or size < 0:
                data, self._head = self._head + self._stream.read(), b""
            else:
                data, self._head = self._head[:size], self._head[size:]
            return data
        return self._stream.read(size)


def narrow(
    batches: Iterator[FrameBatch], *, mark: bytes, codec: str, view: Utf8View, result: FrameResult
) -> Iterator[FrameBatch]:
    """Rows framed over a Utf8View, given back in the file's own bytes, offsets and charset."""
    decoder = codecs.getincrementaldecoder("utf-8")("surrogatepass")
    offset = 0
    before = mark

    def own(data: bytes | None) -> bytes:
        return decoder.decode(data).encode(codec, "surrogatepass") if data else b""

    for batch in batches:
        table = batch.rows.to_pydict()
        for i, text in enumerate(table["record_text"]):
            lead = before + own(table["lead"][i])
            before = b""
            viewed = table["raw"][i]
            if viewed is None:
                viewed = text.encode(table["charset"][i])
            raw = own(viewed)
            table["lead"][i] = lead or None
            table["byte_offset"][i] = offset + len(lead)
            offset += len(lead) + len(raw)
            whole = text is not None and text.encode(codec, "surrogatepass") == raw
            table["charset"][i] = codec if whole else None
            table["record_text"][i] = text if whole else None
            if not whole or table["reason_code"][i] is not None:
                table["raw"][i] = raw
            else:
                table["raw"][i] = None
        yield FrameBatch(rows=pa.RecordBatch.from_pydict(table, schema=FRAME_SCHEMA))
    result.tail = before + own(result.tail) + view.leftover
    result.size_bytes = offset + len(result.tail)
    result.framing["charset"] = codec
