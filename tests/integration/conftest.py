"""One synthetic hospital, taken all the way to published gold, shared by the integration tests."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock

from ingest.home import Home
from tests.ready.fhir_validators import VALIDATORS, ValidatorMissingError, install

PATIENTS, MONTHS, SEED = 200, 6, 7


def wellspring(*arguments: str, home: Path, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run the `wellspring` command of this environment against `home`."""
    command = Path(sys.executable).with_name("wellspring")
    environment = {**os.environ, "WELLSPRING_HOME": str(home), "NO_COLOR": "1", "COLUMNS": "200"}
    done = subprocess.run(
        [str(command), *arguments], env=environment, capture_output=True, text=True, check=False
    )
    if check and done.returncode:
        pytest.fail(
            f"wellspring {' '.join(arguments)} ended with {done.returncode}\n"
            f"{done.stdout[-6000:]}\n{done.stderr[-6000:]}"
        )
    return done


@pytest.fixture(scope="session")
def hospital(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[Home]:
    """A published home of a small synthetic population; read it, do not change it.

    Made once for all workers of a parallel run.
    """
    base = tmp_path_factory.getbasetemp()
    base = base if worker_id == "master" else base.parent
    root = base / "hospital"
    with FileLock(str(base / "hospital.lock")):
        if not (root / "complete").exists():
            shutil.rmtree(root, ignore_errors=True)
            wellspring(
                "demo",
                "--patients",
                str(PATIENTS),
                "--months",
                str(MONTHS),
                "--seed",
                str(SEED),
                home=root,
            )
            (root / "complete").touch()
    yield Home(root)


@pytest.fixture(scope="session")
def validators() -> tuple[str, ...]:
    """All validators; on a laptop without Node.js those that need none."""
    try:
        install()
    except ValidatorMissingError as error:
        if os.environ.get("CI") == "true":
            pytest.fail(str(error))
        return ("fhir.resources",)
    return VALIDATORS
