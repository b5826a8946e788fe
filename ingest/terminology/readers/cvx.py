"""CVX, the vaccines of the US immunization registries, as CDC publishes them.

cvx.txt: code, short description, full name, note, status, (an internal number in older files,)
whether it is no vaccine, date of its last change; bars between them.
"""

from __future__ import annotations

import re

from ingest.terminology.errors import TerminologyError
from ingest.terminology.packages import Member, Package, rejected_text, split_lines, text_of
from ingest.terminology.tables import ReleaseWriter

__all__ = ["read", "recognise"]

SYSTEM = "http://hl7.org/fhir/sid/cvx"
_CHANGED = re.compile(r"^(\d{4})[/-](\d{1,2})[/-](\d{1,2})|^(\d{1,2})/(\d{1,2})/(\d{4})")


def recognise(package: Package) -> str | None:
    """The day of the newest change in the list: it has no number of its own."""
    newest = ""
    for _, line in split_lines(_member(package)):
        found = _CHANGED.match((text_of(line) or "").rstrip("| ").rsplit("|", 1)[-1].strip())
        if found:
            year, month, day = (
                (found[1], found[2], found[3]) if found[1] else (found[6], found[4], found[5])
            )
            newest = max(newest, f"{year}-{int(month):02}-{int(day):02}")
    return newest or None


def _member(package: Package) -> Member:
    member = package.find(r"cvx[^/]*\.txt$") or (
        package.members[0] if len(package.members) == 1 else None
    )
    if member is None:
        raise TerminologyError(f"{package.path.name} holds no cvx.txt.")
    return member


def read(package: Package, out: ReleaseWriter) -> None:
    """Every code, those no longer given too: registries hold the past."""
    member = _member(package)
    seen: set[str] = set()
    for number, line in split_lines(member):
        text = text_of(line)
        if text is None:
            rejected_text(out, member, number, line)
            continue
        cells = [cell.strip() for cell in text.split("|")]
        if number == 1 and cells[0].lower().startswith("cvx"):
            continue
        if len(cells) < 6:
            out.reject(
                member.name,
                number,
                "ragged-row",
                f"{len(cells)} fields where six or more belong.",
                line,
            )
        elif not re.match(r"^\d{1,3}$", cells[0]):
            out.reject(member.name, number, "not-a-code", "No CVX code in the first field.", line)
        elif cells[0].zfill(2) in seen:
            out.reject(member.name, number, "code-twice", "The code was there before.", line)
        else:
            seen.add(cells[0].zfill(2))
            no_vaccine = "true" in {cell.lower() for cell in cells[5:]}
            out.concept(
                SYSTEM,
                cells[0].zfill(2),
                cells[1] or cells[2] or None,
                concept_class="not a vaccine" if no_vaccine else "vaccine",
                is_active=cells[4].lower() == "active",
            )
