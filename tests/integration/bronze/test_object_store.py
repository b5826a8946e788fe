"""Bronze in a bucket, over HTTP, against an S3-compatible server that these tests start.

The server is moto's, from the package index, in a process of its own on the loopback interface; the
client is the one that production uses.
"""

from __future__ import annotations

import hashlib
import io
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import boto3
import pyarrow.parquet as pq
import pytest

from ingest import bronze
from ingest.bronze.manifest import Manifest
from ingest.bronze.store import ObjectStore, bronze_store, quarantine_store
from ingest.errors import BronzeError
from ingest.home import Home

from .conftest import fill_landing, hl7, start_lander

KEYS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ALLOW_HTTP": "true",
}


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of a running S3-compatible server."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        else:
            pytest.fail("the S3-compatible server did not start")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=10)


@pytest.fixture
def bucket(
    server: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[str]:
    """A new bucket; bronze lies in it."""
    for key, value in {**KEYS, "AWS_ENDPOINT_URL": server, "NO_PROXY": "127.0.0.1"}.items():
        monkeypatch.setenv(key, value)
    name = "b" + hashlib.sha256(request.node.nodeid.encode()).hexdigest()[:20]
    client = boto3.client("s3", endpoint_url=server)
    client.create_bucket(Bucket=name)
    monkeypatch.setenv("WELLSPRING_BRONZE_URL", f"s3://{name}/wellspring/bronze")
    yield name


def names(bucket: str) -> list[str]:
    client = boto3.client("s3", endpoint_url=os.environ["AWS_ENDPOINT_URL"])
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    return sorted(item["Key"] for page in pages for item in page.get("Contents", []))


def assert_exactly_once(home: Home, written: dict[str, bytes]) -> None:
    check = bronze.verify(home)
    assert check.problems == []
    manifest = Manifest(bronze_store(home))
    assert {entry.file_sha256 for entry in manifest.entries()} == set(written)
    seen: set[tuple[str, int]] = set()
    for store in (bronze_store(home), quarantine_store(home)):
        for name in store.list(""):
            if "received_date=" in name:
                table = pq.read_table(io.BytesIO(store.read(name)))
                for row in table.select(["file_sha256", "record_index"]).to_pylist():
                    key = (row["file_sha256"], row["record_index"])
                    assert key not in seen
                    seen.add(key)
    assert len(seen) == check.records
    for sha256, content in written.items():
        out = io.BytesIO()
        bronze.export_file(home, sha256, out)
        assert out.getvalue() == content


def test_a_put_never_replaces_what_is_there(bucket: str, new_home: Callable[[str], Home]) -> None:
    store = bronze_store(new_home("home"))
    assert isinstance(store, ObjectStore)
    assert store.put_new("a/b", b"first")
    assert not store.put_new("a/b", b"second")
    assert store.read("a/b") == b"first"
    with pytest.raises(FileNotFoundError):
        store.open("a/c")


def test_of_many_puts_at_once_one_wins(bucket: str, new_home: Callable[[str], Home]) -> None:
    store = bronze_store(new_home("home"))
    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(lambda n: store.put_new("entry", str(n).encode()), range(24)))
    assert sum(won) == 1
    assert store.read("entry") == str(won.index(True)).encode()


def test_everything_lands_in_the_bucket_and_comes_back(
    bucket: str, new_home: Callable[[str], Home]
) -> None:
    home = new_home("home")
    written = fill_landing(home, seed=11, files=10)
    report = bronze.land(home=home)
    assert report.count("failed") == 0
    assert_exactly_once(home, written)
    assert not list(home.bronze.rglob("*.parquet"))
    found = names(bucket)
    assert all(name.startswith("wellspring/") for name in found)
    assert any(name.startswith("wellspring/quarantine/") for name in found)
    assert not [name for name in found if "_pending" in name]
    assert not list(home.root.glob(".spool/land-*"))
    assert bronze.land(home=home).records_in == 0


def test_landers_at_once_in_one_bucket(bucket: str, new_home: Callable[[str], Home]) -> None:
    home = new_home("home")
    written = fill_landing(home, seed=12, files=12, records=50)
    landers = [start_lander(home, received_at="clock") for _ in range(2)]
    for lander in landers:
        _, errors = lander.communicate(timeout=180)
        assert lander.returncode in (0, 3), errors.decode()
    bronze.land(home=home)
    assert_exactly_once(home, written)


KILLED_AT_A_PUT = """
import os, signal, threading, itertools
import ingest.bronze.store as store
real, count, lock = store.ObjectStore.put_new, itertools.count(1), threading.Lock()
def put_new(self, name, content, **options):
    with lock:
        number = next(count)
    if number == int(os.environ["KILL_AT"]) and os.environ["KILL_AFTER"] == "0":
        os.kill(os.getpid(), signal.SIGKILL)
    result = real(self, name, content, **options)
    if number == int(os.environ["KILL_AT"]):
        os.kill(os.getpid(), signal.SIGKILL)
    return result
store.ObjectStore.put_new = put_new
"""


@pytest.mark.parametrize("kill_at", [1, 2, 3, 4, 7, 12])
@pytest.mark.parametrize("kill_after", ["0", "1"])
def test_a_lander_that_dies_between_puts_is_followed_by_one_that_finishes(
    bucket: str, new_home: Callable[[str], Home], kill_at: int, kill_after: str
) -> None:
    home = new_home("home")
    written = fill_landing(home, seed=13, files=5, records=20)
    lander = start_lander(home, before=KILLED_AT_A_PUT, KILL_AT=str(kill_at), KILL_AFTER=kill_after)
    _, errors = lander.communicate(timeout=120)
    assert lander.returncode == -signal.SIGKILL, errors.decode()
    bronze.land(home=home, received_at="mtime")
    assert_exactly_once(home, written)


def test_a_flipped_byte_in_the_bucket_is_found(
    bucket: str, new_home: Callable[[str], Home]
) -> None:
    home = new_home("home")
    path = home.landing / "ehr/adt/a.hl7"
    path.parent.mkdir(parents=True)
    path.write_bytes(hl7(20))
    bronze.land(home=home)
    [name] = [name for name in names(bucket) if "received_date=" in name]
    client = boto3.client("s3", endpoint_url=os.environ["AWS_ENDPOINT_URL"])
    content = bytearray(client.get_object(Bucket=bucket, Key=name)["Body"].read())
    content[len(content) // 2] ^= 1
    client.put_object(Bucket=bucket, Key=name, Body=bytes(content))
    assert [problem.kind for problem in bronze.verify(home).problems] == ["damaged-bronze"]


def test_a_bucket_that_cannot_be_reached_is_told_and_files_stay(
    bucket: str,
    new_home: Callable[[str], Home],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    home = new_home("home")
    path = home.landing / "ehr/adt/a.hl7"
    path.parent.mkdir(parents=True)
    path.write_bytes(hl7(2))
    monkeypatch.setenv("WELLSPRING_BRONZE_URL", "s3://no-such-bucket-here/bronze")
    with pytest.raises(BronzeError, match="AWS_ENDPOINT_URL") as told:
        report = bronze.land(home=home)
        raise BronzeError(report.files[0].message)
    assert "TESTER" not in str(told.value)
    assert path.exists()


def test_a_whole_bucket_leaves_quarantine_no_place(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("WELLSPRING_BRONZE_URL", "s3://bucket")
    with pytest.raises(BronzeError, match="WELLSPRING_QUARANTINE_URL"):
        quarantine_store(Home(tmp_path))
