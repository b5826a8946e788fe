"""Why two records are one person: the same in words, in figures and in the picture."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from ml.linkage import LinkageError, link
from ml.linkage.explain import Explanation, explain
from tests.bench.linkage import draw_records


@pytest.fixture(scope="module")
def explained() -> Explanation:
    records, truth = draw_records(60, seed=4)
    people: dict[int, list[str]] = {}
    for record, person in zip(*(truth.column(i).to_pylist() for i in (0, 1)), strict=True):
        people.setdefault(person, []).append(record)
    left, right = next(ids for ids in people.values() if len(ids) > 1)[:2]
    model = link(records).model
    assert model is not None
    return explain(records, model, left, right)


def test_the_steps_add_up_to_what_they_lead_to(explained: Explanation) -> None:
    assert sum(step.bits for step in explained.steps) == pytest.approx(
        explained.against_random, abs=0.01
    )
    assert explained.weight <= min(explained.against_random, explained.against_relatives) + 1e-9


def test_the_picture_shows_every_step(explained: Explanation) -> None:
    picture = ElementTree.fromstring(explained.svg())
    words = [node.text for node in picture.iter() if node.tag.endswith("text")]
    for step in explained.steps:
        assert step.finding in words
        assert f"{step.bits:+.1f}" in words


def test_a_record_is_not_explained_with_itself() -> None:
    records, _ = draw_records(5, seed=4)
    model = link(draw_records(40, seed=4)[0]).model
    assert model is not None
    one = records.column("record_id")[0].as_py()
    with pytest.raises(LinkageError, match="same record"):
        explain(records, model, one, one)
