"""sources.yml: what it declares, and what it says to whoever writes it wrongly."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from ingest import bronze
from ingest.errors import SourcesError
from ingest.home import Home
from ingest.sources import Sources, load_sources

from .conftest import Drop, rows

#: Contract of the project: the eight systems, and the stewards, with their feeds.
DECLARED = {
    "ehr": ["adt", "oru_vitals", "mdm", "fhir"],
    "lab": ["oru"],
    "pharmacy": ["rde", "rds", "dispenses"],
    "claims": ["837p", "837i", "835", "834"],
    "wearables": ["omh", "vendor_payloads", "daily_activity"],
    "public_health": ["vxu", "sdoh_screening", "county_svi"],
    "scheduling": ["siu", "appointments"],
    "billing": ["dft", "statements"],
    "identity": ["decisions"],
}


@pytest.fixture(scope="module")
def sources() -> Sources:
    return load_sources()


def test_the_eight_systems_and_the_stewards_are_declared(sources: Sources) -> None:
    assert {
        source.source_system: [feed.feed for feed in source.feeds] for source in sources.sources
    } == DECLARED


def test_every_feed_says_what_an_operator_needs(sources: Sources) -> None:
    for feed in sources:
        assert feed.description.endswith("."), feed.name
        assert feed.owner, feed.name
        assert feed.time_zone, feed.name
        assert feed.patterns, feed.name
        if feed.format == "csv":
            assert feed.columns, feed.name
            assert any(column.required for column in feed.columns), feed.name


@pytest.mark.parametrize(
    ("path", "feed"),
    [
        ("ehr/adt/2026-06.hl7", "ehr/adt"),
        ("ehr/adt/2026-06.hl7.gz", "ehr/adt"),
        ("claims/835/x.x12", "claims/835"),
        ("claims/835/x.x12.zip", "claims/835"),
        ("ehr/adt/unexpected.bin", "ehr/adt"),
        ("New System/Some Feed/x.txt", "new_system/some_feed"),
        ("ehr/new_feed/x.txt", "ehr/new_feed"),
    ],
)
def test_a_file_belongs_to_the_feed_of_its_pattern_or_folder(
    sources: Sources, path: str, feed: str
) -> None:
    found = sources.feed_for(path)
    assert found is not None
    assert found.name == feed


def test_a_file_in_no_folder_belongs_to_nobody(sources: Sources) -> None:
    assert sources.feed_for("stray.hl7") is None


def test_an_undeclared_feed_of_a_declared_source_has_its_time_zone(sources: Sources) -> None:
    found = sources.feed_for("lab/new_feed/x.txt")
    assert found is not None
    assert (found.time_zone, found.is_declared) == ("America/New_York", False)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("sources: {}", "version"),
        ("version: 1\nsources: []", "sources"),
        ("version: 1\nsources: {a: {feeds: {}}}", "owner is missing"),
        ("version: 1\nsources: {A: {owner: x, feeds: {}}}", "lower-case"),
        ("version: 1\nsources: {a: {owner: x, feeds: {b: {}}}}", "format is missing"),
        ("version: 1\nsources: {a: {owner: x, feeds: {b: {format: hl7}}}}", "one of hl7v2"),
        ("version: 1\nsources: {a: {owner: x, feeds: {b: {format: csv, colums: [x]}}}}", "colums"),
        ("version: 1\nsources: {a: {owner: x, time_zone: CST6, feeds: {}}}", "America/Chicago"),
        (
            "version: 1\nsources: {a: {owner: x, feeds: {b: {format: x12, message_types: [837]}}}}",
            "quote codes",
        ),
        (
            "version: 1\nsources: {a: {owner: x, feeds: {b: {format: csv, columns: [c, C]}}}}",
            "twice",
        ),
        (
            "version: 1\nsources: {a: {owner: x, feeds: {b: {format: csv, columns: [c], "
            "widths: [1, 2]}}}}",
            "2 widths but 1 columns",
        ),
        (
            "version: 1\nsources: {a: {owner: x, feeds: {b: {format: csv, after_landing: burn}}}}",
            "archive, delete, keep",
        ),
        (
            "version: 1\nsources: {a: {owner: x, feeds: {b: {format: csv, patterns: [p]}, "
            "c: {format: csv, patterns: [p]}}}}",
            "a/b's already",
        ),
        (
            "version: 1\nsources: {a: {owner: x, authoritative: [identities], "
            "feeds: {b: {format: csv}}}}",
            "did you mean `identity`",
        ),
        (
            "version: 1\nsources: {a: {owner: x, feeds: {b: {format: csv, authoritative: [A b]}}}}",
            "no name of a silver model",
        ),
        ("version: 1\nsources: [", "not valid YAML"),
    ],
)
def test_a_mistake_is_told_with_its_place_and_remedy(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "sources.yml"
    path.write_text(text)
    with pytest.raises(SourcesError, match=r"sources\.yml") as told:
        load_sources(path)
    assert said in str(told.value)


def test_what_a_source_is_the_authority_on_holds_for_all_its_feeds(tmp_path: Path) -> None:
    path = tmp_path / "sources.yml"
    path.write_text(
        "version: 1\nsources: {deck: {owner: x, authoritative: [identity], feeds: "
        "{a: {format: fhir}, b: {format: fhir, authoritative: [encounter]}}}}"
    )
    assert [feed.authoritative for feed in load_sources(path)] == [
        ("identity",),
        ("identity", "encounter"),
    ]


def test_a_ninth_system_needs_no_python(
    home: Home, drop: Drop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    declaration = tmp_path / "sources.yml"
    declaration.write_text(
        """
version: 1
sources:
  dental:
    title: Dental clinic
    owner: dental@clinic.example
    time_zone: America/Chicago
    feeds:
      visits:
        description: Visits, a table of fixed width.
        format: csv
        patterns: ["dental/drop/VISITS_*.TXT"]
        has_header: false
        widths: [4, 8, 3]
        columns: [visit_id, visit_date, tooth]
        charset: cp1252
        after_landing: delete
      xrays:
        format: csv
        delimiter: "|"
        columns: [xray_id, {name: taken_on, aliases: [date]}]
"""
    )
    monkeypatch.setenv("WELLSPRING_SOURCES", str(declaration))
    sources = load_sources()
    bronze.ensure_layout(home, sources)
    path = drop("dental/drop/VISITS_01.TXT", b"000120260601021\n000220260602M\xfc \n00032026\n")
    drop("dental/xrays/june.csv", b"xray_id|date|dose\n7|2026-06-01|2\n")
    report = bronze.land(home=home, sources=sources)
    assert (report.records_in, report.landed, report.quarantined) == (4, 3, 1)
    assert not path.exists()
    landed = {(row["feed"], row["header"]) for row in rows(home)}
    assert landed == {
        ("visits", "visit_id\x1fvisit_date\x1ftooth"),
        ("xrays", "xray_id\x1ftaken_on\x1fdose"),
    }
    bronze.write_feed_registry(home, sources)
    registry = pq.read_table(home.feed_registry).to_pylist()
    assert [(row["source_system"], row["feed"], row["time_zone"]) for row in registry] == [
        ("dental", "visits", "America/Chicago"),
        ("dental", "xrays", "America/Chicago"),
    ]
    assert bronze.verify(home).problems == []
