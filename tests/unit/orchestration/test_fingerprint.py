"""When a build is known to give what is published already."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from orchestration.fingerprint import build_fingerprint, code_fingerprint


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A small checkout."""
    for name in ("dbt_project/models/a.sql", "seeds/codes.csv", "profiles/profiles.yml"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name, encoding="utf-8")
    (tmp_path / "sources.yml").write_text("version: 1\n", encoding="utf-8")
    return tmp_path


def digest(project: Path) -> str:
    return code_fingerprint(sources=project / "sources.yml", root=project)


@pytest.mark.parametrize(
    "name", ["dbt_project/models/a.sql", "seeds/codes.csv", "profiles/profiles.yml", "sources.yml"]
)
def test_a_change_of_what_dbt_reads_is_seen(project: Path, name: str) -> None:
    before = digest(project)
    (project / name).write_text("changed", encoding="utf-8")
    assert digest(project) != before


@pytest.mark.parametrize(
    "name",
    ["dbt_project/target/manifest.json", "dbt_project/logs/dbt.log", "ml/__pycache__/a.pyc"],
)
def test_what_runs_leave_behind_is_not_code(project: Path, name: str) -> None:
    before = digest(project)
    (project / name).parent.mkdir(parents=True, exist_ok=True)
    (project / name).write_text("left behind", encoding="utf-8")
    assert digest(project) == before


def test_the_order_of_landing_does_not_count_but_what_landed_does() -> None:
    def fingerprint(*landed: str, as_of: date = date(2026, 6, 30)) -> str:
        return build_fingerprint(code="c", landed=landed, as_of=as_of)

    assert fingerprint("a", "b") == fingerprint("b", "a")
    assert fingerprint("a", "b") != fingerprint("a")
    assert fingerprint("a") != fingerprint("a", as_of=date(2026, 7, 1))


def test_terminology_that_was_loaded_asks_for_a_build(tmp_path: Path) -> None:
    register = tmp_path / "releases.parquet"

    def fingerprint() -> str:
        return build_fingerprint(
            code="c", landed=["a"], as_of=date(2026, 6, 30), registers=[register]
        )

    nothing_loaded = fingerprint()
    register.write_bytes(b"one release")
    one_loaded = fingerprint()
    register.write_bytes(b"two releases")
    assert len({nothing_loaded, one_loaded, fingerprint()}) == 3
