"""ICD-10-CM and ICD-10-PCS: the order file, and the plain list of codes.

Order file (CMS/NCHS, `icd10OrderFiles`): columns 1-5 order number, 7-13 code, 15 `1` where the code
is valid for submission or `0` where it is a header, 17-76 short, from 78 long description.
List of codes: columns 1-7 code, then its description; every one is valid for submission.
"""

from __future__ import annotations

import re

from ingest.terminology.errors import TerminologyError
from ingest.terminology.packages import Member, Package, rejected_text, split_lines, text_of
from ingest.terminology.tables import ReleaseWriter

__all__ = ["read_cm", "read_pcs", "recognise"]

_CM = ("http://hl7.org/fhir/sid/icd-10-cm", re.compile(r"^[A-Z][0-9][0-9A-Z][0-9A-Z]{0,4}$"))
_PCS = ("http://www.cms.gov/Medicare/Coding/ICD10", re.compile(r"^[0-9A-HJ-NP-Z]{3,7}$"))


def recognise(package: Package) -> str | None:
    """The fiscal year, with `-04` for the update of April."""
    for name in (
        *(one.name for one in package.members if "icd10" in one.name.lower()),
        package.names,
    ):
        year = re.search(r"(?<!\d)(20\d\d)(?!\d)", name)
        if year:
            april = "-04" if re.search(r"april", package.names, re.IGNORECASE) else ""
            return year[1] + april
    return None


def read_cm(package: Package, out: ReleaseWriter) -> None:
    """ICD-10-CM, codes with their point (`E11.9`), each under its category."""
    _read(package, out, *_CM, stem="icd10cm", dotted=True)


def read_pcs(package: Package, out: ReleaseWriter) -> None:
    """ICD-10-PCS, seven characters without a point; headers are its tables."""
    _read(package, out, *_PCS, stem="icd10pcs", dotted=False)


def _read(
    package: Package,
    out: ReleaseWriter,
    system: str,
    shape: re.Pattern[str],
    *,
    stem: str,
    dotted: bool,
) -> None:
    order = package.find(rf"{stem}[-_]?order[^/]*\.txt$", avoid="addenda")
    codes = package.find(rf"{stem}[-_]?codes[^/]*\.txt$", avoid="addenda")
    member = order or codes
    if member is None and len(package.members) == 1:
        member = package.members[0]
        order = member if _is_order(member) else None
    if member is None:
        raise TerminologyError(f"{package.path.name} holds no {stem}-order or {stem}-codes file.")
    known: set[str] = set()
    for number, line in split_lines(member):
        text = text_of(line)
        if text is None:
            rejected_text(out, member, number, line)
            continue
        if order is not None:
            code, flag, display = text[6:13].strip(), text[14:15], text[77:].strip()
            display = display or text[16:76].strip()
            if not text[:5].strip().isdigit() or flag not in {"0", "1"}:
                out.reject(
                    member.name,
                    number,
                    "not-in-layout",
                    "Columns 1-5 are no order number, or column 15 is neither 0 nor 1.",
                    line,
                )
                continue
        else:
            code, _, display = text.partition(" ")
            flag, display = "1", display.strip()
        if not shape.match(code) or not display:
            out.reject(
                member.name,
                number,
                "not-a-code",
                "No code of this code system, or no description.",
                line,
            )
            continue
        if code in known:
            out.reject(member.name, number, "code-twice", "The code was there before.", line)
            continue
        known.add(code)
        shown = _dotted(code) if dotted else code
        out.concept(
            system,
            shown,
            display,
            concept_class="code" if flag == "1" else "header",
            is_selectable=flag == "1",
        )
        # The file is in tabular order: what a code lies under comes before it.
        parent = next(
            (code[:cut] for cut in range(len(code) - 1, 2, -1) if code[:cut] in known), None
        )
        if parent:
            out.add("relations", system, shown, "parent", _dotted(parent) if dotted else parent)


def _is_order(member: Member) -> bool:
    for _, line in split_lines(member):
        return bool(re.match(rb"\d{5} .{7} [01] ", line))
    return False


def _dotted(code: str) -> str:
    return code if len(code) <= 3 else f"{code[:3]}.{code[3:]}"
