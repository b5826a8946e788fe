"""FHIR and JSON framing: bulk NDJSON, single documents, Bundles, arrays, concatenated documents.

Belongs here: where a resource or data point starts and ends, its type and id, the entry of a Bundle
that it came in. Does not belong here: elements of a resource.

A record is an exact slice of the file, so that numbers keep the digits they came with (FHIR R4,
2.6.2.3: decimal precision). One line of NDJSON, one element of an array, one entry's resource of a
Bundle (the entry itself where it has no resource, a deletion in a history say), or one document.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import orjson

from ingest.formats.detect import detect, looks_binary
from ingest.formats.model import Format, FrameBatch, FrameOptions, Reader
from ingest.formats.rows import Rows
from ingest.formats.stream_framer import StreamFramer

_SPACE = b" \t\r\n"
_SPACES = " \t\r\n"
_BOM = b"\xef\xbb\xbf"
_BUNDLE = re.compile(r'"resourceType"\s*:\s*"Bundle"')
#: Keys in alphabetical order put a Bundle's entries before its resourceType.
_ENTRY_FIRST = re.compile(
    r'\{\s*"entry"\s*:\s*\[\s*\{\s*"(?:fullUrl|resource|request|response|search|link)"\s*:'
)
#: Characters of a document in which it must say that it is a Bundle.
_HEAD = 65536
_TOKEN = re.compile(r'"(?:[^"\\\r\n]|\\.)*"|[{}\[\]]|\n(?=\{)')
_FIRST_KEY = re.compile(r'\{\s*"[^"\\\r\n]*"\s*:')
#: Characters that a window keeps before its position at most.
_KEPT = 4 * 1024 * 1024
#: How far behind an error the next element of an array is looked for.
_SIBLING = 65536
_GAP = re.compile(r"[ \t\r\n]*")
_SCALAR_END = re.compile(r"[\s,\]}]")
#: An error this close to the end of what was read may be only its end.
_EDGE = 64
#: Documents above this are checked without building them.
_LARGE_DOCUMENT = 4 * 1024 * 1024
#: Half of a character beyond the basic plane, escaped: valid by the grammar, text to no reader.
_LONE_SURROGATE = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])|"
    rb"(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}"
)


class _BrokenError(Exception):
    """JSON that is not valid at ``at``; ``open_ended`` where more text might complete it."""

    def __init__(self, at: int, open_ended: bool) -> None:
        super().__init__(at)
        self.at = at
        self.open_ended = open_ended


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


_DECODER = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=_refuse_constant)
_COUNTER = json.JSONDecoder(
    object_pairs_hook=lambda pairs: None,
    parse_float=str,
    parse_int=str,
    parse_constant=_refuse_constant,
)


def _scan(text: str, at: int, decoder: json.JSONDecoder = _DECODER) -> tuple[Any, int]:
    """(value, end) of the JSON value at a position."""
    try:
        value, end = decoder.scan_once(text, at)  # type: ignore[attr-defined]
        return value, end
    except StopIteration as stop:
        place = int(stop.value) if isinstance(stop.value, int) else at
        raise _BrokenError(place, place >= len(text) - _EDGE) from None
    except json.JSONDecodeError as error:
        unterminated = error.msg.startswith("Unterminated")
        raise _BrokenError(error.pos, unterminated or error.pos >= len(text) - _EDGE) from None
    except (ValueError, RecursionError):
        raise _BrokenError(at, False) from None


def _is_bundle(head: bytes) -> bool:
    text = head[:_HEAD].decode("latin-1")
    return bool(_BUNDLE.search(text) or _ENTRY_FIRST.match(text))


def _skip(text: str, at: int) -> int:
    match = _GAP.match(text, at)
    return match.end() if match else at


class _Window:
    """The part of a document that is in memory, as latin-1 text: one character, one byte."""

    def __init__(self, stream: Reader | None, text: str, chunk_bytes: int) -> None:
        self.stream = stream
        self.text = text
        self.ended = stream is None
        self.chunk_bytes = chunk_bytes

    def more(self) -> bool:
        """Reads on; False at the end."""
        if self.ended or self.stream is None:
            return False
        chunk = self.stream.read(self.chunk_bytes)
        if not chunk:
            self.ended = True
            return False
        self.text += chunk.decode("latin-1")
        return True

    def grow(self, start: int) -> bool:
        """Reads on until there is twice as much from ``start`` on, so that what is scanned again
        each time adds up to no more than twice its length; False at the end."""
        wanted = 2 * len(self.text) - start
        if not self.more():
            return False
        parts = [self.text]
        have = len(self.text)
        while have < wanted and self.stream is not None:
            chunk = self.stream.read(self.chunk_bytes)
            if not chunk:
                self.ended = True
                break
            parts.append(chunk.decode("latin-1"))
            have += len(chunk)
        self.text = "".join(parts)
        return True


def check(raw: bytes) -> tuple[Any, str | None, str]:
    """(value, reason code or None, detail) of one record's bytes, by RFC 8259 to the letter. Of a
    large object the value has only the members that say what it is."""
    if len(raw) > _LARGE_DOCUMENT:
        return _check_large(raw)
    try:
        return orjson.loads(raw), None, ""
    except orjson.JSONDecodeError as error:
        message, position = error.msg, error.pos
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        return None, "json-not-utf8", f"character {error.start} of the record"
    if "infinity" in message:
        # a number beyond a double is valid JSON; its digits are kept as they are
        try:
            value, end = _scan(text, 0)
            if not text[end:].strip(_SPACES):
                return value, None, ""
        except _BrokenError:
            pass
    if position >= len(text.rstrip(_SPACES)) or "unexpected end of data" in message:
        return None, "json-truncated", ""
    return None, "json-invalid", f"character {position} of the record"


def _check_large(raw: bytes) -> tuple[Any, str | None, str]:
    """As ``check``, without building the document: its objects take many times its bytes."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        return None, "json-not-utf8", f"character {error.start} of the record"
    if _LONE_SURROGATE.search(raw):
        return None, "json-invalid", "half of a surrogate pair"
    members: dict[str, Any] = {}
    try:
        if not text.startswith("{"):
            value, end = _scan(text, 0, _COUNTER)
        else:
            value, end = members, 1
            while True:
                end = _skip(text, end)
                if text[end : end + 1] == "}" and not members:
                    break
                key, place = _key(text, end)
                kept = key in ("resourceType", "id", "header")
                member, end = _scan(text, place, _DECODER if kept else _COUNTER)
                members[key if kept else ""] = member if kept else None
                end = _skip(text, end)
                if text[end : end + 1] != ",":
                    break
                end += 1
            if text[end : end + 1] != "}":
                raise _BrokenError(end, end >= len(text))
            end += 1
    except _BrokenError as broken:
        code = "json-truncated" if broken.at >= len(text) - 1 else "json-invalid"
        return None, code, f"character {broken.at} of the record"
    if text[end:].strip(_SPACES):
        return None, "json-invalid", f"character {end} of the record"
    return value, None, ""


class JsonFramer(StreamFramer):
    """Resources of a FHIR file, or data points of another JSON file."""

    def __init__(self, stream: Reader, options: FrameOptions, *, fhir: bool) -> None:
        super().__init__(stream, options)
        self.fhir = fhir
        self.format: Format = "fhir" if fhir else "json"
        self._rows = Rows(self.result, options)
        self._allowed = frozenset(options.message_types)

    def accepts(self, head: bytes) -> tuple[str, str] | None:
        found = detect(head)
        if found in ("fhir", "json"):
            return None
        if found in ("hl7v2", "x12"):
            return "wrong-format", f"it looks like {found}"
        if looks_binary(head):
            return "binary-content", ""
        if self._line_mode(head):
            return None
        first = head.lstrip(_BOM + _SPACE)[:1]
        if first in (b"{", b"["):
            return None
        if found == "csv":
            return "wrong-format", f"it looks like {found}"
        if check(head.removeprefix(_BOM).strip(_SPACE))[1] is None:
            return "json-not-object", "a plain value"
        return "json-invalid", "it does not start with { or ["

    def _line_mode(self, head: bytes) -> bool:
        """True where lines are documents of their own."""
        body = head.removeprefix(_BOM).lstrip(_SPACE)
        whole = len(head) < 60_000
        lines = body.split(b"\n")
        if not whole and len(lines) > 1:
            lines.pop()
        if len(lines) == 1 and not whole:
            # one very long first line: a document, or the first of many; both are read as lines
            # unless it is a Bundle or an array, which are read piece by piece
            return body.startswith(b"{") and not _is_bundle(body)
        first = lines[0].strip()
        if first.startswith(b"{") and not _is_bundle(first):
            try:
                orjson.loads(first)
                return True
            except orjson.JSONDecodeError:
                pass
        good = 0
        for line in lines[0 if first.startswith(b"{") else 1 : 200]:
            closed = line.startswith(b"{") and line.rstrip().endswith(b"}") and len(line) > 3
            if closed and check(line.strip())[1] is None:
                good += 1
        if first.startswith(b"[") or _is_bundle(first):
            return False
        return good > 0

    def frame(self, stream: Reader, head: bytes) -> Iterator[FrameBatch]:
        if self._line_mode(head):
            self.result.framing["layout"] = "lines"
            yield from self._lines(stream)
        else:
            self.result.framing["layout"] = "documents"
            yield from self._documents(stream)

    # -- lines ---------------------------------------------------------------------------------

    def _lines(self, stream: Reader) -> Iterator[FrameBatch]:
        rows = self._rows
        limit_bytes, chunk_bytes = self.options.max_record_bytes, self.options.chunk_bytes
        carry: list[bytes] = []
        carried = 0
        lead = b""
        overlong = False
        number = 0
        while True:
            chunk = stream.read(chunk_bytes)
            if chunk:
                cut = chunk.rfind(b"\n") + 1
                if not cut:
                    carry.append(chunk)
                    carried += len(chunk)
                    if carried > limit_bytes:
                        data = b"".join(carry)
                        carry, carried = [], 0
                        if data.strip(_SPACE):
                            yield from rows.reject(lead, data, "record-too-long")
                            lead, overlong = b"", True
                        else:
                            yield from rows.reject(lead, data, "json-invalid")
                            lead = b""
                    continue
                data = b"".join((*carry, chunk[:cut]))
                carry, carried = [chunk[cut:]], len(chunk) - cut
            else:
                data = b"".join(carry)
                carry = []
            at, size = 0, len(data)
            if overlong and data:
                stop = data.find(b"\n")
                stop = size if stop < 0 else stop
                if stop:
                    yield from rows.reject(b"", data[:stop], "record-too-long")
                at, overlong = stop, False
            before = at
            if rows.result.records_in == 0 and data.startswith(_BOM):
                at = 3
            while at < size:
                stop = data.find(b"\n", at)
                if stop < 0:
                    stop = size
                number += 1
                line = data[at:stop]
                raw = line.strip(_SPACE)
                if raw:
                    start = at if raw is line else at + len(line) - len(line.lstrip(_SPACE))
                    gap = data[before:start]
                    self._record(lead + gap if lead else gap, raw, where=f"line {number}")
                    before = start + len(raw)
                    lead = b""
                    if rows.full:
                        yield rows.take()
                at = stop + 1
            lead += data[before:]
            if len(lead) > limit_bytes:
                yield from rows.reject(b"", lead, "json-invalid", detail="blank lines")
                lead = b""
            if not chunk:
                break
        yield from rows.finish(lead)

    def _record(
        self,
        lead: bytes,
        raw: bytes,
        *,
        where: str,
        envelope: dict[str, str] | None = None,
        code: str | None = None,
        detail: str = "",
        entry: bool = False,
    ) -> None:
        value: Any = None
        text: str | None
        charset = "utf-8"
        if code is None:
            value, code, detail = check(raw)
            if code == "json-not-utf8" and self.options.charset not in (None, "utf-8"):
                declared = str(self.options.charset)
                try:
                    text = raw.decode(declared)
                    again, failed, _ = check(text.encode())
                    if failed is None and text.encode(declared) == raw:
                        value, code, detail, charset = again, None, "", declared
                except (UnicodeError, LookupError):
                    pass
        record_type = control_id = version = None
        if code is None:
            if isinstance(value, dict):
                record_type, control_id, version = _identity(value)
                if entry:
                    record_type, control_id = "Bundle.entry", None
                elif self.fhir and record_type is None:
                    code = "fhir-missing-resource-type"
            elif not isinstance(value, list) or self.fhir:
                code = "json-not-object"
        if code is None and self._allowed and record_type not in self._allowed:
            code = "unexpected-record-type"
        try:
            text = raw.decode(charset)
        except UnicodeDecodeError:
            text = None
        self._rows.add(
            lead,
            raw,
            text=text,
            charset=charset if text is not None else None,
            record_type=record_type,
            control_id=control_id,
            version=version,
            envelope=orjson.dumps(envelope).decode() if envelope else None,
            reason_code=code,
            where=where if code else "",
            detail=detail,
        )

    # -- documents -----------------------------------------------------------------------------

    def _documents(self, stream: Reader) -> Iterator[FrameBatch]:
        """Documents one after the other (nearly always one). ``at`` walks through the window;
        ``lead`` is the start of what no row has yet."""
        rows, limit = self._rows, self.options.max_record_bytes
        window = _Window(stream, "", self.options.chunk_bytes)
        window.more()
        lead = 0
        at = 3 if window.text.startswith("ï»¿") else 0
        number = 0
        while True:
            at = _skip(window.text, at)
            if at >= len(window.text):
                if len(window.text) - lead > limit:
                    yield from rows.reject(
                        b"",
                        window.text[lead:].encode("latin-1"),
                        "json-invalid",
                        detail="blank lines",
                    )
                    window.text, lead, at = "", 0, 0
                if window.more():
                    continue
                break
            while len(window.text) - at < _HEAD and window.more():
                pass
            number += 1
            opening = window.text[at]
            if opening == "[" and self._array_of_records(window, at):
                for state in self._elements(window, lead, at + 1, {}, nested=False):
                    if rows.full:
                        yield rows.take()
                    lead, at = state
            elif opening == "{" and (
                _BUNDLE.search(window.text, at, at + _HEAD) or _ENTRY_FIRST.match(window.text, at)
            ):
                for state in self._bundle(window, lead, at):
                    if rows.full:
                        yield rows.take()
                    lead, at = state
            else:
                for step in self._single(window, lead, at, number):
                    if isinstance(step, FrameBatch):
                        yield step
                    else:
                        lead, at = step
            if rows.full:
                yield rows.take()
            if lead > _KEPT // 16:
                window.text = window.text[lead:]
                at -= lead
                lead = 0
        yield from rows.finish(window.text[lead:].encode("latin-1"))

    def _array_of_records(self, window: _Window, at: int) -> bool:
        """False for an array of plain values, which is one document."""
        first = _skip(window.text, at + 1)
        while first >= len(window.text) and window.more():
            first = _skip(window.text, at + 1)
        return window.text[first : first + 1] in ("{", "[", "]", "")

    def _single(
        self, window: _Window, lead: int, at: int, number: int
    ) -> Iterator[FrameBatch | tuple[int, int]]:
        """One document that is one record."""
        limit = self.options.max_record_bytes
        while True:
            try:
                _, end = _scan(window.text, at, _COUNTER)
            except _BrokenError as broken:
                if broken.open_ended and len(window.text) - at <= limit and window.grow(at):
                    continue
                if broken.open_ended and not window.ended:
                    yield from self._rest(window, lead, at, "record-too-long")
                    yield len(window.text), len(window.text)
                    return
                found_end = _balanced(window.text, at)
                while found_end is None and len(window.text) - at <= limit and window.grow(at):
                    found_end = _balanced(window.text, at)
                if found_end is None:
                    code = "json-truncated" if broken.open_ended else "json-invalid"
                    yield from self._rest(window, lead, at, code)
                    yield len(window.text), len(window.text)
                    return
                end = found_end
            if end - at > limit:
                yield from self._rows.reject(
                    window.text[lead:at].encode("latin-1"),
                    window.text[at:end].encode("latin-1"),
                    "record-too-long",
                )
            elif end >= len(window.text) and window.text[at] not in "{[" and window.grow(at):
                continue
            else:
                raw = window.text[at:end].encode("latin-1")
                before = window.text[lead:at].encode("latin-1")
                self._record(before, raw, where=f"document {number}")
            yield end, end
            return

    def _rest(self, window: _Window, lead: int, at: int, code: str) -> Iterator[FrameBatch]:
        """Quarantines what is left of the file; the window ends empty of it."""
        before = window.text[lead:at].encode("latin-1")
        raw = window.text[at:]
        while True:
            if len(raw) >= self.options.chunk_bytes:
                yield from self._rows.reject(before, raw.encode("latin-1"), code)
                before, raw = b"", ""
            window.text = ""
            if not window.more():
                break
            raw += window.text
        if raw:
            yield from self._rows.reject(before, raw.encode("latin-1"), code)
        window.text = ""

    def _elements(
        self,
        window: _Window,
        lead: int,
        at: int,
        bundle: dict[str, str],
        *,
        nested: bool,
    ) -> Iterator[tuple[int, int]]:
        """Elements of an array, from after its bracket to after its closing bracket.

        ``nested`` = they are a Bundle's entries. Yields (lead, at) after each record; the caller's
        positions are the last that it yielded. What was given to rows is dropped from the window.
        """
        limit = self.options.max_record_bytes
        number = 0
        code: str | None = None
        while True:
            at = _skip(window.text, at)
            while at < len(window.text) and window.text[at] == ",":
                at = _skip(window.text, at + 1)
            if at >= len(window.text):
                if window.more():
                    continue
                self._warn_truncated()
                yield lead, at
                return
            if window.text[at] == "]":
                yield lead, at + 1
                return
            # an error counts the lines before it, so after one less is kept before it
            if lead > (_KEPT if code is None else _KEPT // 16):
                window.text = window.text[lead:]
                at -= lead
                lead = 0
            number += 1
            code = None
            while True:
                start, end = at, at
                envelope, entry = bundle, False
                try:
                    if nested and window.text[at] == "{":
                        start, end, stop, envelope, entry = _entry(window.text, at, bundle)
                    else:
                        _, stop = _scan(window.text, at)
                        end = stop
                        is_number = window.text[at] not in '{["'
                        if is_number and stop >= len(window.text) and window.more():
                            continue
                    code = None
                    break
                except _BrokenError as broken:
                    small = len(window.text) - at <= limit
                    if broken.open_ended and small and window.grow(at):
                        continue
                    start = at
                    while len(window.text) - broken.at <= _SIBLING and window.more():
                        pass
                    found = _next_sibling(window.text, at, broken.at)
                    if found is not None:
                        code, end, stop = "json-invalid", found, found
                    elif small and window.grow(at):
                        continue
                    else:
                        code = "json-truncated" if window.ended else "record-too-long"
                        end = stop = len(window.text)
                    break
            raw = window.text[start:end].encode("latin-1")
            before = window.text[lead:start].encode("latin-1")
            where = f"{'entry' if nested else 'element'} {number}"
            if len(raw) > limit:
                code = "record-too-long"
            self._record(before, raw, where=where, envelope=envelope, code=code, entry=entry)
            lead, at = end, stop
            yield lead, at

    def _warn_truncated(self) -> None:
        self.result.warnings.append(
            "the file ends before its last bracket and may be cut off; its whole records landed"
        )

    def _bundle(self, window: _Window, lead: int, at: int) -> Iterator[tuple[int, int]]:
        """The entries of a Bundle, or the Bundle itself where it has none."""
        start = at
        records = self.result.records_in
        bundle: dict[str, str] = {}
        head = window.text[at : at + _HEAD]
        self._bundle_head(head, bundle)
        at += 1
        limit = self.options.max_record_bytes
        while True:
            try:
                at = _skip(window.text, at)
                while at < len(window.text) and window.text[at] == ",":
                    at = _skip(window.text, at + 1)
                if at >= len(window.text):
                    raise _BrokenError(at, True)
                if window.text[at] == "}":
                    end = at + 1
                    break
                if window.text[at] != '"':
                    raise _BrokenError(at, False)
                key, after = _key(window.text, at)
                if after >= len(window.text):
                    raise _BrokenError(after, True)
                if key == "entry" and window.text[after] == "[":
                    first = _skip(window.text, after + 1)
                    if first >= len(window.text):
                        raise _BrokenError(first, True)
                    if window.text[first] != "]":
                        entries = self._elements(window, lead, after + 1, bundle, nested=True)
                        for state in entries:
                            yield state
                            lead, at = state
                    else:
                        at = first + 1
                    continue
                value, stop = _scan(window.text, after)
                if stop >= len(window.text) and not window.ended:
                    raise _BrokenError(stop, True)
                if key == "type" and isinstance(value, str):
                    bundle["bundle_type"] = value
                elif key == "id" and isinstance(value, str):
                    bundle["bundle_id"] = value
                at = stop
            except _BrokenError as broken:
                if (
                    (broken.open_ended or not window.ended)
                    and len(window.text) - lead <= limit
                    and window.grow(lead)
                ):
                    continue
                # the Bundle is broken outside its entries
                if self.result.records_in == records:
                    found = _balanced(window.text, start)
                    stop = len(window.text) if found is None else found
                    code = "json-truncated" if found is None else "json-invalid"
                    self._record(
                        window.text[lead:start].encode("latin-1"),
                        window.text[start:stop].encode("latin-1"),
                        where="document 1",
                        code=code,
                    )
                    yield stop, stop
                    return
                rest = window.text[at:].strip(_SPACES)
                if rest:
                    begin = _skip(window.text, at)
                    self._record(
                        window.text[lead:begin].encode("latin-1"),
                        window.text[begin:].encode("latin-1"),
                        where="the Bundle after its entries",
                        code="json-truncated" if broken.open_ended else "json-invalid",
                    )
                    lead = len(window.text)
                else:
                    self._warn_truncated()
                yield lead, len(window.text)
                return
        if self.result.records_in == records:
            # no entry: the Bundle is the record (a searchset that found nothing)
            self._record(
                window.text[lead:start].encode("latin-1"),
                window.text[start:end].encode("latin-1"),
                where="document 1",
                envelope=bundle,
            )
            lead = end
        yield lead, end

    def _bundle_head(self, head: str, bundle: dict[str, str]) -> None:
        """The Bundle's type and id where they stand before its entries."""
        before = head.split('"entry"', 1)[0]
        kind = re.search(r'"type"\s*:\s*"([a-z-]{1,40})"', before)
        if kind:
            bundle["bundle_type"] = kind.group(1)


def _identity(value: dict[str, Any]) -> tuple[str | None, str | None, str | None]:
    """(type, id, version) of a FHIR resource, or of an Open mHealth data point by its header."""
    resource_type, identifier = value.get("resourceType"), value.get("id")
    version: Any = None
    if not isinstance(resource_type, str):
        header = value.get("header")
        if isinstance(header, dict):
            identifier = header.get("id", header.get("uuid"))
            schema = header.get("schema_id")
            if isinstance(schema, dict):
                resource_type, version = schema.get("name"), schema.get("version")
    return (
        resource_type if isinstance(resource_type, str) and resource_type else None,
        str(identifier) if isinstance(identifier, (str, int)) else None,
        str(version) if isinstance(version, (str, int, float)) else None,
    )


def _key(text: str, at: int) -> tuple[str, int]:
    """(key, position of its value) of an object's member."""
    key, end = _scan(text, at)
    colon = _skip(text, end)
    if colon >= len(text):
        raise _BrokenError(colon, True)
    if text[colon] != ":" or not isinstance(key, str):
        raise _BrokenError(colon, False)
    value = _skip(text, colon + 1)
    if value >= len(text):
        raise _BrokenError(value, True)
    return key, value


def _entry(
    text: str, at: int, bundle: dict[str, str]
) -> tuple[int, int, int, dict[str, str], bool]:
    """(start, end of the record, end of the entry, envelope, whether the record is the entry)."""
    envelope = dict(bundle)
    resource: tuple[int, int] | None = None
    here = at + 1
    while True:
        here = _skip(text, here)
        if here >= len(text):
            raise _BrokenError(here, True)
        if text[here] == "}":
            break
        key, value_at = _key(text, here)
        value, end = _scan(text, value_at)
        if key == "resource" and isinstance(value, dict):
            resource = (value_at, end)
        elif key == "fullUrl" and isinstance(value, str):
            envelope["full_url"] = value.encode("latin-1", "replace").decode("utf-8", "replace")
        elif key == "request" and isinstance(value, dict):
            for name in ("method", "url"):
                if isinstance(value.get(name), str):
                    envelope[f"request_{name}"] = (
                        value[name].encode("latin-1", "replace").decode("utf-8", "replace")
                    )
        elif key == "response" and isinstance(value, dict):
            status = value.get("status")
            if isinstance(status, str):
                envelope["response_status"] = status
        here = _skip(text, end)
        if here >= len(text):
            raise _BrokenError(here, True)
        if text[here] == ",":
            here += 1
        elif text[here] != "}":
            raise _BrokenError(here, False)
    stop = here + 1
    if resource is None:
        return at, stop, stop, envelope, True
    return resource[0], resource[1], stop, envelope, False


def _next_sibling(text: str, at: int, broken_at: int) -> int | None:
    """Where a broken element of an array ends: at its bracket, or where a sibling with the same
    first key begins if that is earlier (a lost quote turns brackets into text)."""
    first_key = _FIRST_KEY.match(text, at)
    if first_key is None:
        return _balanced(text, at)
    begin = max(broken_at, first_key.end())
    start = text.find(first_key.group(), begin, begin + _SIBLING)
    while start >= 0:
        before = start - 1
        while before > at and text[before] in _SPACES:
            before -= 1
        if text[before] == ",":
            while text[before - 1] in _SPACES:
                before -= 1
            balanced = _balanced(text, at, before)
            return before if balanced is None else balanced
        start = text.find(first_key.group(), start + 1, begin + _SIBLING)
    return _balanced(text, at)


def _balanced(text: str, at: int, stop: int | None = None) -> int | None:
    """Where the bracket that opens at a position closes, in text that is not valid JSON."""
    if text[at : at + 1] not in ("{", "["):
        match = _SCALAR_END.search(text, at + 1)
        return match.start() if match else None
    depth = 0
    for match in _TOKEN.finditer(text, at, len(text) if stop is None else stop):
        token = match.group()
        if token in "{[":
            depth += 1
        elif token in "}]":
            depth -= 1
            if depth == 0:
                return match.end()
        elif token == "\n":
            # a brace at the start of a line begins the next document: this one has no end
            return match.start()
    return None
