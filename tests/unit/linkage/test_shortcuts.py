"""Conditions asked the short way give the answers of the long one."""

from __future__ import annotations

import random

import duckdb
import pyarrow as pa
import pytest

from ml.linkage.shortcuts import shortened


def _with_errors(chance: random.Random, text: str, letters: str) -> str:
    for _ in range(chance.randrange(4)):
        i, letter = chance.randrange(len(text) + 1), chance.choice(letters)
        text = chance.choice(
            [
                text[:i] + letter + text[i:],
                text[:i] + text[i + 1 :],
                text[:i] + letter + text[i + 1 :],
                text[:i] + text[i : i + 2][::-1] + text[i + 2 :],
            ]
        )
    return text


@pytest.mark.parametrize("letters", ["ab", "abcdefgh", "aéßœ漢😀", "0123456789"])
@pytest.mark.parametrize("errors", [1, 2])
def test_texts_a_few_errors_apart_are_found_as_ever(letters: str, errors: int) -> None:
    chance = random.Random(5)
    left = ["".join(chance.choices(letters, k=chance.randrange(15))) for _ in range(20_000)]
    pairs = pa.table({"a_l": left, "a_r": [_with_errors(chance, x, letters) for x in left]})
    condition = f"damerau_levenshtein(a_l, a_r) <= {errors}"
    short = shortened(condition)
    assert short != condition
    with duckdb.connect() as connection:
        connection.register("pairs", pairs)
        near, differ = connection.execute(
            f"select count(*) filter ({condition}), count(*) filter (({condition}) != ({short}))"
            " from pairs"
        ).fetchone()
    assert 0 < near < len(left)
    assert differ == 0


def test_what_is_unknown_stays_unknown_or_is_no() -> None:
    short = shortened("damerau_levenshtein(a_l, a_r) <= 1")
    found = duckdb.sql(f"select {short} from (select null::text as a_l, 'x' as a_r)").fetchone()[0]
    assert not found
