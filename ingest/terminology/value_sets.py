"""FHIR ValueSets → Parquet, one row per code, one row per release.

Belongs here: expansions in pages, ``compose`` with value sets in value sets, what is missing of
them. Does not belong here: an expansion by filters, which wants a terminology server; such a value
set is told as incomplete, never counted as empty.
Source: FHIR R4 ValueSet (4.9), ``$expand`` paging (4.9.4).
"""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from ingest.home import Home
from ingest.terminology.errors import TerminologyError

__all__ = ["LoadReport", "ensure_tables", "load_value_sets"]

_OID = re.compile(r"(?<![\d.])[0-2](?:\.(?:0|[1-9]\d*)){3,}(?![\d.])")
CODES = pa.schema(
    [
        pa.field("oid", pa.string(), nullable=False),
        pa.field("url", pa.string()),
        pa.field("version", pa.string(), nullable=False),
        pa.field("system", pa.string()),
        pa.field("code", pa.string(), nullable=False),
        pa.field("display", pa.string()),
    ]
)
RELEASES = pa.schema(
    [
        pa.field("oid", pa.string(), nullable=False),
        pa.field("url", pa.string()),
        pa.field("version", pa.string(), nullable=False),
        pa.field("title", pa.string()),
        pa.field("status", pa.string()),
        pa.field("expanded_at", pa.string()),
        pa.field("code_count", pa.int64(), nullable=False),
        pa.field("is_complete", pa.bool_(), nullable=False),
        pa.field("is_current", pa.bool_(), nullable=False),
        pa.field("problem", pa.string()),
    ]
)
_Code = tuple[str | None, str]


@dataclass(slots=True)
class LoadReport:
    """What a load brought, and what the tables hold now."""

    value_sets: int = 0  #: read from the files, pages of one counted once
    releases: int = 0  #: in the tables now
    codes: int = 0
    incomplete: list[tuple[str, str, str]] = field(default_factory=list)  #: oid, version, problem


def load_value_sets(home: Home, paths: list[Path]) -> LoadReport:
    """Load FHIR ValueSets (JSON, NDJSON, Bundles, folders; ``.gz`` too) and write the tables.

    The same release again replaces what was loaded of it; a further page joins it.

    Raises:
        TerminologyError: a file cannot be read as FHIR JSON, or holds no ValueSet.
    """
    folder = _folder(home)
    folder.mkdir(parents=True, exist_ok=True)
    touched: set[str] = set()
    for path in _files(paths):
        found = 0
        for resource in _value_sets(path):
            found += 1
            key = _key(resource)
            _keep(folder / f"{key}.json", resource, fresh=key not in touched)
            touched.add(key)
        if not found:
            raise TerminologyError(f"{path} holds no FHIR ValueSet; give ValueSet JSON or NDJSON.")
    report = _write_tables(home)
    report.value_sets = len(touched)
    return report


def ensure_tables(home: Home) -> None:
    """Empty tables where nothing was loaded yet, so that dbt can read them."""
    if not (_tables(home) / "codes.parquet").is_file():
        _write_tables(home)


def _tables(home: Home) -> Path:
    return home.terminology / "value_sets"


def _folder(home: Home) -> Path:
    return _tables(home) / "loaded"


def _files(paths: list[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(
                file
                for file in path.rglob("*")
                if re.search(r"\.(json|ndjson)(\.gz)?$", file.name, re.IGNORECASE)
            )
        elif path.is_file():
            yield path
        else:
            raise TerminologyError(f"{path} does not exist.")


def _value_sets(path: Path) -> Iterator[dict[str, Any]]:
    content = path.read_bytes()
    if content[:2] == b"\x1f\x8b":
        content = gzip.decompress(content)
    content = content.removeprefix(b"\xef\xbb\xbf")
    try:
        documents = [orjson.loads(content)]
    except orjson.JSONDecodeError:
        documents = []
        for number, line in enumerate(content.splitlines(), start=1):
            if not line.strip():
                continue
            try:
                documents.append(orjson.loads(line))
            except orjson.JSONDecodeError as error:
                raise TerminologyError(f"{path}, line {number}: not valid JSON.") from error
    for document in documents:
        yield from _of(document)


def _of(document: Any) -> Iterator[dict[str, Any]]:
    if isinstance(document, list):
        for one in document:
            yield from _of(one)
    elif isinstance(document, dict):
        if document.get("resourceType") == "ValueSet":
            yield document
        elif document.get("resourceType") == "Bundle":
            for entry in document.get("entry") or []:
                yield from _of(entry.get("resource"))


def _oid(resource: dict[str, Any]) -> str:
    """The OID that a value set is known by; without one its canonical URL or id."""
    identifiers = [str(one.get("value", "")) for one in resource.get("identifier") or []]
    for text in (str(resource.get("id", "")), str(resource.get("url", "")), *identifiers):
        found = _OID.search(text)
        if found:
            return found[0]
    named = resource.get("url") or resource.get("id")
    if not named:
        raise TerminologyError("A ValueSet has neither id nor url; give it one.")
    return str(named)


def _version(resource: dict[str, Any]) -> str:
    return str(resource.get("version") or resource.get("expansion", {}).get("timestamp") or "")


def _key(resource: dict[str, Any]) -> str:
    name = f"{_oid(resource)}__{_version(resource)}"
    safe = re.sub(r"[^A-Za-z0-9._-]+", "-", name)[:100]
    return f"{safe}.{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def _offset(resource: dict[str, Any]) -> int:
    expansion = resource.get("expansion") or {}
    for parameter in expansion.get("parameter") or []:
        if parameter.get("name") == "offset" and isinstance(parameter.get("valueInteger"), int):
            return int(parameter["valueInteger"])
    return int(expansion.get("offset") or 0)


def _keep(file: Path, resource: dict[str, Any], *, fresh: bool) -> None:
    """Write a release, its expansion's pages by offset; the first page starts it anew."""
    offset = _offset(resource)
    pages: dict[str, Any] = {}
    if file.is_file() and not (fresh and offset == 0):
        pages = orjson.loads(file.read_bytes())["pages"]
    if resource.get("expansion"):
        pages[str(offset)] = resource["expansion"]
    header = {name: resource.get(name) for name in ("url", "title", "name", "status", "compose")}
    kept = {"oid": _oid(resource), "version": _version(resource), **header, "pages": pages}
    making = file.with_name(f".{file.name}.making")
    making.write_bytes(orjson.dumps(kept))
    making.replace(file)


class _Expander:
    """The codes of a release: its expansion, else its ``compose``, nested value sets included."""

    def __init__(self, releases: list[dict[str, Any]]) -> None:
        self.by_name: dict[str, dict[str, Any]] = {}
        for release in sorted(releases, key=lambda one: one["version"]):
            for name in (release["oid"], release.get("url")):
                if name:
                    self.by_name[name] = release
                    self.by_name[f"{name}|{release['version']}"] = release

    def expand(
        self, release: dict[str, Any], within: tuple[str, ...] = ()
    ) -> tuple[dict[_Code, str | None], list[str]]:
        """(display by system and code, what is missing)."""
        name = f"{release['oid']}|{release['version']}"
        if name in within:
            return {}, [f"value set {release['oid']} includes itself"]
        if release["pages"]:
            return self._pages(release)
        compose = release.get("compose") or {}
        problems: list[str] = []
        codes: dict[_Code, str | None] = {}
        if not compose.get("include"):
            problems.append("neither an expansion nor a definition by codes")
        for include in compose.get("include") or []:
            codes |= self._include(include, (*within, name), problems)
        for exclude in compose.get("exclude") or []:
            for code in self._include(exclude, (*within, name), problems):
                codes.pop(code, None)
        return codes, problems

    def _pages(self, release: dict[str, Any]) -> tuple[dict[_Code, str | None], list[str]]:
        codes: dict[_Code, str | None] = {}
        stated = 0
        listed = 0
        for _, page in sorted(release["pages"].items(), key=lambda item: int(item[0])):
            stated = max(stated, int(page.get("total") or 0))
            for entry in _flat(page.get("contains") or []):
                listed += 1
                if entry.get("code") and not entry.get("abstract"):
                    codes[(entry.get("system"), str(entry["code"]))] = entry.get("display")
        missing = [f"{listed:,} of {stated:,} codes: pages are missing"] if listed < stated else []
        return codes, missing

    def _include(
        self, include: dict[str, Any], within: tuple[str, ...], problems: list[str]
    ) -> dict[_Code, str | None]:
        """One include or exclude: its parts narrow each other (R4 4.9.7)."""
        parts: list[dict[_Code, str | None]] = []
        system = include.get("system")
        if include.get("concept"):
            parts.append(
                {(system, str(one["code"])): one.get("display") for one in include["concept"]}
            )
        elif include.get("filter") or (system and not include.get("valueSet")):
            problems.append(f"codes of {system} by a rule: load its expansion")
            return {}
        for reference in include.get("valueSet") or []:
            nested = self.by_name.get(reference) or self._by_oid(reference)
            if nested is None:
                problems.append(f"value set {reference} is not loaded")
                continue
            codes, missing = self.expand(nested, within)
            problems += missing
            parts.append({code: text for code, text in codes.items() if system in (None, code[0])})
        if not parts:
            return {}
        shared = set(parts[0]).intersection(*parts[1:])
        return {code: text for code, text in parts[0].items() if code in shared}

    def _by_oid(self, reference: str) -> dict[str, Any] | None:
        found = _OID.search(reference)
        if not found:
            return None
        _, _, version = reference.partition("|")
        return self.by_name.get(f"{found[0]}|{version}" if version else found[0])


def _flat(contains: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for entry in contains:
        yield entry
        yield from _flat(entry.get("contains") or [])


def _write_tables(home: Home) -> LoadReport:
    """Write both tables anew from every release that is kept."""
    folder = _folder(home)
    folder.mkdir(parents=True, exist_ok=True)
    releases = [orjson.loads(file.read_bytes()) for file in sorted(folder.glob("*.json"))]
    expander = _Expander(releases)
    newest = {
        release["oid"]: release["version"]
        for release in sorted(releases, key=lambda one: one["version"])
    }
    report = LoadReport(releases=len(releases))
    codes: list[dict[str, Any]] = []
    headers: list[dict[str, Any]] = []
    for release in releases:
        expanded, problems = expander.expand(release)
        known = {"oid": release["oid"], "url": release["url"], "version": release["version"]}
        for (system, code), display in expanded.items():
            codes.append({**known, "system": system, "code": code, "display": display})
        problem = "; ".join(dict.fromkeys(problems)) or None
        if problem:
            report.incomplete.append((release["oid"], release["version"], problem))
        dates = [page.get("timestamp") for page in release["pages"].values()]
        headers.append(
            {
                **known,
                "title": release["title"] or release["name"],
                "status": release["status"],
                "expanded_at": max((date for date in dates if date), default=None),
                "code_count": len(expanded),
                "is_complete": problem is None,
                "is_current": newest[release["oid"]] == release["version"],
                "problem": problem,
            }
        )
    report.codes = len(codes)
    for name, rows, schema in (
        ("codes", codes, CODES),
        ("releases", headers, RELEASES),
    ):
        target = _tables(home) / f"{name}.parquet"
        making = target.with_name(f".{target.name}.making")
        pq.write_table(pa.Table.from_pylist(rows, schema=schema), making, compression="zstd")
        making.replace(target)
    return report
