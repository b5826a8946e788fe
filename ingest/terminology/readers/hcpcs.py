"""HCPCS Level II as CMS publishes it every quarter: fixed width, or the same as a workbook or CSV.

Record layout (CMS `HCPCYYYY_recordlayout.txt`, 320 columns): 1-5 code (a modifier stands in 4-5),
6-10 sequence number, 11 record (3 a code, 4 its further lines, 7 a modifier, 8 its further lines),
12-91 long description, 92-119 short description, 285-292 date of termination.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator

import openpyxl

from ingest.terminology.errors import TerminologyError
from ingest.terminology.packages import Member, Package, rejected_text, split_lines, text_of
from ingest.terminology.tables import ReleaseWriter

__all__ = ["read", "recognise"]

SYSTEM = "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"
_CODE = re.compile(r"^(?:[A-V][0-9]{4}|[A-Z0-9]{2})$")
_MONTHS = {"JAN": "01", "APR": "04", "JUL": "07", "OCT": "10"}
#: (line, code, record, long, short, terminated)
_Record = tuple[int, bytes, str, str, str, str, str]


def recognise(package: Package) -> str | None:
    """Year and month of the quarter: `2026-04`."""
    found = re.search(r"HCPC(20\d\d)[_ ]?([A-Z]{3})", package.names, re.IGNORECASE)
    if found and found[2].upper() in _MONTHS:
        return f"{found[1]}-{_MONTHS[found[2].upper()]}"
    found = re.search(r"(january|april|july|october)-(20\d\d)", package.names, re.IGNORECASE)
    return f"{found[2]}-{_MONTHS[found[1][:3].upper()]}" if found else None


def read(package: Package, out: ReleaseWriter) -> None:
    """Codes and modifiers, long descriptions joined from their lines.

    A code with a date of termination is in the file because it ended: it is inactive.
    """
    avoid = r"transaction|correction|noc |note|layout"
    member = (
        package.find(r"anweb[^/]*\.txt$", avoid=avoid)
        or package.find(r"anweb[^/]*\.csv$", avoid=avoid)
        or package.find(r"anweb[^/]*\.xlsx$", avoid=avoid)
        or (package.members[0] if len(package.members) == 1 else None)
    )
    if member is None:
        raise TerminologyError(f"{package.path.name} holds no ANWEB file.")
    if member.name.lower().endswith(".xlsx"):
        records = _of_rows(member, _workbook(member))
    elif member.name.lower().endswith(".csv"):
        records = _of_rows(member, _csv(member, out))
    else:
        records = _of_text(member, out)
    code, parts, short, ended, record = "", [], "", "", ""
    seen: set[str] = set()
    for number, raw, this, kind, long, brief, terminated in records:
        if kind in {"4", "8"} and this == code:
            parts.append(long)
            continue
        if kind not in {"3", "7"}:
            out.reject(
                member.name,
                number,
                "not-in-layout",
                "No first line of a code or modifier, nor a further line of the one before.",
                raw,
            )
            continue
        if not _CODE.match(this):
            out.reject(
                member.name, number, "not-a-code", "No HCPCS Level II code or modifier.", raw
            )
            continue
        if this in seen:
            out.reject(member.name, number, "code-twice", "The code was there before.", raw)
            continue
        _write(out, code, parts, short, ended, record)
        seen.add(this)
        code, parts, short, ended, record = this, [long], brief, terminated, kind
    _write(out, code, parts, short, ended, record)


def _write(
    out: ReleaseWriter, code: str, parts: list[str], short: str, ended: str, record: str
) -> None:
    if code:
        out.concept(
            SYSTEM,
            code,
            " ".join(part for part in parts if part) or short or None,
            concept_class="modifier" if record == "7" else "code",
            is_active=not ended.strip("0 "),
            is_selectable=record == "3",
        )


def _of_text(member: Member, out: ReleaseWriter) -> Iterator[_Record]:
    for number, line in split_lines(member):
        text = text_of(line)
        if text is None:
            rejected_text(out, member, number, line)
            continue
        yield (
            number,
            line,
            text[:5].strip(),
            text[10:11],
            text[11:91].strip(),
            text[91:119].strip(),
            text[284:292].strip(),
        )


def _workbook(member: Member) -> Iterator[tuple[int, list[str]]]:
    with member.open() as stream:
        book = openpyxl.load_workbook(stream, read_only=True, data_only=True)
        for number, row in enumerate(book.worksheets[0].iter_rows(values_only=True), start=1):
            yield number, ["" if cell is None else str(cell).strip() for cell in row]


def _csv(member: Member, out: ReleaseWriter) -> Iterator[tuple[int, list[str]]]:
    for number, line in split_lines(member):
        text = text_of(line)
        if text is None:
            rejected_text(out, member, number, line)
            continue
        yield number, [cell.strip() for cell in next(csv.reader([text]))]


def _of_rows(member: Member, rows: Iterator[tuple[int, list[str]]]) -> Iterator[_Record]:
    """Rows under the header that begins with HCPC; titles above it are passed over."""
    header: dict[str, int] = {}
    for number, row in rows:
        if not header:
            names = [re.sub(r"[^a-z]+", " ", cell.lower()).strip() for cell in row]
            if any(one.startswith("hcpc") for one in names) and any(
                one.startswith("long") for one in names
            ):
                header = {name: place for place, name in reversed(list(enumerate(names)))}
            continue

        code = _cell(header, row, "hcpc")
        if not any(row):
            continue
        kind = _cell(header, row, "recid", "record") or ("7" if len(code) == 2 else "3")
        yield (
            number,
            "\t".join(row).encode(),
            code,
            kind,
            _cell(header, row, "long"),
            _cell(header, row, "short"),
            _cell(header, row, "term").replace("-", "")[:8],
        )
    if not header:
        raise TerminologyError(f"{member.name} has no header with HCPC; give the ANWEB file.")


def _cell(header: dict[str, int], row: list[str], *names: str) -> str:
    for name, place in header.items():
        if name.startswith(names) and place < len(row):
            return row[place]
    return ""
