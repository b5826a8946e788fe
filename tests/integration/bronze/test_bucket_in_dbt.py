"""Bronze in a bucket as dbt and the feeds' checks read it: the same rows as from a folder."""

from __future__ import annotations

import os
from collections.abc import Callable

import duckdb
import pytest

from ingest import bronze
from ingest.home import Home
from ingest.sources import load_sources
from orchestration.checks.profile import profile

from .conftest import fill_landing
from .test_object_store import bucket, server  # noqa: F401  (fixtures)
from .test_replay_in_dbt import dbt

TABLES = (
    "staging.stg_hl7v2__messages",
    "staging.stg_fhir__resources",
    "ops.ops_files",
    "ops.ops_quarantine",
)


#: What differs between two landings of the same files.
COLUMNS = "columns(lambda name: name != 'batch_id')"


def rows(home: Home) -> dict[str, list[tuple[object, ...]]]:
    with duckdb.connect(str(home.database), read_only=True) as connection:
        return {
            name: connection.sql(f"select {COLUMNS} from {name} order by all").fetchall()
            for name in TABLES
        }


def test_a_warehouse_from_a_bucket_equals_one_from_a_folder(
    bucket: str,  # noqa: F811
    new_home: Callable[[str], Home],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sources = load_sources()
    # Which of two files with the same bytes lands is the quicker one's luck, unless one at a time.
    monkeypatch.setattr("ingest.bronze.landing.WORKERS", 1)
    homes = {place: new_home(place) for place in ("bucket", "folder")}
    figures = {}
    for place, home in homes.items():
        if place == "folder":
            monkeypatch.delenv("WELLSPRING_BRONZE_URL")
        fill_landing(home, seed=5, files=8, records=20)
        for path in home.landing.rglob("*.*"):
            os.utime(path, (1_782_810_000, 1_782_810_000))
        bronze.ensure_layout(home, sources)
        bronze.land(home=home, received_at="mtime", sources=sources)
        bronze.write_feed_registry(home, sources)
        dbt(home, "stg_ingest__feeds", "stg_fhir__resources")
        figures[place] = profile(home).sort_by("file_sha256").to_pylist()
    found, expected = (rows(homes[place]) for place in ("bucket", "folder"))
    assert len(expected["staging.stg_hl7v2__messages"]) > 0
    for name in TABLES:
        assert found[name] == expected[name]
    assert figures["bucket"] == figures["folder"]
