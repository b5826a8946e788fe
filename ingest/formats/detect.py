"""Which format a file is of, from its first bytes and its name.

Belongs here: signatures. Does not belong here: finding records.
"""

from __future__ import annotations

import re

from ingest.formats.charsets import decode_head

#: Bytes of a file that are enough for ``detect``.
HEAD_BYTES = 64 * 1024

_HL7 = re.compile(r"(?:^|[\r\n\x0b\x1c])[ \t]*(?:MSH|FHS|BHS)[^A-Za-z0-9\s]")
_HL7_ANYWHERE = re.compile(r"MSH([^A-Za-z0-9\s])[^A-Za-z0-9\s]{2,5}\1")
_X12 = re.compile(
    r"\s*(?:ISA[^A-Za-z0-9][\s\S]{20,}|GS[^A-Za-z0-9\s][A-Z]{2}[^A-Za-z0-9\s]|"
    r"ST[^A-Za-z0-9\s]\d{3}[^A-Za-z0-9\s])"
)
_SEGMENT_LINE = re.compile(r"(?:^|[\r\n])(?:PID|PV1|OBX|OBR|ORC|EVN|NTE|NK1|RXA|FT1|SCH)\|")
_RESOURCE_TYPE = re.compile(r'"resourceType"\s*:\s*"[A-Z]')
_BINARY_MAGIC = (
    b"%PDF",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"\x7fELF",
    b"PAR1",
    b"\xd0\xcf\x11\xe0",
    b"Rar!",
    b"7z\xbc\xaf",
    b"BZh",
    b"\xfd7zXZ",
    b"\x28\xb5\x2f\xfd",
    b"SQLite format 3\x00",
)


def looks_binary(head: bytes) -> bool:
    """True for bytes that are no text: a known signature, or many control characters."""
    if head.startswith(_BINARY_MAGIC):
        return True
    sample = head[:8192]
    if not sample:
        return False
    text, _ = decode_head(sample)
    strange = sum(1 for ch in text if (ch < " " and ch not in "\t\n\r\f\x0b\x1c\x1d\x1e\x1f"))
    strange += text.count("�")
    # Undecodable single bytes arrive here as C1 controls or as the windows-1252 gaps.
    strange += sum(1 for ch in text if "\x7f" <= ch <= "\x9f")
    return strange > max(2, len(text) // 20)


def detect(head: bytes, name: str = "") -> str:
    """One of FORMATS, by the first bytes (HEAD_BYTES are enough) and, where those leave a choice,
    by the file's name. Text with no structure is ``text``; so is what is not text at all (its
    framer says why it cannot be used)."""
    if looks_binary(head):
        # Control characters are legal X12 delimiters, so the signature goes first.
        text, _ = decode_head(head)
        return "x12" if re.match(r"\s*ISA[\s\S]{100}", text) and _plausible_isa(text) else "text"
    text, _ = decode_head(head)
    stripped = text.lstrip("﻿ \t\r\n\x0b\x0c")
    if not stripped:
        return _by_name(name) or "text"
    if _X12.match(stripped) and not stripped.startswith(("ISA,", "GS,", "ST,")):
        return "x12"
    if stripped.startswith(("MSH", "FHS", "BHS")) and _HL7.match(stripped):
        return "hl7v2"
    if stripped[0] in "{[":
        if _RESOURCE_TYPE.search(text):
            return "fhir"
        if re.match(r'(?:\{\s*(?:"|\}|$)|\[\s*(?:[\[\{"\]\d-]|$))', stripped):
            return "json"
    if _HL7.search(text) or _HL7_ANYWHERE.search(text):
        return "hl7v2"
    if _SEGMENT_LINE.match(stripped):
        return "hl7v2"
    by_name = _by_name(name)
    if by_name in ("hl7v2", "x12", "fhir", "json"):
        return by_name
    from ingest.formats.tables import sniff_delimiter

    if sniff_delimiter(text) is not None or by_name == "csv":
        return "csv"
    return "text"


def _plausible_isa(text: str) -> bool:
    body = text.lstrip("﻿ \t\r\n")
    return len(body) > 4 and body[:180].count(body[3]) >= 15


def _by_name(name: str) -> str | None:
    lowered = name.lower().removesuffix(".gz")
    suffix = lowered.rsplit(".", 1)[-1] if "." in lowered else ""
    return {
        "hl7": "hl7v2",
        "hl7v2": "hl7v2",
        "x12": "x12",
        "edi": "x12",
        "837": "x12",
        "835": "x12",
        "834": "x12",
        "csv": "csv",
        "tsv": "csv",
        "psv": "csv",
        "rif": "csv",
        "ndjson": "fhir",
        "json": "json",
        "jsonl": "json",
    }.get(suffix)
