"""RxNorm in Rich Release Format: concepts, NDCs, and the way from a product to its ingredients.

RXNCONSO: RXCUI, LAT, TS, LUI, STT, SUI, ISPREF, RXAUI, SAUI, SCUI, SDUI, SAB, TTY, CODE, STR, SRL,
SUPPRESS, CVF. RXNSAT: RXCUI, LUI, SUI, RXAUI, STYPE, CODE, ATUI, SATUI, ATN, SAB, ATV, SUPPRESS,
CVF. RXNREL: RXCUI1, RXAUI1, STYPE1, REL, RXCUI2, RXAUI2, STYPE2, RELA, RUI, SRUI, SAB, SL, DIR, RG,
SUPPRESS, CVF, where RELA is what the second is to the first (RxNorm Technical Documentation, 12).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ingest.terminology.errors import TerminologyError
from ingest.terminology.packages import Member, Package, rejected_text, split_lines, text_of
from ingest.terminology.tables import ReleaseWriter

__all__ = ["read", "recognise"]

SYSTEM = "http://www.nlm.nih.gov/research/umls/rxnorm"
#: One atom of each concept carries its name; the others are its synonyms.
_SYNONYMS = frozenset({"SY", "TMSY", "PSN", "ET"})
#: What leads from a product to what is in it.
_TOWARDS_INGREDIENT = frozenset(
    {
        "consists_of", "contains", "has_ingredient", "has_ingredients", "has_part",
        "has_precise_ingredient", "quantified_form_of", "tradename_of",
    }
)  # fmt: skip


def recognise(package: Package) -> str | None:
    """The day of the release, from the zip's name or from RXNSAB's version of RxNorm itself."""
    named = re.search(r"rxnorm_(?:full|weekly|prescribe)_(\d\d)(\d\d)(20\d\d)", package.names, re.I)
    if named:
        return f"{named[3]}-{named[1]}-{named[2]}"
    sources = package.find(r"rxnsab\.rrf$", avoid="prescribe")
    for _, line in split_lines(sources) if sources else ():
        told = re.search(rb"\|RXNORM_\d\d[A-Z]{2}_(\d\d)(\d\d)(\d\d)F?\|", line)
        if told:
            year, month, day = (part.decode() for part in told.groups())
            return f"20{year}-{month}-{day}"
    return None


def read(package: Package, out: ReleaseWriter) -> None:
    """Concepts of RxNorm's own, NDCs of every source, ingredients of every drug."""
    concepts = package.find(r"rxnconso\.rrf(\.gz)?$", avoid="prescribe")
    if concepts is None:
        raise TerminologyError(f"{package.path.name} holds no RXNCONSO.RRF.")
    kinds: dict[str, str] = {}
    for number, line, cells in _rows(concepts, out, 18, b"|RXNORM|"):
        rxcui, kind = cells[0], cells[12]
        if cells[11] != "RXNORM" or kind in _SYNONYMS:
            continue
        if not rxcui.isdigit():
            out.reject(concepts.name, number, "not-a-code", "RXCUI is no number.", line)
        elif rxcui not in kinds:
            kinds[rxcui] = kind
            out.concept(
                SYSTEM,
                rxcui,
                cells[14] or None,
                concept_class=kind,
                is_active=cells[16] in {"N", ""},
            )
    attributes = package.find(r"rxnsat\.rrf(\.gz)?$", avoid="prescribe")
    for _, _, cells in _rows(attributes, out, 13, b"|NDC|") if attributes else ():
        if cells[8] == "NDC" and cells[10]:
            out.add("ndcs", cells[10], cells[0], cells[9], cells[11] in {"N", ""})
    relations = package.find(r"rxnrel\.rrf(\.gz)?$", avoid="prescribe")
    steps: list[tuple[str, str, str]] = []
    for _, _, cells in _rows(relations, out, 16, b"|RXNORM|") if relations else ():
        subject, relation, target = cells[4], cells[7], cells[0]
        if relation in _TOWARDS_INGREDIENT and subject in kinds and target in kinds:
            out.add("relations", SYSTEM, subject, relation, target)
            steps.append((subject, relation, target))
    _ingredients(kinds, steps, out)


def _ingredients(
    kinds: dict[str, str], steps: list[tuple[str, str, str]], out: ReleaseWriter
) -> None:
    """Each drug's ingredient: the one it has, or the concept of several together (MIN)."""
    onward: dict[str, list[str]] = {}
    several: dict[str, str] = {}
    for subject, relation, target in steps:
        if kinds[target] == "MIN":
            several.setdefault(subject, target)
        elif relation not in {"has_precise_ingredient", "has_part"}:
            onward.setdefault(subject, []).append(target)

    def reached(code: str) -> tuple[set[str], set[str]]:
        """(single ingredients, concepts of several) at the end of all ways; cycles end."""
        singles: set[str] = set()
        together: set[str] = set()
        todo, seen = [code], {code}
        while todo:
            one = todo.pop()
            if one in several:
                together.add(several[one])
            for target in onward.get(one, ()):
                if kinds[target] == "IN":
                    singles.add(target)
                elif target not in seen:
                    seen.add(target)
                    todo.append(target)
        return singles, together

    for code, kind in kinds.items():
        if kind in {"IN", "MIN"}:
            out.add("ingredients", code, code)
            continue
        singles, together = reached(code)
        if len(together) == 1:
            out.add("ingredients", code, together.pop())
        else:
            for single in sorted(singles):
                out.add("ingredients", code, single)


def _rows(
    member: Member, out: ReleaseWriter, width: int, wanted: bytes
) -> Iterator[tuple[int, bytes, list[str]]]:
    """The rows that hold `wanted`; every row is counted for its fields."""
    for number, line in split_lines(member):
        if line.count(b"|") != width:
            out.reject(
                member.name,
                number,
                "ragged-row",
                f"{line.count(b'|')} fields, each ended by a bar, where {width} belong.",
                line,
            )
        elif wanted in line:
            text = text_of(line)
            if text is None:
                rejected_text(out, member, number, line)
            else:
                yield number, line, text.split("|")
