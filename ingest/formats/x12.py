"""X12 framing: interchanges, functional groups and transaction sets.

Belongs here: delimiters from ISA (X12.5; X12.6 for the segment terminator), where ST begins and SE
ends, control numbers and counts of the envelopes. Does not belong here: loops and elements of a
transaction set.

One record is one transaction set, ST to SE with its terminator, or one TA1. ISA, GS, GE and IEA are
in the ``lead`` of the record that follows them (or the file's tail), and what they say is in its
``envelope``. Line breaks are noise wherever CR or LF is not the terminator: files wrapped at 80
columns are read as if they were not, and keep their breaks in ``record_text``.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

import orjson

from ingest.formats.charsets import charset_of
from ingest.formats.detect import detect, looks_binary
from ingest.formats.model import Format, FrameBatch, FrameOptions, Reader
from ingest.formats.rows import Rows
from ingest.formats.stream_framer import StreamFramer

_NOISE = b"\r\n"
_BLANK = b" \t\r\n\x00\x1a\xef\xbb\xbf"
_ALNUM = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")
#: An interchange header may be searched for anywhere: after a broken interchange, say.
_ISA = re.compile(rb"(?<![A-Za-z0-9])I[\r\n]*S[\r\n]*A[\r\n]*([^A-Za-z0-9\r\n])")
_GS_START = re.compile(
    rb"(?<![A-Za-z0-9])G[\r\n]*S[\r\n]*([^A-Za-z0-9\s])[\r\n]*[A-Z][\r\n]*[A-Z][\r\n]*\1"
)
_ST_START = re.compile(rb"(?<![A-Za-z0-9])ST([^A-Za-z0-9\s])\d{3}\1[A-Za-z0-9 ]{1,9}[^A-Za-z0-9 ]")
_COMPOSITE = re.compile(
    rb"(?:SV[12]|SVC)(.)(?:\w*\1)?(?:HC|AD|ER|IV|NU|N4|WK)([^A-Za-z0-9\s])|CLM(.)[^\r\n]{1,60}?\3\d\d([^A-Za-z0-9\s])[AB]\4"
)
#: A well-formed ISA has 106 bytes; padding that is wrong and line breaks may add to it.
_ISA_BYTES = 512
#: Where a well-formed ISA has its element separators.
_ISA_SEPARATORS = (3, 6, 17, 20, 31, 34, 50, 53, 69, 76, 81, 83, 89, 99, 101, 103)
#: Bytes from a position on that must be there before what starts at it is judged.
_LOOK_AHEAD = 5120


@dataclass(slots=True)
class _Delimiters:
    element: bytes
    element_text: str
    repetition: bytes  # b"" = none
    component: bytes
    terminator: bytes
    strip_breaks: bool
    pattern: re.Pattern[bytes]
    text: str

    @classmethod
    def of(
        cls, element: bytes, repetition: bytes, component: bytes, terminator: bytes
    ) -> _Delimiters:
        breaks = terminator not in (b"\r", b"\n")
        gap = rb"[\r\n]*" if breaks else b""
        lead = re.escape(terminator) + rb"[\r\n \t]*"
        ids = (
            rb"(I"
            + gap
            + rb"S"
            + gap
            + rb"A|I"
            + gap
            + rb"E"
            + gap
            + rb"A|G"
            + gap
            + rb"[SE]|S"
            + gap
            + rb"[TE]|T"
            + gap
            + rb"A"
            + gap
            + rb"1)"
        )
        pattern = re.compile(lead + ids + gap + re.escape(element))
        text = (element + (repetition or b" ") + component + terminator).decode("latin-1")
        return cls(
            element=element,
            element_text=element.decode("latin-1"),
            repetition=repetition,
            component=component,
            terminator=terminator,
            strip_breaks=breaks,
            pattern=pattern,
            text=text,
        )


@dataclass(slots=True)
class _Group:
    functional_id: str = ""
    control: str = ""
    date: str = ""
    time: str = ""
    version: str = ""
    sender: str = ""
    receiver: str = ""
    sets: int = 0
    set_controls: set[str] = field(default_factory=set)


@dataclass(slots=True)
class _Interchange:
    sender: str = ""
    receiver: str = ""
    control: str = ""
    date: str = ""
    time: str = ""
    version: str = ""
    usage: str = ""
    groups: int = 0
    key: str = ""
    repeated: bool = False


class X12Framer(StreamFramer):
    """Transaction sets of an X12 file."""

    format: Format = "x12"

    def __init__(self, stream: Reader, options: FrameOptions) -> None:
        super().__init__(stream, options)
        self._rows = Rows(self.result, options)
        self._allowed = frozenset(options.message_types)
        self._delimiters: _Delimiters | None = None
        self._interchange: _Interchange | None = None
        self._group: _Group | None = None
        self._seen_keys: set[str] = set()
        self._seen_sets: set[int] = set()
        self._ordinal = 0
        #: where "ISA" stands next in the buffer, whatever it means there; -1 nowhere
        self._isa_ahead = -1
        #: an ISA is at the end of what was read: it is judged when more is there
        self._isa_waits = False
        self._isa_faults = 0
        self._repeated_controls = 0
        self._miscounted = 0
        self._envelope_json: str | None = None

    def accepts(self, head: bytes) -> tuple[str, str] | None:
        found = detect(head)
        if found == "x12":
            return None
        if found in ("hl7v2", "fhir", "json"):
            return "wrong-format", f"it looks like {found}"
        if _ISA.search(head) or _GS_START.search(head) or _ST_START.search(head):
            return None
        if looks_binary(head):
            return "binary-content", ""
        if found == "csv":
            return "wrong-format", f"it looks like {found}"
        return None

    # -- the file's records --------------------------------------------------------------------

    def frame(self, stream: Reader, head: bytes) -> Iterator[FrameBatch]:
        """Keeps one window of the file: everything from ``lead_start`` is not yet in a row.

        ``region`` is where the part begins that may hold stray segments; ``open_at`` is the start
        of the transaction set that is open.
        """
        rows, limit_bytes = self._rows, self.options.max_record_bytes
        buffer = b""
        lead_start = region = scanned = 0
        open_at: int | None = None
        overlong = False
        ended = False
        while not ended:
            chunk = stream.read(self.options.chunk_bytes)
            ended = not chunk
            # the terminator before the next segment stays, or that segment would not be seen
            gone = min(lead_start, scanned)
            buffer = buffer[gone:] + chunk
            lead_start, region, scanned = lead_start - gone, region - gone, scanned - gone
            open_at = None if open_at is None else open_at - gone
            self._isa_ahead = buffer.find(b"ISA", scanned)
            while True:
                event = self._next_event(buffer, scanned, ended)
                if event is None:
                    break
                at, name, segment_end, next_scan = event
                # a set that is open ends here, with its SE or without
                if open_at is not None:
                    closes = name == b"SE"
                    end = segment_end if closes else self._cut_end(buffer, open_at, at)
                    if overlong:
                        yield from rows.reject(
                            buffer[lead_start:open_at], buffer[open_at:end], "record-too-long"
                        )
                        overlong = False
                    else:
                        self._set(
                            buffer[lead_start:open_at],
                            buffer[open_at:end],
                            buffer[at:segment_end] if closes else None,
                        )
                    lead_start = region = end
                    open_at = None
                    if closes:
                        scanned = next_scan
                        if rows.full:
                            yield rows.take()
                        continue
                else:
                    # an SE whose ST is missing ends the strays before it
                    until = segment_end if name == b"SE" else at
                    lead_start = self._strays(buffer, lead_start, region, until)
                    if name == b"SE":
                        region, scanned = segment_end, next_scan
                        continue
                if name == b"ST":
                    open_at = at
                    region = at
                elif name == b"TA1":
                    self._acknowledgement(buffer[lead_start:at], buffer[at:segment_end])
                    lead_start = region = segment_end
                else:
                    self._envelope(name, buffer[at:segment_end])
                    region = segment_end
                scanned = next_scan
                if rows.full:
                    yield rows.take()
            if not ended:
                seen = max(len(buffer) - _LOOK_AHEAD, scanned)
                if self._delimiters is not None:
                    # from a terminator on, so that the segment after it is seen whole
                    seen = buffer.rfind(self._delimiters.terminator, scanned, seen)
                scanned = max(scanned, seen)
            if not ended and len(buffer) - lead_start > limit_bytes:
                start = max(lead_start, region if open_at is None else open_at)
                cut = max(scanned, start)
                if cut == start:
                    cut = max(len(buffer) - _ISA_BYTES, start)
                code = "record-too-long" if open_at is not None or overlong else "x12-missing-st"
                if self._delimiters is None:
                    code = "x12-missing-isa"
                yield from rows.reject(buffer[lead_start:start], buffer[start:cut], code)
                lead_start = region = cut
                scanned = max(scanned, cut)
                if open_at is not None:
                    open_at, overlong = cut, True
        if open_at is not None:
            end = self._cut_end(buffer, open_at, len(buffer))
            if overlong:
                yield from rows.reject(
                    buffer[lead_start:open_at], buffer[open_at:end], "record-too-long"
                )
            else:
                self._set(buffer[lead_start:open_at], buffer[open_at:end], None)
            lead_start = end
        else:
            lead_start = self._strays(buffer, lead_start, region, len(buffer))
        if self.result.records_in == 0 and self._interchange is None and self._group is None:
            yield from rows.reject(b"", buffer[lead_start:], "x12-missing-isa")
            lead_start = len(buffer)
        if self._group is not None and self._group.control:
            self._warn("the last group has no GE and may be cut off; its whole sets landed")
        if self._interchange is not None and self._interchange.key:
            self._warn("the last interchange has no IEA and may be cut off; its whole sets landed")
        if self._isa_faults:
            self._warn(f"ISA is not of 106 bytes in {self._isa_faults} interchanges")
        if self._repeated_controls:
            self._warn(f"ST02 repeats one of its group in {self._repeated_controls} sets")
        if self._miscounted:
            self._warn(
                f"SE01 is less than the number of segments in {self._miscounted} transaction sets; "
                "nothing is missing, so they landed"
            )
        if self._delimiters is not None:
            self.result.framing["delimiters"] = self._delimiters.text
        yield from rows.finish(buffer[lead_start:])

    def _next_event(
        self, buffer: bytes, start: int, ended: bool
    ) -> tuple[int, bytes, int, int] | None:
        """(position, segment name, end of the segment, where to look next) of the next envelope
        segment, ST, SE or TA1; None where there is none yet. ``where to look next`` is the
        segment's terminator, which comes before the next segment's name."""
        delimiters = self._delimiters
        if delimiters is None:
            return self._first_event(buffer, start, ended)
        match = delimiters.pattern.search(buffer, start)
        at = match.start(1) if match is not None else len(buffer)
        isa = self._isa_ahead
        if -1 < isa < start:
            isa = self._isa_ahead = buffer.find(b"ISA", start)
        if -1 < isa < at:
            foreign = self._foreign_isa(buffer, isa, at, ended)
            if foreign is not None or self._isa_waits:
                return foreign
        if match is None:
            return None
        name = match.group(1)
        if len(name) > 2:
            name = name.translate(None, _NOISE)
        if name == b"ISA":
            event = self._isa_event(buffer, at, ended)
            if event is not None or self._isa_waits:
                return event
        end = buffer.find(delimiters.terminator, match.end())
        if end < 0:
            if not ended:
                return None
            end = len(buffer) - 1
        return at, name, end + 1, end

    def _first_event(
        self, buffer: bytes, start: int, ended: bool
    ) -> tuple[int, bytes, int, int] | None:
        """The first ISA, or the first GS or ST of a file without ISA."""
        limit = len(buffer) if ended else len(buffer) - _LOOK_AHEAD
        if limit <= start:
            return None
        found = sorted(
            (match.start(), match.group(1), name)
            for name, pattern in ((b"ISA", _ISA), (b"GS", _GS_START), (b"ST", _ST_START))
            for match in islice(pattern.finditer(buffer, start, limit), 1000)
        )
        for at, element, name in found:
            if name == b"ISA":
                event = self._isa_event(buffer, at, ended)
                if event is not None:
                    return event
                continue
            guessed = _guess_delimiters(buffer, at, element)
            if guessed is not None:
                self._delimiters = guessed
                self._warn("no ISA: delimiters were found from the segments")
                end = buffer.find(guessed.terminator, at)
                return at, name, end + 1, end
        return None

    def _foreign_isa(
        self, buffer: bytes, start: int, stop: int, ended: bool
    ) -> tuple[int, bytes, int, int] | None:
        """An ISA that the current terminator does not precede: of an interchange with other
        delimiters, or after one that was cut. A name or a value may read ISA too, so it must be of
        106 bytes, or begin a line and have GS or TA1 after it."""
        self._isa_waits = False
        at = buffer.find(b"ISA", start, stop)
        while at >= 0:
            if at == 0 or buffer[at - 1] not in _ALNUM:
                if not ended and len(buffer) - at < _LOOK_AHEAD:
                    self._isa_waits = True
                    return None
                window = buffer[at : at + _ISA_BYTES]
                logical = window.translate(None, _NOISE)
                element = logical[3:4]
                begins_line = at == 0 or buffer[at - 1] in b"\r\n"
                if (element and element[0] not in _ALNUM) and (
                    all(logical[place : place + 1] == element for place in _ISA_SEPARATORS)
                    or (begins_line and _following_gs(logical[:180], element) is not None)
                ):
                    event = self._isa_event(buffer, at, ended)
                    if event is not None:
                        return event
            at = buffer.find(b"ISA", at + 3, stop)
        return None

    def _isa_event(self, buffer: bytes, at: int, ended: bool) -> tuple[int, bytes, int, int] | None:
        """Reads an ISA and takes over its delimiters; None where it cannot be read (or not yet)."""
        self._isa_waits = False
        if not ended and len(buffer) - at < _LOOK_AHEAD:
            self._isa_waits = True
            return None
        parsed = _parse_isa(buffer[at : at + _ISA_BYTES])
        if parsed is None:
            return None
        self._delimiters, length = parsed
        return at, b"ISA", at + length, at + length - 1

    # -- envelopes -----------------------------------------------------------------------------

    def _elements(self, segment: bytes) -> list[str]:
        delimiters = self._delimiters
        assert delimiters is not None
        if segment.endswith(delimiters.terminator):
            segment = segment[:-1]
        if delimiters.strip_breaks and (b"\n" in segment or b"\r" in segment):
            segment = segment.translate(None, _NOISE)
        return segment.decode("latin-1").split(delimiters.element_text)

    def _envelope(self, name: bytes, segment: bytes) -> None:
        elements = [element.strip() for element in self._elements(segment)]
        elements += [""] * (17 - len(elements))
        if name == b"ISA":
            self._close_interchange()
            assert self._delimiters is not None
            if len(segment.translate(None, _NOISE)) + (not self._delimiters.strip_breaks) != 106:
                self._isa_faults += 1
            self._ordinal += 1
            interchange = _Interchange(
                sender=elements[6],
                receiver=elements[8],
                date=elements[9],
                time=elements[10],
                version=elements[12],
                control=elements[13],
                usage=elements[15],
            )
            interchange.key = hashlib.sha256(
                "\x1f".join(elements[1:11] + elements[12:14]).encode()
            ).hexdigest()[:32]
            if interchange.key in self._seen_keys:
                interchange.repeated = True
                self._warn(
                    f"interchange {self._ordinal} has the sender, receiver, date, time and control "
                    "number of an earlier one in this file"
                )
            elif len(self._seen_keys) < 1_000_000:
                self._seen_keys.add(interchange.key)
            if len(self.result.interchanges) < 10_000:
                self.result.interchanges.append(interchange.key)
            self._interchange = interchange
            self._group = None
        elif name == b"GS":
            if self._group is not None and self._group.control:
                self._warn(f"group {self._place()}: no GE before the next GS")
            if self._interchange is not None:
                self._interchange.groups += 1
            self._group = _Group(
                functional_id=elements[1],
                sender=elements[2],
                receiver=elements[3],
                date=elements[4],
                time=elements[5],
                control=elements[6],
                version=elements[8],
            )
        elif name == b"GE":
            group = self._group
            if group is None:
                self._warn(f"GE without GS in interchange {self._ordinal}")
            else:
                self._count("GE01", elements[1], group.sets, f"group {self._place()}")
                if elements[2] != group.control:
                    self._warn(f"group {self._place()}: GE02 disagrees with GS06")
            self._group = None
        else:
            interchange_now = self._interchange
            if interchange_now is None:
                self._warn("IEA without ISA")
            else:
                if self._group is not None and self._group.control:
                    self._warn(f"group {self._place()}: no GE before IEA")
                where = f"interchange {self._ordinal}"
                self._count("IEA01", elements[1], interchange_now.groups, where)
                if elements[2] != interchange_now.control:
                    self._warn(f"{where}: IEA02 disagrees with ISA13")
            self._interchange = self._group = None
        self._describe()

    def _describe(self) -> None:
        envelope: dict[str, str] = {}
        interchange, group = self._interchange, self._group
        if interchange is not None:
            envelope = {
                "interchange_sender": interchange.sender,
                "interchange_receiver": interchange.receiver,
                "interchange_control": interchange.control,
                "interchange_date": interchange.date,
                "interchange_time": interchange.time,
                "isa_version": interchange.version,
                "usage": interchange.usage,
            }
        if group is not None:
            envelope |= {
                "functional_id": group.functional_id,
                "group_control": group.control,
                "group_date": group.date,
                "group_time": group.time,
                "group_sender": group.sender,
                "group_receiver": group.receiver,
                "group_version": group.version,
            }
        envelope = {name: value for name, value in envelope.items() if value}
        self._envelope_json = orjson.dumps(envelope).decode() if envelope else None

    def _close_interchange(self) -> None:
        if self._interchange is not None:
            self._warn(f"interchange {self._ordinal}: no IEA before the next ISA")

    def _place(self) -> str:
        number = self._interchange.groups if self._interchange is not None else 1
        return f"{number} of interchange {self._ordinal}"

    def _count(self, name: str, declared: str, counted: int, where: str) -> None:
        if not (declared.isascii() and declared.isdigit()):
            self._warn(f"{where}: {name} is not a number")
        elif len(declared) > 12 or int(declared) != counted:
            self._warn(f"{where}: {name} disagrees with the count of {counted}")

    def _warn(self, sentence: str) -> None:
        if len(self.result.warnings) < 100:
            self.result.warnings.append(sentence)

    # -- records -------------------------------------------------------------------------------

    def _set(self, lead: bytes, raw: bytes, trailer: bytes | None) -> None:
        """One transaction set; ``trailer`` is its SE, None where it is missing."""
        delimiters = self._delimiters
        assert delimiters is not None
        end = raw.find(delimiters.terminator)
        header = self._elements(raw[: end if end >= 0 else 200])
        count = len(header)
        kind = header[1].strip() if count > 1 else ""
        control = header[2].strip() if count > 2 else ""
        group = self._group
        version = header[3].strip() if count > 3 else ""
        if not version and group is not None:
            version = group.version
        reason, detail = None, ""
        if trailer is None:
            reason = "x12-missing-se"
        else:
            closing = self._elements(trailer)
            declared = closing[1].strip() if len(closing) > 1 else ""
            segments = _count_segments(raw, delimiters)
            if len(closing) < 3 or closing[2].strip() != control:
                reason = "x12-control-number-mismatch"
            elif not (declared.isascii() and declared.isdigit()) or len(declared) > 12:
                self._warn(f"transaction set {self.result.records_in + 1}: SE01 is not a number")
            elif int(declared) > segments:
                # fewer segments than were sent: some of the set is missing
                reason = "x12-se-count-mismatch"
                detail = f"SE01 declares {int(declared)} segments, there are {segments}"
            elif int(declared) < segments:
                self._miscounted += 1
        if group is not None:
            group.sets += 1
            if control in group.set_controls:
                self._repeated_controls += 1
            elif len(group.set_controls) < 1_000_000:
                group.set_controls.add(control)
        if reason is None:
            if self._allowed and kind not in self._allowed:
                reason = "unexpected-record-type"
            elif self._interchange is not None and self._is_copy(raw):
                reason = "x12-duplicate-interchange"
        text, charset = charset_of(raw, self.options.charset)
        self._rows.add(
            lead,
            raw,
            text=text,
            charset=charset,
            record_type=kind or None,
            control_id=control or None,
            version=version or None,
            delimiters=delimiters.text,
            envelope=self._envelope_json,
            reason_code=reason,
            where=f"transaction set {self.result.records_in + 1}" if reason else "",
            detail=detail,
        )

    def _cut_end(self, buffer: bytes, start: int, end: int) -> int:
        """Where a set without SE ends: with its last segment, not with the blanks after it."""
        assert self._delimiters is not None
        if self._delimiters.terminator in _NOISE:
            return end
        return max(_without_blank_end(buffer, start, end), start + 1)

    def _is_copy(self, raw: bytes) -> bool:
        """The same set in the same group of an interchange with the same key."""
        interchange, group = self._interchange, self._group
        assert interchange is not None
        seen = hash((interchange.key, group.control if group is not None else "", raw))
        if interchange.repeated:
            return seen in self._seen_sets
        if len(self._seen_sets) < 1_000_000:
            self._seen_sets.add(seen)
        return False

    def _acknowledgement(self, lead: bytes, raw: bytes) -> None:
        """TA1 stands alone in an interchange (X12.5): a record of its own."""
        delimiters = self._delimiters
        assert delimiters is not None
        elements = self._elements(raw)
        text, charset = charset_of(raw, self.options.charset)
        allowed = not self._allowed or "TA1" in self._allowed
        self._rows.add(
            lead,
            raw,
            text=text,
            charset=charset,
            record_type="TA1",
            control_id=(elements[1].strip() if len(elements) > 1 else "") or None,
            delimiters=delimiters.text,
            envelope=self._envelope_json,
            reason_code=None if allowed else "unexpected-record-type",
            where=f"record {self.result.records_in + 1}",
        )

    def _strays(self, buffer: bytes, lead_start: int, region: int, end: int) -> int:
        """Quarantines segments outside any transaction set; gives the new start of the lead."""
        start = max(region, lead_start)
        while start < end and buffer[start] in _BLANK:
            start += 1
        stop = _without_blank_end(buffer, start, end)
        if start >= stop:
            return lead_start
        delimiters = self._delimiters
        stray = buffer[start:stop]
        if delimiters is not None and stray.strip(_BLANK + delimiters.terminator) == b"":
            return lead_start
        before_first = self.result.records_in == 0 and self._ordinal == 0
        if delimiters is None:
            code = "x12-bad-isa" if _ISA.search(stray) else "x12-missing-isa"
        elif before_first and delimiters.element not in stray and len(stray) < 4096:
            self._warn("text before the first interchange was kept beside the records")
            return lead_start
        else:
            code = "x12-bad-isa" if _ISA.match(stray) else "x12-missing-st"
        text, charset = (None, None) if b"\0" in stray else charset_of(stray)
        self._rows.add(
            buffer[lead_start:start],
            stray,
            text=text,
            charset=charset,
            delimiters=delimiters.text if delimiters else None,
            envelope=self._envelope_json,
            reason_code=code,
            where=f"record {self.result.records_in + 1}",
        )
        return stop


def _without_blank_end(buffer: bytes, start: int, end: int) -> int:
    while end > start and buffer[end - 1] in b" \t\r\n\x00\x1a":
        end -= 1
    return end


def _count_segments(raw: bytes, delimiters: _Delimiters) -> int:
    count = raw.count(delimiters.terminator)
    if delimiters.terminator in (b"\r", b"\n"):
        # blank lines are no segments
        count = sum(1 for line in raw.split(delimiters.terminator) if line.strip())
    elif not raw.endswith(delimiters.terminator):
        count += 1
    return count


def _parse_isa(window: bytes) -> tuple[_Delimiters, int] | None:
    """(delimiters, bytes up to and with the terminator) of the ISA at the start of a window.

    By position where it is well formed; else by its sixteen elements; else by the GS that follows.
    Line breaks inside it (files wrapped at 80 columns) do not count.
    """
    # logical bytes and where each is
    places = [i for i, byte in enumerate(window) if byte not in _NOISE]
    logical = window.translate(None, _NOISE)
    if len(logical) < 20:
        return None
    element = logical[3:4]
    cuts: list[int] = []
    at = 3
    while at >= 0 and len(cuts) < 17:
        cuts.append(at)
        at = logical.find(element, at + 1)
    following = _following_gs(logical, element)
    terminator_at: int | None = None
    if len(cuts) >= 16 and cuts[15] <= 140 and cuts[15] + 1 < len(logical):
        # cuts[15] is the separator before ISA16
        component_at = cuts[15] + 1
        if component_at + 1 >= len(logical):
            terminator = _line_terminator(window, places[component_at] + 1)
            if terminator is None:
                return None
            return _finish_isa(
                logical,
                element,
                cuts,
                logical[component_at : component_at + 1],
                terminator,
                places[component_at] + 1 + len(terminator),
            )
        after = places[component_at] + 1
        if window[after : after + 1] in (b"\r", b"\n") and (
            logical[component_at + 1 : component_at + 4] in (b"GS" + element, b"TA1")
        ):
            # CR or LF is the terminator itself
            terminator = window[after : after + 1]
            if window[after : after + 2] == b"\r\n":
                terminator = b"\n" if window.count(b"\r\n") == window.count(b"\n") else b"\r"
                after = after + 1 if terminator == b"\n" else after
            return _finish_isa(
                logical,
                element,
                cuts,
                logical[component_at : component_at + 1],
                terminator,
                after + 1,
            )
        terminator_at = component_at + 1
        component = logical[component_at : component_at + 1]
        if logical[terminator_at] in _ALNUM and following is None:
            return None
        if logical[terminator_at] in _ALNUM or (
            following is not None and following != terminator_at + 1 and following < terminator_at
        ):
            terminator_at = None
        elif following is None or following - terminator_at <= 3:
            return _finish_isa(
                logical,
                element,
                cuts,
                component,
                logical[terminator_at : terminator_at + 1],
                places[terminator_at] + 1,
            )
    if following is not None:
        # short ISA: the terminator stands before GS, the component separator before that
        before = following - 1
        while before > 3 and logical[before] in b" \t":
            before -= 1
        if before <= 4 or logical[before] in _ALNUM:
            broken = _line_terminator(window, places[before] + 1)
            if broken is None or logical[before] in _ALNUM:
                return None
        component = logical[before - 1 : before]
        if component == element or component[0] in _ALNUM or component.isspace():
            component = b":"
        terminator = logical[before : before + 1]
        if terminator == element:
            return None
        return _finish_isa(logical, element, cuts, component, terminator, places[before] + 1)
    if terminator_at is not None:
        terminator = logical[terminator_at : terminator_at + 1]
        return _finish_isa(
            logical,
            element,
            cuts,
            logical[terminator_at - 1 : terminator_at],
            terminator,
            places[terminator_at] + 1,
        )
    return None


def _following_gs(logical: bytes, element: bytes) -> int | None:
    escaped = re.escape(element)
    match = re.compile(rb"(?:GS" + escaped + rb"[A-Z]{2}|TA1)" + escaped).search(logical, 16)
    return match.start() if match else None


def _line_terminator(window: bytes, at: int) -> bytes | None:
    following = window[at : at + 1]
    return following if following in (b"\r", b"\n") else None


def _finish_isa(
    logical: bytes,
    element: bytes,
    cuts: list[int],
    component: bytes,
    terminator: bytes,
    length: int,
) -> tuple[_Delimiters, int] | None:
    if terminator == element or not terminator or not component:
        return None
    repetition = b""
    if len(cuts) >= 13:
        standard = logical[cuts[10] + 1 : cuts[11]].strip()
        version = logical[cuts[11] + 1 : cuts[12]].strip()
        # ISA11 became the repetition separator with 00402; before it is "U" (X12.5, I65)
        if len(standard) == 1 and standard[0] not in _ALNUM and not version < b"00402":
            repetition = standard
    return _Delimiters.of(element, repetition, component, terminator), length


def _guess_delimiters(buffer: bytes, at: int, element: bytes) -> _Delimiters | None:
    """Delimiters of groups or sets without ISA: the terminator ends the first segment."""
    window = buffer[at : at + 4096]
    match = re.compile(
        rb"(?:GS|ST)" + re.escape(element) + rb"[A-Za-z0-9 .\-" + re.escape(element) + rb"]*"
    ).match(window)
    if match is None or match.end() >= len(window):
        return None
    terminator = window[match.end() : match.end() + 1]
    if terminator == b"\r" and window[match.end() + 1 : match.end() + 2] == b"\n":
        terminator = b"\n"
    component = b":"
    composite = _COMPOSITE.search(buffer, at, at + 65536)
    if composite is not None:
        component = composite.group(2) or composite.group(4) or b":"
    if component in (element, terminator):
        component = b":" if b":" not in (element, terminator) else b">"
    return _Delimiters.of(element, b"", component, terminator)
