"""A small population, generated once per test process, and helpers that read its files plainly."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from ingest.synthetic import Population, generate

PATIENTS, MONTHS, SEED = 300, 4, 11
UNTIL = date(2026, 6, 30)


@dataclass(frozen=True)
class Landed:
    """A generated population with plain readers."""

    population: Population

    @property
    def landing(self) -> Path:
        return self.population.out / "landing"

    def files(self, feed: str) -> list[Path]:
        return sorted((self.landing / feed).iterdir())

    def messages(self, feed: str) -> Iterator[tuple[Path, str]]:
        """HL7 messages with whole headers, without batch envelopes."""
        encoding = "latin-1" if feed.startswith("lab/") else "utf-8"
        for path in self.files(feed):
            text = path.read_bytes().decode(encoding, "surrogateescape")
            for part in re.split(r"(?:^|\r)(?=MSH\|)", text):
                message = re.split(r"\r(?=(?:BHS|BTS|FTS)\|)", part)[0].rstrip("\r")
                if message.startswith("MSH|") and len(message.split("\r")[0].split("|")) > 11:
                    yield path, message + "\r"

    def interchanges(self, feed: str) -> Iterator[tuple[Path, str]]:
        for path in self.files(feed):
            for part in re.split(r"\n(?=ISA\*)", path.read_text(encoding="ascii")):
                yield path, part.rstrip("\n") + "\n"

    def truth(self, name: str) -> list[dict[str, object]]:
        path = self.population.out / "synthetic" / "truth" / f"{name}.parquet"
        rows: list[dict[str, object]] = pq.read_table(path).to_pylist()
        return rows

    def broken(self) -> set[str]:
        """Locators of records that were broken on purpose."""
        return {
            str(flaw["record_locator"])
            for flaw in self.truth("flaws")
            if flaw["flaw_type"] == "malformed"
        }


@pytest.fixture(scope="session")
def landed(tmp_path_factory: pytest.TempPathFactory) -> Landed:
    out = tmp_path_factory.mktemp("synthetic")
    return Landed(
        generate(out=out, patients=PATIENTS, months=MONTHS, seed=SEED, until=UNTIL, processes=1)
    )
