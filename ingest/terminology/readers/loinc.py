"""LOINC: Loinc.csv of the release; its hierarchy, its answers and what replaces what, if there.

Columns are found by their names in the header, which LOINC keeps over releases while their places
change. Licence: loinc.org/license; nothing of LOINC's text is part of this project.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator

from ingest.terminology.errors import TerminologyError
from ingest.terminology.packages import Member, Package, rejected_text, split_lines, text_of
from ingest.terminology.tables import ReleaseWriter

__all__ = ["read", "recognise"]

SYSTEM = "http://loinc.org"
_CODE = re.compile(r"^(?:LP|LA)?[0-9]+-[0-9]$")


def recognise(package: Package) -> str | None:
    """The release in the zip's name, else the newest release that changed a term."""
    named = re.search(r"loinc[_-]?v?(\d\.\d+)", package.names, re.IGNORECASE)
    if named:
        return named[1]
    versions = {row.get("VersionLastChanged", "") for _, _, row in _rows(_member(package), None)}
    numbered = [one for one in versions if re.match(r"^\d+\.\d+$", one)]
    return max(numbered, key=lambda one: [int(part) for part in one.split(".")], default=None)


def _member(package: Package) -> Member:
    member = package.find(r"(^|/)loinc\.csv(\.gz)?$") or (
        package.members[0] if len(package.members) == 1 else None
    )
    if member is None:
        raise TerminologyError(f"{package.path.name} holds no Loinc.csv.")
    return member


def read(package: Package, out: ReleaseWriter) -> None:
    """Terms, answers (`LA…`), parents of the hierarchy, successors of deprecated terms."""
    terms = _member(package)
    seen: set[str] = set()
    for number, raw, row in _rows(terms, out):
        code = row.get("LOINC_NUM", "")
        if not _CODE.match(code):
            out.reject(terms.name, number, "not-a-code", "LOINC_NUM is no LOINC code.", raw)
        elif code in seen:
            out.reject(terms.name, number, "code-twice", "The code was there before.", raw)
        else:
            seen.add(code)
            out.concept(
                SYSTEM,
                code,
                row.get("LONG_COMMON_NAME") or row.get("SHORTNAME") or row.get("COMPONENT") or None,
                concept_class=row.get("CLASS") or None,
                is_active=row.get("STATUS", "ACTIVE").upper() in {"ACTIVE", "TRIAL"},
            )
    answers = package.find(r"(^|/)answerlist\.csv$")
    for _, _, row in _rows(answers, out) if answers else ():
        code = row.get("AnswerStringId", "")
        if _CODE.match(code) and code not in seen:
            seen.add(code)
            out.concept(SYSTEM, code, row.get("DisplayText") or None, concept_class="answer")
    replaced = package.find(r"(^|/)mapto\.csv$")
    for _, _, row in _rows(replaced, out) if replaced else ():
        if row.get("LOINC") in seen and row.get("MAP_TO"):
            out.add("relations", SYSTEM, row["LOINC"], "replaced-by", row["MAP_TO"])
    hierarchy = package.find(r"(^|/)(componenthierarchybysystem|multi-?axial_?hierarchy)\.csv$")
    for _, _, row in _rows(hierarchy, out) if hierarchy else ():
        code, parent = row.get("CODE", ""), row.get("IMMEDIATE_PARENT", "")
        if not code:
            continue
        if code not in seen:
            seen.add(code)
            out.concept(
                SYSTEM,
                code,
                row.get("CODE_TEXT") or None,
                concept_class="part",
                is_selectable=False,
            )
        if parent:
            out.add("relations", SYSTEM, code, "parent", parent)


def _rows(member: Member, out: ReleaseWriter | None) -> Iterator[tuple[int, bytes, dict[str, str]]]:
    def lines() -> Iterator[str]:
        for number, line in split_lines(member):
            text = text_of(line)
            if text is not None:
                yield text + "\n"
            elif out is not None:
                rejected_text(out, member, number, line)

    reader = csv.reader(lines())
    header: list[str] = []
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error:
            if out is not None:
                out.reject(member.name, reader.line_num, "not-csv", "Not readable as CSV.", b"")
            continue
        if not header:
            header = row
        elif len(row) == len(header):
            yield reader.line_num, "\t".join(row).encode(), dict(zip(header, row, strict=True))
        elif out is not None:
            out.reject(
                member.name,
                reader.line_num,
                "ragged-row",
                f"{len(row)} fields where the header has {len(header)}.",
                "\t".join(row).encode(),
            )
