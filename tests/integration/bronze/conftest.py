"""A home of one's own, and landers as processes of their own."""

from __future__ import annotations

import hashlib
import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from ingest import bronze
from ingest.bronze.manifest import Manifest
from ingest.home import Home
from ingest.sources import load_sources

REPOSITORY = Path(__file__).resolve().parents[3]

ADT = (
    b"MSH|^~\\&|EHR|NORTHSIDE|||20260601080000-0500||ADT^A04|%s|P|2.5.1\r"
    b"PID|1||M%s^^^NORTHSIDE^MR||TESTER^CASE||19700101|F\r"
)


def hl7(count: int, *, first: int = 1) -> bytes:
    """So many messages, one after another."""
    return b"".join(
        ADT % (str(number).encode(), str(number).encode()) for number in range(first, first + count)
    )


def table(count: int, *, first: int = 1) -> bytes:
    """So many rows, every tenth of them ragged."""
    lines = [
        b"%d,County,IL,0.5,2022" % number + (b",too,many" if number % 10 == 0 else b"")
        for number in range(first, first + count)
    ]
    return b"county_fips,county_name,state,svi_overall,release_year\n" + b"\n".join(lines) + b"\n"


def ndjson(count: int, *, first: int = 1) -> bytes:
    """So many resources, and one broken line."""
    lines = [
        b'{"resourceType":"Patient","id":"%d"}' % number for number in range(first, first + count)
    ]
    return b"\n".join([*lines, b'{"resourceType":"Patient"', b""])


def fill_landing(home: Home, *, seed: int, files: int = 12, records: int = 200) -> dict[str, bytes]:
    """Write files of several feeds, with broken records and copies; digest → bytes."""
    chance = random.Random(seed)
    written: dict[str, bytes] = {}
    for number in range(files):
        first = seed * 100_000 + number * 1_000
        count = chance.randint(1, records)
        name, content = chance.choice(
            [
                (f"ehr/adt/{number}.hl7", hl7(count, first=first)),
                (f"public_health/county_svi/{number}.csv", table(count, first=first)),
                (f"ehr/fhir/Patient.{number}.ndjson", ndjson(count, first=first)),
                (f"lab/oru/{number}.hl7", hl7(count, first=first)),
                (f"ehr/adt/empty{number}.hl7", b""),
            ]
        )
        for each in (name, *([name.replace(".", "_copy.", 1)] if number % 5 == 0 else [])):
            path = home.landing / each
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        written[hashlib.sha256(content).hexdigest()] = content
    return written


def environment(home: Home, **more: str) -> dict[str, str]:
    """The environment of a lander for ``home``."""
    return {
        **os.environ,
        "WELLSPRING_HOME": str(home.root),
        "WELLSPRING_SETTLE_SECONDS": "0",
        "PYTHONPATH": str(REPOSITORY),
        **more,
    }


LANDER = """
import sys
from ingest import bronze
from ingest.home import Home
report = bronze.land(home=Home.from_env(), received_at={received_at!r})
sys.exit(report.exit_code)
"""


def start_lander(
    home: Home, *, before: str = "", received_at: str = "mtime", **env: str
) -> subprocess.Popen[bytes]:
    """A lander in a process of its own; ``before`` is Python that it runs first."""
    return subprocess.Popen(
        [sys.executable, "-c", before + LANDER.format(received_at=received_at)],
        env=environment(home, **env),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def assert_exactly_once(home: Home, written: dict[str, bytes]) -> None:
    """Every file that was written is in bronze once, whole, and nothing else is."""
    check = bronze.verify(home)
    assert check.problems == []
    assert check.unfinished == 0
    manifest = Manifest(bronze.bronze_store(home))
    entries = {entry.file_sha256: entry for entry in manifest.entries()}
    assert set(entries) == set(written)
    seen: set[tuple[str, int]] = set()
    for room in (home.bronze, home.quarantine):
        for path in room.glob("*/*/received_date=*/*.parquet"):
            columns = pq.ParquetFile(path).read(columns=["file_sha256", "record_index"])
            for row in columns.to_pylist():
                key = (row["file_sha256"], row["record_index"])
                assert key not in seen, "a record is there twice"
                seen.add(key)
    assert len(seen) == sum(entry.records_in for entry in entries.values())
    left = [path for path in home.landing.rglob("*") if path.is_file()]
    assert [path for path in left if ".archive" not in path.parts] == []
    assert not [path for path in left if ".taken-" in str(path)]
    archived = {
        hashlib.sha256(path.read_bytes()).hexdigest() for path in left if ".archive" in path.parts
    }
    assert archived == set(written)
    for folder in (home.bronze / "_tmp", home.quarantine / "_tmp"):
        assert list(folder.glob("land-*")) == []


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WELLSPRING_SETTLE_SECONDS", "0")
    for name in ("WELLSPRING_BRONZE_URL", "WELLSPRING_QUARANTINE_URL", "WELLSPRING_SOURCES"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def new_home(tmp_path: Path) -> Callable[[str], Home]:
    """Make homes with their layout."""

    def make(name: str) -> Home:
        home = Home(tmp_path / name)
        bronze.ensure_layout(home, load_sources())
        return home

    return make
