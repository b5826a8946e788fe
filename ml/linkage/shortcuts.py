"""Conditions of the comparisons as DuckDB is asked them: the same answer for less work.

Here: cheap tests before the dear one, which is only asked where they leave it open. Not here: what
a condition means (``model``); a trained model keeps its conditions as they are written there.
"""

from __future__ import annotations

import re

__all__ = ["shortened"]

_DISTANCE = re.compile(r"damerau_levenshtein\((\w+(?:\[1\])?), (\w+(?:\[1\])?)\) <= ([12])")


def shortened(condition: str) -> str:
    """`condition` with what must hold for two texts a few errors apart asked first.

    So many errors apart, they differ by no more bytes in length. An error (a letter wrong, missing,
    added, or two neighbours swapped) touches two places at most, and what stands before and after
    it is unchanged. Of m letters (of the shorter text) therefore, one error apart, the first m // 2
    are the same or the last (m - 1) // 2. Two errors apart, the first m // 4 are the same, or the
    last; else one error is in each, and what stands between is in the other text as it is.
    """
    return _DISTANCE.sub(_with_tests, condition)


def _with_tests(found: re.Match[str]) -> str:
    a, b, errors = found.groups()
    letters = f"least(length({a}), length({b}))"
    if errors == "1":
        first, last, rest = f"{letters} // 2", f"({letters} - 1) // 2", ""
    else:
        first = last = f"{letters} // 4"
        rest = f" or contains({b}, substr({a}, {first} + 2, length({a}) - 2 * ({first}) - 2))"
    return (
        f"(abs(strlen({a}) - strlen({b})) <= {errors}"
        f" and (left({a}, {first}) = left({b}, {first})"
        f" or right({a}, {last}) = right({b}, {last}){rest})"
        f" and {found[0]})"
    )
