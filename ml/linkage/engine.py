"""The linkage of a set of person records, from end to end.

Here: the order of the steps. Records in, one row per record with its cluster out, and the pairs
that say why. Whether all records are new or a day's worth of them, the steps are the same.
Not here: what a step does (``features``, ``blocking``, ``training``, ``scoring``, ``components``).

``uid``, a record's number in here, is a hash of its id: nothing depends on the order of arrival.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from ml.linkage.blocking import RuleReport, find_keys, pair_up, pair_up_changes
from ml.linkage.components import find_members
from ml.linkage.errors import LinkageError
from ml.linkage.features import (
    add_frequencies,
    conform,
    find_common,
    find_frequencies,
    make_features,
    prepare,
)
from ml.linkage.memory import forget, key_of, remember, remembered
from ml.linkage.model import Model, comparisons_for
from ml.linkage.options import LinkageOptions
from ml.linkage.reference import Reference
from ml.linkage.scoring import Scorer, authoritative_sql, conflict_sql, odds
from ml.linkage.session import session
from ml.linkage.training import train

__all__ = ["LinkageResult", "link", "load_records"]

PAIR_SCHEMA = pa.schema(
    [
        ("record_id_l", pa.string()),
        ("record_id_r", pa.string()),
        ("match_weight", pa.float64()),
        ("match_probability", pa.float64()),
        ("method", pa.string()),
        ("outcome", pa.string()),
        ("reason", pa.string()),
        ("evidence", pa.string()),
    ]
)
CLUSTER_SCHEMA = pa.schema([("record_id", pa.string()), ("cluster_id", pa.string())])

_log = logging.getLogger(__name__)

# Pairs so many bits below the review threshold are forgotten.
_FORGOTTEN_BELOW = 6.0


@dataclass(frozen=True, slots=True)
class LinkageResult:
    """What a linkage found.

    Attributes:
        clusters: record_id, cluster_id (the smallest record id of the cluster).
        pairs: the pairs at or above the review threshold, and those decided otherwise: outcome
            (linked, review, not linked), how, and as evidence the level of every comparison (a
            JSON object). In no order.
        reference: the trained model and what its weights depend on; None: nothing to train on.
        blocking: what each blocking rule cost in this run.
        counts: sizes of the steps, for logs and reports (no values).
    """

    clusters: pa.Table
    pairs: pa.Table
    reference: Reference | None
    blocking: list[RuleReport] = field(default_factory=list)
    counts: dict[str, float] = field(default_factory=dict)

    @property
    def model(self) -> Model | None:
        """The trained model."""
        return self.reference.model if self.reference else None


def link(
    records: pa.Table,
    *,
    options: LinkageOptions | None = None,
    known_pairs: pa.Table | None = None,
    decisions: pa.Table | None = None,
    reference: Reference | None = None,
    index: Path | None = None,
    attributes: int = 0,
) -> LinkageResult:
    """Say which records are of one person.

    Args:
        records: one row per person record (``features.RECORD_SCHEMA``), normalised.
        options: thresholds and limits.
        known_pairs: record_id_l, record_id_r, method: linked before anything is estimated, unless
            the records contradict each other.
        decisions: record_id_l, record_id_r, decision ('link' or 'do not link'): a steward's word,
            or that of the system which merged, linked or unlinked its numbers; it wins over
            everything.
        reference: use this model instead of training one on the records.
        index: with `reference`: a file that remembers the last run, so that only records that are
            new or changed since are compared; the result is the same with and without it.
        attributes: number of further fields in the column ``attributes``.

    The same records in any order, at once or day by day, give the same result.
    """
    options = options or LinkageOptions()
    table = conform(records)
    if table.num_rows < 2:
        return _alone(table, reference)
    also = (known_pairs, decisions, reference, attributes)
    if reference is None or index is None:
        return _attempt(table, options, None, *also)
    try:
        return _attempt(table, options, index, *also)
    except duckdb.Error as error:
        # What is remembered may be damaged where nobody looked before: it is worth one more try.
        _log.warning("linking anew without the identity index (%s)", type(error).__name__)
        forget(index)
        return _attempt(table, options, None, *also)


def _attempt(
    table: pa.Table,
    options: LinkageOptions,
    index: Path | None,
    known_pairs: pa.Table | None,
    decisions: pa.Table | None,
    reference: Reference | None,
    attributes: int,
) -> LinkageResult:
    key = key_of(reference, options) if reference and index else ""
    with session(options) as connection, remembered(connection, index, key) as is_remembered:
        load_records(connection, table, is_remembered=is_remembered)
        _load_pairs(connection, "stated", known_pairs, "method", "max")
        # Of two words about one pair the careful one counts: 'do not link' comes first.
        _load_pairs(connection, "decided", decisions, "decision", "min")
        result = _link(
            connection, table, options, reference, attributes, is_remembered=is_remembered
        )
        if reference and _is_attached(connection):
            remember(connection, key, is_new=not is_remembered)
        return result


def load_records(
    connection: duckdb.DuckDBPyConnection, table: pa.Table, *, is_remembered: bool = False
) -> None:
    """Make tables ``incoming`` (all), ``gone`` and ``fresh_records`` (what is not as remembered).

    Raises:
        LinkageError: two ids have one hash (never seen; once in 10^8 for a million records).
    """
    connection.register("table_in", table)
    columns = [n for n in table.column_names if n not in ("record_id", "arrived_at", "id_value")]
    connection.execute(
        f"""
        create or replace temp table incoming as
        select
            (md5_number_lower(record_id) // 2)::bigint as uid,
            hash({", ".join(columns)}) as sig,
            record_id
        from table_in
        """
    )
    if connection.execute("select count(*) - count(distinct uid) from incoming").fetchone()[0]:
        raise LinkageError("two record ids have one hash; rename one of them")
    connection.execute("create or replace temp table gone (uid bigint)")
    fresh = "incoming"
    if is_remembered:
        connection.execute(
            """
            insert into gone
            select uid from known.features anti join incoming using (uid, sig);

            create or replace temp table fresh as
            select * from incoming anti join known.features using (uid, sig)
            """
        )
        fresh = "fresh"
        ids = connection.execute("select record_id from fresh").to_arrow_table().column(0)
        connection.register("table_in", table.filter(pc.is_in(table["record_id"], value_set=ids)))
    connection.execute(
        f"""
        create or replace temp table fresh_records as
        select f.uid, f.sig, t.*
        from table_in as t
        inner join {fresh} as f using (record_id)
        """
    )
    connection.unregister("table_in")


def _load_pairs(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    pairs: pa.Table | None,
    column: str,
    of_several: str,
) -> None:
    """Make table `name` (uid_l, uid_r, text) of the pairs whose records there are."""
    connection.execute(
        f"create or replace temp table {name} (uid_l bigint, uid_r bigint, text text)"
    )
    if pairs is None:
        return
    connection.register("pairs_in", pairs)
    connection.execute(
        f"""
        insert into {name}
        select least(l.uid, r.uid), greatest(l.uid, r.uid), {of_several}(p.{column})
        from pairs_in as p
        inner join incoming as l on p.record_id_l = l.record_id
        inner join incoming as r on p.record_id_r = r.record_id
        where l.uid != r.uid
        group by all
        """
    )
    connection.unregister("pairs_in")


def _is_attached(connection: duckdb.DuckDBPyConnection) -> bool:
    return (
        connection.execute(
            "select count(*) from duckdb_databases() where database_name = 'known'"
        ).fetchone()[0]
        > 0
    )


def _alone(table: pa.Table, reference: Reference | None) -> LinkageResult:
    ids = table.column("record_id").combine_chunks()
    return LinkageResult(
        clusters=pa.table([ids, ids], schema=CLUSTER_SCHEMA),
        pairs=PAIR_SCHEMA.empty_table(),
        reference=reference,
    )


def _link(
    connection: duckdb.DuckDBPyConnection,
    table: pa.Table,
    options: LinkageOptions,
    reference: Reference | None,
    attributes: int,
    *,
    is_remembered: bool,
) -> LinkageResult:
    count = table.num_rows
    prepare(connection)
    if reference:
        reference.write_tables(connection)
    else:
        find_common(connection)
    make_features(connection, attributes=attributes)
    blocking = find_keys(
        connection, options, records=count, names=reference.rules if reference else None
    )
    if is_remembered:
        pair_up_changes(connection, options)
    else:
        pair_up(connection)
    _add_extras(connection, is_remembered=is_remembered)
    compared = connection.execute("select count(*) from candidates").fetchone()[0]
    comparisons = (
        reference.model.comparisons
        if reference
        else comparisons_for(connection, attributes=attributes)
    )
    if not comparisons or not (compared or is_remembered):
        return _alone(table, reference)
    fields = Model(comparisons, match_rate=0.1).frequency_fields()
    if not reference:
        find_frequencies(connection, fields)
    add_frequencies(connection, fields)
    connection.execute(
        "create or replace temp view features as from fresh_features"
        + (
            " union all from (from known.features where uid not in (from gone))"
            if is_remembered
            else ""
        )
    )
    if reference is None:
        model = train(connection, comparisons, options, records=count)
        reference = Reference.read_tables(
            connection, model, tuple(r.name for r in blocking if r.used), count
        )
    scorer = Scorer(connection, reference.model)
    _find_edges(connection, scorer, options, is_remembered=is_remembered)
    counts = find_members(connection, scorer, options)
    clusters = _clusters(connection, is_remembered=is_remembered)
    pairs = _pairs(connection, scorer.model, options, is_remembered=is_remembered)
    return LinkageResult(
        clusters=clusters,
        pairs=pairs,
        reference=reference,
        blocking=blocking,
        counts={
            "records": count,
            "candidates": compared,
            "match_rate": scorer.model.match_rate,
            "relatives_per_match": scorer.model.relatives,
            **counts,
        },
    )


def _add_extras(connection: duckdb.DuckDBPyConnection, *, is_remembered: bool) -> None:
    """Add what is stated and decided to ``candidates``; make ``extras`` and ``extras_only``."""
    connection.execute(
        """
        create or replace temp table extras as
        select uid_l, uid_r from stated
        union select uid_l, uid_r from decided
        """
    )
    wanted = "extras"
    if is_remembered:
        # Compared before, and neither record has changed since: remembered, or not worth it.
        wanted = """
            (
                select uid_l, uid_r from extras anti join known.extras using (uid_l, uid_r)
                anti join known.edges using (uid_l, uid_r)
                union select uid_l, uid_r from extras semi join unsupported using (uid_l, uid_r)
                union select e.uid_l, e.uid_r from extras as e
                where
                    e.uid_l in (select uid from fresh_features)
                    or e.uid_r in (select uid from fresh_features)
            )
        """
    connection.execute(
        f"""
        create or replace temp table extras_only as
        select uid_l, uid_r from {wanted} anti join candidates using (uid_l, uid_r);

        insert into candidates select uid_l, uid_r from extras_only
        """
    )


def _find_edges(
    connection: duckdb.DuckDBPyConnection,
    scorer: Scorer,
    options: LinkageOptions,
    *,
    is_remembered: bool,
) -> None:
    """Score ``candidates`` into ``fresh_edges``; make ``region`` and its ``edges``.

    Also ``edges_lost`` (remembered, and no longer so) and ``changed`` (pairs that differ from what
    is remembered).
    """
    link_weight = odds(options.link_probability)
    least = min(odds(options.review_probability), 0.0) - _FORGOTTEN_BELOW
    scorer.score("candidates", "scored", least_weight=least)
    connection.execute(
        """
        create or replace temp table fresh_edges as
        select s.*, x.uid_l is null as is_blocked
        from scored as s
        left join extras_only as x on s.uid_l = x.uid_l and s.uid_r = x.uid_r;

        drop table scored;
        create or replace temp table edges_lost (uid_l bigint, uid_r bigint, weight double);
        create or replace temp table changed (uid_l bigint, uid_r bigint);
        create or replace temp table region as select uid from fresh_features
        """
    )
    here = "from fresh_edges"
    if is_remembered:
        connection.execute(
            f"""
            insert into edges_lost
            select uid_l, uid_r, weight
            from known.edges
            where
                uid_l in (from gone)
                or uid_r in (from gone)
                or (uid_l, uid_r) in (select (uid_l, uid_r) from unsupported)
                or (uid_l, uid_r) in (select (uid_l, uid_r) from candidates)
                or (not is_blocked and (uid_l, uid_r) not in (select (uid_l, uid_r) from extras));

            create or replace temp table said_otherwise as
            (
                select * from (from stated except from known.stated)
                union all select * from (from known.stated except from stated)
                union all select * from (from decided except from known.decided)
                union all select * from (from known.decided except from decided)
            );

            insert into changed
            select uid_l, uid_r from fresh_edges
            union select uid_l, uid_r from edges_lost
            union select uid_l, uid_r from said_otherwise;

            -- No link may lead out of the region: all of a component whose records, links or
            -- decisions changed.
            create or replace temp table seeds as
            select uid from fresh_features
            union select uid from gone
            union
            select unnest([uid_l, uid_r])
            from (
                select uid_l, uid_r from fresh_edges where weight >= {link_weight}
                union all select uid_l, uid_r from edges_lost where weight >= {link_weight}
                union all select uid_l, uid_r from said_otherwise
                union all select uid_l, uid_r from extras semi join fresh_edges using (uid_l, uid_r)
                union all select uid_l, uid_r from known.extras
                semi join edges_lost using (uid_l, uid_r)
            );

            create or replace temp table region as
            select uid from seeds
            union
            select uid
            from known.members
            where component in (select component from known.members semi join seeds using (uid));

            drop table seeds;
            drop table said_otherwise
            """
        )
        here = """
            from fresh_edges
            union all
            from (
                from known.edges
                where
                    (uid_l in (from region) or uid_r in (from region)
                        or (uid_l, uid_r) in (select (uid_l, uid_r) from changed))
                    and (uid_l, uid_r) not in (select (uid_l, uid_r) from edges_lost)
            )
        """
    connection.execute(
        f"""
        create or replace temp table edges as
        select
            s.*,
            stated.text as method,
            decided.text as decision,
            {conflict_sql(scorer.model)} as conflict,
            {authoritative_sql(options)} as is_authoritative
        from ({here}) as s
        inner join features as l on s.uid_l = l.uid
        inner join features as r on s.uid_r = r.uid
        left join stated on s.uid_l = stated.uid_l and s.uid_r = stated.uid_r
        left join decided on s.uid_l = decided.uid_l and s.uid_r = decided.uid_r
        """
    )


def _clusters(connection: duckdb.DuckDBPyConnection, *, is_remembered: bool) -> pa.Table:
    """Make view ``members`` (uid, cluster) of the records with company; all records' clusters."""
    connection.execute(
        "create or replace temp view members as select uid, cluster from fresh_members"
        + (
            " union all select uid, cluster from known.members where uid not in (from region)"
            if is_remembered
            else ""
        )
    )
    return (
        connection.execute(
            """
            with placed as (
                select i.record_id, coalesce(m.cluster, i.uid) as cluster
                from incoming as i
                left join members as m using (uid)
            ),

            named as (
                select cluster, min(record_id) as cluster_id
                from placed
                group by cluster
            )

            select p.record_id, n.cluster_id
            from placed as p
            inner join named as n using (cluster)
            order by p.record_id
            """
        )
        .to_arrow_table()
        .cast(CLUSTER_SCHEMA)
    )


def _pairs(
    connection: duckdb.DuckDBPyConnection,
    model: Model,
    options: LinkageOptions,
    *,
    is_remembered: bool,
) -> pa.Table:
    """Make table ``fresh_pairs``, a row per pair of ``edges`` that matters; all such pairs."""
    review_weight, link_weight = (
        odds(options.review_probability),
        odds(options.link_probability),
    )
    cases = []
    for c in model.comparisons:
        top = len(c.levels) - 1
        levels = " ".join(
            f"when {top - i} then '{level.label}'" for i, level in enumerate(c.levels)
        )
        cases.append(f"'\"{c.name}\": \"' || case gamma_{c.name} {levels} else 'not known' end")
    evidence = " || '\", ' || ".join(cases)
    gammas = ", ".join(f"gamma_{c.name}" for c in model.comparisons)
    connection.execute(
        f"""
        create or replace temp table fresh_pairs as
        -- Pairs are many, what they can agree in is not.
        with patterns as materialized (
            select {gammas}, '{{' || {evidence} || '"}}' as evidence
            from (select distinct {gammas} from edges)
        ),

        matters as (
            select
                e.*,
                coalesce(l.cluster, e.uid_l) = coalesce(r.cluster, e.uid_r) as is_one
            from edges as e
            left join members as l on e.uid_l = l.uid
            left join members as r on e.uid_r = r.uid
            where
                e.weight >= {review_weight} or e.method is not null or e.decision is not null
        )

        select
            e.uid_l,
            e.uid_r,
            least(l.record_id, r.record_id) as record_id_l,
            greatest(l.record_id, r.record_id) as record_id_r,
            e.weight as match_weight,
            1 / (1 + pow(2.0, -e.weight)) as match_probability,
            case
                when e.decision is not null and coalesce(e.method, '') not like 'declared %'
                    then 'steward'
                else coalesce(e.method, 'model')
            end as method,
            case
                when e.is_one then 'linked'
                when e.decision = 'do not link' then 'not linked'
                when e.weight >= {review_weight} or e.method is not null then 'review'
                else 'not linked'
            end as outcome,
            case
                when e.is_one then null
                when e.decision = 'do not link' then 'decided by a steward'
                when e.is_authoritative then 'two records of an authoritative source'
                when e.conflict is not null then e.conflict
                when e.weight >= {link_weight} then 'contradicted by other records'
                else 'evidence not strong enough'
            end as reason,
            p.evidence
        from matters as e
        inner join patterns as p using ({gammas})
        inner join incoming as l on e.uid_l = l.uid
        inner join incoming as r on e.uid_r = r.uid
        """
    )
    columns = ", ".join(PAIR_SCHEMA.names)
    return (
        connection.execute(
            f"select {columns} from (from fresh_pairs"
            + (
                """
                union all
                from known.pairs
                where
                    uid_l not in (from region) and uid_r not in (from region)
                    and (uid_l, uid_r) not in (select (uid_l, uid_r) from changed)
                """
                if is_remembered
                else ""
            )
            + ")"
        )
        .to_arrow_table()
        .cast(PAIR_SCHEMA)
    )
