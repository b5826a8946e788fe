"""Day by day, with a model that was accepted: the same people as if all had come at once."""

from __future__ import annotations

import subprocess
import sys
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from random import Random

import pyarrow as pa
import pytest

from ml.linkage import LinkageError, LinkageOptions, link
from ml.linkage.patients import patient_id
from ml.linkage.reference import Reference
from tests.bench.linkage import draw_records

OPTIONS = LinkageOptions()


@pytest.fixture(scope="module")
def people() -> tuple[pa.Table, pa.Table, Reference]:
    """(records of 60 people, their truth, a model)."""
    records, truth = draw_records(60, seed=11, rate=3.0)
    reference = link(records, options=OPTIONS).reference
    assert reference is not None
    return records, truth, reference


def in_order(pairs: pa.Table) -> pa.Table:
    return pairs.sort_by([("record_id_l", "ascending"), ("record_id_r", "ascending")])


def days(records: pa.Table, chance: Random, count: int) -> list[pa.Table]:
    """What is known at the end of each day: more every day, some corrected, some withdrawn."""
    rows = records.to_pylist()
    chance.shuffle(rows)
    known: dict[str, dict] = {}
    result = []
    for day in range(count):
        for row in rows[day::count]:
            known[row["record_id"]] = dict(row)
        for record_id in chance.sample(sorted(known), 20):
            known[record_id]["family"] = chance.choice(rows)["family"]
        for record_id in chance.sample(sorted(known), 20):
            known.pop(record_id)
        today = list(known.values())
        chance.shuffle(today)
        result.append(pa.Table.from_pylist(today, schema=records.schema))
    return result


def said(records: pa.Table, chance: Random, column: str, words: tuple[str, ...]) -> pa.Table:
    ids = sorted(records.column("record_id").to_pylist())
    pairs = [sorted(chance.sample(ids, 2)) for _ in range(6)]
    return pa.table(
        {
            "record_id_l": [a for a, _ in pairs],
            "record_id_r": [b for _, b in pairs],
            column: [chance.choice(words) for _ in pairs],
        }
    )


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_day_by_day_equals_at_once(
    people: tuple[pa.Table, pa.Table, Reference], tmp_path: Path, seed: int
) -> None:
    records, _, reference = people
    # Few rules and small blocks: keys become too frequent, and rare again, from day to day.
    reference = replace(reference, rules=("birth date", "family name", "given name"))
    options = LinkageOptions(max_block=6)
    chance = Random(seed)
    compared = []
    for today in days(records, chance, 5):
        also = {
            "known_pairs": said(today, chance, "method", ("shared id", "merge message")),
            "decisions": said(today, chance, "decision", ("link", "do not link")),
        }
        by_day = link(today, options=options, reference=reference, index=tmp_path / "index", **also)
        at_once = link(today, options=options, reference=reference, **also)
        assert by_day.clusters.equals(at_once.clusters)
        assert in_order(by_day.pairs).equals(in_order(at_once.pairs))
        compared.append((by_day.counts["candidates"], at_once.counts["candidates"]))
    assert compared[-1][0] < compared[-1][1]


def test_a_day_without_news_compares_nothing(
    people: tuple[pa.Table, pa.Table, Reference], tmp_path: Path
) -> None:
    records, _, reference = people
    first, second = (
        link(records, options=OPTIONS, reference=reference, index=tmp_path / "index")
        for _ in range(2)
    )
    assert first.counts["candidates"] > 0
    assert second.counts["candidates"] == 0
    assert first.clusters.equals(second.clusters)


def test_an_id_never_moves_to_another_person(
    people: tuple[pa.Table, pa.Table, Reference], tmp_path: Path
) -> None:
    records, truth, reference = people
    person_of = dict(zip(*(truth.column(i).to_pylist() for i in (0, 1)), strict=True))
    order = records.sort_by("arrived_at")
    arrived = dict(
        zip(*(order.column(n).to_pylist() for n in ("record_id", "arrived_at")), strict=True)
    )
    holder: dict[str, int] = {}
    for day in range(1, 5):
        today = order.slice(0, order.num_rows * day // 4)
        found = link(today, options=OPTIONS, reference=reference, index=tmp_path / "index")
        members: dict[str, list[str]] = defaultdict(list)
        for record, cluster in zip(
            *(found.clusters.column(i).to_pylist() for i in (0, 1)), strict=True
        ):
            members[cluster].append(record)
        for group in members.values():
            first = min(group, key=lambda r: (arrived[r], r))
            assert holder.setdefault(patient_id(first), person_of[first]) == person_of[first]
            assert {person_of[r] for r in group} == {person_of[first]}


def test_an_unrelated_person_changes_nothing(
    people: tuple[pa.Table, pa.Table, Reference], tmp_path: Path
) -> None:
    records, _, reference = people
    stranger = pa.Table.from_pylist(
        [{"record_id": f"stranger-{i}", "given": "WILHELMINA", "family": "QUARTERMAINE",
          "birth_key": "19110203", "sex": "F", "address": "1 NOWHERE LN", "postal_code": "99501"}
         for i in range(2)]
    )  # fmt: skip
    both = pa.concat_tables([records, stranger], promote_options="permissive")
    for options in ({}, {"reference": reference}):
        before = link(records, options=OPTIONS, **options).clusters.to_pylist()
        after = link(both, options=OPTIONS, **options).clusters.to_pylist()
        assert [row for row in after if "stranger" not in row["record_id"]] == before
        assert {row["cluster_id"] for row in after if row not in before} == {"stranger-0"}


@pytest.mark.parametrize(
    "harm", ["another model", "other options", "no database", "cut short", "a bad block"]
)
def test_what_is_remembered_of_something_else_is_not_used(
    people: tuple[pa.Table, pa.Table, Reference], tmp_path: Path, harm: str
) -> None:
    records, _, reference = people
    index, options = tmp_path / "index", OPTIONS
    link(records.slice(0, 200), options=OPTIONS, reference=reference, index=index)
    if harm == "another model":
        reference = link(records.slice(0, 250), options=OPTIONS).reference  # type: ignore[assignment]
    elif harm == "other options":
        options = LinkageOptions(link_probability=0.99)
    elif harm == "no database":
        index.write_bytes(b"not a database" * 1000)
    elif harm == "cut short":
        index.write_bytes(index.read_bytes()[:20_000])
    else:
        content = bytearray(index.read_bytes())
        for place in range(13_000, len(content), 50_000):
            content[place] ^= 0xFF
        index.write_bytes(content)
    found = link(records, options=options, reference=reference, index=index)
    expected = link(records, options=options, reference=reference)
    assert found.clusters.equals(expected.clusters)
    assert found.counts["candidates"] == expected.counts["candidates"]
    # A damaged one is made anew by the next run at the latest.
    link(records, options=options, reference=reference, index=index)
    again = link(records, options=options, reference=reference, index=index)
    assert again.counts["candidates"] == 0


def test_an_index_in_use_is_left_alone(
    people: tuple[pa.Table, pa.Table, Reference], tmp_path: Path
) -> None:
    records, _, reference = people
    index = tmp_path / "index"
    link(records, options=OPTIONS, reference=reference, index=index)
    before = index.read_bytes()
    hold = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print(flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", hold, str(index)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        found = link(records, options=OPTIONS, reference=reference, index=index)
        holder.communicate(b"\n")
    assert found.counts["candidates"] > 0
    assert index.read_bytes() == before


def test_a_model_that_was_saved_is_the_same_model(
    people: tuple[pa.Table, pa.Table, Reference], tmp_path: Path
) -> None:
    reference = people[2]
    reference.save(tmp_path / "model.parquet")
    assert Reference.load(tmp_path / "model.parquet").digest == reference.digest


def test_a_file_that_is_no_model_is_refused_with_a_remedy(tmp_path: Path) -> None:
    path = tmp_path / "model.parquet"
    path.write_bytes(b"nonsense")
    with pytest.raises(LinkageError, match="train anew"):
        Reference.load(path)
