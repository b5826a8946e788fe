"""The main job, its daily schedule and the sensor on the landing folder.

Here: when things run. Not here: what they do.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from datetime import UTC
from typing import Any

import dagster as dg

from ingest.home import Home

__all__ = ["JOB", "daily", "landing_sensor", "main_job", "run_config"]

JOB = "wellspring"
#: A file that changed less long ago than this may still be being written.
_SETTLED_SECONDS = 30

main_job = dg.define_asset_job(
    JOB,
    selection=dg.AssetSelection.all(),
    description="Land every feed, check what came, build the warehouse, audit it, publish gold.",
    executor_def=dg.in_process_executor,  # one writer: DuckDB
)


def run_config(
    *,
    as_of: str,
    received_at: str = "clock",
    full_refresh: bool = False,
    skip_unchanged: bool = False,
    only: Sequence[str] | None = None,
) -> dict[str, Any]:
    """The configuration of one run of the main job, or of some of its operations."""
    build = {"as_of": as_of, "full_refresh": full_refresh, "skip_unchanged": skip_unchanged}
    ops = {
        "landing": {"config": {"received_at": received_at}},
        "expectations": {"config": {"as_of": as_of}},
        "warehouse": {"config": build},
    }
    return {"ops": {name: ops[name] for name in (only or ops)}}


@dg.schedule(job=main_job, cron_schedule="0 6 * * *", execution_timezone="UTC")
def daily(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """Every morning, as of that morning's date."""
    as_of = context.scheduled_execution_time.astimezone(UTC).date().isoformat()
    return dg.RunRequest(run_config=run_config(as_of=as_of), tags={"as_of": as_of})


@dg.sensor(job=main_job, minimum_interval_seconds=60)
def landing_sensor(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """Run when new files lie in the landing folder and have stopped changing."""
    state = landing_state(Home.from_env())
    if state is None:
        return dg.SkipReason("No new file has settled in the landing folder.")
    if state == context.cursor:
        return dg.SkipReason("The files in the landing folder were tried already.")
    context.update_cursor(state)
    return dg.RunRequest(run_key=state)


def landing_state(home: Home, *, now: float | None = None) -> str | None:
    """A digest of the names, sizes and times of the waiting files; None where none waits, or one
    is still being written (hidden files are not looked at: the archive, transfers under way)."""
    now = time.time() if now is None else now
    digest, waiting = hashlib.sha256(), 0
    if not home.landing.is_dir():
        return None
    for path in sorted(home.landing.rglob("*")):
        relative = path.relative_to(home.landing)
        if any(part.startswith(".") for part in relative.parts):
            continue
        try:
            if not path.is_file():
                continue
            stat = path.stat()
        except FileNotFoundError:
            continue
        if now - stat.st_mtime < _SETTLED_SECONDS:
            return None
        waiting += 1
        digest.update(f"{relative}\0{stat.st_size}\0{stat.st_mtime_ns}\n".encode())
    return digest.hexdigest() if waiting else None
