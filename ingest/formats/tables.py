"""Table framing: delimited text (comma, pipe, tab, ...), fixed width, plain lines.

Belongs here: rows, quoting (RFC 4180 and what vendors make of it), the header and how it differs
from the declared columns. Does not belong here: types or meanings of columns.

Chunks are framed with numpy: the positions of delimiters, quotes and line breaks of a chunk give
the bounds and the field count of all its rows at once, and Arrow gathers them. A row whose quoting
is broken is found by the same arrays and handled on its own.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ingest.formats.charsets import decode, decode_head
from ingest.formats.detect import detect, looks_binary
from ingest.formats.model import (
    FRAME_SCHEMA,
    HEADER_SEPARATOR,
    Format,
    FrameBatch,
    FrameOptions,
    FrameResult,
    Reader,
)
from ingest.formats.reasons import explain
from ingest.formats.rows import Rows, read_all_rejected
from ingest.formats.stream_framer import StreamFramer

_BOM = b"\xef\xbb\xbf"
_LF, _CR = 10, 13
_DELIMITERS = (",", "|", "\t", ";", "\x01", "~", "^")
_NUMBER_OR_DATE = re.compile(
    r"\s*[-+$]?[\d.,]+%?\s*|\s*\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(?:[ T].*)?\s*|"
    r"\s*\d{1,2}-[A-Za-z]{3}-\d{2,4}\s*"
)
_NAME = re.compile(r"[^0-9a-z]+")
#: A quoted field may run over this many bytes before its row counts as broken.
_QUOTED_LIMIT = 16 * 1024 * 1024
#: Rows with broken quoting in one chunk that are worth repairing one by one.
_REPAIRS = 8

#: Rows of one batch at most: rows of two bytes make batches of millions otherwise.
_ROWS = 100_000
#: Stands for the field count of a row whose quoting is broken.
_BAD_QUOTE = -1

Int64: TypeAlias = "npt.NDArray[np.int64]"


def sniff_delimiter(text: str) -> str | None:
    """The delimiter that gives the first lines the same number of fields, at least two."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if len(lines) > 1:
        lines = lines[:-1] if len(text) >= 32_000 or not lines[-1].strip() else lines
    lines = [line for line in lines if line.strip()][:200]
    if not lines:
        return None
    best: tuple[float, int, str] | None = None
    for delimiter in _DELIMITERS:
        if delimiter not in lines[0]:
            continue
        try:
            joined = "\n".join(lines)
            counts = [
                len(row)
                for row in csv.reader(io.StringIO(joined, newline=""), delimiter=delimiter)
                if row
            ]
        except csv.Error:
            counts = [line.count(delimiter) + 1 for line in lines]
        if not counts or counts[0] < 2:
            continue
        agreeing = sum(1 for count in counts if count == counts[0]) / len(counts)
        if len(counts) == 1 and delimiter in ("~", "^"):
            continue
        # prose has commas too: one line alone must look like a header or a row
        if len(counts) == 1 and (" " in lines[0].split(delimiter)[0].strip() and counts[0] < 3):
            continue
        # a header and one ragged row agree by half: many fields make up for it
        enough = agreeing > 0.5 or (agreeing == 0.5 and counts[0] > 3)
        if enough and (best is None or (agreeing, counts[0]) > best[:2]):
            best = (agreeing, counts[0], delimiter)
    return best[2] if best else None


def split_header(line: str, delimiter: str, quote: str) -> list[str]:
    """The names of a header line."""
    try:
        if quote:
            rows = list(
                csv.reader(io.StringIO(line, newline=""), delimiter=delimiter, quotechar=quote)
            )
            names = rows[0] if rows else []
        else:
            names = line.split(delimiter)
    except csv.Error:
        names = line.split(delimiter)
    return [name.strip().strip("\r\n") for name in names]


def _normal(name: str) -> str:
    return _NAME.sub("_", name.strip().lower()).strip("_")


@dataclass(slots=True)
class _Layout:
    """How the rows of one file are cut and what their columns are called."""

    delimiter: int
    quote: int | None
    newline: int
    fields: int = 0
    header: str | None = None
    header_line: bytes | None = None
    delimiters: str | None = None
    reject: tuple[str, str] | None = None
    widths: tuple[int, ...] = ()
    drift: list[str] = field(default_factory=list)


class TableFramer(StreamFramer):
    """Rows of a delimited or fixed-width file."""

    format: Format = "csv"

    def __init__(self, stream: Reader, options: FrameOptions) -> None:
        super().__init__(stream, options)

    def accepts(self, head: bytes) -> tuple[str, str] | None:
        found = detect(head)
        if found in ("hl7v2", "x12", "fhir", "json"):
            return "wrong-format", f"it looks like {found}"
        if looks_binary(head):
            return "binary-content", ""
        return None

    def frame(self, stream: Reader, head: bytes) -> Iterator[FrameBatch]:
        options, result = self.options, self.result
        text, _ = decode_head(head)
        newline = _newline(head)
        if options.widths:
            layout = _Layout(
                delimiter=-1,
                quote=None,
                newline=newline,
                widths=options.widths,
                header=HEADER_SEPARATOR.join(column.name for column in options.columns) or None,
            )
            if _line_lengths_differ(head, layout, options.charset):
                rows = Rows(result, options)
                yield from read_all_rejected(
                    rows,
                    head,
                    _Skip(stream, len(head)),
                    "fixed-width-bad-length",
                    detail="no line of the first ones has the declared length",
                )
                return
            result.framing["layout"] = "fixed width"
            yield from _Cutter(stream, options, result, layout).batches()
            return
        delimiter = options.delimiter or sniff_delimiter(text) or ","
        quote = options.quote or ""
        layout = _Layout(
            delimiter=ord(delimiter) if ord(delimiter) < 128 else -1,
            quote=ord(quote) if quote and ord(quote) < 128 else None,
            newline=newline,
        )
        first_line, _ = _first_row(head, layout)
        names = split_header(decode_head(first_line.removeprefix(_BOM))[0], delimiter, quote)
        has_header = options.has_header
        if has_header is None:
            has_header = _looks_like_header(names, options)
        wrong = _describe(layout, names, first_line, options, has_header=has_header)
        layout.delimiters = delimiter + quote
        result.drift.extend(layout.drift)
        result.framing["delimiter"] = delimiter
        result.framing["header"] = "yes" if has_header else "no"
        if wrong is not None:
            rows = Rows(result, options)
            yield from read_all_rejected(
                rows, head, _Skip(stream, len(head)), wrong[0], detail=wrong[1]
            )
            return
        if not has_header:
            layout.header_line = None
        yield from _Cutter(stream, options, result, layout).batches()


def frame_lines(
    stream: Reader, options: FrameOptions, result: FrameResult, head: bytes
) -> Iterator[FrameBatch]:
    """Lines of text, each a record."""
    layout = _Layout(delimiter=-1, quote=None, newline=_newline(head))
    result.framing["layout"] = "lines"
    yield from _Cutter(stream, options, result, layout).batches()


class _Skip:
    """A stream without its first bytes (which the caller has as the head)."""

    def __init__(self, stream: Reader, size: int) -> None:
        self._stream = stream
        self._left = size

    def read(self, size: int = -1) -> bytes:
        while self._left:
            gone = self._stream.read(self._left)
            if not gone:
                return b""
            self._left -= len(gone)
        return self._stream.read(size)


def _newline(head: bytes) -> int:
    return _CR if b"\r" in head and b"\n" not in head else _LF


def _first_row(head: bytes, layout: _Layout) -> tuple[bytes, int]:
    """(first row that is not blank, without its line break; position after it)."""
    at = 3 if head.startswith(_BOM) else 0
    breaker = bytes([layout.newline])
    while True:
        stop = head.find(breaker, at)
        line = head[at:] if stop < 0 else head[at:stop]
        if line.strip() or stop < 0:
            break
        at = stop + 1
    if layout.quote is not None:
        quote = bytes([layout.quote])
        tries = 0
        while stop >= 0 and head.count(quote, at, stop) % 2 and tries < 100:
            stop = head.find(breaker, stop + 1)
            tries += 1
        if stop >= 0 and tries < 100:
            line = head[at:stop]
    return line.rstrip(b"\r"), stop


def _looks_like_header(names: list[str], options: FrameOptions) -> bool:
    if options.columns:
        known = {
            _normal(name) for column in options.columns for name in (column.name, *column.aliases)
        }
        hits = sum(1 for name in names if _normal(name) in known)
        if hits:
            return True
    filled = [name for name in names if name]
    if not filled or len(filled) * 2 < len(names):
        return False
    if any(_NUMBER_OR_DATE.fullmatch(name) for name in filled):
        return False
    return len(set(filled)) == len(filled) or not options.columns


def _describe(
    layout: _Layout,
    names: list[str],
    first_line: bytes,
    options: FrameOptions,
    *,
    has_header: bool,
) -> tuple[str, str] | None:
    """Fills in the columns and the drift; gives (code, detail) where the whole file is refused."""
    declared = options.columns
    if not has_header:
        if declared:
            layout.fields = len(declared)
            layout.header = HEADER_SEPARATOR.join(column.name for column in declared)
        else:
            layout.fields = len(names)
            layout.header = HEADER_SEPARATOR.join(f"column_{i + 1}" for i in range(len(names)))
        return None
    layout.fields = len(names)
    layout.header_line = first_line
    if not declared:
        layout.header = HEADER_SEPARATOR.join(names)
        return None
    by_name: dict[str, str] = {}
    for column in declared:
        for alias in column.aliases:
            by_name.setdefault(_normal(alias), column.name)
    for column in declared:
        by_name[_normal(column.name)] = column.name
    mapped: list[str] = []
    taken: set[str] = set()
    added: list[str] = []
    for position, name in enumerate(names):
        target = by_name.get(_normal(name))
        if target is None or target in taken:
            if target is not None:
                layout.drift.append(f"column {target} occurs twice; the second is kept by position")
            unknown = name or f"column_{position + 1}"
            while unknown in taken or unknown in mapped:
                unknown += "_"
            mapped.append(unknown)
            added.append(unknown)
            continue
        taken.add(target)
        mapped.append(target)
        if _normal(name) != _normal(target):
            layout.drift.append(f"column {target} came under another declared name")
    layout.header = HEADER_SEPARATOR.join(mapped)
    missing = [column.name for column in declared if column.name not in taken]
    required = [column.name for column in declared if column.required and column.name not in taken]
    if not taken or (len(taken) < 3 and len(taken) * 2 < len(declared)):
        return (
            "csv-unexpected-header",
            f"{len(taken)} of {len(declared)} declared columns were found",
        )
    # names of a header are not values, but a file without a header line may pass data for one:
    # an added name is reported by position only
    layout.drift.extend(f"column added at position {mapped.index(name) + 1}" for name in added)
    layout.drift.extend(f"column {name} is missing" for name in missing)
    order = [column.name for column in declared if column.name in taken]
    if [name for name in mapped if name in taken] != order:
        layout.drift.append("columns came in another order")
    if required:
        layout.reject = ("csv-missing-column", ", ".join(required))
    elif options.drift == "strict" and layout.drift:
        layout.reject = ("csv-drift", f"{len(layout.drift)} differences")
    return None


def _line_lengths_differ(head: bytes, layout: _Layout, charset: str | None) -> bool:
    """True where not one of the first lines has the declared length."""
    lines = head.removeprefix(_BOM).split(bytes([layout.newline]))
    if len(lines) > 1:
        lines.pop()
    lines = [line.rstrip(b"\r") for line in lines[:200] if line.strip()]
    return bool(lines) and not any(_fits(line, layout.widths, charset) for line in lines)


def _fits(line: bytes, widths: tuple[int, ...], charset: str | None) -> bool:
    """Trailing blanks of the last columns may be missing, and any may follow."""
    total = sum(widths)
    if len(line) == total:
        return True
    if len(line) > total and not line.isascii():
        decoded = decode(line, charset)
        return decoded is not None and len(decoded[0]) == total
    if len(line) > total:
        return not line[total:].strip()
    return len(line) > total - widths[-1]


class _Cutter:
    """Cuts a stream into rows, chunk by chunk."""

    def __init__(
        self,
        stream: Reader,
        options: FrameOptions,
        result: FrameResult,
        layout: _Layout,
    ) -> None:
        self._stream = stream
        self._options = options
        self._result = result
        self._layout = layout
        self._offset = 0  # of the buffer's first byte
        self._header_due = layout.header_line is not None
        self._charsets: set[str] = set()
        table: npt.NDArray[np.uint8] = np.zeros(256, dtype=np.uint8)
        table[layout.newline] = 1
        if layout.delimiter >= 0:
            table[layout.delimiter] = 2
        if layout.quote is not None:
            table[layout.quote] = 3
        self._table = table
        self._lead = b""
        self._extra_delimiters = 0

    def batches(self) -> Iterator[FrameBatch]:
        options, result = self._options, self._result
        chunk_bytes = max(options.chunk_bytes // 2, 64)
        carry = b""
        ended = False
        want = chunk_bytes
        while not ended:
            parts = [carry]
            have = len(carry)
            while have < want:
                chunk = self._stream.read(chunk_bytes)
                if not chunk:
                    ended = True
                    break
                parts.append(chunk)
                have += len(chunk)
            buffer = b"".join(parts)
            used = yield from self._cut(buffer, ended=ended)
            if not used and not ended:
                if len(buffer) > options.max_record_bytes:
                    yield from self._overlong(buffer)
                    carry, want = b"", chunk_bytes
                    continue
                want = len(buffer) * 2
                carry = buffer
                continue
            carry = buffer[used:]
            want = max(chunk_bytes, len(carry) + chunk_bytes // 2)
            if ended and carry:
                # whatever no row could be made of
                used = yield from self._cut(carry, ended=True)
                carry = carry[used:]
        result.tail = self._lead + carry
        result.size_bytes = self._offset + len(result.tail)
        if self._extra_delimiters:
            result.warnings.append(
                f"{self._extra_delimiters} rows end with one more delimiter than the header"
            )
        if self._charsets - {"utf-8"}:
            result.framing["charset"] = ",".join(sorted(self._charsets))

    def _overlong(self, buffer: bytes) -> Iterator[FrameBatch]:
        rows = _rows_at(self._result, self._options, self._offset)
        lead, self._lead = self._lead, b""
        yield from rows.reject(lead, buffer, "record-too-long")
        if len(rows):
            yield rows.take()
        self._offset += len(lead) + len(buffer)

    # -- one chunk -----------------------------------------------------------------------------

    def _cut(self, buffer: bytes, *, ended: bool) -> Generator[FrameBatch, None, int]:
        """The batches of a buffer; gives the bytes used. What is not used starts the next one."""
        at = 0
        repairs = 0
        while at < len(buffer):
            starts, ends, nexts, counts, broken = self._bounds(buffer, at, ended=ended)
            at = yield from self._emit_all(buffer, at, starts, ends, nexts, counts)
            if broken is None:
                break
            # the row at ``at`` has broken quoting: cut it by itself, and where that happens often
            # the rest of the buffer row by row
            repairs += 1
            alone: list[tuple[int, int, int, int]] = []
            here = at
            while here < len(buffer) and (not alone or repairs >= _REPAIRS):
                row = self._repair(buffer, here, ended=ended)
                if row is None:
                    break
                alone.append(row)
                here = row[2]
            columns = np.array(alone, dtype=np.int64).reshape(-1, 4)
            at = yield from self._emit_all(
                buffer, at, columns[:, 0], columns[:, 1], columns[:, 2], columns[:, 3]
            )
            if here < len(buffer) and (repairs >= _REPAIRS or not alone):
                break
        return at

    def _emit_all(
        self, buffer: bytes, at: int, starts: Int64, ends: Int64, nexts: Int64, counts: Int64
    ) -> Generator[FrameBatch, None, int]:
        """Rows in batches of no more than _ROWS; gives the position after the last."""
        for first in range(0, len(starts), _ROWS):
            some = slice(first, first + _ROWS)
            stop = int(nexts[some][-1])
            batch = self._emit(buffer, at, stop, starts[some], ends[some], counts[some])
            if batch is not None:
                yield batch
            at = stop
        return at

    def _bounds(
        self, buffer: bytes, at: int, *, ended: bool
    ) -> tuple[Int64, Int64, Int64, Int64, int | None]:
        """Starts, ends, next starts and field counts of the whole rows from ``at``; and where the
        first row with broken quoting starts, which the rows stop before."""
        layout = self._layout
        data = np.frombuffer(buffer, dtype=np.uint8)[at:]
        if layout.delimiter < 0 and layout.quote is None:
            breaks: Int64 = np.flatnonzero(data == layout.newline).astype(np.int64) + at
            delimiters: Int64 = np.zeros(0, dtype=np.int64)
            broken = None
        else:
            codes_all = self._table[data]
            places = np.flatnonzero(codes_all)
            codes = codes_all[places]
            places = places.astype(np.int64) + at
            broken = None
            quotes = codes == 3
            if quotes.any():
                parity = np.cumsum(quotes, dtype=np.int64) & 1
                outside = parity == 0
                broken = self._first_bad_quote(buffer, at, places[quotes], ended=ended)
                breaks = places[(codes == 1) & outside]
                delimiters = places[(codes == 2) & outside]
                open_end = bool(parity[-1])
            else:
                breaks = places[codes == 1]
                delimiters = places[codes == 2]
                open_end = False
            if broken is not None:
                breaks = breaks[breaks < broken]
            elif open_end:
                # a quoted field is open at the end of the buffer: perhaps only the buffer's end
                last = int(breaks[-1]) + 1 if len(breaks) else at
                if ended or len(buffer) - last > _QUOTED_LIMIT:
                    broken = last
        nexts: Int64 = breaks + 1
        ends = breaks
        if broken is None and ended and (not len(nexts) or int(nexts[-1]) < len(buffer)):
            ends = np.append(ends, len(buffer))
            nexts = np.append(nexts, len(buffer))
        if not len(nexts):
            return nexts, nexts, nexts, nexts, at if broken is not None else None
        starts = np.empty_like(nexts)
        starts[0] = at
        starts[1:] = nexts[:-1]
        if layout.newline == _LF:
            view = np.frombuffer(buffer, dtype=np.uint8)
            has_return = (ends > starts) & (view[np.maximum(ends - 1, 0)] == _CR)
            ends = ends - has_return
        if layout.delimiter >= 0:
            seen = np.searchsorted(delimiters, nexts, side="left")
            counts = np.diff(seen, prepend=np.int64(0)) + 1
        else:
            counts = np.ones(len(nexts), dtype=np.int64)
        return starts, ends, nexts, counts.astype(np.int64), broken

    def _first_bad_quote(self, buffer: bytes, at: int, quotes: Int64, *, ended: bool) -> int | None:
        """Where the first quote stands that neither opens nor closes a field."""
        layout = self._layout
        view = np.frombuffer(buffer, dtype=np.uint8)
        opening, closing = quotes[0::2], quotes[1::2]
        before = view[np.maximum(opening - 1, 0)]
        good = (
            (opening == at)
            | (before == layout.delimiter)
            | (before == layout.newline)
            | (before == _CR)
            | (before == layout.quote)
        )
        if at == 0 and buffer.startswith(_BOM):
            good |= opening == 3
        # a quote before it that closed a field right there makes it an escaped one
        bad_opening = opening[~good]
        inside = np.minimum(closing + 1, len(buffer) - 1)
        after = view[inside]
        good_closing = (
            (closing + 1 >= len(buffer))
            | (after == layout.delimiter)
            | (after == layout.newline)
            | (after == _CR)
            | (after == layout.quote)
        )
        bad_closing = closing[~good_closing]
        firsts = [int(found[0]) for found in (bad_opening, bad_closing) if len(found)]
        return min(firsts) if firsts else None

    def _repair(self, buffer: bytes, at: int, *, ended: bool) -> tuple[int, int, int, int] | None:
        """(start, end, next start, fields or _BAD_QUOTE) of the row at ``at``, read leniently: a
        quote inside an unquoted field is a character like any other."""
        layout = self._layout
        breaker = bytes([layout.newline])
        delimiter = bytes([layout.delimiter]) if layout.delimiter >= 0 else b""
        quote = bytes([layout.quote or 34])
        here, fields = at, 1
        if here == 0 and buffer.startswith(_BOM) and self._offset == 0:
            here = 3
        line_end = buffer.find(breaker, at)
        if line_end < 0:
            if not ended:
                return None
            line_end = len(buffer)
        while True:
            if buffer[here : here + 1] == quote:
                close = here + 1
                while True:
                    close = buffer.find(quote, close, at + _QUOTED_LIMIT)
                    if close < 0:
                        break
                    if buffer[close + 1 : close + 2] == quote:
                        close += 2
                        continue
                    break
                if close < 0:
                    if not ended and len(buffer) - at <= _QUOTED_LIMIT:
                        return None
                    return self._line_alone(buffer, at, line_end)
                here = close + 1
                following = buffer[here : here + 1]
                if following == b"\r" and buffer[here + 1 : here + 2] == breaker:
                    following = breaker
                if following == delimiter and delimiter:
                    fields += 1
                    here += 1
                    continue
                if following in (breaker, b""):
                    if not following and not ended:
                        return None
                    end = here
                    stop = buffer.find(breaker, here)
                    return at, end, len(buffer) if stop < 0 else stop + 1, fields
                return self._line_alone(buffer, at, line_end)
            stop = buffer.find(breaker, here)
            if stop < 0:
                if not ended:
                    return None
                stop = len(buffer)
            comma = buffer.find(delimiter, here, stop) if delimiter else -1
            if comma >= 0:
                fields += 1
                here = comma + 1
                continue
            end = stop
            if layout.newline == _LF and end > at and buffer[end - 1] == _CR:
                end -= 1
            return at, end, min(stop + 1, len(buffer)), fields

    def _line_alone(self, buffer: bytes, at: int, line_end: int) -> tuple[int, int, int, int]:
        end = line_end
        if self._layout.newline == _LF and end > at and buffer[end - 1] == _CR:
            end -= 1
        return at, end, min(line_end + 1, len(buffer)), _BAD_QUOTE

    # -- rows to Arrow -------------------------------------------------------------------------

    def _emit(
        self,
        buffer: bytes,
        at: int,
        stop: int,
        starts: Int64,
        ends: Int64,
        counts: Int64,
    ) -> FrameBatch | None:
        """The batch of the rows in [at, stop) of a buffer. Bytes between rows (line breaks, blank
        lines, the header) become leads; what follows the last row is the next batch's."""
        layout, result = self._layout, self._result
        if self._offset == 0 and at == 0 and buffer.startswith(_BOM) and int(starts[0]) == 0:
            starts = starts.copy()
            starts[0] = min(3, int(ends[0]))
        keep = ends > starts
        if self._header_due:
            # the header is the first row that is not blank
            filled = np.flatnonzero(keep)
            while len(filled) and not buffer[starts[filled[0]] : ends[filled[0]]].strip():
                keep[filled[0]] = False
                filled = filled[1:]
            if len(filled):
                keep[filled[0]] = False
                self._header_due = False
        lengths = ends - starts
        narrow = np.flatnonzero(keep & (lengths <= 4))
        for index in narrow:
            if not buffer[starts[index] : ends[index]].strip(b" \t\r\n\x1a\x00"):
                keep[index] = False
        if not keep.any():
            self._lead += buffer[at:stop]
            if len(self._lead) > self._options.max_record_bytes:
                rows = _rows_at(result, self._options, self._offset)
                lead, self._lead = self._lead, b""
                batches = list(rows.reject(b"", lead, "csv-ragged-row", detail="blank lines"))
                self._offset += len(lead)
                return batches[0] if batches else rows.take()
            return None
        if not keep.all():
            starts, ends, counts = starts[keep], ends[keep], counts[keep]
            lengths = ends - starts
        first_start, last_end = int(starts[0]), int(ends[-1])
        size = len(starts)
        lead_starts: Int64 = np.empty(size, dtype=np.int64)
        lead_starts[0] = at
        lead_starts[1:] = ends[:-1]
        reasons: dict[int, tuple[str, str]] = {}
        if layout.reject is not None:
            reasons = dict.fromkeys(range(size), layout.reject)
        else:
            if layout.fields:
                for index in np.flatnonzero(counts != layout.fields):
                    if counts[index] == _BAD_QUOTE:
                        reasons[int(index)] = ("csv-bad-quote", "")
                        continue
                    if (
                        counts[index] == layout.fields + 1
                        and buffer[ends[index] - 1] == layout.delimiter
                    ):
                        # an empty field after the last column: some writers end every row so
                        self._extra_delimiters += 1
                        continue
                    reasons[int(index)] = (
                        "csv-ragged-row",
                        f"{int(counts[index])} fields, {layout.fields} expected",
                    )
            if layout.header_line is not None:
                same = np.flatnonzero(lengths == len(layout.header_line))
                for index in same:
                    if buffer[starts[index] : ends[index]] == layout.header_line:
                        reasons[int(index)] = ("csv-repeated-header", "")
            if layout.widths:
                total = sum(layout.widths)
                for index in np.flatnonzero(lengths != total):
                    line = buffer[starts[index] : ends[index]]
                    if not _fits(line, layout.widths, self._options.charset):
                        reasons[int(index)] = (
                            "fixed-width-bad-length",
                            f"{int(lengths[index])} bytes, {total} expected",
                        )
        base = self._offset + len(self._lead) - at
        # lead, row, lead, row ... share the buffer: one array of bounds, and two gathers
        bounds: npt.NDArray[np.int32] = np.empty(2 * size + 1, dtype=np.int32)
        bounds[0::2][:size] = lead_starts
        bounds[1::2] = starts
        bounds[2 * size] = last_end
        both = pa.BinaryArray.from_buffers(
            pa.binary(), 2 * size, [None, pa.py_buffer(bounds), pa.py_buffer(buffer)]
        )
        even = pa.array(np.arange(0, 2 * size, 2, dtype=np.int64))
        odd = pa.array(np.arange(1, 2 * size, 2, dtype=np.int64))
        lead = both.take(even)
        own = both.take(odd)
        if self._lead:
            joined = self._lead + buffer[at:first_start]
            lead = pa.concat_arrays([pa.array([joined], type=pa.binary()), lead.slice(1)])
        charset: pa.Array
        raw: pa.Array
        text, charset, raw = self._decode(buffer, first_start, last_end, own)
        index_start = result.records_in
        if reasons:
            text, charset, raw, reason_code, reason = self._with_reasons(
                text, charset, raw, own, reasons, base + starts, index_start
            )
        else:
            reason_code = reason = pa.nulls(size, pa.string())
        result.records_in += size
        result.quarantined += len(reasons)
        result.landed += size - len(reasons)
        nothing = pa.nulls(size, pa.string())
        columns = [
            lead,
            text,
            raw,
            charset,
            pa.array(base + starts),
            pa.array(np.arange(index_start, index_start + size, dtype=np.int64)),
            nothing,
            nothing,
            nothing,
            _constant(layout.delimiters, size),
            _constant(layout.header, size),
            nothing,
            reason_code,
            reason,
        ]
        self._offset = base + last_end
        self._lead = buffer[last_end:stop]
        return FrameBatch(rows=pa.RecordBatch.from_arrays(columns, schema=FRAME_SCHEMA))

    def _decode(
        self, buffer: bytes, start: int, end: int, own: pa.Array
    ) -> tuple[pa.Array, pa.Array, pa.Array]:
        """(text, charset, raw) of rows; raw only where text does not round-trip."""
        size = len(own)
        declared = self._options.charset
        region = buffer[start:end]
        plain = region.isascii()
        if not plain and declared in (None, "utf-8", "ascii"):
            try:
                region.decode("utf-8")
                plain = True
            except UnicodeDecodeError:
                plain = False
        if plain:
            self._charsets.add("utf-8")
            # every row is whole UTF-8: line breaks and delimiters are ASCII
            text = pa.Array.from_buffers(pa.string(), size, own.buffers(), offset=own.offset)
            return text, _constant("utf-8", size), pa.nulls(size, pa.binary())
        texts: list[str | None] = []
        charsets: list[str | None] = []
        raws: list[bytes | None] = []
        for value in own.to_pylist():
            decoded = decode(value, declared) if declared else decode(value)
            if decoded is None:
                texts.append(None)
                charsets.append(None)
                raws.append(value)
            else:
                texts.append(decoded[0])
                charsets.append(decoded[1])
                raws.append(None)
                self._charsets.add(decoded[1])
        return (
            pa.array(texts, type=pa.string()),
            pa.array(charsets, type=pa.string()),
            pa.array(raws, type=pa.binary()),
        )

    def _with_reasons(
        self,
        text: pa.Array,
        charset: pa.Array,
        raw: pa.Array,
        own: pa.Array,
        reasons: dict[int, tuple[str, str]],
        offsets: Int64,
        index_start: int,
    ) -> tuple[pa.Array, pa.Array, pa.Array, pa.Array, pa.Array]:
        size = len(own)
        codes: list[str | None] = [None] * size
        sentences: list[str | None] = [None] * size
        refused: npt.NDArray[np.bool_] = np.zeros(size, dtype=bool)
        sentences_of: dict[tuple[str, str], tuple[str, str]] = {}
        for index, found in reasons.items():
            code, detail = found
            around = sentences_of.get(found)
            if around is None:
                # many rows may share a reason: only the place differs
                before, _, after = explain(code, where="\0", detail=detail).partition("\0")
                around = sentences_of[found] = before, after
            codes[index] = code
            sentences[index] = (
                f"{around[0]}row {index_start + index + 1}, byte {offsets[index]}{around[1]}"
            )
            refused[index] = True
        self._result.reasons.update(code for code, _ in reasons.values())
        kept = own if refused.all() else pc.if_else(pa.array(refused), own, raw)
        return (
            text,
            charset,
            kept,
            pa.array(codes, type=pa.string()),
            pa.array(sentences, type=pa.string()),
        )


def _constant(value: str | None, size: int) -> pa.Array:
    return pa.nulls(size, pa.string()) if value is None else pa.repeat(pa.scalar(value), size)


def _rows_at(result: FrameResult, options: FrameOptions, offset: int) -> Rows:
    rows = Rows(result, options)
    rows.start_at(offset)
    return rows
