"""CPT as the AMA delivers it to those who hold a licence: tab-delimited text.

LONGULT.txt and the like: the copyright notice, then code, tab, description. Consolidated Code List:
a header that names its columns, one line per code. Nothing of CPT is part of this project.
"""

from __future__ import annotations

import re

from ingest.terminology.errors import TerminologyError
from ingest.terminology.packages import Member, Package, rejected_text, split_lines, text_of
from ingest.terminology.tables import ReleaseWriter

__all__ = ["read", "recognise"]

SYSTEM = "http://www.ama-assn.org/go/cpt"
_CODE = re.compile(r"^[0-9]{4}[0-9A-Z]$")


def recognise(package: Package) -> str | None:
    """The year in the name of a file, else of the copyright notice above the codes."""
    named = re.search(r"(?<!\d)(20\d\d)(?!\d)", package.names)
    if named:
        return named[1]
    member = _member(package)
    for number, line in split_lines(member):
        noticed = re.search(
            rb"(?:1966|\(c\)|copyright)\D{0,20}(?:19\d\d\D{1,3})?(20\d\d)", line, re.I
        )
        if noticed:
            return noticed[1].decode()
        if number > 60:
            break
    return None


def _member(package: Package) -> Member:
    member = (
        package.find(r"consolidated[^/]*\.txt$")
        or package.find(r"longult[^/]*\.txt$")
        or (package.members[0] if len(package.members) == 1 else None)
    )
    if member is None:
        raise TerminologyError(f"{package.path.name} holds no LONGULT or Consolidated Code List.")
    return member


def read(package: Package, out: ReleaseWriter) -> None:
    """Codes with their long description."""
    member = _member(package)
    header: dict[str, int] = {}
    begun = False
    seen: set[str] = set()
    for number, line in split_lines(member):
        text = text_of(line)
        if text is None:
            rejected_text(out, member, number, line)
            continue
        cells = [cell.strip().strip('"') for cell in text.split("\t")]
        names = [cell.lower() for cell in cells]
        if not begun and not header and "cpt code" in names and len(cells) > 2:
            header = {name: place for place, name in enumerate(names)}
            continue
        at = header.get("cpt code", 0)
        code = cells[at] if at < len(cells) else ""
        told = next((place for name, place in header.items() if name.startswith("long")), at + 1)
        display = cells[told] if told < len(cells) else ""
        if not _CODE.match(code):
            # The copyright notice stands above the first code.
            if begun or header:
                out.reject(
                    member.name, number, "not-a-code", "No CPT code where one belongs.", line
                )
            continue
        begun = True
        if not display:
            out.reject(member.name, number, "ragged-row", "The code has no description.", line)
        elif code in seen:
            out.reject(member.name, number, "code-twice", "The code was there before.", line)
        else:
            seen.add(code)
            out.concept(SYSTEM, code, display)
