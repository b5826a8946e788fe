"""A home whose identity can be built again and again in seconds."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from ingest.bronze.registry import write_feed_registry
from ingest.home import Home
from ingest.sources import load_sources
from tests.integration.conftest import wellspring
from tests.run_dbt import MODELS_ALONE, run_dbt

#: What follows the records as they arrived, up to the ids.
MODELS = ("+patient_xref", "+patient_id_history", "+identity_review_queue")

DECK = """
  deck:
    title: Test decks
    owner: decks@northside.example
    authoritative: [identity]
    feeds:
      cases: {description: Test cases., format: fhir, arrival: {every: irregular}}
  clinic:
    title: A clinic
    owner: clinic@northside.example
    feeds:
      cases: {description: The same as the test decks., format: fhir, arrival: {every: irregular}}
"""


@dataclass(frozen=True, slots=True)
class Place:
    """A home, its declarations, and the commands to use it."""

    home: Home
    sources: Path
    repository: Path

    def wellspring(self, *arguments: str) -> str:
        return wellspring(*arguments, home=self.home.root).stdout

    def drop(self, path: str, text: str) -> None:
        file = self.home.landing / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def dbt(self, *arguments: str, check: bool = True) -> str:
        return run_dbt(self.home, *arguments, check=check).stdout

    def build(self) -> None:
        """Land what was dropped, and bring identity up to date."""
        self.wellspring("land")
        write_feed_registry(self.home, load_sources(self.sources))
        self.dbt(
            "build",
            *("--select", *MODELS),
            *MODELS_ALONE,
        )

    def rows(self, sql: str) -> list[tuple]:
        with duckdb.connect(str(self.home.database), read_only=True) as connection:
            return connection.execute(sql).fetchall()


@pytest.fixture
def place(
    hospital: Home, tmp_path: Path, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> Place:
    """A copy of the hospital's home, with two sources more: `deck`, authoritative, and `clinic`."""
    home = Home(tmp_path / "home")
    home.warehouse.mkdir(parents=True)
    shutil.copytree(hospital.bronze, home.bronze)
    if hospital.quarantine.exists():
        shutil.copytree(hospital.quarantine, home.quarantine)
    shutil.copyfile(hospital.database, home.database)
    sources = tmp_path / "sources.yml"
    declared = (repository / "ingest" / "sources.yml").read_text(encoding="utf-8")
    sources.write_text(declared + DECK, encoding="utf-8")
    monkeypatch.setenv("WELLSPRING_SOURCES", str(sources))
    return Place(home=home, sources=sources, repository=repository)
