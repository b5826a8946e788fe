"""Files that cannot be used land in quarantine with their reason; everything else is published."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from ingest.home import Home

from ..conftest import wellspring

AS_OF = "2026-06-30"

MESSAGE = (
    "MSH|^~\\&|REFLAB|REFLAB|NORTHSIDE|NORTHSIDE|20260629093{n}00||ORU^R01|BAD{n}|P|2.5.1\r"
    "PID|1||LAB99999{n}^^^REFLAB^PI||{name}||19{n}00101|F\r"
    "OBR|1|ORD99{n}|ACC99{n}|GLU^Glucose^L|||20260629080000\r"
    "OBX|1|NM|GLU^Glucose^L^2345-7^Glucose^LN||9{n}|mg/dL|70-99|N|||F\r"
)


def drop(home: Home, name: str, content: bytes) -> None:
    path = home.landing / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    os.utime(path, (1_782_810_000, 1_782_810_000))  # 2026-06-30 09:00 UTC


@pytest.fixture(scope="module")
def spoiled(
    hospital: Home, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Home, subprocess.CompletedProcess[str], dict]:
    """A copy of the hospital into which five bad files were dropped, after a further run."""
    root = tmp_path_factory.mktemp("spoiled") / "home"
    shutil.copytree(hospital.root, root, symlinks=True)
    home = Home(root)
    archive = home.landing_archive
    dispenses = sorted((archive / "pharmacy" / "dispenses").glob("*.csv"))[-1].read_bytes()
    statements = sorted((archive / "billing" / "statements").glob("*.csv"))[-1].read_bytes()
    drop(home, "ehr/adt/empty.hl7", b"")
    drop(home, "scheduling/appointments/wrong_feed.csv", statements + b"\n")
    whole = MESSAGE.format(n=4, name="Quillfeather^Zenobia")
    whole += MESSAGE.format(n=7, name="Oakenshaw^Marguerite")
    cut = "FHS|^~\\&|REFLAB\rBHS|^~\\&|REFLAB\r" + whole + MESSAGE.format(n=9, name="Cut^Off")[:90]
    drop(home, "lab/oru/truncated.hl7", cut.encode())
    without_first = b"\n".join(line.partition(b",")[2] for line in dispenses.splitlines())
    drop(home, "pharmacy/dispenses/missing_column.csv", without_first)
    drop(home, "claims/835/noise.x12", bytes(range(256)) * 20)
    before = json.loads(wellspring("status", "--json", home=home.root).stdout)
    done = wellspring(
        "run", "--as-of", AS_OF, "--received-at", "mtime", home=home.root, check=False
    )
    return home, done, before


def test_the_exit_code_and_the_summary_say_so(
    spoiled: tuple[Home, subprocess.CompletedProcess[str], dict],
) -> None:
    _, done, _ = spoiled
    assert done.returncode == 3, done.stderr
    assert "could not be used as a whole" in done.stdout
    for name in (
        "ehr/adt/empty.hl7",
        "scheduling/appointments/wrong_feed.csv",
        "pharmacy/dispenses/missing_column.csv",
        "claims/835/noise.x12",
    ):
        assert name in done.stdout
    assert "lab/oru/truncated.hl7" not in done.stdout, "its whole messages are of use"


def test_each_unusable_file_is_quarantined_with_its_reason(
    spoiled: tuple[Home, subprocess.CompletedProcess[str], dict],
) -> None:
    home, _, before = spoiled
    after = json.loads(wellspring("status", "--json", home=home.root).stdout)

    def new_reasons(source: str, feed: str) -> set[str]:
        def reasons(status: dict) -> dict:
            [found] = [
                each["reasons"]
                for each in status["feeds"]
                if (each["source_system"], each["feed"]) == (source, feed)
            ]
            return found

        earlier = reasons(before)
        return {code for code, n in reasons(after).items() if n > earlier.get(code, 0)}

    assert new_reasons("ehr", "adt") == {"empty-file"}
    assert new_reasons("scheduling", "appointments") <= {
        "csv-unexpected-header",
        "csv-missing-column",
    }
    assert new_reasons("scheduling", "appointments")
    assert new_reasons("lab", "oru") == {"hl7-truncated"}
    assert new_reasons("pharmacy", "dispenses") == {"csv-missing-column"}
    assert new_reasons("claims", "835") == {"binary-content"}


def test_whole_messages_of_a_truncated_batch_land(
    spoiled: tuple[Home, subprocess.CompletedProcess[str], dict],
) -> None:
    home, _, _ = spoiled
    after = json.loads(wellspring("status", "--json", home=home.root).stdout)
    [oru] = [feed for feed in after["feeds"] if feed["feed"] == "oru"]
    [before] = [feed for feed in spoiled[2]["feeds"] if feed["feed"] == "oru"]
    assert oru["landed"] == before["landed"] + 2


def test_the_rest_is_published_as_a_new_version(
    spoiled: tuple[Home, subprocess.CompletedProcess[str], dict],
) -> None:
    home, _, before = spoiled
    after = json.loads(wellspring("status", "--json", home=home.root).stdout)
    assert after["published"]["version"] > before["published"]["version"]
    assert after["patients"] == before["patients"] + 2
    assert after["checks"]["failed"] == 0
    assert after["checks"]["warned"] > before["checks"]["warned"]


def test_a_further_run_has_nothing_new_to_say(
    spoiled: tuple[Home, subprocess.CompletedProcess[str], dict], repository: Path
) -> None:
    home, _, _ = spoiled
    done = wellspring("run", "--as-of", AS_OF, home=home.root)
    assert "Nothing has changed since" in done.stdout
