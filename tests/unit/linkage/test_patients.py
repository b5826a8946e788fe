"""A patient id stays with the person; a merge keeps the older id; replay gives the same ids."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise

import pyarrow as pa

from ml.linkage.patients import patient_history, patient_id, replay

MONDAY, TUESDAY, WEDNESDAY, THURSDAY = (datetime(2026, 1, day) for day in (5, 6, 7, 8))


def test_a_record_that_arrives_later_never_changes_the_id() -> None:
    history = replay(["a", "b"], [("a", "b")], {"a": MONDAY, "b": TUESDAY})
    assert history == [
        ("a", patient_id("a"), MONDAY, None, None),
        ("b", patient_id("a"), TUESDAY, None, None),
    ]


def test_a_merge_keeps_the_older_id_and_says_until_when_the_other_held() -> None:
    history = replay(
        ["a", "b", "c"],
        [("a", "c"), ("b", "c")],
        {"a": MONDAY, "b": TUESDAY, "c": WEDNESDAY},
    )
    assert history == [
        ("a", patient_id("a"), MONDAY, None, None),
        ("b", patient_id("b"), TUESDAY, WEDNESDAY, "merge"),
        ("b", patient_id("a"), WEDNESDAY, None, None),
        ("c", patient_id("a"), WEDNESDAY, None, None),
    ]


def test_a_record_alone_has_its_own_id() -> None:
    assert replay(["a"], [], {"a": MONDAY}) == [("a", patient_id("a"), MONDAY, None, None)]


def links(patients: dict[str, list[str]], *pairs: tuple) -> pa.Table:
    """int_person_links: own rows, and (left, right, outcome, method, reason, weight)."""
    own = [
        {"record_id_l": r, "record_id_r": r, "outcome": "linked", "method": "model",
         "patient_id": patient_id(patient)}
        for patient, records in patients.items()
        for r in records
    ]  # fmt: skip
    names = ("record_id_l", "record_id_r", "outcome", "method", "reason", "match_weight")
    rows = [
        dict(zip(names, pair, strict=True)) | {"match_probability": 1 / (1 + 2.0 ** -pair[5])}
        for pair in pairs
    ]
    schema = pa.schema(
        [(n, pa.string()) for n in (*names[:5], "patient_id")]
        + [("match_weight", pa.float64()), ("match_probability", pa.float64())]
    )
    return pa.Table.from_pylist(own + rows, schema=schema)


def history(arrived: dict[str, datetime], found: pa.Table, *said: tuple) -> dict[str, list[tuple]]:
    """{record: [(id of record, from, until, ended by)]} of patient_id_history."""
    records = pa.table(
        {"person_record_id": list(arrived), "first_received_at": list(arrived.values())}
    )
    names = ("person_record_id_l", "person_record_id_r", "decision", "effective_at")
    decisions = pa.table({n: [s[i] for s in said] for i, n in enumerate(names)}) if said else None
    named = {patient_id(r): r for r in arrived}
    result: dict[str, list[tuple]] = {}
    for row in patient_history(records, found, decisions).to_pylist():
        result.setdefault(row["person_record_id"], []).append(
            (named[row["patient_id"]], row["valid_from"], row["valid_until"], row["ended_by"])
        )
    return result


def test_a_stewards_do_not_link_splits_from_the_day_it_was_said() -> None:
    found = history(
        {"a": MONDAY, "b": TUESDAY},
        links(
            {"a": ["a"], "b": ["b"]},
            ("a", "b", "not linked", "steward", "decided by a steward", 15.0),
        ),
        ("a", "b", "do not link", WEDNESDAY),
    )
    assert found == {
        "a": [("a", MONDAY, None, None)],
        "b": [("a", TUESDAY, WEDNESDAY, "split"), ("b", WEDNESDAY, None, None)],
    }


def test_a_stewards_link_merges_from_the_day_it_was_said() -> None:
    found = history(
        {"a": MONDAY, "b": TUESDAY},
        links({"a": ["a", "b"]}, ("a", "b", "linked", "steward", None, -4.0)),
        ("b", "a", "link", WEDNESDAY),
    )
    assert found["b"] == [("b", TUESDAY, WEDNESDAY, "merge"), ("a", WEDNESDAY, None, None)]


def test_a_decision_taken_back_is_history_too() -> None:
    found = history(
        {"a": MONDAY, "b": MONDAY},
        links(
            {"a": ["a"], "b": ["b"]},
            ("a", "b", "not linked", "steward", "decided by a steward", -5.0),
        ),
        ("a", "b", "link", TUESDAY),
        ("a", "b", "do not link", THURSDAY),
    )
    assert found["b"] == [
        ("b", MONDAY, TUESDAY, "merge"),
        ("a", TUESDAY, THURSDAY, "split"),
        ("b", THURSDAY, None, None),
    ]


def test_a_record_that_contradicts_splits_from_the_day_it_came() -> None:
    found = history(
        {"a": MONDAY, "b": TUESDAY, "c": WEDNESDAY},
        links(
            {"a": ["a"], "b": ["b", "c"]},
            ("a", "b", "review", "model", "contradicted by other records", 5.0),
            ("b", "c", "linked", "model", None, 12.0),
            ("a", "c", "review", "model", "two social security numbers", 2.0),
        ),
    )
    assert found["b"] == [("a", TUESDAY, WEDNESDAY, "split"), ("b", WEDNESDAY, None, None)]
    assert found["c"] == [("b", WEDNESDAY, None, None)]


def test_on_any_day_a_record_has_exactly_one_id_and_today_it_is_that_of_the_cross_reference() -> (
    None
):
    found = history(
        {"a": MONDAY, "b": TUESDAY, "c": WEDNESDAY, "d": WEDNESDAY},
        links(
            {"a": ["a", "c"], "b": ["b", "d"]},
            ("a", "c", "linked", "model", None, 9.0),
            ("b", "d", "linked", "model", None, 9.0),
            ("c", "d", "not linked", "steward", "decided by a steward", 11.0),
        ),
        ("c", "d", "do not link", THURSDAY),
    )
    assert {r: periods[-1][0] for r, periods in found.items()} == {
        "a": "a", "b": "b", "c": "a", "d": "b"
    }  # fmt: skip
    for periods in found.values():
        for before, after in pairwise(periods):
            assert before[2] == after[1]
        assert periods[-1][2] is None
