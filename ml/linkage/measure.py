"""How good a linkage is, where the truth is known.

Here: precision and recall over pairs, and what kind of disagreement the errors show.
Not here: files and columns (``files``), the linkage itself.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import dataclass

import pyarrow as pa

from ml.linkage.session import session

__all__ = ["Measured", "errors_by_type", "labelled_pairs", "pairwise"]


@dataclass(frozen=True, slots=True)
class Measured:
    """Pairs found and missed. A file without any true pair has recall 1."""

    true_positive: int
    false_positive: int
    false_negative: int

    @property
    def precision(self) -> float:
        """The share of linked pairs that are of one person."""
        linked = self.true_positive + self.false_positive
        return self.true_positive / linked if linked else 1.0

    @property
    def recall(self) -> float:
        """The share of pairs of one person that are linked."""
        same = self.true_positive + self.false_negative
        return self.true_positive / same if same else 1.0

    @property
    def f1(self) -> float:
        """The harmonic mean of both."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def pairwise(clusters: pa.Table, truth: pa.Table) -> Measured:
    """Over all pairs of records that the truth knows.

    Args:
        clusters: record_id, cluster_id.
        truth: record_id and one more column that names the person; null: not known, left out.
    """
    person = next(name for name in truth.column_names if name != "record_id")
    labels = truth.rename_columns(["person" if n == person else n for n in truth.column_names])
    with session() as connection:
        connection.register("clusters", clusters)
        connection.register("labels", labels)
        both, linked, same = connection.execute(
            """
            with labelled as (
                select cluster_id, person, count(*) as n
                from clusters
                inner join labels using (record_id)
                where person is not null
                group by all
            ),

            by_cluster as (select sum(n) as n from labelled group by cluster_id),

            by_person as (select sum(n) as n from labelled group by person)

            select
                coalesce((select sum(n * (n - 1) / 2) from labelled), 0)::bigint,
                coalesce((select sum(n * (n - 1) / 2) from by_cluster), 0)::bigint,
                coalesce((select sum(n * (n - 1) / 2) from by_person), 0)::bigint
            """
        ).fetchone()
    return Measured(both, linked - both, same - both)


def labelled_pairs(clusters: pa.Table, labels: pa.Table) -> Measured:
    """Over the pairs that somebody labelled: record_id_l, record_id_r, is_match."""
    cluster_of = dict(
        zip(
            clusters.column("record_id").to_pylist(),
            clusters.column("cluster_id").to_pylist(),
            strict=True,
        )
    )
    counted: Counter[tuple[bool, bool]] = Counter()
    for left, right, match in zip(
        *(labels.column(n).to_pylist() for n in ("record_id_l", "record_id_r", "is_match")),
        strict=True,
    ):
        if left in cluster_of and right in cluster_of:
            counted[bool(match), cluster_of[left] == cluster_of[right]] += 1
    return Measured(counted[True, True], counted[False, True], counted[True, False])


def errors_by_type(
    evidence: pa.Table, clusters: pa.Table, truth: pa.Table
) -> dict[str, dict[str, Counter]]:
    """{"missed" | "wrong": {comparison: {level: pairs}}} of the errors that were compared.

    Args:
        evidence: pairs with ``record_id_l``, ``record_id_r`` and ``evidence`` (JSON).
    """
    cluster_of = dict(zip(*(clusters.column(i).to_pylist() for i in (0, 1)), strict=True))
    person_of = dict(zip(*(truth.column(i).to_pylist() for i in (0, 1)), strict=True))
    found: dict[str, dict[str, Counter]] = {
        "missed": defaultdict(Counter),
        "wrong": defaultdict(Counter),
    }
    for left, right, levels in zip(
        *(evidence.column(n).to_pylist() for n in ("record_id_l", "record_id_r", "evidence")),
        strict=True,
    ):
        same = person_of.get(left) is not None and person_of.get(left) == person_of.get(right)
        linked = cluster_of.get(left) == cluster_of.get(right)
        if same == linked:
            continue
        for comparison, level in json.loads(levels).items():
            found["missed" if same else "wrong"][comparison][level] += 1
    return found
