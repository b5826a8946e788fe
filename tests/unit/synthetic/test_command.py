"""`wellspring synth`, the same function from a shell."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from orchestration.cli import app


def test_synth_writes_into_the_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WELLSPRING_HOME", str(tmp_path))
    options = ["synth", "--patients", "4", "--months", "1", "--seed", "3", "--until", "2026-02-28"]
    told = CliRunner().invoke(app, options)
    assert told.exit_code == 0
    assert "2026-02-01 to 2026-02-28" in " ".join(told.stdout.split())
    assert (tmp_path / "synthetic" / "population.json").exists()
    assert (tmp_path / "landing" / "ehr" / "adt").is_dir()


def test_synth_refuses_to_mix_populations(tmp_path: Path) -> None:
    options = ["synth", "--patients", "2", "--months", "1", "--out", str(tmp_path), "--seed"]
    assert CliRunner().invoke(app, [*options, "1"]).exit_code == 0
    assert CliRunner().invoke(app, [*options, "2"]).exit_code == 2
