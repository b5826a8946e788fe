"""A home of one's own, and files to land in it, all made up here."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from ingest import bronze
from ingest.home import Home
from ingest.sources import load_sources

Drop = Callable[[str, bytes], Path]

ADT = (
    b"MSH|^~\\&|EHR|NORTHSIDE|||20260601080000-0500||ADT^A04|%s|P|2.5.1\r"
    b"PID|1||M%s^^^NORTHSIDE^MR||TESTER^CASE||19700101|F\r"
)
ORU = (
    b"MSH|^~\\&|LIS|REFLAB|||20260601080000||ORU^R01|%s|P|2.5.1\r"
    b"PID|1||L%s^^^REFLAB^PI||TESTER^CASE||19700101|F\rOBX|1|NM|GLU^Glucose^L||5|mg/dL\r"
)


def messages(template: bytes, count: int, *, first: int = 1) -> bytes:
    """So many messages, one after another."""
    return b"".join(
        template % (str(number).encode(), str(number).encode())
        for number in range(first, first + count)
    )


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files dropped by a test are complete, and stores are local."""
    monkeypatch.setenv("WELLSPRING_SETTLE_SECONDS", "0")
    for name in ("WELLSPRING_BRONZE_URL", "WELLSPRING_QUARANTINE_URL", "WELLSPRING_SOURCES"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """An empty home with its layout."""
    home = Home(tmp_path / "data")
    bronze.ensure_layout(home, load_sources())
    return home


@pytest.fixture
def drop(home: Home) -> Drop:
    """Write a file into the landing folder."""

    def write(name: str, content: bytes) -> Path:
        path = home.landing / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    return write


def rows(home: Home, *, room: str = "bronze") -> list[dict[str, object]]:
    """Every record that a reader's glob finds, in order."""
    root = home.bronze if room == "bronze" else home.quarantine
    found: list[dict[str, object]] = []
    for path in sorted(root.glob("*/*/received_date=*/*.parquet")):
        with path.open("rb") as stream:
            found += pq.ParquetFile(stream).read().to_pylist()
    return sorted(found, key=lambda row: (str(row["file_name"]), str(row["byte_offset"])))


def exported(home: Home, sha256: str) -> bytes:
    """The file that bronze gives back."""
    out = io.BytesIO()
    bronze.export_file(home, sha256, out)
    return out.getvalue()
