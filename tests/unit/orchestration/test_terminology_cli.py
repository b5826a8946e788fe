"""The worklist of terminology on the screen."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from orchestration.cli import app
from orchestration.cli.console import console


def test_codes_are_shown_as_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WELLSPRING_HOME", str(tmp_path))
    monkeypatch.setattr(console, "_width", 250)
    (tmp_path / "published").mkdir()
    with duckdb.connect(str(tmp_path / "published" / "gold.duckdb")) as connection:
        connection.execute(
            """
            create table unmapped_codes as
            select
                1 as priority, 'lab' as source_system, 'observation.value' as resource,
                null::varchar as code_system_name, 'urn:id:lab:L' as code_system, '[b]POS' as code,
                'Positive [bold]' as code_display, 'no_map' as reason, 3 as record_count,
                0.5 as share_of_records, date '2026-01-01' as first_seen_date,
                date '2026-01-02' as last_seen_date
            """
        )
    shown = CliRunner().invoke(app, ["terminology", "unmapped"])
    assert shown.exit_code == 0
    for text in ("urn:id:lab:L", "[b]POS", "Positive [bold]", "observation.value", "no map"):
        assert text in shown.output
