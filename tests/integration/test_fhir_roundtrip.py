"""What comes in as FHIR comes out as FHIR: some of the outside samples, element by element.

All of them by ``make fhir-roundtrip``.
"""

from __future__ import annotations

import os
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

from ingest.home import Home
from tests.ready.fhir_roundtrip import build, compare, differences

LINES = 40
#: Of each measure: among them are adverse events, device requests and tasks.
CASES = 3


@pytest.fixture(scope="module")
def feeds(shared_samples: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Path]]:
    """Two Bundles, the first lines of each bulk file, and some test cases of each measure."""
    folder = tmp_path_factory.mktemp("came")
    chosen: dict[str, list[Path]] = {"bulk": [], "cases": []}
    for file in sorted((shared_samples / "fhir/bulk").glob("*.ndjson")):
        chosen["bulk"].append(_head(file, folder / "bulk" / file.name, LINES))
    for file in sorted((shared_samples.parent / "decks/ecqm").glob("*/cases.ndjson")):
        chosen["cases"].append(_head(file, folder / f"{file.parent.name}.ndjson", CASES))
    bundles = sorted((shared_samples / "fhir/bundles").glob("*.json"), key=_size)
    return {**chosen, "bundles": bundles[:2]}


def _size(file: Path) -> int:
    return file.stat().st_size


def _head(file: Path, target: Path, lines: int) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(b"".join(file.read_bytes().splitlines(keepends=True)[:lines]))
    return target


def test_resources_come_back_with_every_element_and_extension(
    feeds: dict[str, list[Path]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WELLSPRING_SOURCES", os.environ.get("WELLSPRING_SOURCES", ""))
    home = Home(tmp_path / "home")
    build(home, feeds)
    outcome = compare(home, feeds)
    assert len(outcome.came) >= 18
    assert outcome.came.total() > 400
    assert outcome.losses == Counter()
    assert outcome.equal == outcome.came


@pytest.mark.parametrize(
    ("came", "went", "told"),
    [
        ({"a": {"b": 1}, "c": [1]}, {"c": [1], "a": {"b": 1}}, []),
        ({"a": 1}, {}, ["X.a: lost"]),
        ({}, {"a": 1}, ["X.a: added"]),
        ({"a": [1, 2]}, {"a": [1]}, ["X.a: fewer elements"]),
        ({"a": Decimal("1.50")}, {"a": Decimal("1.5")}, ["X.a: other value"]),
        ({"a": "2026-01-01T01:00:00+01:00"}, {"a": "2026-01-01T00:00:00Z"}, []),
        ({"a": "2026-01-01T00:00:00.000Z"}, {"a": "2026-01-01T00:00:00Z"}, ["X.a: other value"]),
        ({"a": "2026-01"}, {"a": "2026-01-01"}, ["X.a: other value"]),
        ({"a": True}, {"a": 1}, ["X.a: other value"]),
        (
            {"s": {"reference": "P/1"}},
            {"s": {"reference": "P/9"}},
            ["X.s.reference: points elsewhere"],
        ),
    ],
)
def test_a_difference_is_told_by_its_path(came: dict, went: dict, told: list[str]) -> None:
    where = {("feed", "P/1"): "P/2"}
    assert list(differences(came, went, "X", feed="feed", where=where)) == told
