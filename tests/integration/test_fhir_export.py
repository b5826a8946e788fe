"""``wellspring fhir export``: all of silver, or one patient, as a FHIR server can load it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import duckdb
import orjson

from ingest.home import Home
from tests.integration.conftest import wellspring


def resources(folder: Path) -> Iterator[tuple[str, dict]]:
    for path in sorted(folder.glob("*.ndjson")):
        for line in path.read_bytes().splitlines():
            yield path.stem, orjson.loads(line)


def references(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(reference := value.get("reference"), str) and "/" in reference:
            yield reference
        for part in value.values():
            yield from references(part)
    elif isinstance(value, list):
        for part in value:
            yield from references(part)


def test_every_silver_row_is_a_line_that_says_where_it_came_from(
    hospital: Home, tmp_path: Path
) -> None:
    wellspring("fhir", "export", "--out", str(tmp_path / "all"), home=hospital.root)
    manifest = orjson.loads((tmp_path / "all" / "manifest.json").read_bytes())
    with duckdb.connect(str(hospital.database), read_only=True) as connection:
        expected = dict(
            connection.execute(
                "select 'Patient', count(*) from silver.patient "
                "union all select 'Observation', count(fhir_json) from silver.observation "
                "union all select 'Claim', count(*) from silver.claim"
            ).fetchall()
        )
        feeds = {
            row[0]
            for row in connection.execute(
                "select source_system || '/' || feed || ':' || file_sha256 from ops.ops_files"
            ).fetchall()
        }
    seen: dict[str, set[str]] = {}
    for kind, resource in resources(tmp_path / "all"):
        assert resource["resourceType"] == kind
        assert resource["id"] not in seen.setdefault(kind, set())
        seen[kind].add(resource["id"])
        found = re.fullmatch(r"urn:wellspring:(.+):(\d+)", resource["meta"]["source"])
        assert found, "meta.source names feed, file and record"
        assert found[1] in feeds
    assert {kind: len(seen[kind]) for kind in expected} == expected
    assert {o["type"]: o["count"] for o in manifest["output"]} == {
        kind: len(ids) for kind, ids in seen.items()
    }


def test_one_patient_comes_with_all_that_its_resources_refer_to(
    hospital: Home, tmp_path: Path
) -> None:
    with duckdb.connect(str(hospital.database), read_only=True) as connection:
        patient = connection.execute(
            "select patient_id from silver.claim group by all order by count(*) desc, 1 limit 1"
        ).fetchone()
    assert patient is not None
    out = tmp_path / "one"
    wellspring("fhir", "export", "--out", str(out), "--patient", patient[0], home=hospital.root)
    written = list(resources(out))
    there = {f"{kind}/{resource['id']}" for kind, resource in written}
    assert [r["id"] for kind, r in written if kind == "Patient"] == [patient[0]]
    referred = {reference for _, resource in written for reference in references(resource)}
    assert referred <= there
    assert any(reference.startswith("Practitioner/") for reference in referred)


def test_what_cannot_be_exported_is_said_and_nothing_is_written(
    hospital: Home, tmp_path: Path
) -> None:
    full = tmp_path / "full"
    full.mkdir()
    (full / "mine.txt").write_text("kept")
    for out, arguments, said in (
        (full, (), "is not empty"),
        (tmp_path / "a", ("--patient", "nobody"), "no such patient"),
        (tmp_path / "b", ("--source", "fax"), "no such source"),
    ):
        done = wellspring(
            "fhir", "export", "--out", str(out), *arguments, home=hospital.root, check=False
        )
        assert done.returncode == 2
        assert said in done.stdout + done.stderr
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["full"]
    assert (full / "mine.txt").read_text() == "kept"
