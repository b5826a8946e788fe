"""Where everything that Wellspring writes lives (``WELLSPRING_HOME``).

Here: the paths, nothing else. Not here: creating, reading or writing what they hold.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Home"]


@dataclass(frozen=True, slots=True)
class Home:
    """The folders of one Wellspring home; nothing is written outside ``root``."""

    root: Path

    @classmethod
    def from_env(cls) -> Home:
        """The home named by ``WELLSPRING_HOME``, by default ``./data``, made absolute."""
        return cls(Path(os.environ.get("WELLSPRING_HOME") or "data").expanduser().resolve())

    @property
    def landing(self) -> Path:
        """Where sources drop their extracts: ``landing/<source>/<feed>/<file>``."""
        return self.root / "landing"

    @property
    def landing_archive(self) -> Path:
        """Where landed originals go when the declaration says ``after_landing: archive``."""
        return self.landing / ".archive"

    @property
    def bronze(self) -> Path:
        """Immutable records as received: ``bronze/<source>/<feed>/received_date=…/``."""
        return self.root / "bronze"

    @property
    def manifest(self) -> Path:
        """One JSON entry per landed file; creating it commits the landing."""
        return self.bronze / "_manifest"

    @property
    def quarantine(self) -> Path:
        """Records that could not land, with their bytes and a reason."""
        return self.root / "quarantine"

    @property
    def warehouse(self) -> Path:
        """What can be rebuilt from bronze: the DuckDB file, dbt's and Dagster's working files."""
        return self.root / "warehouse"

    @property
    def database(self) -> Path:
        """The DuckDB file that dbt builds."""
        return self.warehouse / "wellspring.duckdb"

    @property
    def feed_registry(self) -> Path:
        """The declared feeds as Parquet, rewritten from ``sources.yml`` before each build."""
        return self.warehouse / "feeds.parquet"

    @property
    def identity_model(self) -> Path:
        """The linkage model that was accepted: what ``wellspring identity train`` writes."""
        return self.root / "identity" / "model.parquet"

    @property
    def identity_index(self) -> Path:
        """What linkage with that model remembers of its last run; can be made anew."""
        return self.warehouse / "identity" / "index.duckdb"

    @property
    def spill(self) -> Path:
        """Where DuckDB puts what does not fit into memory (``profiles/profiles.yml`` as well)."""
        return self.warehouse / "tmp"

    @property
    def runs(self) -> Path:
        """What the last runs reported, as JSON."""
        return self.warehouse / "run"

    @property
    def published(self) -> Path:
        """Read-only versions of gold: ``published/<version>/gold.duckdb``."""
        return self.root / "published"

    @property
    def terminology(self) -> Path:
        """Code systems, maps and value sets that were loaded, as they came and as Parquet."""
        return self.root / "terminology"

    @property
    def terminology_registers(self) -> tuple[Path, ...]:
        """Which releases and value sets are loaded, and which of them are in use."""
        return (
            self.terminology / "releases.parquet",
            self.terminology / "value_sets" / "releases.parquet",
        )

    @property
    def synthetic(self) -> Path:
        """The synthetic hospital's parameters and truth, which the pipeline never reads."""
        return self.root / "synthetic"
