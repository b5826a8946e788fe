"""Bronze as dbt sees it: replayed records reach staging once, as after a full refresh."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb

from ingest import bronze
from ingest.bronze import quarantine
from ingest.home import Home
from ingest.sources import load_sources

from .conftest import REPOSITORY, environment, hl7

ORU = (
    b"MSH|^~\\&|LIS|REFLAB|||20260601080000||ORU^R01|%s|P|2.5.1\r"
    b"PID|1||L%s^^^REFLAB^PI||TESTER^CASE||19700101|F\r"
)


def dbt(home: Home, *arguments: str) -> None:
    done = subprocess.run(
        [
            str(Path(sys.executable).with_name("dbt")),
            "--quiet",
            "run",
            "--project-dir",
            str(REPOSITORY / "dbt_project"),
            "--profiles-dir",
            str(REPOSITORY / "profiles"),
            "--select",
            "ops",
            "stg_hl7v2__messages",
            *arguments,
        ],
        env=environment(home),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:]


def query(home: Home, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(home.database), read_only=True) as connection:
        return connection.sql(sql).fetchall()


MESSAGES = """
select file_name, messages.record_index, messages.source_system, messages.feed
from staging.stg_hl7v2__messages as messages
inner join ops.ops_files as files on messages.file_sha256 = files.file_sha256
order by all
"""


def test_replayed_records_reach_staging_once(new_home: Callable[[str], Home]) -> None:
    home = new_home("home")
    bronze.write_feed_registry(home, load_sources())
    results = b"".join(ORU % (b"%d" % number, b"%d" % number) for number in range(3))
    for name, content in {
        "ehr/adt/whole.hl7": hl7(2),
        "ehr/adt/mixed.hl7": hl7(2, first=50) + results,
        "claims/835/misplaced.hl7": results.replace(b"CASE", b"OTHER"),
        "ehr/adt/again.hl7": hl7(2),
    }.items():
        path = home.landing / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    bronze.land(home=home)
    dbt(home)
    assert len(query(home, MESSAGES)) == 4
    assert query(
        home, "select sum(records_quarantined), sum(duplicate_names) from ops.ops_feed_days"
    ) == [(4, 1)]

    for group in quarantine.list_(home):
        quarantine.replay(home, sha256=group.file_sha256, to_feed=("lab", "oru"))
    dbt(home)
    after = query(home, MESSAGES)
    assert len(after) == 10
    assert len(set(after)) == 10
    assert sum(row[2:] == ("lab", "oru") for row in after) == 6
    dbt(home)
    assert query(home, MESSAGES) == after
    dbt(home, "--full-refresh")
    assert query(home, MESSAGES) == after
    assert query(home, "select count(*) from ops.ops_quarantine") == [(0,)]
    assert query(
        home,
        "select sum(records_in), sum(records_landed), sum(records_replayed) from ops.ops_files",
    ) == [(10, 10, 6)]
