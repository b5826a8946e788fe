"""HL7 v2 framing: where a message starts and ends, and its MSH.

Belongs here: message boundaries (HL7 2.9 chapter 2, section 2.6), batch envelopes (2.10.3),
captures in the minimal lower layer protocol (Transport MLLP release 1), the delimiters and the
header that each message declares. Does not belong here: the meaning of any field after MSH.

A message starts at ``MSH`` at the beginning of a line, whatever ends lines; it ends where the next
message, a batch segment or the end of an MLLP block begins. Everything between (line breaks, FHS,
BHS, BTS, FTS, MLLP bytes, text before the first message) is the next record's ``lead``. Inside a
message nothing is touched: a bare LF in a field, a blank line or a Z segment stays what it is.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

import orjson

from ingest.formats.charsets import charset_of, python_codec
from ingest.formats.detect import detect, looks_binary
from ingest.formats.model import Format, FrameBatch, FrameOptions, Reader
from ingest.formats.rows import Rows
from ingest.formats.stream_framer import StreamFramer

_UTF8: str | None = "utf-8"
_BREAKS = b"\r\n\x0b\x1c"
_WORD = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 ")
_MESSAGE, _BATCH, _BLOCK_END, _BLOCK_START = "message", "batch", "block end", "block start"
_BATCH_SEGMENTS = (b"FHS", b"BHS", b"BTS", b"FTS")
_ANYWHERE = re.compile(rb"MSH([^A-Za-z0-9\s])[^A-Za-z0-9\s]{2,5}\1")
_SEGMENT_LINE = re.compile(rb"(?:\A|[\r\n\x0b\x1c])[ \t]*([A-Z][A-Z0-9]{2}[^A-Za-z0-9\s])")
_CR_SEGMENT = re.compile(rb"\r\n?[A-Z][A-Z0-9]{2}(?:[^A-Za-z0-9\s]|[\r\n]|\Z)")
_STUB = re.compile(rb"(?:\A|[\r\n])[A-Z][A-Z0-9]{0,2}\Z")
#: Bytes at the end of a buffer in which a token may be incomplete.
_GUARD = 16
_BOM = b"\xef\xbb\xbf"

Event = tuple[int, str]


class Hl7v2Framer(StreamFramer):
    """Messages of an HL7 v2 file, batch or MLLP capture."""

    format: Format = "hl7v2"

    def __init__(self, stream: Reader, options: FrameOptions) -> None:
        super().__init__(stream, options)
        self._rows = Rows(self.result, options)
        self._allowed = frozenset(options.message_types)
        self._usable: dict[tuple[bytes, str], str] = {}
        self._codecs: dict[bytes, str | None] = {}
        self._terminators: Counter[str] = Counter()
        self._charsets: Counter[str] = Counter()
        self._charset_lies = 0
        self._missing_control_ids = 0
        self._doubled_escapes = 0
        # envelope of the file and of the current batch
        self._file_id = ""
        self._batch_id = ""
        self._in_file = False
        self._in_batch = False
        self._batch_messages = 0
        self._batches = 0
        self._anywhere = False
        self._block_open = False
        self._blocks_ended = 0

    # -- whole files ---------------------------------------------------------------------------

    def accepts(self, head: bytes) -> tuple[str, str] | None:
        if b"MSH" in head and not head.lstrip(_BOM + b" \t\r\n").startswith((b"ISA", b"{", b"[")):
            return None
        found = detect(head)
        if found == "hl7v2":
            return None
        if found in ("x12", "fhir", "json", "csv"):
            return "wrong-format", f"it looks like {found}"
        if looks_binary(head):
            return "binary-content", ""
        return None

    # -- the file's records --------------------------------------------------------------------

    def frame(self, stream: Reader, head: bytes) -> Iterator[FrameBatch]:
        rows, limit_bytes = self._rows, self.options.max_record_bytes
        self._anywhere = not any(True for _ in _line_tokens(head, b"MSH", 0, len(head)))
        if self._anywhere and (_starts_batch(head) or not _ANYWHERE.search(head)):
            self._anywhere = False
        buffer = b""
        scanned = 0  # events before this position have been seen
        lead_start = 0  # first byte not yet given to a row
        region_start = 0  # first byte not yet looked at outside messages
        open_at: int | None = None
        overlong = False
        ended = False
        while not ended:
            chunk = stream.read(self.options.chunk_bytes)
            ended = not chunk
            if lead_start:
                buffer = buffer[lead_start:] + chunk
                scanned -= lead_start
                region_start -= lead_start
                open_at = None if open_at is None else open_at - lead_start
                lead_start = 0
            else:
                buffer += chunk
            limit = len(buffer) if ended else max(scanned, len(buffer) - _GUARD)
            events = self._events(buffer, scanned, limit, ended)
            scanned = limit
            for at, kind in events:
                line_end = at
                if kind == _BATCH:
                    line_end = _line_end(buffer, at)
                    if line_end < 0:
                        if not ended:
                            scanned = at  # its line is not complete: next time
                            break
                        line_end = len(buffer)
                # what was before the event
                if open_at is not None:
                    record_end, terminated = _trimmed(buffer, open_at, at)
                    if overlong:
                        yield from rows.reject(
                            buffer[lead_start:open_at], buffer[open_at:at], "record-too-long"
                        )
                        lead_start, overlong = at, False
                    else:
                        self._message(
                            buffer[lead_start:open_at],
                            buffer[open_at:record_end],
                            ended_by=kind,
                            terminated=terminated,
                        )
                        lead_start = record_end
                    open_at = None
                else:
                    lead_start = self._orphans(buffer, lead_start, region_start, at)
                # the event itself
                if kind == _MESSAGE:
                    open_at = at
                    region_start = at
                elif kind == _BATCH:
                    self._batch_segment(buffer[at:line_end])
                    region_start = line_end
                elif kind == _BLOCK_END:
                    self._block_open = False
                    self._blocks_ended += 1
                    region_start = at + 1
                else:
                    self._block_open = True
                    region_start = at + 1
                if rows.full:
                    yield rows.take()
            if not ended and len(buffer) - lead_start > limit_bytes:
                start = open_at if open_at is not None else region_start
                start = max(start, lead_start)
                code = "hl7-missing-msh" if open_at is None and not overlong else "record-too-long"
                if scanned > start:
                    yield from rows.reject(buffer[lead_start:start], buffer[start:scanned], code)
                    lead_start = region_start = scanned
                    if open_at is not None:
                        open_at, overlong = scanned, True
        # the end of the file
        if open_at is not None:
            if overlong:
                yield from rows.reject(
                    buffer[lead_start:open_at], buffer[open_at:], "record-too-long"
                )
                lead_start = len(buffer)
            else:
                record_end, terminated = _trimmed(buffer, open_at, len(buffer))
                self._message(
                    buffer[lead_start:open_at],
                    buffer[open_at:record_end],
                    ended_by="",
                    terminated=terminated,
                )
                lead_start = record_end
        else:
            lead_start = self._orphans(buffer, lead_start, region_start, len(buffer))
        if self.result.records_in == 0 and not self._in_file and not self._batches:
            yield from rows.reject(b"", buffer[lead_start:], "hl7-missing-msh")
            lead_start = len(buffer)
        self._close()
        yield from rows.finish(buffer[lead_start:])

    def _events(self, buffer: bytes, start: int, end: int, ended: bool) -> list[Event]:
        """Positions in [start, end) where something begins or ends, in order."""
        events: list[Event]
        if self._anywhere:
            events = [(match.start(), _MESSAGE) for match in _ANYWHERE.finditer(buffer, start)]
            events = [event for event in events if event[0] < end]
        else:
            events = [(at, _MESSAGE) for at in _line_tokens(buffer, b"MSH", start, end)]
        others = False
        for token in _BATCH_SEGMENTS:
            for at in _line_tokens(buffer, token, start, end):
                events.append((at, _BATCH))
                others = True
        size = len(buffer)
        at = buffer.find(b"\x1c", start, end)
        while at >= 0:
            after = buffer[at + 1] if at + 1 < size else None
            if after is None or after in b"\r\n\x0b\x1c":
                events.append((at, _BLOCK_END))
                others = True
            at = buffer.find(b"\x1c", at + 1, end)
        at = buffer.find(b"\x0b", start, end)
        while at >= 0:
            if buffer[at + 1 : at + _GUARD].lstrip(b" \t\r\n").startswith((b"MSH", b"FHS", b"BHS")):
                events.append((at, _BLOCK_START))
                others = True
            at = buffer.find(b"\x0b", at + 1, end)
        if others:
            events.sort()
        return events

    def _orphans(self, buffer: bytes, lead_start: int, region_start: int, end: int) -> int:
        """Quarantines segments that no MSH precedes; gives the new start of the lead."""
        start = max(region_start, lead_start)
        region = buffer[start:end]
        if not region.strip(b"\r\n\x0b\x1c \t\x1a\x00"):
            return lead_start
        first = _SEGMENT_LINE.search(region)
        if first is None:
            if self.result.records_in or self._in_file or self._batches or end < len(buffer):
                self._warn_once("text outside of any message was kept beside the messages")
            return lead_start
        orphan_start = start + first.start(1)
        orphan_end, _ = _trimmed(buffer, orphan_start, end)
        raw = buffer[orphan_start:orphan_end]
        text, charset = charset_of(raw, self.options.charset)
        self._rows.add(
            buffer[lead_start:orphan_start],
            raw,
            text=text,
            charset=charset,
            reason_code="hl7-missing-msh",
            where=f"record {self.result.records_in + 1}",
        )
        return orphan_end

    def _warn_once(self, sentence: str) -> None:
        if sentence not in self.result.warnings:
            self.result.warnings.append(sentence)

    # -- envelopes -----------------------------------------------------------------------------

    def _batch_segment(self, line: bytes) -> None:
        """FHS-11 and BHS-11 identify, BTS-1 and FTS-1 count (HL7 2.9, 2.14.1-4 and 2.14.6-7)."""
        name, separator = line[:3], line[3:4]
        fields = line.rstrip(b"\r\n").split(separator) if separator.strip() else [line]
        ordinal = self.result.records_in
        if name == b"FHS":
            self._file_id, self._batch_id = _field_text(fields, 10), ""
            self._in_file, self._in_batch = True, False
            self._batches = 0
        elif name == b"BHS":
            if self._in_batch:
                self._warn(f"batch {self._batches}: no BTS before the next BHS")
            self._batch_id = _field_text(fields, 10)
            self._in_batch = True
            self._batches += 1
            self._batch_messages = 0
        elif name == b"BTS":
            if not self._in_batch:
                self._warn(f"BTS without BHS after record {ordinal}")
            self._compare("BTS-1", fields, self._batch_messages, f"batch {self._batches}")
            self._in_batch = False
            self._batch_id = ""
            self._batch_messages = 0
        else:
            if self._in_batch:
                self._warn(f"batch {self._batches}: FTS without BTS")
            self._compare("FTS-1", fields, self._batches, "file")
            self._in_file = self._in_batch = False
            self._file_id = self._batch_id = ""

    def _compare(self, name: str, fields: list[bytes], counted: int, what: str) -> None:
        declared = fields[1].strip() if len(fields) > 1 else b""
        if not declared:
            return
        if not declared.isdigit():
            self._warn(f"{what}: {name} is not a number")
        elif len(declared) > 18 or int(declared) != counted:
            self._warn(f"{what}: {name} disagrees with the count of {counted}")

    def _warn(self, sentence: str) -> None:
        if len(self.result.warnings) < 100:
            self.result.warnings.append(sentence)

    # -- one message ---------------------------------------------------------------------------

    def _message(self, lead: bytes, raw: bytes, *, ended_by: str, terminated: bool) -> None:
        self._batch_messages += 1
        carriage, feed = raw.find(b"\r", 0, 65536), raw.find(b"\n", 0, 65536)
        if carriage < 0 and feed < 0:
            header_end, terminator = len(raw), "none"
        elif carriage >= 0 and (feed < 0 or carriage < feed):
            header_end, terminator = carriage, "CRLF" if feed == carriage + 1 else "CR"
        else:
            header_end, terminator = feed, "LF"
            if carriage >= 0 and _CR_SEGMENT.search(raw):
                terminator = "CR"
        self._terminators[terminator] += 1
        separator = raw[3:4]
        reason, detail = None, ""
        declared: str | None = self.options.charset
        if raw.isascii() and b"\x1b" not in raw:
            text, charset = None, _UTF8
            header = raw[:header_end].decode("ascii")
        else:
            named = self._declared_charset(raw[:header_end], separator)
            declared = named or declared
            text, charset = charset_of(raw, declared)
            header = raw[:header_end].decode(charset or "latin-1", "replace")
            self._charsets[charset or "none"] += 1
            if named is not None and not raw.isascii() and not _same(named, charset):
                self._charset_lies += 1
        fields = header.split(header[3:4]) if len(header) > 3 else [header]
        count = len(fields)
        encoding = fields[1] if count > 1 else ""
        cut = not ended_by and not terminated
        record_type = control_id = version = delimiters = None
        usable = self._usable.get((separator, encoding))
        if usable is None:
            usable = _usable(separator, encoding)
            if len(self._usable) < 1000:
                self._usable[separator, encoding] = usable
        if not usable:
            reason = "hl7-truncated" if cut and count < 3 else "hl7-bad-delimiters"
        else:
            delimiters = header[3] + encoding
            component = encoding[0]
            if usable == "doubled":
                self._doubled_escapes += 1
            typed = fields[8].split(component, 2) if count > 8 else [""]
            record_type = typed[0].strip() or None
            if record_type and len(typed) > 1 and typed[1].strip():
                record_type = f"{record_type}^{typed[1].strip()}"
            if count > 9:
                control_id = fields[9].strip() or None
            if count > 11:
                version = fields[11].split(component, 1)[0].strip() or None
            if not record_type:
                reason = "hl7-truncated" if cut and count <= 9 else "hl7-missing-message-type"
            elif self._allowed and not (
                record_type in self._allowed or record_type.split("^", 1)[0] in self._allowed
            ):
                reason = "unexpected-record-type"
            elif control_id is None:
                self._missing_control_ids += 1
        if cut and reason is None:
            if self._in_batch or self._in_file:
                reason, detail = "hl7-truncated", "the batch ends inside a segment"
            elif self._block_open:
                reason, detail = "hl7-truncated", "the MLLP block has no end"
            elif _STUB.search(raw, max(0, len(raw) - 5)):
                reason, detail = "hl7-truncated", "the last segment is cut in its name"
        elif reason is None and self._block_open and ended_by in ("", _BLOCK_START):
            if self._blocks_ended:
                reason, detail = "hl7-truncated", "the MLLP block has no end"
            else:
                self._warn_once("an MLLP block has no end bytes; its whole segments landed")
        envelope: dict[str, str] = {"segment_terminator": terminator}
        if usable:
            for name, index in _ENVELOPE:
                if index < count and fields[index]:
                    envelope[name] = fields[index]
        if self._file_id:
            envelope["file_id"] = self._file_id
        if self._batch_id:
            envelope["batch_id"] = self._batch_id
        if self._block_open:
            envelope["mllp"] = "true"
        self._rows.add(
            lead,
            raw,
            text=text,
            charset=charset,
            record_type=record_type,
            control_id=control_id,
            version=version,
            delimiters=delimiters,
            envelope=orjson.dumps(envelope).decode(),
            reason_code=reason,
            where=f"message {self.result.records_in + 1}" if reason else "",
            detail=detail,
        )

    def _declared_charset(self, header: bytes, separator: bytes) -> str | None:
        """The Python codec of MSH-18. A second repetition names the set that escape sequences
        switch to (HL7 2.9, 2.15.9.18)."""
        fields = header.split(separator) if separator else []
        if len(fields) <= 17 or not fields[17]:
            return None
        if fields[17] not in self._codecs:
            repetition = fields[1][1:2] or b"~"
            names = [name.decode("latin-1") for name in fields[17].split(repetition)]
            found = python_codec(names[0])
            for name in names[1:]:
                switched = python_codec(name)
                if switched and switched.startswith("iso2022") and found in (None, "ascii"):
                    found = switched
            if len(self._codecs) > 1000:
                return found
            self._codecs[fields[17]] = found
        return self._codecs[fields[17]]

    def _close(self) -> None:
        result = self.result
        if self._in_batch or self._in_file:
            self._warn(
                "the batch has no trailer (BTS, FTS) and may be cut off; its whole messages landed"
            )
        if self._charset_lies:
            self._warn(f"MSH-18 disagrees with the bytes of {self._charset_lies} messages")
        if self._missing_control_ids:
            self._warn(f"MSH-10 (control id) is empty in {self._missing_control_ids} messages")
        if self._doubled_escapes:
            self._warn(f"MSH-2 repeats a character in {self._doubled_escapes} messages")
        if self._terminators:
            result.framing["segment_terminator"] = ",".join(
                name for name, _ in self._terminators.most_common()
            )
        result.framing["charset"] = (
            ",".join(name for name, _ in self._charsets.most_common()) or "ascii"
        )
        if self._blocks_ended:
            result.framing["mllp_blocks"] = str(self._blocks_ended)


_ENVELOPE = (
    ("sending_application", 2),
    ("sending_facility", 3),
    ("receiving_application", 4),
    ("receiving_facility", 5),
    ("message_time", 6),
    ("processing_id", 10),
)


def _line_tokens(buffer: bytes, token: bytes, start: int, end: int) -> Iterator[int]:
    """Where a segment of that name begins a line, in [start, end)."""
    find, size = buffer.find, len(buffer)
    at = find(token, start, end + 2)
    while 0 <= at < end:
        before = at - 1
        while before >= 0 and buffer[before] in b" \t":
            before -= 1
        if (before < 0 or buffer[before] in _BREAKS or (before == 2 and buffer[:3] == _BOM)) and (
            at + 3 >= size or buffer[at + 3] not in _WORD
        ):
            yield at
        at = find(token, at + 3, end + 2)


def _starts_batch(head: bytes) -> bool:
    return any(
        any(True for _ in _line_tokens(head, name, 0, len(head))) for name in _BATCH_SEGMENTS
    )


def _line_end(buffer: bytes, start: int) -> int:
    """Position after the line break that ends a line, -1 where there is none yet."""
    carriage, feed = buffer.find(b"\r", start), buffer.find(b"\n", start)
    block = buffer.find(b"\x1c", start)
    ends = [at for at in (carriage, feed, block) if at >= 0]
    if not ends:
        return -1
    at = min(ends)
    if at == block:
        return at
    return at + 2 if at == carriage and buffer[at + 1 : at + 2] == b"\n" else at + 1


def _trimmed(buffer: bytes, start: int, end: int) -> tuple[int, bool]:
    """(end of a record, whether a line break ends it): its last line break is its own, blank lines
    after that are not."""
    last = end
    while last > start and buffer[last - 1] in b"\r\n":
        last -= 1
    if last == end:
        return end, False
    if buffer[last : last + 2] == b"\r\n" and last + 2 <= end:
        return last + 2, True
    return last + 1, True


def _same(declared: str, used: str | None) -> bool:
    return declared == used or {declared, used} == {"latin-1", "cp1252"}


def _usable(separator: bytes, encoding: str) -> str:
    """Whether MSH-1 and MSH-2 can be split by: "" no, "doubled" with a character twice, "yes"."""
    good = (
        separator < b"\x80"
        and 1 <= len(encoding) <= 8
        and encoding.isascii()
        and encoding.isprintable()
        and " " not in encoding
        and sum(not letter.isalnum() for letter in encoding) >= min(3, len(encoding))
    )
    if not good:
        return ""
    apart = [encoding[place] for place in (0, 1, 3) if place < len(encoding)]
    if len(set(apart)) < len(apart):
        return ""  # components, repetitions or subcomponents could not be told apart
    return "doubled" if len(set(encoding)) < len(encoding) else "yes"


def _field_text(fields: list[bytes], index: int) -> str:
    return fields[index].decode("utf-8", "replace") if index < len(fields) else ""
