"""Training: the model's shares estimated on the records themselves.

Here: which pairs the estimation sees. Not here: the estimation (``model``), the scores
(``scoring``).
"""

from __future__ import annotations

import duckdb

from ml.linkage.model import Comparison, Model, estimate
from ml.linkage.options import LinkageOptions
from ml.linkage.scoring import Scorer

__all__ = ["train"]


def train(
    connection: duckdb.DuckDBPyConnection,
    comparisons: tuple[Comparison, ...],
    options: LinkageOptions,
    *,
    records: int,
) -> Model:
    """Estimate the model on ``candidates`` and on random pairs of ``features``, chosen by hash."""
    candidates = connection.execute("select count(*) from candidates").fetchone()[0]
    share = min(1.0, options.training_pairs / max(candidates, 1))
    connection.execute(
        f"""
        create or replace temp table training as
        select uid_l, uid_r
        from candidates
        where hash(uid_l, uid_r) % 1000000 < {round(share * 1_000_000)}
        """
    )
    # Random pairs: every record with a few others at fixed distances in the order of their ids,
    # which are hashes.
    shifts = max(1, min(records - 1, options.random_pairs // max(records, 1), 400))
    keep = min(1.0, options.random_pairs / max(records * shifts, 1))
    connection.execute(
        f"""
        create or replace temp table random_pairs as
        with shuffled as (
            select uid, (row_number() over (order by uid) - 1) as place
            from features
        ),

        shifts as (select unnest(range(1, {shifts} + 1)) as shift)

        select distinct
            least(l.uid, r.uid) as uid_l, greatest(l.uid, r.uid) as uid_r
        from shuffled as l
        cross join shifts
        inner join shuffled as r on r.place = (l.place + shifts.shift) % {records}
        where l.uid != r.uid and hash(l.place, shifts.shift) % 1000000 < {round(keep * 1_000_000)}
        """
    )
    start = Model(comparisons, match_rate=min(0.1, 1.5 / records))
    scorer = Scorer(connection, start)
    seen, drawn = scorer.patterns("training"), scorer.patterns("random_pairs")
    counted = float(seen[1].sum())
    model = estimate(
        start,
        candidate_patterns=seen[0],
        candidate_counts=seen[1],
        random_patterns=drawn[0],
        random_counts=drawn[1],
        scale=candidates / counted if counted else 1.0,
        pairs=records * (records - 1) / 2,
    )
    connection.execute("drop table training; drop table random_pairs")
    return model
