"""Verification finds whatever is not as it was written."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from ingest import bronze
from ingest.bronze.manifest import Entry, Manifest
from ingest.home import Home

from .conftest import ADT, ORU, Drop, messages


@pytest.fixture
def landed(home: Home, drop: Drop) -> Home:
    """Three files: whole, partly quarantined, compressed."""
    import gzip

    drop("ehr/adt/a.hl7", messages(ADT, 30))
    drop("ehr/adt/b.hl7", messages(ADT, 5, first=40) + messages(ORU, 5))
    drop("ehr/adt/c.hl7.gz", gzip.compress(messages(ADT, 10, first=60)))
    bronze.land(home=home)
    assert bronze.verify(home).problems == []
    return home


def written(home: Home) -> list[Path]:
    """Everything that landing wrote and nobody may change."""
    return sorted(
        path
        for pattern in (
            "bronze/*/*/received_date=*/*",
            "quarantine/*/*/received_date=*/*",
            "bronze/_manifest/*.json",
            "bronze/_originals/*",
        )
        for path in home.root.glob(pattern)
        if path.name != "_none.json"
    )


def flip(path: Path, at: int) -> None:
    content = bytearray(path.read_bytes())
    content[at] ^= 0x01
    path.write_bytes(bytes(content))


@pytest.mark.parametrize("where", [0.0, 0.13, 0.5, 0.87, 0.999])
def test_a_flipped_byte_is_found_wherever_it_is(landed: Home, where: float) -> None:
    files = written(landed)
    assert len(files) == 8
    for path in files:
        at = min(int(path.stat().st_size * where), path.stat().st_size - 1)
        flip(path, at)
        found = bronze.verify(landed)
        assert found.problems, f"{path.name} byte {at}"
        assert found.exit_code == 1
        flip(path, at)
    assert bronze.verify(landed).problems == []


def test_a_missing_file_is_found(landed: Home) -> None:
    for path in written(landed):
        content = path.read_bytes()
        path.unlink()
        kinds = {problem.kind for problem in bronze.verify(landed).problems}
        expected = "orphan" if "_manifest" in path.parts else "missing-"
        assert any(kind.startswith(expected) for kind in kinds), path
        path.write_bytes(content)


def test_a_file_without_an_entry_is_found(landed: Home) -> None:
    [path, *_] = landed.bronze.glob("ehr/adt/received_date=*/*.parquet")
    stray = path.with_name(f"{'0' * 64}.parquet")
    stray.write_bytes(path.read_bytes())
    [problem] = bronze.verify(landed).problems
    assert problem.kind == "orphan"
    assert stray.name in problem.name


def test_an_entry_that_does_not_reconcile_is_found(landed: Home) -> None:
    manifest = Manifest(bronze.bronze_store(landed))
    entry = next(entry for entry in manifest.entries() if entry.quarantined)
    for change in (
        {"records_in": entry.records_in + 1},
        {"landed": entry.landed - 1, "records_in": entry.records_in - 1},
        {"reasons": {}},
        {"tail_base64": base64.b64encode(b"more").decode()},
    ):
        path = landed.bronze / entry.name
        content = path.read_bytes()
        body = {**json.loads(content), **change}
        body.pop("entry_sha256")
        path.write_bytes(Entry(**body).to_bytes())
        kinds = {problem.kind for problem in bronze.verify(landed).problems}
        assert kinds & {"does-not-reconcile", "does-not-rebuild"}, change
        path.write_bytes(content)


def test_an_interrupted_landing_is_told_but_is_no_problem(landed: Home) -> None:
    (landed.bronze / "_pending").mkdir(exist_ok=True)
    (landed.bronze / "_pending" / f"{'0' * 64}.json").write_text(
        json.dumps({"file_sha256": "0" * 64, "attempt": 0, "bronze_path": "x/y/z.parquet"})
    )
    found = bronze.verify(landed)
    assert (found.problems, found.unfinished) == ([], 1)
