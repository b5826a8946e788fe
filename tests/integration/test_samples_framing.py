"""Every outside sample, framed: format, records landed, records quarantined and why.

``samples_framing.tsv`` has a line for each file (members of archives as ``archive!member``), with a
note where something is quarantined. Rewrite its figures with WELLSPRING_WRITE_TABLES=1 (notes
stay), and read the difference before committing it.

``samples_differences.tsv`` has every disagreement with the libraries that serve as oracles, and its
explanation; the tests fail on a disagreement that is not there, and on a line that is not needed.
"""

from __future__ import annotations

import csv
import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hl7
import oxedi
import pytest
from x12sdk.io import X12SegmentReader

from ingest.formats.compression import ContainerError, members
from ingest.formats.whole import Framed, frame_whole

HERE = Path(__file__).parent
TABLE = HERE / "samples_framing.tsv"
DIFFERENCES = HERE / "samples_differences.tsv"
COLUMNS = ["file", "format", "landed", "quarantined", "why", "note"]


def read_tsv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE))


def sample_files(samples: Path, folder: str = ".") -> Iterator[tuple[str, Path]]:
    for path in sorted((samples / folder).rglob("*")):
        if path.is_file() and path.suffix not in (".py",) and path.name != "LICENSE":
            yield path.relative_to(samples).as_posix(), path


def framed_members(name: str, path: Path) -> Iterator[tuple[str, Framed | None, str]]:
    """(name, framing, reason code of a container that cannot be opened)."""
    try:
        with path.open("rb") as stream:
            for member in members(stream, name=name):
                data = member.stream.read()
                found = frame_whole(data, name=member.name)
                assert found.rebuilt() == data
                assert found.result.records_in == len(found.rows)
                assert len(found.landed) == found.result.landed
                assert len(found.quarantined) == found.result.quarantined
                yield member.name, found, ""
    except ContainerError as error:
        yield name, None, error.code


def line_of(name: str, found: Framed | None, code: str) -> dict[str, str]:
    if found is None:
        return dict(zip(COLUMNS, (name, "", "0", "1", f"{code}:1", ""), strict=True))
    why = " ".join(f"{code}:{count}" for code, count in sorted(found.result.reasons.items()))
    figures = (str(found.result.landed), str(found.result.quarantined))
    return dict(zip(COLUMNS, (name, found.format, *figures, why, ""), strict=True))


def test_every_sample_lands_or_is_quarantined_as_the_table_says(shared_samples: Path) -> None:
    expected = read_tsv(TABLE) if TABLE.exists() else []
    found = [
        line_of(*outcome)
        for name, path in sample_files(shared_samples)
        for outcome in framed_members(name, path)
    ]
    if os.environ.get("WELLSPRING_WRITE_TABLES") == "1":
        notes = {line["file"]: line["note"] for line in expected}
        for line in found:
            line["note"] = notes.get(line["file"], "")
        lines = ["\t".join(COLUMNS), *("\t".join(line.values()) for line in found)]
        TABLE.write_text("\n".join(lines) + "\n", encoding="utf-8")
        pytest.skip("the table was rewritten")
    by_file = {line["file"]: line for line in expected}
    assert len(by_file) == len(expected), "a file is in the table twice"
    for line in found:
        known = by_file.pop(line["file"], None)
        assert known is not None, f"{line['file']} is not in the table"
        line["note"] = known["note"]
        assert line == known
        if known["why"]:
            assert known["note"], f"{line['file']}: say why it is quarantined"
    assert not by_file, f"in the table, not among the samples: {sorted(by_file)[:5]}"


# -- oracles -------------------------------------------------------------------------------------


class Explained:
    """The disagreements with one library that are known and explained."""

    def __init__(self, library: str) -> None:
        self.known = {
            line["file"]: line["difference"]
            for line in read_tsv(DIFFERENCES)
            if line["library"] == library
        }
        self.unknown: list[str] = []
        self.seen: set[str] = set()

    def differs(self, file: str, difference: str) -> None:
        self.seen.add(file)
        if self.known.get(file) != difference:
            self.unknown.append(f"{file}: {difference}")

    def check(self) -> None:
        assert not self.unknown, "\n".join(self.unknown)
        assert self.seen == set(self.known), sorted(set(self.known) - self.seen)


def split_as_sql_does(row: dict[str, Any]) -> list[list[str]]:
    """Segments and fields by what the row says of itself, as the staging macros split them."""
    text, terminator = row["record_text"], json.loads(row["envelope"])["segment_terminator"]
    lines = text.split("\n") if terminator == "LF" else text.split("\r")
    if terminator == "CRLF":
        lines = [line.strip("\n") for line in lines]
    separator = row["delimiters"][0]
    segments = [line.split(separator) for line in lines if line.strip()]
    return [
        [fields[0], separator, *fields[1:]] if fields[0] == "MSH" else fields for fields in segments
    ]


def split_by_python_hl7(row: dict[str, Any]) -> list[list[str]]:
    text, terminator = row["record_text"], json.loads(row["envelope"])["segment_terminator"]
    ending = {"CRLF": "\r\n", "LF": "\n"}.get(terminator, "\r")
    parsed = hl7.parse(text.replace(ending, "\r"))
    return [[str(field) for field in segment] for segment in parsed]


def test_segments_and_fields_are_those_of_python_hl7(shared_samples: Path) -> None:
    explained = Explained("python-hl7")
    compared = 0
    for name, path in sample_files(shared_samples, "hl7v2"):
        for row in frame_whole(path.read_bytes(), format="hl7v2").landed:
            ours = split_as_sql_does(row)
            try:
                theirs = split_by_python_hl7(row)
            except Exception as error:
                explained.differs(name, f"python-hl7 raises {type(error).__name__}")
                continue
            compared += 1
            if len(ours) != len(theirs):
                explained.differs(name, f"{len(ours)} segments, python-hl7 {len(theirs)}")
            elif ours != theirs:
                at = next(i for i, pair in enumerate(zip(ours, theirs)) if pair[0] != pair[1])  # noqa: B905
                explained.differs(name, f"segment {at + 1}, {ours[at][0]}")
    explained.check()
    assert compared > 600


def test_messages_of_a_file_are_those_of_python_hl7(shared_samples: Path) -> None:
    explained = Explained("python-hl7 split_file")
    for name, path in sample_files(shared_samples, "hl7v2"):
        found = frame_whole(path.read_bytes(), format="hl7v2")
        text = path.read_bytes().decode("utf-8", "replace").lstrip("\ufeff")
        theirs = len(hl7.split_file(text.replace("\r\n", "\r").replace("\n", "\r")))
        if theirs != len(found.landed):
            explained.differs(name, f"{len(found.landed)} landed, python-hl7 {theirs}")
    explained.check()


def segments_of(row: dict[str, Any]) -> int:
    return sum(1 for part in row["record_text"].split(row["delimiters"][3]) if part.strip())


def x12_samples(samples: Path) -> Iterator[tuple[str, Path]]:
    yield from sample_files(samples, "x12")
    for name, path in sample_files(samples, "claims/hccinfhir"):
        if path.suffix == ".txt":
            yield name, path


def test_transaction_sets_and_segments_are_those_of_x12sdk(shared_samples: Path) -> None:
    explained = Explained("x12sdk")
    for name, path in x12_samples(shared_samples):
        rows = frame_whole(path.read_bytes(), format="x12").rows
        ours = (len(rows), sum(segments_of(row) for row in rows))
        try:
            with X12SegmentReader(str(path)) as reader:
                names = [segment for segment, _ in reader.segments()]
        except Exception as error:
            explained.differs(name, f"x12sdk raises {type(error).__name__}")
            continue
        inside = [segment for segment in names if segment not in ("ISA", "GS", "GE", "IEA", "TA1")]
        theirs = (inside.count("ST"), len(inside))
        if ours != theirs:
            explained.differs(name, f"sets and segments {ours}, x12sdk {theirs}")
    explained.check()


#: oxedi's tables, and the segment that begins a row of each.
OXEDI_TABLES = {"payments": "BPR", "claims": "CLP", "services": "SVC"}


def test_payments_of_835_sets_are_those_of_oxedi(shared_samples: Path) -> None:
    explained = Explained("oxedi")
    compared = 0
    for name, path in x12_samples(shared_samples):
        rows = frame_whole(path.read_bytes(), format="x12").rows
        ours = Counter[str]()
        for row in rows:
            if row["record_type"] == "835":
                element, terminator = row["delimiters"][0], row["delimiters"][3]
                for part in row["record_text"].split(terminator):
                    ours[part.strip().split(element)[0]] += 1
        if not ours:
            continue
        tables = oxedi.parse(path.read_bytes()).tables
        compared += 1
        for table, segment in OXEDI_TABLES.items():
            theirs = len(tables[table]) if table in list(tables) else 0
            if theirs != ours[segment]:
                explained.differs(name, f"{segment} {ours[segment]}, oxedi {theirs}")
    explained.check()
    assert compared > 5
