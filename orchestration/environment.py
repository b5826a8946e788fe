"""The environment in which dbt, Dagster and Great Expectations run: everything in the home.

Here: their variables and settings files, the paths of this repository. Not here: running them.
"""

from __future__ import annotations

import importlib.metadata
import os
import subprocess
from pathlib import Path

from ingest.home import Home

__all__ = [
    "PROFILES_DIR",
    "PROJECT_DIR",
    "REPOSITORY",
    "code_version",
    "dagster_home",
    "dbt_executable",
    "dbt_target",
    "prepare",
]

REPOSITORY = Path(__file__).resolve().parent.parent
PROJECT_DIR = REPOSITORY / "dbt_project"
PROFILES_DIR = REPOSITORY / "profiles"

# One run at a time: DuckDB has one writer. Runs that a schedule or a sensor asks for wait.
_DAGSTER_YAML = """\
telemetry:
  enabled: false
nux:
  enabled: false
concurrency:
  runs:
    max_concurrent_runs: 1
"""


def dagster_home(home: Home) -> Path:
    """Dagster's instance folder: runs, events and compute logs."""
    return home.warehouse / "dagster"


def dbt_target(home: Home) -> Path:
    """dbt's target folder: manifest, run results, compiled SQL, partial parse and its log."""
    return home.warehouse / "dbt"


def dbt_executable() -> str:
    """The ``dbt`` of this very environment, whatever ``PATH`` says."""
    import sys

    beside = Path(sys.executable).with_name("dbt")
    return str(beside) if beside.exists() else "dbt"


def prepare(home: Home) -> None:
    """Point every tool at ``home`` and switch their telemetry off; safe to repeat.

    Sets variables of this process (its children inherit them) and writes Dagster's settings file
    when it is missing or another.
    """
    os.environ["WELLSPRING_HOME"] = str(home.root)
    os.environ["DBT_TARGET_PATH"] = str(dbt_target(home))
    os.environ["DBT_LOG_PATH"] = str(dbt_target(home))
    os.environ["DBT_PROFILES_DIR"] = str(PROFILES_DIR)
    os.environ["DBT_LOG_LEVEL_FILE"] = "info"  # errors and results; debug doubles the log's cost
    os.environ["DBT_SEND_ANONYMOUS_USAGE_STATS"] = "false"
    os.environ["DO_NOT_TRACK"] = "1"
    os.environ["DAGSTER_HOME"] = str(dagster_home(home))
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    for folder in (home.warehouse / "tmp", home.runs, dbt_target(home), dagster_home(home)):
        folder.mkdir(parents=True, exist_ok=True)
    settings = dagster_home(home) / "dagster.yaml"
    if not settings.exists() or settings.read_text(encoding="utf-8") != _DAGSTER_YAML:
        settings.write_text(_DAGSTER_YAML, encoding="utf-8")


def code_version() -> str:
    """The commit of this checkout (``-dirty`` when files differ), else the installed version."""
    version = importlib.metadata.version("wellspring")
    if not (REPOSITORY / ".git").exists():
        return version
    try:
        described = subprocess.run(
            ["git", "-C", str(REPOSITORY), "describe", "--always", "--dirty", "--abbrev=12"],
            capture_output=True,
            text=True,
            check=True,
            timeout=10,
        ).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return version
    return f"{version}+{described}"
