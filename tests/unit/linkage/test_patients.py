"""A patient id stays with the person; a merge keeps the older id; replay gives the same ids."""

from __future__ import annotations

from datetime import datetime

from ml.linkage.patients import patient_id, replay

MONDAY, TUESDAY, WEDNESDAY = (datetime(2026, 1, day) for day in (5, 6, 7))


def test_a_record_that_arrives_later_never_changes_the_id() -> None:
    history = replay(["a", "b"], [("a", "b")], {"a": MONDAY, "b": TUESDAY})
    assert history == [
        ("a", patient_id("a"), MONDAY, None),
        ("b", patient_id("a"), TUESDAY, None),
    ]


def test_a_merge_keeps_the_older_id_and_says_until_when_the_other_held() -> None:
    history = replay(
        ["a", "b", "c"],
        [("a", "c"), ("b", "c")],
        {"a": MONDAY, "b": TUESDAY, "c": WEDNESDAY},
    )
    assert history == [
        ("a", patient_id("a"), MONDAY, None),
        ("b", patient_id("b"), TUESDAY, WEDNESDAY),
        ("b", patient_id("a"), WEDNESDAY, None),
        ("c", patient_id("a"), WEDNESDAY, None),
    ]


def test_a_record_alone_has_its_own_id() -> None:
    assert replay(["a"], [], {"a": MONDAY}) == [("a", patient_id("a"), MONDAY, None)]
