"""One bad edge joins nobody; what is certain holds; the order of the input does not matter."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from ml.linkage.clusters import cluster


def within(names: str, weight: float) -> dict[tuple[str, str], float]:
    return dict.fromkeys(combinations(names, 2), weight)


def test_one_strong_edge_between_two_people_does_not_chain_them() -> None:
    weights = {**within("abc", 11.0), **within("xyz", 11.0), ("c", "x"): 9.0}
    for a in "abc":
        for x in "xyz":
            weights.setdefault((a, x), -9.0)
    assert cluster("abcxyz", weights, threshold=4.0) == [list("abc"), list("xyz")]


def test_a_pair_below_the_threshold_joins_nothing() -> None:
    assert cluster("ab", {("a", "b"): 3.9}, threshold=4.0) == [["a"], ["b"]]


def test_certain_pairs_join_whatever_the_evidence() -> None:
    assert cluster("ab", {("a", "b"): -9.0}, threshold=4.0, certain=["ab"]) == [["a", "b"]]


def test_what_somebody_says_of_two_records_joins_the_two_people_whole() -> None:
    weights = {**within("abc", 11.0), **within("xyz", 11.0), ("c", "x"): -9.0}
    assert cluster("abcxyz", weights, threshold=4.0, certain=[("c", "x")]) == [list("abcxyz")]


def test_it_takes_along_nobody_who_must_not_be_together() -> None:
    weights = {**within("abc", 11.0), **within("xyz", 11.0)}
    groups = cluster("abcxyz", weights, threshold=4.0, certain=[("c", "x")], forbidden=[("a", "y")])
    of = {node: group for group in groups for node in group}
    assert of["c"] == of["x"]
    assert of["a"] != of["y"]


def test_between_two_words_about_one_pair_the_careful_one_counts() -> None:
    assert cluster("ab", {}, threshold=4.0, certain=["ab"], forbidden=["ba"]) == [["a"], ["b"]]


def test_forbidden_pairs_end_apart_and_the_weaker_link_gives_way() -> None:
    weights = {("a", "b"): 11.0, ("b", "c"): 6.0, ("a", "c"): 5.0}
    groups = cluster("abc", weights, threshold=4.0, forbidden=[("a", "c")])
    assert groups == [["a", "b"], ["c"]]


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(
        st.tuples(st.integers(0, 9), st.integers(0, 9)).filter(lambda p: p[0] < p[1]),
        st.floats(-20, 20),
        max_size=25,
    ),
    st.randoms(use_true_random=False),
)
def test_the_order_of_the_input_does_not_matter(weights, chance) -> None:
    shuffled = list(weights.items())
    chance.shuffle(shuffled)
    nodes = list(range(10))
    chance.shuffle(nodes)
    expected = cluster(range(10), weights, threshold=4.0)
    assert cluster(nodes, dict(shuffled), threshold=4.0) == expected
    assert sorted(x for group in expected for x in group) == list(range(10))
