"""Messages that are whole but say nonsense: whatever their values, the rest is built and published.

Every outside sample, and copies of it in which fields, elements and attributes hold what a field of
that kind never should (words for dates, codes of no code system, nulls, foreign delimiters, numbers
that overflow), goes from the landing folder to a published version.
WELLSPRING_MESSY_COPIES sets how many copies of each file (default 1).
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingest.home import Home
from tests.ready.coverage import TABLE, coverage

from .conftest import wellspring

COPIES = int(os.environ.get("WELLSPRING_MESSY_COPIES") or 1)
#: One value in so many is spoiled.
ONE_IN = 12
#: Larger bundles say no more than smaller ones.
LARGEST = 400_000

NONSENSE = (
    "", '""', "ZZZ", "-1", "0", "99999999999999999999", "1e400", "NaN", "20201345", "2020-02-30",
    "00000000", "19000101", "99991231", "2020-13-45T99:99:99Z", "20200101250000-9900", "~~",
    "^^^", "&", "\\X41\\", "\\X0D\\", "\\", "é≠漢", " ", "null", "true", "%s", "'; drop", '"', "{",
    "a" * 300,
)  # fmt: skip


def _delimited(text: str, chance: random.Random, *, separator: str, ends: str, keep: int) -> str:
    """Spoil elements of segments; the first `keep` elements of each, and envelopes, stay."""
    segments = text.split(ends)
    for place, segment in enumerate(segments):
        elements = segment.split(separator)
        if elements[0].strip() in ENVELOPES:
            continue
        for at in range(keep, len(elements)):
            if chance.randrange(ONE_IN) == 0:
                elements[at] = chance.choice(NONSENSE).replace(separator, "").replace(ends, "")
        segments[place] = separator.join(elements)
    return ends.join(segments)


ENVELOPES = {"MSH", "FHS", "BHS", "BTS", "FTS", "ISA", "GS", "ST", "SE", "GE", "IEA"}


def _hl7v2(data: bytes, chance: random.Random) -> bytes:
    text = data.decode("latin-1")
    ends = "\r" if "\r" in text else "\n"
    return _delimited(text, chance, separator="|", ends=ends, keep=1).encode("latin-1", "replace")


def _x12(data: bytes, chance: random.Random) -> bytes:
    text = data.decode("latin-1")
    if not text.startswith("ISA") or len(text) < 106:
        return data
    return _delimited(text, chance, separator=text[3], ends=text[105], keep=1).encode(
        "latin-1", "replace"
    )


def _json_value(value: Any, chance: random.Random) -> Any:
    if isinstance(value, dict):
        return {
            key: each if key == "resourceType" else _json_value(each, chance)
            for key, each in value.items()
        }
    if isinstance(value, list):
        return [_json_value(each, chance) for each in value]
    if chance.randrange(ONE_IN):
        return value
    return chance.choice([*NONSENSE, None, 0, -1.5, True, [], {}, {"value": "ZZZ"}, ["ZZZ"]])


def _fhir(data: bytes, chance: random.Random) -> bytes:
    def spoiled(text: bytes) -> bytes:
        return json.dumps(_json_value(json.loads(text), chance)).encode()

    try:
        return spoiled(data)
    except ValueError:
        return b"\n".join(spoiled(line) for line in data.splitlines() if line.strip()) + b"\n"


KINDS: dict[str, Callable[[bytes, random.Random], bytes]] = {
    "hl7v2": _hl7v2,
    "x12": _x12,
    "fhir": _fhir,
}


@pytest.fixture(scope="module")
def published(shared_samples: Path, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The home after a run over every sample and its spoiled copies."""
    home = Home(tmp_path_factory.mktemp("messy"))
    for kind, spoil in KINDS.items():
        for path in sorted((shared_samples / kind).rglob("*")):
            if not path.is_file():
                continue
            data = path.read_bytes()
            relative = path.relative_to(shared_samples / kind)
            target = home.landing / f"sample_{kind}" / "_".join(relative.parts)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
            for copy in range(COPIES if len(data) <= LARGEST else 0):
                chance = random.Random(f"{path.name} {copy}")
                target.with_name(f"{copy}_{target.name}").write_bytes(spoil(data, chance))
    for path in sorted((shared_samples / "wearables").rglob("*")):
        if path.is_file():
            name = "_".join(path.relative_to(shared_samples / "wearables").parts)
            target = home.landing / "sample_wearables" / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
    done = wellspring("run", "--as-of", "2026-06-30", home=home.root, check=False)
    assert (home.published / "gold.duckdb").exists(), done.stdout + done.stderr
    return home


def test_nothing_is_lost(published: Home) -> None:
    done = wellspring("verify", home=published.root)
    assert done.stdout.rstrip().endswith("0 problems")


@pytest.mark.parametrize("source", [f"sample_{kind}" for kind in KINDS])
def test_every_format_reaches_gold(published: Home, source: str) -> None:
    with duckdb.connect(str(published.published / "gold.duckdb"), read_only=True) as gold:
        found = gold.execute(
            "select count(*) from patient_360 where list_contains(source_systems, $1)", [source]
        ).fetchone()
    assert found is not None
    assert found[0] > 10


def test_every_sample_record_reaches_silver_or_has_a_listed_reason(
    published: Home, shared_samples: Path, repository: Path
) -> None:
    files = {
        hashlib.sha256(path.read_bytes()).hexdigest()
        for kind in (*KINDS, "wearables")
        for path in (shared_samples / kind).rglob("*")
        if path.is_file()
    }
    with (repository / TABLE).open(encoding="utf-8", newline="") as lines:
        listed = {
            (row["format"], row["type"]): row for row in csv.DictReader(lines, delimiter="\t")
        }
    found = coverage(published, files=files)
    assert len(found) > 60
    unexplained = [
        kind
        for kind, row in listed.items()
        if int(row["in_silver"]) < int(row["messages"]) and not row["reason"]
    ]
    assert unexplained == []
    worse = [
        (row["format"], row["type"], row["in_silver"], row["messages"])
        for row in found
        if (row["format"], row["type"]) not in listed
        # A spoiled copy of the same number may have taken the place of one or two.
        or row["in_silver"] < int(listed[(row["format"], row["type"])]["in_silver"]) * 0.8 - 2
    ]
    assert worse == [], f"lost since `make coverage` wrote {TABLE}"
