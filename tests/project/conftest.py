"""Fixtures of the repository's invariants: the tracked files and dbt's manifest."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson
import pytest
from filelock import FileLock


@pytest.fixture(scope="session")
def tracked_files(repository: Path) -> list[Path]:
    """Every file that git tracks and that is there, relative to the repository."""
    listed = subprocess.run(
        ["git", "-C", str(repository), "ls-files", "-z"], capture_output=True, text=True, check=True
    ).stdout.split("\0")
    return [Path(name) for name in listed if name and (repository / name).is_file()]


@pytest.fixture(scope="session")
def manifest(
    repository: Path, tmp_path_factory: pytest.TempPathFactory, worker_id: str
) -> dict[str, Any]:
    """What dbt understands the project to be: `dbt parse`, once, in an empty home."""
    base = tmp_path_factory.getbasetemp()
    base = base if worker_id == "master" else base.parent
    home = base / "parsed"
    target = home / "warehouse" / "dbt"
    with FileLock(str(base / "parsed.lock")):
        if not (home / "complete").exists():
            shutil.rmtree(home, ignore_errors=True)
            target.mkdir(parents=True)
            done = subprocess.run(
                [
                    str(Path(sys.executable).with_name("dbt")),
                    "--quiet",
                    "parse",
                    "--project-dir",
                    str(repository / "dbt_project"),
                    "--profiles-dir",
                    str(repository / "profiles"),
                ],
                env={
                    **os.environ,
                    "WELLSPRING_HOME": str(home),
                    "DBT_TARGET_PATH": str(target),
                    "DBT_LOG_PATH": str(target),
                },
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode:
                pytest.fail(f"dbt cannot parse its project:\n{done.stdout}\n{done.stderr}")
            (home / "complete").touch()
    return orjson.loads((target / "manifest.json").read_bytes())


@pytest.fixture(scope="session")
def models(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    """Our models, as in the manifest, by path."""
    found = [
        node
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["package_name"] == "wellspring"
    ]
    assert found, "the manifest holds no model"
    return sorted(found, key=lambda node: node["original_file_path"])
