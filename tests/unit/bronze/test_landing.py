"""Landing one file: what becomes of it, and what is left behind."""

from __future__ import annotations

import errno
import gzip
import hashlib
import io
import os
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from ingest import bronze
from ingest.bronze.manifest import Manifest
from ingest.errors import BronzeError
from ingest.home import Home

from .conftest import ADT, ORU, Drop, exported, messages, rows


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def outcomes(report: bronze.LandReport) -> dict[str, str]:
    return {file.file_name: file.outcome for file in report.files}


def test_a_declared_file_lands_and_its_original_is_archived(home: Home, drop: Drop) -> None:
    content = messages(ADT, 3)
    path = drop("ehr/adt/2026-06.hl7", content)
    report = bronze.land(home=home)
    assert (report.records_in, report.landed, report.quarantined, report.exit_code) == (3, 3, 0, 0)
    assert not path.exists()
    assert (home.landing_archive / "ehr/adt/2026-06.hl7").read_bytes() == content
    landed = rows(home)
    assert [row["record_type"] for row in landed] == ["ADT^A04"] * 3
    assert [row["record_index"] for row in landed] == [0, 1, 2]
    assert {row["source_system"] for row in landed} == {"ehr"}
    assert {row["file_sha256"] for row in landed} == {sha(content)}
    assert exported(home, sha(content)) == content
    assert bronze.verify(home).problems == []


def test_bronze_has_one_schema_whatever_the_format(home: Home, drop: Drop) -> None:
    drop("ehr/adt/a.hl7", messages(ADT, 1) + b"ZZZ|no MSH before a truncated mess")
    drop(
        "public_health/county_svi/a.csv",
        b"county_fips,county_name,state,svi_overall,x\n1,2,3,4,5\n",
    )
    drop("wearables/omh/a.json", b'[{"header": {"id": "1"}, "body": {}}]')
    drop("lab/oru/none.hl7", b"")
    bronze.land(home=home)
    for room, schema in (
        (home.bronze, bronze.BRONZE_SCHEMA),
        (home.quarantine, bronze.QUARANTINE_SCHEMA),
    ):
        paths = list(room.glob("*/*/**/*.parquet"))
        assert any(path.name != "_empty.parquet" for path in paths)
        for path in paths:
            assert pq.read_schema(path).equals(schema), path


def test_the_same_bytes_land_once_under_any_name(home: Home, drop: Drop) -> None:
    content = messages(ADT, 2)
    drop("ehr/adt/first.hl7", content)
    bronze.land(home=home)
    drop("ehr/adt/second.hl7", content)
    drop("ehr/adt/third.hl7", content)
    report = bronze.land(home=home)
    assert set(outcomes(report).values()) == {"already_landed"}
    assert report.records_in == 0
    assert len(rows(home)) == 2
    manifest = Manifest(bronze.bronze_store(home))
    assert manifest.duplicates(sha(content)) == ["ehr/adt/second.hl7", "ehr/adt/third.hl7"]
    assert not list(home.landing.glob("ehr/adt/*"))


def test_the_same_bytes_twice_in_one_run_land_once(home: Home, drop: Drop) -> None:
    content = messages(ADT, 2)
    for number in range(12):
        drop(f"ehr/adt/copy{number}.hl7", content)
        drop(f"elsewhere/adt/copy{number}.hl7", content)
    report = bronze.land(home=home)
    assert sum(file.outcome != "already_landed" for file in report.files) == 1
    check = bronze.verify(home)
    assert (check.files, check.records, check.problems, check.unfinished) == (1, 2, [], 0)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("ehr/adt/empty.hl7", b"", "empty-file"),
        ("ehr/adt/blank.hl7", b"\r\n\r\n", "empty-file"),
        ("claims/835/wrong.x12", messages(ADT, 4), "wrong-format"),
        ("lab/oru/wrong.hl7", messages(ADT, 1), "unexpected-record-type"),
        ("lab/oru/noise.hl7", bytes(range(256)) * 64, "binary-content"),
        ("new_system/things/noise.bin", bytes(range(256)) * 64, "binary-content"),
        ("scheduling/appointments/a.csv", b"patient_number,status\n1,booked\n", "csv-"),
        ("stray.hl7", messages(ADT, 2), "unassigned-file"),
    ],
)
def test_a_file_that_cannot_be_used_is_quarantined_with_its_reason(
    home: Home, drop: Drop, name: str, content: bytes, reason: str
) -> None:
    drop(name, content)
    drop("ehr/adt/good.hl7", messages(ADT, 5, first=100))
    report = bronze.land(home=home)
    assert outcomes(report) == {name: "quarantined", "ehr/adt/good.hl7": "landed"}
    assert report.exit_code == 3
    assert report.landed == 5
    assert all(code.startswith(reason) for code in report.reasons)
    assert exported(home, sha(content)) == content
    assert all(row["reason"] for row in rows(home, room="quarantine"))
    assert bronze.verify(home).problems == []


def test_a_broken_record_is_quarantined_alone(home: Home, drop: Drop) -> None:
    whole = b'{"resourceType":"Patient","id":"a"}\n'
    content = whole + b'{"resourceType":"Patient","id"\n' + whole.replace(b'"a"', b'"b"')
    drop("ehr/fhir/Patient.ndjson", content)
    report = bronze.land(home=home)
    assert (report.records_in, report.landed, report.quarantined) == (3, 2, 1)
    assert report.exit_code == 0
    assert [row["record_index"] for row in rows(home, room="quarantine")] == [1]
    assert exported(home, sha(content)) == content


def test_text_that_is_not_utf8_comes_back_as_it_was(home: Home, drop: Drop) -> None:
    content = messages(ADT, 2).replace(b"TESTER", b"M\xfcller")
    drop("ehr/adt/latin.hl7", content)
    bronze.land(home=home)
    assert exported(home, sha(content)) == content
    assert "Müller" in str(rows(home)[0]["record_text"])


def test_a_compressed_file_comes_back_compressed(home: Home, drop: Drop) -> None:
    plain = messages(ADT, 3)
    content = gzip.compress(plain)
    drop("ehr/adt/a.hl7.gz", content)
    report = bronze.land(home=home)
    assert (report.records_in, report.landed) == (3, 3)
    assert exported(home, sha(content)) == content
    assert bronze.verify(home).problems == []


def test_members_of_a_zip_are_records_of_one_file(home: Home, drop: Drop) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("one.hl7", messages(ADT, 2))
        archive.writestr("two.hl7", messages(ADT, 2, first=50))
    content = packed.getvalue()
    drop("ehr/adt/day.zip", content)
    bronze.land(home=home)
    landed = rows(home)
    assert [
        row["record_index"] for row in sorted(landed, key=lambda row: str(row["record_index"]))
    ] == [0, 1, 2, 3]
    assert {row["file_name"] for row in landed} == {
        "ehr/adt/day.zip!one.hl7",
        "ehr/adt/day.zip!two.hl7",
    }
    assert len({row["byte_offset"] for row in landed}) == 4
    assert exported(home, sha(content)) == content


def test_what_a_damaged_gzip_still_holds_lands(home: Home, drop: Drop) -> None:
    # Stored, not deflated: the whole messages before the damage can be read.
    content = gzip.compress(messages(ADT, 400), compresslevel=0)[:-4000]
    drop("ehr/adt/cut.hl7.gz", content)
    report = bronze.land(home=home)
    assert report.landed > 300
    assert "archive-damaged" in report.reasons
    assert exported(home, sha(content)) == content


def test_an_archive_bomb_is_refused_as_a_whole(home: Home, drop: Drop) -> None:
    content = gzip.compress(b" " * (80 * 1024 * 1024))
    drop("ehr/adt/bomb.hl7.gz", content)
    report = bronze.land(home=home)
    assert report.reasons == {"archive-bomb": 1}
    assert exported(home, sha(content)) == content


@pytest.mark.parametrize("name", ["a.hl7.tmp", "a.part", "a.hl7.filepart", "a.hl7~", ".a.hl7"])
def test_a_name_that_says_it_is_being_written_is_left_alone(
    home: Home, drop: Drop, name: str
) -> None:
    path = drop(f"ehr/adt/{name}", messages(ADT, 1))
    report = bronze.land(home=home)
    assert report.records_in == 0
    assert path.exists()
    assert report.exit_code == 0


def test_a_file_that_somebody_has_open_for_writing_is_left_for_the_next_run(
    home: Home, drop: Drop
) -> None:
    path = drop("ehr/adt/slow.hl7", messages(ADT, 1))
    with path.open("ab") as writer:
        first = bronze.land(home=home)
        writer.write(messages(ADT, 1, first=2))
    second = bronze.land(home=home)
    assert outcomes(first) == {"ehr/adt/slow.hl7": "skipped"}
    assert "open for writing" in first.files[0].message
    assert (second.records_in, second.landed) == (2, 2)


def test_a_file_that_grows_while_it_is_read_is_left_for_the_next_run(
    home: Home, drop: Drop, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = drop("ehr/adt/grows.hl7", messages(ADT, 1))
    real = os.fsync
    content = messages(ADT, 2)

    def grow(descriptor: int) -> None:
        path.write_bytes(content)
        real(descriptor)

    monkeypatch.setattr(os, "fsync", grow)
    bronze.land(home=home)
    monkeypatch.undo()
    monkeypatch.setenv("WELLSPRING_SETTLE_SECONDS", "0")
    # What was read first has landed; what replaced it was not taken away, and lands now.
    assert path.read_bytes() == content
    assert bronze.land(home=home).landed == 2


def test_a_young_file_is_given_time_to_settle(
    home: Home, drop: Drop, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    path = drop("ehr/adt/young.hl7", messages(ADT, 1))

    def write_more(seconds: float) -> None:
        waits.append(seconds)
        path.write_bytes(messages(ADT, 2))

    monkeypatch.setenv("WELLSPRING_SETTLE_SECONDS", "30")
    monkeypatch.setattr("ingest.bronze.intake.time.sleep", write_more)
    report = bronze.land(home=home)
    assert outcomes(report) == {"ehr/adt/young.hl7": "skipped"}
    assert 29 < waits[0] <= 30


@pytest.mark.parametrize("how", ["archive", "delete", "keep"])
def test_originals_go_where_the_feed_says(
    home: Home, drop: Drop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    declaration = tmp_path / "sources.yml"
    declaration.write_text(
        f"""
version: 1
sources:
  ehr: {{owner: someone, feeds: {{adt: {{format: hl7v2, after_landing: {how}}}}}}}
"""
    )
    monkeypatch.setenv("WELLSPRING_SOURCES", str(declaration))
    path = drop("ehr/adt/a.hl7", messages(ADT, 1))
    bronze.land(home=home)
    assert path.exists() == (how == "keep")
    assert (home.landing_archive / "ehr/adt/a.hl7").exists() == (how == "archive")
    assert bronze.land(home=home).records_in == 0


def test_one_name_with_other_bytes_each_day_is_archived_beside_itself(
    home: Home, drop: Drop
) -> None:
    for day in range(3):
        drop("ehr/adt/daily.hl7", messages(ADT, 1, first=day))
        bronze.land(home=home)
    archived = list((home.landing_archive / "ehr/adt").iterdir())
    assert len({path.read_bytes() for path in archived}) == 3


def test_a_crash_between_landing_folder_and_archive_loses_no_file(home: Home, drop: Drop) -> None:
    drop("ehr/adt/a.hl7", messages(ADT, 1))
    bronze.land(home=home)
    taken = home.landing_archive / ".taken-0" / "ehr" / "adt"
    taken.mkdir(parents=True)
    (taken / "a.hl7").write_bytes(messages(ADT, 1))
    (taken / "new.hl7").write_bytes(messages(ADT, 1, first=9))
    os.utime(home.landing_archive / ".taken-0", (0, 0))
    report = bronze.land(home=home)
    assert outcomes(report) == {"ehr/adt/a.hl7": "already_landed", "ehr/adt/new.hl7": "landed"}
    assert not list(home.landing_archive.glob(".taken-*"))


def test_any_file_lands_on_the_spot_by_its_format(home: Home, tmp_path: Path) -> None:
    outside = tmp_path / "extracts"
    (outside / "Ward 7").mkdir(parents=True)
    (outside / "Ward 7" / "a.hl7").write_bytes(messages(ORU, 2))
    (outside / "b.csv").write_bytes(b"a,b\n1,2\n3,4\n")
    single = tmp_path / "c.ndjson"
    single.write_bytes(b'{"resourceType":"Patient","id":"a"}\n')
    report = bronze.land(home=home, paths=[outside, single], source="visitor")
    assert {(file.feed, file.format, file.landed) for file in report.files} == {
        ("ward_7", "hl7v2", 2),
        ("extracts", "csv", 2),
        ("fhir", "fhir", 1),
    }
    assert single.exists()
    assert (outside / "b.csv").exists()


def test_a_file_outside_the_landing_folder_needs_its_source(home: Home, tmp_path: Path) -> None:
    path = tmp_path / "a.hl7"
    path.write_bytes(messages(ADT, 1))
    with pytest.raises(BronzeError, match="--source"):
        bronze.land(home=home, paths=[path])


@pytest.mark.parametrize(
    ("received_at", "expected"),
    [
        ("mtime", datetime(2026, 3, 1, 6, tzinfo=UTC)),
        (datetime(2026, 4, 2, 3, 4, tzinfo=UTC), datetime(2026, 4, 2, 3, 4, tzinfo=UTC)),
    ],
)
def test_the_time_of_receipt_is_what_was_asked_for(
    home: Home, drop: Drop, received_at: object, expected: datetime
) -> None:
    path = drop("ehr/adt/a.hl7", messages(ADT, 1))
    stamp = datetime(2026, 3, 1, 6, tzinfo=UTC).timestamp()
    os.utime(path, (stamp, stamp))
    bronze.land(home=home, received_at=received_at)  # type: ignore[arg-type]
    assert rows(home)[0]["received_at"] == expected
    assert list(home.bronze.glob(f"ehr/adt/received_date={expected:%Y-%m-%d}/*.parquet"))


def test_progress_reaches_the_end(home: Home, drop: Drop) -> None:
    for number in range(3):
        drop(f"ehr/adt/{number}.hl7", messages(ADT, 1, first=number))
    seen: list[bronze.Progress] = []
    bronze.land(home=home, on_progress=seen.append)
    assert (seen[0].files_done, seen[-1].files_done, seen[-1].files) == (0, 3, 3)
    assert seen[-1].bytes_done == seen[-1].bytes > 0


def test_errors_and_reports_carry_no_values(
    home: Home, drop: Drop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def explode(*_: object, **__: object) -> None:
        raise ValueError("cannot parse TESTER^CASE")

    drop("ehr/adt/a.hl7", messages(ADT, 1))
    monkeypatch.setattr("ingest.bronze.framing.frame", explode)
    report = bronze.land(home=home)
    assert outcomes(report) == {"ehr/adt/a.hl7": "failed"}
    assert report.exit_code == 1
    assert "TESTER" not in str(report.to_dict())
    assert (home.landing / "ehr/adt/a.hl7").exists()


def test_a_framer_that_loses_bytes_costs_nothing(
    home: Home, drop: Drop, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = messages(ADT, 2)
    drop("ehr/adt/a.hl7", content)
    monkeypatch.setattr("ingest.bronze.writer.record_bytes", lambda *_, **__: [b"something else"])
    report = bronze.land(home=home)
    monkeypatch.undo()
    assert report.landed == 2
    assert exported(home, sha(content)) == content
    assert bronze.verify(home).problems == []


def test_the_expected_layout_of_a_home(home: Home) -> None:
    assert (home.bronze / "ehr/adt/_empty.parquet").exists()
    assert (home.quarantine / "ehr/adt/_empty.parquet").exists()
    assert pq.read_table(home.bronze / "claims/835/_empty.parquet").num_rows == 0


@pytest.fixture
def landed(home: Home, drop: Drop) -> Callable[[], bytes]:
    def land_one() -> bytes:
        content = messages(ADT, 3)
        drop("ehr/adt/a.hl7", content)
        bronze.land(home=home)
        return content

    return land_one


def test_an_interchange_that_came_before_is_noticed(home: Home, drop: Drop) -> None:
    isa = (
        "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *260601*1200*^*00501"
        "*000000001*0*P*:~GS*HP*S*R*20260601*1200*1*X*005010X221A1~ST*835*0001~BPR*I*5~SE*3*0001~"
        "GE*1*1~IEA*1*000000001~"
    )
    drop("claims/835/a.x12", isa.encode())
    drop("claims/835/b.x12", isa.replace("~", "~\n").encode())
    report = bronze.land(home=home)
    assert report.landed == 2
    assert sum("came before" in "".join(file.warnings) for file in report.files) == 1


def test_a_linked_folder_is_landed_from_too(home: Home, tmp_path: Path) -> None:
    mount = tmp_path / "mount"
    mount.mkdir()
    (mount / "a.hl7").write_bytes(messages(ADT, 2))
    (home.landing / "ehr").mkdir()
    (home.landing / "ehr" / "adt").symlink_to(mount, target_is_directory=True)
    (mount / "back").symlink_to(home.landing, target_is_directory=True)
    report = bronze.land(home=home)
    assert outcomes(report) == {"ehr/adt/a.hl7": "landed"}
    assert (home.landing_archive / "ehr/adt/a.hl7").read_bytes() == messages(ADT, 2)
    assert not (mount / "a.hl7").exists()


def test_an_original_on_another_disk_is_copied_to_the_archive(
    home: Home, drop: Drop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))

    path = drop("ehr/adt/a.hl7", messages(ADT, 2))
    monkeypatch.setattr("ingest.bronze.intake.Path.rename", refuse)
    report = bronze.land(home=home)
    assert report.files[0].warnings == []
    assert not path.exists()
    assert (home.landing_archive / "ehr/adt/a.hl7").read_bytes() == messages(ADT, 2)


def test_a_folder_that_cannot_be_read_is_told(
    home: Home, drop: Drop, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop("ehr/adt/a.hl7", messages(ADT, 2))
    drop("lab/oru/b.hl7", messages(ORU, 2))
    real = os.scandir

    def refuse(path: str) -> object:
        if str(path).endswith("lab"):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", refuse)
    report = bronze.land(home=home)
    assert outcomes(report) == {"ehr/adt/a.hl7": "landed", "lab": "failed"}
    assert report.exit_code == 1
