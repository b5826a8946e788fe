"""What blocking misses: pairs of one person that no rule brings together.

Here: every rule against a given partition. Not here: the rules (``blocking``).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import pyarrow as pa

from ml.linkage.blocking import RULES, find_keys
from ml.linkage.engine import load_records
from ml.linkage.features import conform, find_common, make_features, prepare
from ml.linkage.options import LinkageOptions
from ml.linkage.session import session

__all__ = ["Reach", "RuleReach", "measure_reach"]


@dataclass(frozen=True, slots=True)
class RuleReach:
    """What one rule costs and brings.

    Attributes:
        compared: pairs that it brings together (others may as well).
        found: pairs of one person among them.
        only: of these, the pairs that no other rule brings together.
        left_out: keys that too many records share to be compared.
        used: whether it is in use; one that is not costs and brings nothing.
    """

    name: str
    compared: int
    found: int
    only: int
    left_out: int
    used: bool


@dataclass(frozen=True, slots=True)
class Reach:
    """All rules together: pairs of one person, and how many of them no rule brings together."""

    pairs: int
    missed: int
    rules: tuple[RuleReach, ...]


def measure_reach(
    records: pa.Table,
    people: pa.Table,
    *,
    options: LinkageOptions | None = None,
    rules: Collection[str] | None = None,
) -> Reach:
    """Which pairs of one person the blocking rules bring together.

    Args:
        records: as :func:`ml.linkage.link` reads them.
        people: record id and person, in this order: the truth, or what a linkage found (which then
            shows the pairs that only a third record ties together).
        rules: the rules of an accepted model; None: as many as the budget of pairs allows.
    """
    options = options or LinkageOptions()
    with session(options) as connection:
        load_records(connection, conform(records))
        prepare(connection)
        find_common(connection)
        make_features(connection)
        costs = find_keys(connection, options, records=records.num_rows, names=rules)
        connection.register("people_in", people.rename_columns(["record_id", "person"]))
        connection.execute(
            """
            create temp table persons as
            select i.uid, p.person
            from incoming as i
            inner join people_in as p using (record_id)
            where p.person is not null;

            create temp table hits as
            with members as (
                select k.rule, k.key, k.uid, p.person
                from fresh_keys as k
                semi join blocks using (rule, key)
                inner join persons as p using (uid)
            )

            select l.uid as uid_l, r.uid as uid_r, list(distinct l.rule) as rules
            from members as l
            inner join members as r on l.rule = r.rule and l.key = r.key and l.person = r.person
            where l.uid < r.uid
            group by all
            """
        )
        pairs, reached = connection.execute(
            """
            select
                (select coalesce(sum(n * (n - 1) / 2), 0)::bigint
                from (select count(*) as n from persons group by person)),
                (select count(*) from hits)
            """
        ).fetchone()
        found = {
            rule: (n, only)
            for rule, n, only in connection.execute(
                """
                select rule, count(*), count(*) filter (where is_only)
                from (select unnest(rules) as rule, len(rules) = 1 as is_only from hits)
                group by rule
                """
            ).fetchall()
        }
    number = {rule.name: i for i, rule in enumerate(RULES)}
    return Reach(
        pairs=pairs,
        missed=pairs - reached,
        rules=tuple(
            RuleReach(
                name=cost.name,
                compared=cost.pairs if cost.used else 0,
                found=found.get(number[cost.name], (0, 0))[0],
                only=found.get(number[cost.name], (0, 0))[1],
                left_out=cost.blocks_left_out,
                used=cost.used,
            )
            for cost in costs
        ),
    )
