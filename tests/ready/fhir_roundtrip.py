"""``make fhir-roundtrip``: what comes in as FHIR comes out as FHIR, element by element.

The bulk and Bundle samples and the published test cases of the measures are landed as FHIR feeds in
a home of their own, built, and exported with ``wellspring fhir export``. Each resource that came is
compared with the one that it became: order of members does not matter, ids and references are
mapped, ``meta.source`` is ours, times are instants with their precision, decimals keep theirs. A
golden record that several resources of one person, practitioner, organization or place share must
hold every element of each, but for what only one of them can be right about (gender, birth, death).

Last line: ``N of M resources come back equal``. Exit code: 0 all do, 1 not so.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shutil
import sys
from collections import ChainMap, Counter, defaultdict
from collections.abc import Iterator, MutableMapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
from rich.console import Console
from rich.table import Table

from ingest.bronze.registry import ensure_layout, write_feed_registry
from ingest.home import Home
from ingest.sources import DEFAULT_FILE, load_sources
from serving.fhir_export import export
from tests.ready.fhir_validators import references
from tests.ready.identity import REPOSITORY, run

CONSOLE = Console(highlight=False)
#: Elements of a golden record that its sources may contradict each other about.
ONE_TRUTH = {"gender", "birthDate", "deceasedBoolean", "deceasedDateTime", "id", "meta", "text"}
SUBJECT_AUTHORITATIVE = {"cases"}
GOLDEN = {"Patient", "Practitioner", "Organization", "Location"}
DECLARATION = """
  roundtrip_cases:
    title: Published test cases
    description: The published test cases of the measures, each a Bundle of one patient.
    owner: quality
    feeds:
      roundtrip_cases:
        description: The cases.
        format: fhir
        patterns: ["roundtrip_cases/*.ndjson"]
        authoritative: [identity, subject]
"""
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[.]\d+)?(?:Z|[+-]\d\d:\d\d)")


@dataclass(frozen=True, slots=True)
class Arrived:
    """A resource as it came: the feed, the record, the Bundle entry's fullUrl."""

    feed: str
    record: str
    full_url: str | None
    resource: dict[str, Any]
    #: The patient whose record the Bundle is, where the feed says so.
    patient: str | None = None


@dataclass(slots=True)
class Outcome:
    """How many resources came and came back equal, by type; what was lost or added, by path."""

    came: Counter[str] = field(default_factory=Counter)
    equal: Counter[str] = field(default_factory=Counter)
    golden: Counter[str] = field(default_factory=Counter)
    losses: Counter[str] = field(default_factory=Counter)


def main() -> None:
    """Land, build, export, compare, print."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    shared = Path(os.environ.get("WELLSPRING_SHARED") or REPOSITORY.parent / "shared")
    feeds = {
        "bulk": sorted((shared / "samples/fhir/bulk").glob("*.ndjson")),
        "bundles": sorted((shared / "samples/fhir/bundles").glob("*.json")),
        "cases": sorted((shared / "decks/ecqm").glob("*/cases.ndjson")),
    }
    if not any(feeds.values()):
        sys.exit("no outside samples: set WELLSPRING_SHARED to the folder that holds them")
    home = Home(Home.from_env().root / "fhir_roundtrip")
    build(home, feeds)
    outcome = compare(home, feeds)
    show(outcome)
    CONSOLE.print(
        f"{outcome.equal.total():,} of {outcome.came.total():,} resources come back equal"
    )
    sys.exit(outcome.equal.total() != outcome.came.total() or not outcome.came.total())


def build(home: Home, feeds: dict[str, list[Path]]) -> None:
    """Land `feeds` (feed: files), build silver, export it to ``<home>/exported``."""
    shutil.rmtree(home.root, ignore_errors=True)
    for feed, files in feeds.items():
        folder = home.landing / f"roundtrip_{feed}"
        folder.mkdir(parents=True)
        for file in files:
            shutil.copyfile(file, folder / f"{file.parent.name}_{file.name}")
    # The test cases are invented people, many of one name: each is a person of its own.
    sources = home.root / "sources.yml"
    sources.write_text(DEFAULT_FILE.read_text(encoding="utf-8") + DECLARATION, encoding="utf-8")
    os.environ["WELLSPRING_SOURCES"] = str(sources)
    run("wellspring", "land", home=home.root)
    ensure_layout(home, load_sources())
    write_feed_registry(home, load_sources())
    target = str(home.warehouse / "dbt")
    run(
        "dbt",
        *("build", "--select", "+path:models/silver", "+ops_files"),
        *("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"),
        *("--project-dir", str(REPOSITORY / "dbt_project")),
        *("--profiles-dir", str(REPOSITORY / "profiles"), "--target-path", target),
        *("--log-path", target),
        home=home.root,
    )
    export(home.database, home.root / "exported", transaction_time="2026-01-01T00:00:00Z")


def arrived(feeds: dict[str, list[Path]]) -> Iterator[Arrived]:
    """Every resource of the files, found without any code of the house."""
    for feed, files in feeds.items():
        for file in files:
            data = file.read_bytes()
            sha = hashlib.sha256(data).hexdigest()
            place = 0
            documents = (
                [data] if file.suffix == ".json" else [x for x in data.split(b"\n") if x.strip()]
            )
            for document in documents:
                body = json.loads(document, parse_float=Decimal)
                if body.get("resourceType") != "Bundle":
                    if "resourceType" in body:
                        yield Arrived(f"roundtrip_{feed}", f"{sha}:{place}", None, body)
                    place += 1
                    continue
                entries = [entry for entry in body.get("entry", []) if "resource" in entry]
                patients = [
                    entry["resource"]["id"]
                    for entry in entries
                    if feed in SUBJECT_AUTHORITATIVE
                    and entry["resource"]["resourceType"] == "Patient"
                ]
                for entry in entries:
                    yield Arrived(
                        f"roundtrip_{feed}",
                        f"{sha}:{place}",
                        entry.get("fullUrl"),
                        entry["resource"],
                        patients[0] if len(patients) == 1 else None,
                    )
                    place += 1


def compare(home: Home, feeds: dict[str, list[Path]]) -> Outcome:
    """Each resource that came beside the one that it became."""
    back: dict[str, dict[str, Any]] = {}
    for file in (home.root / "exported").glob("*.ndjson"):
        for line in file.read_bytes().splitlines():
            resource = json.loads(line, parse_float=Decimal)
            back[f"{resource['resourceType']}/{resource['id']}"] = resource
    with duckdb.connect(str(home.database), read_only=True) as connection:
        became = {
            (source, kind, fhir_id): f"{kind}/{resource_id}"
            for source, kind, fhir_id, resource_id in connection.execute(
                "select source_system, resource_type, fhir_id, resource_id "
                "from silver.int_fhir_targets"
            ).fetchall()
        }
    newest: dict[tuple[str, str, str], Arrived] = {}
    for one in arrived(feeds):
        kind = one.resource["resourceType"]
        fhir_id = one.resource.get("id") or re.sub(r"^.*[/:]", "", one.full_url or one.record)
        key = (one.feed, kind, fhir_id)
        known = newest.get(key)
        # Of two that say nothing about which is newer, the one that silver names as its source.
        source = back.get(became.get(key, ""), {}).get("meta", {}).get("source", "")
        rank = (updated(one.resource), source.endswith(one.record))
        if known is None or (updated(known.resource), source.endswith(known.record)) < rank:
            newest[key] = one
    shared = Counter(became[key] for key in newest if key in became)
    where: dict[tuple[str, str], str] = {}
    for (feed, kind, fhir_id), one in newest.items():
        if (target := became.get((feed, kind, fhir_id))) is not None:
            where[(feed, f"{kind}/{fhir_id}")] = target
            where[(feed, f"urn:uuid:{fhir_id}")] = target
            if one.full_url:
                where[(feed, one.full_url)] = target
    outcome = Outcome()
    for key, one in newest.items():
        kind = key[1]
        outcome.came[kind] += 1
        found = back.get(became.get(key, ""))
        if found is None:
            outcome.losses[f"{kind}: not there"] += 1
            continue
        golden = kind in GOLDEN and shared[became[key]] > 1
        outcome.golden[kind] += golden
        meant: MutableMapping[tuple[str, str], str] = where
        if one.patient is not None:
            # Whatever its references say, all in the Bundle is this patient's.
            patient = where[(one.feed, f"Patient/{one.patient}")]
            meant = ChainMap(dict.fromkeys(patients_of(one.resource, one.feed), patient), where)
        losses = set(
            differences(one.resource, found, kind, feed=one.feed, where=meant, golden=golden)
        )
        outcome.equal[kind] += not losses
        outcome.losses.update(losses)
    return outcome


def patients_of(resource: Any, feed: str) -> Iterator[tuple[str, str]]:
    """Every reference to a patient in a resource, by feed."""
    for _, reference in references(resource):
        if re.match(r"Patient/", reference):
            yield feed, reference


def updated(resource: dict[str, Any]) -> str:
    """When the source last changed a resource, as it says."""
    return str(resource.get("meta", {}).get("lastUpdated", ""))


def differences(
    came: Any,
    went: Any,
    path: str,
    *,
    feed: str,
    where: MutableMapping[tuple[str, str], str],
    golden: bool = False,
    top: bool = True,
) -> Iterator[str]:
    """Paths at which what went out is not what came in, and what is the matter."""
    if isinstance(came, dict) and isinstance(went, dict):
        for name, value in came.items():
            here = f"{path}.{name}"
            if top and (name == "id" or (golden and name in ONE_TRUTH)):
                continue
            if here.count(".") == 2 and here.endswith(".meta.source"):
                continue
            if name == "reference" and isinstance(value, str):
                yield from reference_differs(value, went.get(name), here, feed=feed, where=where)
            elif name not in went:
                yield f"{here}: lost"
            else:
                yield from differences(
                    value, went[name], here, feed=feed, where=where, golden=golden, top=False
                )
        if not golden:
            added = set(went) - set(came) - ({"meta"} if top else set())
            added -= {"source"} if path.endswith(".meta") else set()
            added -= {"id"} if top else set()
            for name in sorted(added):
                yield f"{path}.{name}: added"
    elif isinstance(came, list) and isinstance(went, list):
        if golden:
            for one in came:
                if not any(
                    not any(differences(one, other, path, feed=feed, where=where, top=False))
                    for other in went
                ):
                    yield f"{path}: an element lost"
            return
        if len(came) != len(went):
            yield f"{path}: {'fewer' if len(went) < len(came) else 'more'} elements"
        for one, other in zip(came, went, strict=False):
            yield from differences(one, other, path, feed=feed, where=where, top=False)
    elif scalar(came) != scalar(went):
        yield f"{path}: other value"


def reference_differs(
    came: str, went: Any, path: str, *, feed: str, where: MutableMapping[tuple[str, str], str]
) -> Iterator[str]:
    """A reference to what came must point to what that became; another may be kept or found."""
    plain = re.sub(r"/_history/.*$", "", came)
    relative = re.search(r"([A-Z][A-Za-z]+/[A-Za-z0-9.-]+)$", plain)
    expected = where.get((feed, plain)) or (relative and where.get((feed, relative[1])))
    if not isinstance(went, str):
        yield f"{path}: lost"
    elif expected is not None and went != expected:
        yield f"{path}: points elsewhere"
    elif expected is None and came.startswith("#") and went != came:
        yield f"{path}: other value"


def scalar(value: Any) -> Any:
    """A value that compares as FHIR means it."""
    if isinstance(value, str) and MOMENT.fullmatch(value):
        fraction = re.search(r"[.](\d+)", value)
        return datetime.fromisoformat(value), len(fraction[1]) if fraction else 0
    if isinstance(value, Decimal):
        return value.as_tuple()
    if isinstance(value, bool):
        return ("boolean", value)
    if isinstance(value, int):
        return Decimal(value).as_tuple()
    return value


def show(outcome: Outcome) -> None:
    """Print the table by type, and the losses by path."""
    shown = Table(title="FHIR in, FHIR out", title_justify="left")
    for column in ("resource", "came", "come back equal", "of golden records"):
        shown.add_column(column, justify="left" if column == "resource" else "right")
    for kind, came in sorted(outcome.came.items()):
        shown.add_row(
            kind,
            f"{came:,}",
            f"{outcome.equal[kind]:,}",
            f"{outcome.golden[kind]:,}" if outcome.golden[kind] else "",
        )
    CONSOLE.print(shown)
    by_type: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for path, count in outcome.losses.most_common():
        by_type[re.split("[.:]", path)[0]].append((path, count))
    for losses in by_type.values():
        for path, count in losses:
            CONSOLE.print(f"  {path} ({count:,})", markup=False, soft_wrap=True)


if __name__ == "__main__":
    main()
