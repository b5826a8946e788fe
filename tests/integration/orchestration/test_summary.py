"""What a newcomer sees after `make run`, and what a second run does."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from pathlib import Path

import pytest

from ingest.home import Home

from ..conftest import MONTHS, PATIENTS, SEED, wellspring

SYSTEMS = {
    "ehr",
    "lab",
    "pharmacy",
    "claims",
    "wearables",
    "public_health",
    "scheduling",
    "billing",
}
DEMO = ("demo", "--patients", str(PATIENTS), "--months", str(MONTHS), "--seed", str(SEED))


@pytest.fixture(scope="module")
def status(hospital: Home) -> dict:
    """``wellspring status --json``."""
    return json.loads(wellspring("status", "--json", home=hospital.root).stdout)


@pytest.fixture(scope="module")
def second_run(hospital: Home) -> tuple[str, float]:
    """What the same command says the second time, and the seconds it takes."""
    began = time.monotonic()
    done = wellspring(*DEMO, home=hospital.root)
    return done.stdout, time.monotonic() - began


def test_all_eight_systems_have_landed(status: dict) -> None:
    assert {feed["source_system"] for feed in status["feeds"] if feed["landed"]} == SYSTEMS


def test_every_record_is_landed_or_quarantined_with_a_reason(status: dict) -> None:
    for feed in status["feeds"]:
        assert feed["records_in"] == feed["landed"] + feed["quarantined"], feed["feed"]
        assert sum(feed["reasons"].values()) == feed["quarantined"], feed["feed"]
    assert status["records_quarantined"] > 0, "the population is meant to have malformed records"
    assert sum(status["quarantine_reasons"].values()) == status["records_quarantined"]


def test_many_person_records_have_become_about_as_many_patients_as_there_are(status: dict) -> None:
    assert status["person_records"] > 3 * status["patients"]
    assert status["patients"] == pytest.approx(PATIENTS, rel=0.1)


def test_checks_passed_and_none_failed(status: dict) -> None:
    assert status["checks"]["passed"] > 100
    assert status["checks"]["failed"] == 0, status["checks"]["failures"]
    assert status["publishing_blocked_by"] == []


def test_the_published_version_is_where_it_says(status: dict, hospital: Home) -> None:
    path = Path(status["published"]["path"])
    assert path.is_file()
    assert path.parent.name == status["published"]["version"]
    assert (hospital.published / "gold.duckdb").resolve() == path
    assert status["published"]["tables"]["patient_360"] == status["patients"]


def test_a_second_run_has_nothing_to_do_and_is_quick(
    second_run: tuple[str, float], status: dict, hospital: Home
) -> None:
    shown, seconds = second_run
    assert f"Nothing has changed since version {status['published']['version']}" in shown
    assert seconds < 10
    again = json.loads(wellspring("status", "--json", home=hospital.root).stdout)
    assert again["records_landed"] == status["records_landed"]
    assert again["files"] == status["files"]


def test_the_queries_that_are_shown_work_when_pasted(
    second_run: tuple[str, float], repository: Path
) -> None:
    pasted = [
        line.strip()
        for line in second_run[0].splitlines()
        if re.search(r"wellspring query ", line) and not line.strip().startswith("#")
    ]
    assert len(pasted) == 3
    environment = {name: value for name, value in os.environ.items() if name != "WELLSPRING_HOME"}
    for line in pasted:
        done = subprocess.run(
            ["bash", "-c", f"{line} --format csv"],
            cwd=repository,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{line}\n{done.stderr}"
        assert len(done.stdout.splitlines()) > 1, f"{line} answers nothing"


def test_the_run_is_in_dagsters_history(hospital: Home) -> None:
    run = json.loads((hospital.runs / "run.json").read_text(encoding="utf-8"))
    assert run["outcome"] in ("published", "up_to_date")
    assert list((hospital.warehouse / "dagster" / "history").glob("runs.db"))


def test_a_demonstration_does_not_mix_with_data_of_ones_own(tmp_path: Path) -> None:
    mine = tmp_path / "landing" / "lab" / "oru" / "mine.hl7"
    mine.parent.mkdir(parents=True)
    mine.write_text("MSH|^~\\&|mine\r", encoding="utf-8")
    done = wellspring(*DEMO, home=tmp_path, check=False)
    assert done.returncode == 2
    assert "data of your own" in done.stderr
    assert "WELLSPRING_HOME=" in done.stderr
    assert mine.exists()
