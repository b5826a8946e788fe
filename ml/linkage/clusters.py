"""Clusters of records that one bad edge cannot chain.

Here: agglomeration that looks at every pair of the two groups before it joins them.
Not here: scores, ids.

Connected components would join two people through a single wrong pair. Here the surest pair is
joined first, and two groups join only while the evidence of all their pairs together is for it and
nothing forbids it (average linkage with constraints; Kirielle et al. 2023, "Unsupervised
graph-based entity resolution for complex entities", ACM TKDD 17:1, argue the same for families).
"""

from __future__ import annotations

import heapq
from collections.abc import Hashable, Iterable, Mapping
from typing import TypeVar

__all__ = ["cluster"]

Key = TypeVar("Key", bound=Hashable)

# The weight of a pair that somebody decided about.
_CERTAIN = 100.0
# One pair counts for at most so many bits, so that no single pair outvotes several others.
_MOST, _LEAST = 12.0, -12.0


def cluster(
    nodes: Iterable[Key],
    weights: Mapping[tuple[Key, Key], float],
    *,
    threshold: float,
    forbidden: Iterable[tuple[Key, Key]] = (),
    certain: Iterable[tuple[Key, Key]] = (),
) -> list[list[Key]]:
    """Partition `nodes`.

    Args:
        nodes: sortable keys.
        weights: log2 odds for pairs; pairs not named say nothing (weight 0 towards the average,
            and they cannot start a join).
        threshold: a pair below it never joins anything by itself.
        forbidden: pairs that must not end together.
        certain: pairs that a person has said are one: the groups that the evidence makes of the
            two join whole; where that would bring a forbidden pair together, the two themselves do,
            with as many of the others as the evidence then allows.

    Returns:
        The groups, each sorted, in the order of their first members: the same whatever the order
        of the input.
    """
    nodes, forbidden = sorted(set(nodes)), {frozenset(pair) for pair in forbidden}
    said = sorted({(min(p), max(p)) for p in certain if frozenset(p) not in forbidden})
    groups = _agglomerate(nodes, weights, threshold, forbidden)
    if said:
        joined = _join(groups, said)
        if any(pair <= group for group in joined for pair in forbidden):
            groups = _agglomerate(
                nodes, {**weights, **dict.fromkeys(said, _CERTAIN)}, threshold, forbidden
            )
        else:
            groups = joined
    return sorted(sorted(group) for group in groups)


def _join(groups: list[frozenset[Key]], pairs: list[tuple[Key, Key]]) -> list[frozenset[Key]]:
    of = {node: group for group in groups for node in group}
    for a, b in pairs:
        both = of[a] | of[b]
        of.update(dict.fromkeys(both, both))
    return list(set(of.values()))


def _agglomerate(
    order: list[Key],
    weights: Mapping[tuple[Key, Key], float],
    threshold: float,
    forbidden: set[frozenset[Key]],
) -> list[frozenset[Key]]:
    rank = {node: i for i, node in enumerate(order)}
    groups: dict[int, frozenset[Key]] = {i: frozenset([n]) for i, n in enumerate(order)}
    links: dict[int, dict[int, tuple[float, float, int]]] = {i: {} for i in groups}
    never: dict[int, set[int]] = {i: set() for i in groups}
    for a, b in map(tuple, forbidden):
        never[rank[a]].add(rank[b])
        never[rank[b]].add(rank[a])

    def put(x: int, y: int, total: float, best: float, count: int) -> None:
        links[x][y] = links[y][x] = (total, best, count)

    heap: list[tuple[float, float, int, int]] = []

    def offer(x: int, y: int) -> None:
        total, best, _ = links[x][y]
        if best < threshold:
            return
        # Certain pairs first; then by the average over all pairs of the two groups.
        pairs = len(groups[x]) * len(groups[y])
        average = total / pairs
        heapq.heappush(heap, (0.0 if best >= _CERTAIN else 1.0, -average, *sorted((x, y))))

    for (a, b), weight in weights.items():
        x, y = rank[a], rank[b]
        clipped = _CERTAIN if weight >= _CERTAIN else min(max(weight, _LEAST), _MOST)
        put(x, y, clipped, weight, 1)
    for x in sorted(links):
        for y in sorted(links[x]):
            if x < y:
                offer(x, y)

    following = len(order)
    while heap:
        _, negative_average, x, y = heapq.heappop(heap)
        if x not in groups or y not in groups:
            continue
        best = links[x][y][1]
        if best < _CERTAIN and -negative_average <= 0:
            continue
        if y in never[x]:
            continue
        new = following
        following += 1
        groups[new] = groups.pop(x) | groups.pop(y)
        merged: dict[int, tuple[float, float, int]] = {}
        for old in (x, y):
            for other, (t, b, c) in links.pop(old).items():
                links.get(other, {}).pop(old, None)
                if other in (x, y):
                    continue
                before = merged.get(other)
                merged[other] = (
                    (t, b, c)
                    if before is None
                    else (before[0] + t, max(before[1], b), before[2] + c)
                )
        links[new] = {}
        never[new] = set()
        for old in (x, y):
            for other in never.pop(old):
                if other in (x, y):
                    continue
                never[other].discard(old)
                never[other].add(new)
                never[new].add(other)
        for other in sorted(merged):
            put(new, other, *merged[other])
            offer(new, other)
    return list(groups.values())
