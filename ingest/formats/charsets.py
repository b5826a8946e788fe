"""Which character set bytes are in: what they declare, weighed against what they are.

Belongs here: names of HL7 table 0211, byte order marks, the choice of a codec for one record, and
reading a UTF-16 file as UTF-8 while its own bytes are kept. Does not belong here:
anything about records.
"""

from __future__ import annotations

import codecs
import re

from ingest.formats.model import Reader

_BOMS: tuple[tuple[bytes, str], ...] = (
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

#: HL7 table 0211 (2.9, chapter 2C), and how people write it.
_TABLE_0211 = {
    "ASCII": "ascii",
    "8859/1": "latin-1",
    "8859/2": "iso8859-2",
    "8859/3": "iso8859-3",
    "8859/4": "iso8859-4",
    "8859/5": "iso8859-5",
    "8859/6": "iso8859-6",
    "8859/7": "iso8859-7",
    "8859/8": "iso8859-8",
    "8859/9": "iso8859-9",
    "8859/15": "iso8859-15",
    "ISO IR14": "iso2022_jp",
    "ISO IR87": "iso2022_jp",
    "ISO IR159": "iso2022_jp_1",
    "ISO IR6": "ascii",
    "GB 18030-2000": "gb18030",
    "BIG-5": "big5",
    "CNS 11643-1992": "big5",
    "KS X 1001": "euc_kr",
    "UNICODE": "utf-8",
    "UNICODE UTF-8": "utf-8",
    "UNICODE UTF-16": "utf-16",
}
#: Python looks up more than character sets (idna, unicode_escape, hex ...).
_CHARACTER_SET = re.compile(
    r"ascii|utf-(?:8|8-sig|16|16-le|16-be)|iso8859-\d+|cp\d+|koi8-[rtu]|mac-\w+|hp-roman8|tis-620|"
    r"gb(?:k|2312|18030)|big5(?:hkscs)?|euc_\w+|shift_jis\w*|johab|iso2022_\w+|ptcp154"
)
_EAST_ASIAN = frozenset({"gb18030", "big5", "euc_kr", "cp949", "shift_jis", "euc_jp", "gbk"})
_ESCAPED = frozenset({"iso2022_jp", "iso2022_jp_1", "iso2022_jp_2", "iso2022_kr"})


def wide_codec(head: bytes) -> tuple[str, int] | None:
    """(codec, length of the byte order mark) of a UTF-16 file, else None. Without a mark
    the zero bytes of its first ASCII characters tell."""
    for bom, codec in _BOMS:
        if head.startswith(bom):
            return codec, len(bom)
    start = head[:8]
    if len(start) == 8:
        odd_zero = start[1::2] == b"\0\0\0\0"
        even_zero = start[0::2] == b"\0\0\0\0"
        if odd_zero and b"\0" not in start[0::2]:
            return "utf-16-le", 0
        if even_zero and b"\0" not in start[1::2]:
            return "utf-16-be", 0
    return None


def decode_head(head: bytes) -> tuple[str, str]:
    """The text of a file's first bytes, read leniently, and the codec that was used."""
    wide = wide_codec(head)
    if wide is not None:
        codec, skip = wide
        return head[skip:].decode(codec, "replace"), codec
    body = head.removeprefix(codecs.BOM_UTF8)
    try:
        return codecs.getincrementaldecoder("utf-8")().decode(body), "utf-8"
    except UnicodeDecodeError:
        return body.decode("latin-1"), "latin-1"


def python_codec(declared: str) -> str | None:
    """The Python codec of an MSH-18 value (table 0211 or a common spelling), or None."""
    name = declared.strip().upper()
    if not name:
        return None
    known = _TABLE_0211.get(name) or _TABLE_0211.get(name.removeprefix("ISO").strip(" -_"))
    if known:
        return known
    try:
        codec = codecs.lookup(name.removeprefix("UNICODE ").strip()).name
    except (LookupError, ValueError):
        return None
    if codec == "iso8859-1":
        return "latin-1"
    return codec if _CHARACTER_SET.fullmatch(codec) else None


def charset_of(raw: bytes, declared: str | None = None) -> tuple[str | None, str | None]:
    """(text, codec) as of ``decode``, (None, None) where there is none. The text is left out for
    utf-8: then the bytes are the text."""
    if raw.isascii() and not (declared in _ESCAPED and b"\x1b" in raw):
        return None, "utf-8"
    found = decode(raw, declared)
    return found if found is not None else (None, None)


def decode(raw: bytes, declared: str | None = None) -> tuple[str, str] | None:
    """(text, codec) such that ``text.encode(codec) == raw``; None where no codec round-trips.

    Valid UTF-8 beyond ASCII is hardly ever an accident, so it wins over a declared single-byte
    set. A declared ISO-8859-1 with bytes 0x80-0x9F is windows-1252 (no one sends C1 controls).
    """
    if raw.isascii() and not (declared in _ESCAPED and b"\x1b" in raw):
        return raw.decode("ascii"), "utf-8"
    candidates: list[str] = []
    if declared in _EAST_ASIAN or declared in _ESCAPED:
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError:
            pass
        else:
            # East Asian text in UTF-8 is of three-byte characters.
            if any(ch >= "ࠀ" for ch in text):
                return text, "utf-8"
        candidates.append(declared)
    candidates.append("utf-8")
    # UTF-16 is a property of a file (its zero bytes), never of a message among ASCII delimiters
    if declared and declared not in ("ascii", "utf-8", "latin-1") and declared[:6] != "utf-16":
        candidates.append(declared)
    if declared != "latin-1" or any(0x80 <= byte <= 0x9F for byte in raw):
        candidates.append("cp1252")
    candidates.append("latin-1")
    for codec in candidates:
        try:
            text = raw.decode(codec)
            if codec in ("utf-8", "latin-1") or text.encode(codec) == raw:
                return text, codec
        except (UnicodeError, LookupError):
            continue
    return None


class Utf8View:
    """A UTF-16 stream read as UTF-8 bytes (lone surrogates pass through).

    ``leftover`` holds final bytes that are no whole code unit, once the stream has ended.
    """

    def __init__(self, stream: Reader, codec: str) -> None:
        self._stream = stream
        self._codec = codec
        self._pending = b""
        self.leftover = b""

    def read(self, size: int = -1) -> bytes:
        while True:
            chunk = self._stream.read(size)
            data = self._pending + chunk
            if not chunk:
                cut = len(data) - len(data) % 2
                self.leftover, self._pending = self.leftover + data[cut:], b""
                data = data[:cut]
                return data.decode(self._codec, "surrogatepass").encode("utf-8", "surrogatepass")
            cut = len(data) - len(data) % 2
            if cut >= 2:
                high = data[cut - 1] if self._codec.endswith("le") else data[cut - 2]
                if 0xD8 <= high <= 0xDB:
                    cut -= 2
            self._pending, data = data[cut:], data[:cut]
            if data:
                return data.decode(self._codec, "surrogatepass").encode("utf-8", "surrogatepass")
