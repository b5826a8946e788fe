"""FHIR R4 ConceptMap: what one code system's codes mean in another (R4 4.10).

A target without a code, or `unmatched`, is a decision too and is kept; `dependsOn` makes a mapping
hold only in a context that a row of silver does not tell, so it is kept and marked.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from typing import Any

import orjson

from ingest.terminology.errors import TerminologyError
from ingest.terminology.packages import Package
from ingest.terminology.tables import ReleaseWriter

__all__ = ["family", "read", "recognise"]

#: R4 ConceptMapEquivalence; R5's relationship codes beside them.
_EQUIVALENCE = {
    "relatedto", "equivalent", "equal", "wider", "subsumes", "narrower", "specializes", "inexact",
    "unmatched", "disjoint",
}  # fmt: skip
_R5 = {
    "related-to": "relatedto",
    "source-is-narrower-than-target": "wider",
    "source-is-broader-than-target": "narrower",
    "not-related-to": "disjoint",
}


def recognise(package: Package) -> str | None:
    """The map's version, else its date."""
    concept_map = _concept_map(package)
    return str(concept_map.get("version") or concept_map.get("date") or "")[:40] or None


def family(package: Package) -> str:
    """Releases of one map follow each other by its URL."""
    concept_map = _concept_map(package)
    named = concept_map.get("url") or concept_map.get("id") or concept_map.get("name")
    if not named:
        raise TerminologyError(f"The ConceptMap of {package.path.name} has neither url nor id.")
    return f"conceptmap:{named}"


def _concept_map(package: Package) -> dict[str, Any]:
    found = [one for member in package.members for one in _of(_json(package, member.name, member))]
    if len(found) != 1:
        raise TerminologyError(
            f"{package.path.name} holds {len(found)} ConceptMaps; give files of one each."
        )
    return found[0]


def _json(package: Package, name: str, member: Any) -> Any:
    with member.open() as stream:
        content = stream.read().removeprefix(b"\xef\xbb\xbf")
    if content[:2] == b"\x1f\x8b":
        content = gzip.decompress(content)
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise TerminologyError(f"{name} is not valid JSON.") from error


def _of(document: Any) -> Iterator[dict[str, Any]]:
    if isinstance(document, dict):
        if document.get("resourceType") == "ConceptMap":
            yield document
        elif document.get("resourceType") == "Bundle":
            for entry in document.get("entry") or []:
                yield from _of(entry.get("resource"))


def read(package: Package, out: ReleaseWriter) -> None:
    """One row per element and target."""
    name = package.path.name
    number = 0
    for group in _concept_map(package).get("group") or []:
        source, target_system = group.get("source"), group.get("target")
        for element in group.get("element") or []:
            code = element.get("code")
            for priority, target in enumerate(element.get("target") or [{}], start=1):
                number += 1
                told = target.get("equivalence") or target.get("relationship")
                equivalence = _R5.get(told, told) or "unmatched"
                if not code or equivalence not in _EQUIVALENCE:
                    out.reject(
                        name,
                        number,
                        "not-in-layout",
                        "An element without a code, or an equivalence that R4 does not have.",
                        orjson.dumps(element),
                    )
                    continue
                out.add(
                    "maps",
                    source,
                    str(code),
                    target_system,
                    target.get("code"),
                    target.get("display"),
                    equivalence,
                    "depends on other elements" if target.get("dependsOn") else None,
                    1,
                    priority,
                )
