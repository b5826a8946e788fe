"""Seeded streams of chance.

Every draw comes from a `random.Random` seeded by a text that names what is drawn
("seed/person/17"): the same text gives the same numbers in any process, in any order, on any
machine. Nothing here or elsewhere in the synthetic hospital uses `hash()`, the clock or the order
of a set.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Mapping, Sequence
from itertools import accumulate
from math import exp
from random import Random
from typing import Generic, TypeVar

Item = TypeVar("Item")


def stream(*parts: object) -> Random:
    """A generator of its own for the thing that `parts` name (strings are hashed with SHA-512)."""
    return Random("/".join(str(part) for part in parts))


class Weighted(Generic[Item]):
    """A discrete distribution that is drawn from many times."""

    __slots__ = ("_bounds", "_items", "_total")

    def __init__(self, weights: Mapping[Item, float] | Sequence[tuple[Item, float]]) -> None:
        pairs = list(weights.items()) if isinstance(weights, Mapping) else list(weights)
        self._items = [item for item, _ in pairs]
        self._bounds = list(accumulate(weight for _, weight in pairs))
        self._total = self._bounds[-1]

    def draw(self, chance: Random) -> Item:
        """One item, by weight."""
        at = bisect(self._bounds, chance.random() * self._total)
        return self._items[min(at, len(self._items) - 1)]


def logistic(score: float) -> float:
    """Probability of a log-odds score."""
    return 1.0 / (1.0 + exp(-score))


def poisson(chance: Random, mean: float) -> int:
    """A Poisson count by Knuth's product method (means here are small)."""
    limit = exp(-mean)
    count = 0
    product = chance.random()
    while product > limit:
        count += 1
        product *= chance.random()
    return count
