"""The linkage from end to end, on people small enough to be read."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pyarrow as pa
import pytest

from ml.linkage import LinkageError, LinkageOptions, link
from ml.linkage.measure import pairwise
from ml.linkage.session import session
from tests.bench.linkage import draw_records

FATHER = {
    "given": "JOHN", "family": "HALVORSEN", "birth_key": "19500312", "sex": "M",
    "address": "12 ELM ST", "postal_code": "60601", "phones": ["3125550134"],
}  # fmt: skip
SON = FATHER | {"birth_key": "19790704"}
TWIN = FATHER | {"given": "OSCAR", "birth_key": "20150101"}
OTHER_TWIN = FATHER | {"given": "MILO", "birth_key": "20150101"}


def groups(table: pa.Table) -> set[frozenset[str]]:
    found: dict[str, set[str]] = {}
    for record, cluster in zip(*(table.column(i).to_pylist() for i in (0, 1)), strict=True):
        found.setdefault(cluster, set()).add(record)
    return {frozenset(g) for g in found.values()}


def in_order(pairs: pa.Table) -> pa.Table:
    return pairs.sort_by([("record_id_l", "ascending"), ("record_id_r", "ascending")])


def with_company(*people: dict, **options) -> pa.Table:
    """The given records (named r0, r1, …) among forty people whom nobody confuses."""
    crowd, _ = draw_records(40, seed=5)
    rows = [{"record_id": f"r{i}", **person} for i, person in enumerate(people)]
    return pa.concat_tables([crowd, pa.Table.from_pylist(rows)], promote_options="permissive")


def together(table: pa.Table, a: str, b: str, **options) -> bool:
    return any({a, b} <= g for g in groups(link(table, **options).clusters))


@pytest.mark.parametrize("count", [0, 1, 2])
def test_no_record_and_one_record_are_no_special_case(count: int) -> None:
    rows = [{"record_id": str(i), **FATHER} for i in range(count)]
    table = pa.Table.from_pylist(rows, schema=pa.schema([
        ("record_id", pa.string()), ("given", pa.string()), ("family", pa.string()),
        ("birth_key", pa.string()), ("sex", pa.string()), ("address", pa.string()),
        ("postal_code", pa.string()), ("phones", pa.list_(pa.string())),
    ]))  # fmt: skip
    assert link(table).clusters.num_rows == count


def test_twenty_people_are_enough() -> None:
    records, truth = draw_records(20, seed=3)
    measured = pairwise(link(records).clusters, truth)
    assert measured.precision == 1.0
    assert measured.recall >= 0.95


def test_a_thousand_people_are_precise_and_complete() -> None:
    records, truth = draw_records(1000, seed=9)
    measured = pairwise(link(records).clusters, truth)
    assert measured.precision >= 0.999
    assert measured.recall >= 0.98


def test_order_of_the_records_changes_nothing() -> None:
    records, _ = draw_records(60, seed=4)
    shuffled = list(range(records.num_rows))
    random.Random(1).shuffle(shuffled)
    first, second = link(records), link(records.take(shuffled))
    assert first.clusters.equals(second.clusters)
    assert in_order(first.pairs).equals(in_order(second.pairs))


def test_the_same_name_at_one_address_is_father_and_son() -> None:
    assert not together(with_company(FATHER, SON), "r0", "r1")


def test_twins_stay_apart() -> None:
    assert not together(with_company(TWIN, OTHER_TWIN), "r0", "r1")


def test_a_short_form_a_typing_error_and_a_swap_are_still_one_person() -> None:
    variant = FATHER | {"given": "HALVORSEN", "family": "JOHN"}
    assert together(with_company(FATHER, variant), "r0", "r1")
    assert together(with_company(FATHER, FATHER | {"given": "JACK"}), "r0", "r1")
    assert together(with_company(FATHER, FATHER | {"birth_key": "19501203"}), "r0", "r1")


def test_placeholders_are_no_agreement() -> None:
    nobody = {"given": "BABY BOY", "family": "UNKNOWN", "sex": "M"}
    assert not together(with_company(nobody, nobody), "r0", "r1")


@pytest.mark.parametrize(("decision", "expected"), [("link", True), ("do not link", False)])
def test_a_steward_always_wins(decision: str, expected: bool) -> None:
    pair = (FATHER, SON) if decision == "link" else (FATHER, FATHER)
    decisions = pa.table({"record_id_l": ["r1"], "record_id_r": ["r0"], "decision": [decision]})
    assert together(with_company(*pair), "r0", "r1", decisions=decisions) is expected


def test_a_stated_link_holds_where_nothing_can_be_compared() -> None:
    table = with_company({"given": "ANA", "family": "RUIZ"}, {"id_value": "7"})
    known = pa.table(
        {"record_id_l": ["r0"], "record_id_r": ["r1"], "method": ["shared record number"]}
    )
    assert together(table, "r0", "r1", known_pairs=known)


def test_an_authoritative_source_keeps_its_numbers_apart() -> None:
    own = {"source_system": "registry", "id_authority": "REGISTRY"}
    table = with_company(FATHER | own, FATHER | own, FATHER | {"source_system": "lab"})
    options = LinkageOptions(authoritative_sources=frozenset({"registry"}))
    assert together(table, "r0", "r1")
    assert not together(table, "r0", "r1", options=options)


def test_doubtful_pairs_come_with_their_evidence() -> None:
    pairs = link(with_company(TWIN, OTHER_TWIN)).pairs.to_pylist()
    pair = next(p for p in pairs if {p["record_id_l"], p["record_id_r"]} == {"r0", "r1"})
    assert pair["outcome"] == "review"
    assert "twins" in pair["reason"]
    assert json.loads(pair["evidence"])["given"] == "different"


def test_repeated_ids_are_refused_with_a_remedy() -> None:
    with pytest.raises(LinkageError, match="unique"):
        link(pa.table({"record_id": ["1", "1"]}))


def test_what_does_not_fit_into_memory_is_not_left_in_the_working_folder(tmp_path: Path) -> None:
    options = LinkageOptions(spill=tmp_path)
    with session(options) as connection:
        spilling = connection.execute("select current_setting('temp_directory')").fetchone()
        assert spilling is not None
        assert Path(spilling[0]).parent == tmp_path
    assert list(tmp_path.iterdir()) == []
