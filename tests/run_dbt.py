"""dbt as the tests run it: of this environment, on this project, against a home of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from ingest.home import Home

__all__ = ["MODELS_ALONE", "run_dbt"]

REPOSITORY = Path(__file__).resolve().parent.parent
#: What makes `dbt build` build without testing.
MODELS_ALONE = ("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")


def run_dbt(home: Home, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """A dbt command against ``home``.

    With ``check`` a command that fails is an AssertionError with the end of what it said.
    """
    target = home.warehouse / "dbt"
    done = subprocess.run(
        [
            str(Path(sys.executable).with_name("dbt")),
            *arguments,
            *("--project-dir", str(REPOSITORY / "dbt_project")),
            *("--profiles-dir", str(REPOSITORY / "profiles")),
        ],
        env={
            **os.environ,
            "WELLSPRING_HOME": str(home.root),
            "DBT_TARGET_PATH": str(target),
            "DBT_LOG_PATH": str(target),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert not check or done.returncode == 0, done.stdout[-6000:] + done.stderr[-3000:]
    return done
