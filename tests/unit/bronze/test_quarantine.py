"""Quarantine: seeing what is there without seeing whose it is, and getting it out."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

import pytest

from ingest import bronze
from ingest.bronze import quarantine
from ingest.home import Home
from ingest.sources import Sources, load_sources

from .conftest import ADT, ORU, Drop, exported, messages, rows


def sources(path: Path, feeds: str) -> Sources:
    path.write_text(
        f"version: 1\nsources:\n  ehr:\n    owner: someone\n    feeds:\n{feeds}", encoding="utf-8"
    )
    return load_sources(path)


ONLY_ADT = '      adt: {format: hl7v2, message_types: ["ADT"]}\n'
ADT_AND_ORU = '      adt: {format: hl7v2, message_types: ["ADT", "ORU"]}\n'


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def check(home: Home, *, records: int, landed: int, quarantined: int) -> None:
    found = bronze.verify(home)
    assert found.problems == []
    assert (found.records, found.landed, found.quarantined) == (records, landed, quarantined)
    assert found.unfinished == 0


def test_listing_says_how_many_why_and_where_but_not_who(home: Home, drop: Drop) -> None:
    drop("ehr/adt/a.hl7", messages(ADT, 2) + messages(ORU, 3))
    bronze.land(home=home)
    [group] = quarantine.list_(home)
    assert (group.source_system, group.feed, group.records) == ("ehr", "adt", 3)
    assert group.reason_code == "unexpected-record-type"
    assert group.first_record_index == 2
    assert "TESTER" not in str(group)
    assert quarantine.list_(home, source="lab") == []
    assert quarantine.list_(home, reason="empty-file") == []


def test_bytes_are_shown_only_on_request(home: Home, drop: Drop) -> None:
    content = messages(ADT, 1) + messages(ORU, 2)
    drop("ehr/adt/a.hl7", content)
    bronze.land(home=home)
    shown = quarantine.show(home, digest(content)[:12])
    assert [record.record_index for record in shown] == [1, 2]
    assert "TESTER" not in str(shown)
    [one] = quarantine.show(home, digest(content), record_index=2, raw=True)
    assert one.raw is not None
    assert b"TESTER" in one.raw


def test_replay_after_a_changed_declaration_moves_records_with_their_history(
    home: Home, drop: Drop, tmp_path: Path
) -> None:
    narrow = sources(tmp_path / "narrow.yml", ONLY_ADT)
    wide = sources(tmp_path / "wide.yml", ADT_AND_ORU)
    content = messages(ADT, 2) + messages(ORU, 3) + messages(ADT, 2, first=7)
    drop("ehr/adt/a.hl7", content)
    bronze.land(home=home, sources=narrow)
    check(home, records=7, landed=4, quarantined=3)
    before = {path: path.read_bytes() for path in home.root.rglob("received_date=*/*.parquet")}

    [done] = quarantine.replay(home, sources=wide)
    assert (done.superseded, done.landed, done.still_quarantined) == (3, 3, 0)
    check(home, records=7, landed=7, quarantined=0)
    assert {path: path.read_bytes() for path in before} == before, "nothing is rewritten"
    landed = rows(home)
    assert sorted(int(str(row["record_index"])) for row in landed) == list(range(7))
    replayed = [row for row in landed if row["replayed_at"] is not None]
    assert [row["record_index"] for row in replayed] == [2, 3, 4]
    assert {row["quarantined_reason"] for row in replayed} == {"unexpected-record-type"}
    assert exported(home, digest(content)) == content
    assert quarantine.list_(home) == []

    [again] = quarantine.replay(home, sha256=digest(content), sources=wide)
    assert (again.superseded, again.landed) == (0, 0)
    check(home, records=7, landed=7, quarantined=0)


def test_what_still_cannot_be_used_stays(home: Home, drop: Drop, tmp_path: Path) -> None:
    narrow = sources(tmp_path / "narrow.yml", ONLY_ADT)
    content = messages(ADT, 1) + messages(ORU, 2)
    drop("ehr/adt/a.hl7", content)
    bronze.land(home=home, sources=narrow)
    [done] = quarantine.replay(home, sources=narrow)
    assert (done.landed, done.still_quarantined) == (0, 2)
    assert not done.is_failed
    check(home, records=3, landed=1, quarantined=2)


def test_a_table_with_a_missing_column_replays_once_an_alias_is_declared(
    home: Home, drop: Drop, tmp_path: Path
) -> None:
    before = sources(tmp_path / "a.yml", "      t: {format: csv, columns: [number, name]}\n")
    after = sources(
        tmp_path / "b.yml",
        "      t: {format: csv, columns: [number, {name: name, aliases: [label]}]}\n",
    )
    content = b"number,label\n" + b"".join(b"%d,x\n" % number for number in range(2000))
    drop("ehr/t/a.csv", content)
    bronze.land(home=home, sources=before)
    check(home, records=2000, landed=0, quarantined=2000)
    quarantine.replay(home, sources=after)
    check(home, records=2000, landed=2000, quarantined=0)
    assert {row["header"] for row in rows(home)} == {"number\x1fname"}
    assert exported(home, digest(content)) == content


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_a_file_of_another_feed_lands_when_it_is_moved_to_its_own(
    home: Home, drop: Drop, pack: object
) -> None:
    content = pack(messages(ORU, 5))  # type: ignore[operator]
    drop("claims/835/results.hl7", content)
    first = bronze.land(home=home)
    assert first.landed == 0
    drop("lab/oru/results.hl7", content)
    second = bronze.land(home=home)
    assert (second.landed, second.files[0].outcome) == (5, "landed")
    check(home, records=5, landed=5, quarantined=0)
    assert {(row["source_system"], row["feed"]) for row in rows(home)} == {("lab", "oru")}
    assert sorted(str(row["record_index"]) for row in rows(home)) == list("01234")
    assert exported(home, digest(content)) == content
    drop("lab/oru/once_more.hl7", content)
    assert bronze.land(home=home).landed == 0


def test_a_file_of_another_feed_can_be_sent_to_it(home: Home, drop: Drop) -> None:
    content = messages(ORU, 2) + b"OBX|1|NM|no message around it\r\r" + messages(ADT, 1)
    drop("claims/835/results.hl7", content)
    bronze.land(home=home)
    [done] = quarantine.replay(home, sha256=digest(content)[:10], to_feed=("lab", "oru"))
    assert (done.superseded, done.landed) == (1, 2)
    assert done.still_quarantined == 1, "the ADT message is not the laboratory's"
    [held] = quarantine.list_(home, source="lab")
    assert held.reason_code == "unexpected-record-type"
    check(home, records=3, landed=2, quarantined=1)
    [done] = quarantine.replay(home, sha256=digest(content), to_feed=("ehr", "adt"))
    assert done.landed == 1
    check(home, records=3, landed=3, quarantined=0)
    assert exported(home, digest(content)) == content
    assert len({row["record_index"] for row in rows(home)}) == 3


def test_a_replay_that_died_is_finished_by_the_next(
    home: Home, drop: Drop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Died(BaseException):
        pass

    def die(*_: object, **__: object) -> None:
        raise Died

    wide = sources(tmp_path / "wide.yml", ADT_AND_ORU)
    content = messages(ADT, 1) + messages(ORU, 2)
    drop("ehr/adt/a.hl7", content)
    bronze.land(home=home, sources=sources(tmp_path / "narrow.yml", ONLY_ADT))
    for step in ("Manifest.commit", "Manifest.finish"):
        with monkeypatch.context() as patch, pytest.raises(Died):
            patch.setattr(f"ingest.bronze.manifest.{step}", die)
            quarantine.replay(home, sources=wide)
    bronze.land(home=home, sources=wide)
    quarantine.replay(home, sources=wide)
    check(home, records=3, landed=3, quarantined=0)
    assert len(rows(home)) == 3
