"""Linked pairs to people: connected components first, then thought where a component is doubtful.

Here: the components of table ``edges`` inside ``region``. Not here: how a doubtful component is
divided (``clusters``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from itertools import chain

import duckdb
import numpy as np
import pyarrow as pa

from ml.linkage.clusters import cluster
from ml.linkage.options import LinkageOptions
from ml.linkage.scoring import Scorer, authoritative_sql, conflict_sql, odds

__all__ = ["LARGEST_WEIGHED", "find_members"]

Pair = tuple[int, int]

#: A component with more records is not weighed pair by pair.
LARGEST_WEIGHED = 150
# What contradicts counts against the whole group, however strong the household is.
_CONTRADICTED, _STATED = -8.0, 12.0


def find_members(
    connection: duckdb.DuckDBPyConnection, scorer: Scorer, options: LinkageOptions
) -> dict[str, float]:
    """Make table ``fresh_members`` (uid, component, cluster) of the records with company.

    Both are named by their smallest uid. Reads ``edges``, ``decided`` and ``region`` (the records
    in question: no link leads out of it). Returns counts.
    """
    link_weight = odds(options.link_probability)
    never = _decided(connection, "do not link")
    certain = _decided(connection, "link")
    edge_of = _joining(connection, link_weight, never)
    root = _roots([*edge_of, *certain])
    members: dict[int, list[int]] = defaultdict(list)
    for x in sorted(root):
        members[root[x]].append(x)
    _weigh_inside(connection, scorer, options, members)
    # A component whose every pair is for it needs no thought.
    doubtful = {
        row[0]
        for row in connection.execute(
            f"""
            select distinct component from inside_edges
            where is_odd or is_authoritative or weight < {link_weight}
            """
        ).fetchall()
    }
    named = {x for pair in never for x in pair}
    doubtful |= {r for r, xs in members.items() if named.intersection(xs)}
    cluster_of = dict(root)
    split = _divide(
        connection, members, doubtful, edge_of, root, never, certain, link_weight, cluster_of
    )
    found = pa.table(
        {
            "uid": pa.array(list(root), pa.int64()),
            "component": pa.array(list(root.values()), pa.int64()),
            "cluster": pa.array([cluster_of[x] for x in root], pa.int64()),
        }
    )
    _table(connection, "fresh_members", found)
    connection.execute("drop table inside_edges")
    return {
        "components": len(members),
        "components_doubtful": len(doubtful),
        "components_split": split,
    }


def _table(connection: duckdb.DuckDBPyConnection, name: str, rows: pa.Table) -> None:
    connection.register("rows_in", rows)
    connection.execute(f"create or replace temp table {name} as from rows_in")
    connection.unregister("rows_in")


def _decided(connection: duckdb.DuckDBPyConnection, word: str) -> set[Pair]:
    return set(
        connection.execute(
            """
            select uid_l, uid_r
            from decided
            where text = $word and uid_l in (from region) and uid_r in (from region)
            """,
            {"word": word},
        ).fetchall()
    )


def _joining(
    connection: duckdb.DuckDBPyConnection, link_weight: float, never: set[Pair]
) -> dict[Pair, float]:
    """The pairs that may join two records, with their weights."""
    rows = connection.execute(
        """
        select uid_l, uid_r, weight, method is not null as is_stated
        from edges
        where
            not is_authoritative
            and uid_l in (from region) and uid_r in (from region)
            and (
                (weight >= $link and conflict is null)
                or (method is not null and (conflict is null or weight >= $link))
                or decision = 'link'
            )
        order by uid_l, uid_r
        """,
        {"link": link_weight},
    ).fetchnumpy()
    return {
        (a, b): max(weight, link_weight, _STATED) if is_stated else weight
        for a, b, weight, is_stated in zip(
            *(rows[name].tolist() for name in ("uid_l", "uid_r", "weight", "is_stated")),
            strict=True,
        )
        if (a, b) not in never
    }


def _roots(edges: Collection[Pair]) -> dict[int, int]:
    """{node: the smallest node that is connected with it}, in the order of the nodes."""
    pairs = np.fromiter(chain.from_iterable(edges), dtype=np.int64, count=2 * len(edges))
    nodes, ends = np.unique(pairs, return_inverse=True)
    left, right = ends[0::2], ends[1::2]
    root = np.arange(len(nodes))
    while True:
        # Both ends take the smaller root, and every node the root of its root, until nothing moves.
        least = np.minimum(root[left], root[right])
        following = root.copy()
        for side in (left, right):
            np.minimum.at(following, side, least)
            np.minimum.at(following, root[side], least)
        following = following[following]
        if np.array_equal(following, root):
            return dict(zip(nodes.tolist(), nodes[root].tolist(), strict=True))
        root = following


def _weigh_inside(
    connection: duckdb.DuckDBPyConnection,
    scorer: Scorer,
    options: LinkageOptions,
    members: dict[int, list[int]],
) -> None:
    """Make table ``inside_edges``: every pair inside a component of three or more records.

    Also those that no blocking rule brought together.
    """
    inside = {x: root for root, xs in members.items() if len(xs) > 2 for x in xs}
    _table(
        connection,
        "inside",
        pa.table(
            {
                "uid": pa.array(list(inside), pa.int64()),
                "component": pa.array(list(inside.values()), pa.int64()),
            }
        ),
    )
    connection.execute(
        f"""
        create or replace temp table inside_pairs as
        select l.uid as uid_l, r.uid as uid_r, l.component
        from inside as l
        inner join inside as r on l.component = r.component and l.uid < r.uid
        qualify
            count(*) over (partition by l.component)
            <= {LARGEST_WEIGHED * (LARGEST_WEIGHED - 1) // 2};

        create or replace temp table inside_missing as
        select uid_l, uid_r from inside_pairs anti join edges using (uid_l, uid_r)
        """
    )
    scorer.score("inside_missing", "inside_scored")
    connection.execute(
        f"""
        create or replace temp table inside_edges as
        select
            p.uid_l, p.uid_r, p.component, e.weight, e.conflict is not null as is_odd,
            e.is_authoritative
        from inside_pairs as p
        inner join edges as e using (uid_l, uid_r)
        union all by name
        select
            p.uid_l, p.uid_r, p.component, s.weight,
            {conflict_sql(scorer.model)} is not null as is_odd,
            {authoritative_sql(options)} as is_authoritative
        from inside_scored as s
        inner join inside_pairs as p on s.uid_l = p.uid_l and s.uid_r = p.uid_r
        inner join features as l on s.uid_l = l.uid
        inner join features as r on s.uid_r = r.uid
        """
    )
    connection.execute(
        "drop table inside; drop table inside_pairs; drop table inside_missing; "
        "drop table inside_scored"
    )


def _divide(
    connection: duckdb.DuckDBPyConnection,
    members: dict[int, list[int]],
    doubtful: set[int],
    edge_of: dict[Pair, float],
    root: dict[int, int],
    never: set[Pair],
    certain: set[Pair],
    link_weight: float,
    cluster_of: dict[int, int],
) -> int:
    """Cluster the doubtful components, into `cluster_of`; returns how many were divided."""
    edges: dict[int, dict[Pair, float]] = defaultdict(dict)
    barred: dict[int, set[Pair]] = defaultdict(set)
    for a, b, component, weight, is_odd, is_authoritative in connection.execute(
        """
        select uid_l, uid_r, component, weight, is_odd, is_authoritative
        from inside_edges
        where component in (select unnest($doubtful))
        """,
        {"doubtful": sorted(doubtful)},
    ).fetchall():
        edges[component][a, b] = min(weight, _CONTRADICTED) if is_odd else weight
        if is_authoritative:
            barred[component].add((a, b))
    for pair, weight in edge_of.items():
        if root[pair[0]] in doubtful:
            edges[root[pair[0]]][pair] = weight
    for a, b in never:
        if a in root and root[a] == root.get(b):
            barred[root[a]].add((a, b))
    said: dict[int, set[Pair]] = defaultdict(set)
    for pair in certain:
        said[root[pair[0]]].add(pair)
    split = 0
    for component in sorted(doubtful):
        groups = cluster(
            members[component],
            edges[component],
            threshold=link_weight,
            forbidden=barred[component],
            certain=said[component],
        )
        split += len(groups) > 1
        for group in groups:
            for x in group:
                cluster_of[x] = group[0]
    return split
