"""A synthetic health system from its extracts to silver and to all quality measures, step by step.

WELLSPRING_BENCH_PATIENTS sets how many patients (default 45,000 with twelve months, as in the case
study). Writing the extracts is not counted. Beside silver stands a conversion of the population's
result messages as one would write it with hl7apy and fhir.resources, on one core, given for two.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

from ingest.bronze.registry import ensure_layout, write_feed_registry
from ingest.home import Home
from ingest.sources import load_sources
from orchestration.environment import PROFILES_DIR, PROJECT_DIR
from tests.bench.report import Figure
from tests.run_dbt import MODELS_ALONE

__all__ = ["bench"]

PATIENTS = int(os.environ.get("WELLSPRING_BENCH_PATIENTS") or 45_000)
MEASURES = ("path:models/gold/measures", "--exclude", "measure_trends")
STATUS = {"F": "final", "C": "corrected", "P": "preliminary", "X": "cancelled"}
GENDER = {"F": "female", "M": "male"}


def run(home: Home, command: str, *arguments: str, memory: str = "") -> tuple[float, float]:
    """(seconds, peak memory in MB) of a command of this environment, DuckDB's part at `memory`."""
    limit = {"WELLSPRING_MEMORY": memory} if memory else {}
    started = time.perf_counter()
    process = subprocess.Popen(
        [str(Path(sys.executable).with_name(command)), *arguments],
        env={**os.environ, **limit, "WELLSPRING_HOME": str(home.root), "NO_COLOR": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert process.stdout is not None
    said = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise RuntimeError(f"{command} {arguments[0]} failed: {said[-2000:].decode()}")
    return time.perf_counter() - started, usage.ru_maxrss / 1024


def transform(home: Home, *selection: str, memory: str) -> tuple[float, float]:
    """(seconds that dbt's nodes took together, by the clock; peak memory in MB) of a selection."""
    target = home.warehouse / "dbt"
    _, peak = run(
        home,
        "dbt",
        "build",
        *MODELS_ALONE,
        *("--project-dir", str(PROJECT_DIR), "--profiles-dir", str(PROFILES_DIR)),
        *("--target-path", str(target), "--log-path", str(target), "--select", *selection),
        memory=memory,
    )
    return json.loads((target / "run_results.json").read_bytes())["elapsed_time"], peak


def converted(text: str) -> list[str]:
    """Patient and Observations of a result message as FHIR JSON, by hl7apy and fhir.resources."""
    from fhir.resources.R4B.observation import Observation
    from fhir.resources.R4B.patient import Patient
    from hl7apy.parser import parse_message

    parsed = parse_message(text, find_groups=False, force_validation=False)
    resources: list[str] = []
    for segment in parsed.children:
        if segment.name == "PID":
            family, given = segment.pid_5.xpn_1.to_er7(), segment.pid_5.xpn_2.to_er7()
            name = {"family": family, "given": [given] if given else None}
            patient = {
                "id": segment.pid_3.cx_1.to_er7(),
                "name": [{part: value for part, value in name.items() if value}],
                "birthDate": day(segment.pid_7.to_er7()),
                "gender": GENDER.get(segment.pid_8.to_er7(), "unknown"),
            }
            patient = {part: value for part, value in patient.items() if value}
            resources.append(Patient(**patient).model_dump_json())
        elif segment.name == "OBX":
            code, value = segment.obx_3, segment.obx_5.to_er7()
            observation = {
                "status": STATUS.get(segment.obx_11.to_er7(), "unknown"),
                "code": {"coding": [{"code": code.ce_1.to_er7()}], "text": code.ce_2.to_er7()},
                "effectiveDateTime": day(segment.obx_14.to_er7()),
            }
            try:
                unit = segment.obx_6.ce_1.to_er7()
                observation["valueQuantity"] = {"value": float(value), "unit": unit or "1"}
            except ValueError:
                observation["valueString"] = value or "none"
            observation = {name: value for name, value in observation.items() if value}
            resources.append(Observation(**observation).model_dump_json())
    return resources


def day(text: str) -> str | None:
    """YYYY-MM-DD of an HL7 timestamp."""
    return f"{text[:4]}-{text[4:6]}-{text[6:8]}" if len(text) >= 8 else None


def by_hl7apy(home: Home, *, seconds: float = 10.0) -> float:
    """Messages a second on two cores: as many of the home's result messages as fit in the time."""
    with duckdb.connect() as connection:
        messages = connection.execute(
            f"""
            select record_text
            from read_parquet('{home.bronze}/*/*/*/*.parquet', union_by_name=true)
            where record_type like 'ORU%' order by file_sha256, record_index limit 2000
            """
        ).fetchall()
    started, done = time.perf_counter(), 0
    for (text,) in messages:
        converted(text)
        done += 1
        if time.perf_counter() - started > seconds:
            break
    return 2 * done / (time.perf_counter() - started)


def json_of_observations(home: Home) -> float:
    """Seconds that the FHIR JSON of all observations takes, which is made when it is read."""
    with duckdb.connect(str(home.database), read_only=True) as connection:
        connection.execute("set threads = 2; set memory_limit = '5GB'; set TimeZone = 'UTC'")
        started = time.perf_counter()
        connection.execute("select sum(strlen(fhir_json)) from silver.observation").fetchall()
        return time.perf_counter() - started


def bench() -> list[Figure]:
    """Seconds and memory of landing, of bronze to silver, and of the measures."""
    home = Home(Path(tempfile.mkdtemp(prefix="wellspring_bench_")))
    try:
        run(home, "wellspring", "synth", "--patients", str(PATIENTS), "--months", "12")
        landing, landing_peak = run(home, "wellspring", "land")
        ensure_layout(home, load_sources())
        write_feed_registry(home, load_sources())
        silver, silver_peak = transform(
            home, "+path:models/silver", "resource_type:seed", memory="5GB"
        )
        json_read = json_of_observations(home)
        # DuckDB keeps what it read for as long as there is room: the limit is what it needs.
        measures, measures_peak = transform(home, *MEASURES, memory="3GB")
        trends, _ = transform(home, "measure_trends", memory="3GB")
        with duckdb.connect(str(home.database), read_only=True) as connection:
            records, counted = connection.execute(
                f"""
                select
                    (select sum(landed) from read_json('{home.bronze}/_manifest/*.json')),
                    (select count(distinct measure_id) from gold.measure_populations)
                """
            ).fetchone() or (0, 0)
        hl7apy = by_hl7apy(home)
    finally:
        shutil.rmtree(home.root, ignore_errors=True)
    each = measures * 1e6 / (PATIENTS * max(counted, 1))
    who = f"{PATIENTS:,} patients, {records:,} records"
    return [
        Figure("population", "landing", landing, "s", note=who),
        Figure("population", "landing, peak", landing_peak, "MB"),
        Figure("population", "bronze to silver", silver, "s", note="staging, identity, silver"),
        Figure("population", "bronze to silver", records / silver, "records/s", target=25_000),
        Figure(
            *("population", "with JSON of observations", records / (silver + json_read)),
            "records/s",
            note="which a view makes for whoever asks",
        ),
        Figure(
            "population", "hl7apy", hl7apy, "messages/s", note="results only; one core, times two"
        ),
        Figure("population", "ours over hl7apy", records / silver / hl7apy, "times"),
        Figure(
            *("population", "bronze to silver, peak", silver_peak, "MB"),
            target=6_000,
            higher_is_better=False,
        ),
        Figure(
            *("population", "all measures", measures, "s"),
            target=60,
            higher_is_better=False,
            note=f"{counted} measures with scores, gaps, stars",
        ),
        Figure(
            *("population", "all measures, peak", measures_peak, "MB"),
            target=4_000,
            higher_is_better=False,
        ),
        Figure(
            *("population", "a patient and measure", each, "µs"),
            target=114,
            higher_is_better=False,
            note="a fifth of the 0.57 ms that a CQL-to-DuckDB engine was seen to take",
        ),
        Figure("population", "trends by month", trends, "s", note="at each month's end"),
    ]
