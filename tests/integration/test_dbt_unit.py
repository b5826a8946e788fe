"""dbt's unit tests, as one test of ours: every rule of time, choice and code in the SQL."""

from __future__ import annotations

import shutil
from pathlib import Path

import orjson

from ingest.home import Home
from tests.run_dbt import run_dbt


def test_every_dbt_unit_test_passes(hospital: Home, repository: Path, tmp_path: Path) -> None:
    # dbt looks up the columns of a rule's inputs in the warehouse, and takes its write lock.
    home = Home(tmp_path)
    home.warehouse.mkdir()
    shutil.copyfile(hospital.database, home.database)
    shutil.copyfile(hospital.feed_registry, home.feed_registry)
    home.bronze.symlink_to(hospital.bronze)
    done = run_dbt(home, "test", "--select", "test_type:unit", check=False)
    results_file = home.warehouse / "dbt" / "run_results.json"
    assert results_file.exists(), (
        f"dbt did not begin:\n{done.stdout[-6000:]}\n{done.stderr[-3000:]}"
    )
    results = orjson.loads(results_file.read_bytes())["results"]
    failed = [
        f"{result['unique_id'].split('.', 2)[-1]}: {result['message']}"
        for result in results
        if result["status"] != "pass"
    ]
    assert results, "the project has no unit test"
    assert not failed, f"{len(failed)} of {len(results)} failed:\n" + "\n".join(failed)
