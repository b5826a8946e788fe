"""The linkage of a set of person records, from end to end.

Here: the order of the steps. Records in, one row per record with its cluster out, and the pairs
that say why.
Not here: what a step does (``features``, ``blocking``, ``model``, ``clusters``).
"""

from __future__ import annotations

import logging
from collections import defaultdict
from dataclasses import dataclass, field

import duckdb
import numpy as np
import pyarrow as pa
from splink import DuckDBAPI, Linker
from splink.internals.comparison_vector_values import (
    compute_comparison_vector_values_from_id_pairs_sqls,
)
from splink.internals.pipeline import CTEPipeline
from splink.internals.predict import predict_from_comparison_vectors_sqls
from splink.internals.splink_dataframe import SplinkDataFrame
from splink.internals.vertically_concatenate import enqueue_df_concat_with_tf

from ml.linkage.blocking import RuleReport, make_candidates
from ml.linkage.clusters import CERTAIN, cluster
from ml.linkage.features import conform, make_features
from ml.linkage.model import Model, comparisons_for, estimate
from ml.linkage.options import LinkageOptions

__all__ = ["LinkageResult", "Scorer", "connect", "link", "odds", "scorer_for"]

PAIR_SCHEMA = pa.schema(
    [
        ("record_id_l", pa.string()),
        ("record_id_r", pa.string()),
        ("match_weight", pa.float64()),
        ("match_probability", pa.float64()),
        ("method", pa.string()),
        ("outcome", pa.string()),
        ("reason", pa.string()),
        ("evidence", pa.map_(pa.string(), pa.string())),
    ]
)
CLUSTER_SCHEMA = pa.schema([("record_id", pa.string()), ("cluster_id", pa.string())])

_BLOCKED = "__splink__blocked_id_pairs"


@dataclass(frozen=True, slots=True)
class LinkageResult:
    """What a linkage found.

    Attributes:
        clusters: record_id, cluster_id (the smallest record id of the cluster).
        pairs: the pairs at or above the review threshold, and those decided otherwise: outcome
            (linked, review, not linked), how, and the level of every comparison as evidence.
        model: the trained model.
        blocking: what each blocking rule cost.
        counts: sizes of the steps, for logs and reports (no values).
    """

    clusters: pa.Table
    pairs: pa.Table
    model: Model | None
    blocking: list[RuleReport] = field(default_factory=list)
    counts: dict[str, float] = field(default_factory=dict)


def connect(options: LinkageOptions) -> duckdb.DuckDBPyConnection:
    """A private in-memory DuckDB: Splink refuses dbt's session and would leave tables behind."""
    connection = duckdb.connect(":memory:")
    connection.execute(f"set threads = {options.threads}")
    connection.execute(f"set memory_limit = '{options.memory_limit}'")
    connection.execute("set preserve_insertion_order = false")
    connection.execute("set enable_progress_bar = false")
    return connection


class Scorer:
    """Splink over the table ``features``, for tables of pairs (uid_l, uid_r)."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, model: Model) -> None:
        self._connection = connection
        self._api = DuckDBAPI(connection)
        self.use(model)

    def use(self, model: Model) -> None:
        self.model = model
        self.linker = Linker(self._api.register("features"), model.settings(), log_level=None)

    def score(self, pairs: str, into: str, *, least_weight: float | None = None) -> None:
        """Score the pairs of table `pairs` into table `into` (uid_l, uid_r, gammas, weights)."""
        self._connection.execute(
            f"""
            create or replace table blocked as
            select
                uid_l as join_key_l, uid_r as join_key_r, '0' as match_key
            from {pairs}
            """
        )
        scored = self._predict(least_weight)
        gammas = ", ".join(f"gamma_{c.name}" for c in self.model.comparisons)
        household = self.model.household_sql()
        self._connection.execute(
            f"""
            create or replace table {into} as
            with compared as (
                select
                    uid_l, uid_r, {gammas}, match_weight as against_random,
                    {household} as against_relatives
                from {scored.physical_name}
            )

            select
                *,
                -log2(pow(2.0, least(-against_random, 500.0))
                    + pow(2.0, least(-against_relatives, 500.0))) as weight
            from compared
            """
        )
        scored.drop_table_from_database_and_remove_from_cache()
        self._connection.execute("drop table blocked")

    def weights(self, pairs: str) -> dict[str, float]:
        """Splink's weight of every comparison (``mw_…``) of the only pair in table `pairs`."""
        self._connection.execute(
            f"""
            create or replace table blocked_once as
            select uid_l as join_key_l, uid_r as join_key_r, '0' as match_key
            from {pairs}
            """
        )
        self.linker.table_management.register_blocked_pairs_for_predict(
            self._api.register("blocked_once")
        )
        scored = self.linker.inference.predict(warning_mode="never")
        return scored.as_record_list()[0]

    def conflict(self, scored: str) -> str | None:
        """The rule against linking the only pair in table `scored`, if one holds."""
        return self._connection.execute(
            f"select {_conflict_sql(self.model)} from {scored} as s"
        ).fetchone()[0]

    def _predict(self, least_weight: float | None) -> SplinkDataFrame:
        """Splink's ``inference.predict`` over the table ``blocked``, keeping the levels.

        The public method returns the level numbers only together with every compared value
        (``retain_matching_columns``), which for millions of pairs does not fit into memory.
        """
        linker = self.linker
        settings = linker._settings_obj
        info = settings.column_info_settings
        pipeline = CTEPipeline([self._api.table_to_splink_dataframe(_BLOCKED, "blocked")])
        enqueue_df_concat_with_tf(linker, pipeline)
        pipeline.enqueue_list_of_sqls(
            compute_comparison_vector_values_from_id_pairs_sqls(
                settings._columns_to_select_for_blocking,
                settings._columns_to_select_for_comparison_vector_values,
                input_tablename_l="__splink__df_concat_with_tf",
                input_tablename_r="__splink__df_concat_with_tf",
                source_dataset_input_column=info.source_dataset_input_column,
                unique_id_input_column=info.unique_id_input_column,
                link_type=settings._link_type,
                sql_dialect_str=linker._sql_dialect_str,
            )
        )
        pipeline.enqueue_list_of_sqls(
            predict_from_comparison_vectors_sqls(
                unique_id_input_columns=info.unique_id_input_columns,
                core_model_settings=settings.core_model_settings,
                sql_dialect=self._api.sql_dialect,
                threshold_match_weight=least_weight,
                training_mode=True,
            )
        )
        return self._api.sql_pipeline_to_splink_dataframe(pipeline)


def scorer_for(connection: duckdb.DuckDBPyConnection, model: Model) -> Scorer:
    """A scorer over the table ``features`` of `connection`."""
    return Scorer(connection, model)


def _patterns(
    connection: duckdb.DuckDBPyConnection, table: str, model: Model
) -> tuple[np.ndarray, np.ndarray]:
    names = ", ".join(f"gamma_{c.name}" for c in model.comparisons)
    rows = connection.execute(
        f"select {names}, count(*) as n from {table} group by all order by all"
    ).fetchnumpy()
    values = [np.asarray(rows[f"gamma_{c.name}"], dtype=np.int64) for c in model.comparisons]
    return np.stack(values, axis=1), np.asarray(rows["n"], dtype=np.float64)


def _train(
    connection: duckdb.DuckDBPyConnection,
    scorer: Scorer,
    options: LinkageOptions,
    *,
    records: int,
) -> Model:
    """Estimate the model on candidates and on random pairs, both chosen by hash."""
    candidates = connection.execute("select count(*) from candidates").fetchone()[0]
    share = min(1.0, options.training_pairs / max(candidates, 1))
    connection.execute(
        f"""
        create or replace table training as
        select uid_l, uid_r
        from candidates
        where hash(uid_l, uid_r) % 1000000 < {round(share * 1_000_000)}
        """
    )
    # Random pairs: some records, each with a few others at fixed distances in the order of a hash.
    shifts = max(1, min(records - 1, options.random_pairs // max(records, 1), 400))
    keep = min(1.0, options.random_pairs / max(records * shifts, 1))
    connection.execute(
        f"""
        create or replace table random_pairs as
        with shuffled as (
            select uid, (row_number() over (order by hash(record_id), uid) - 1) as place
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
    scorer.score("training", "training_scored")
    scorer.score("random_pairs", "random_scored")
    seen = _patterns(connection, "training_scored", scorer.model)
    drawn = _patterns(connection, "random_scored", scorer.model)
    counted = float(seen[1].sum())
    model = estimate(
        scorer.model,
        candidate_patterns=seen[0],
        candidate_counts=seen[1],
        random_patterns=drawn[0],
        random_counts=drawn[1],
        scale=candidates / counted if counted else 1.0,
        pairs=records * (records - 1) / 2,
    )
    for table in ("training", "training_scored", "random_pairs", "random_scored"):
        connection.execute(f"drop table {table}")
    return model


def link(
    records: pa.Table,
    *,
    options: LinkageOptions | None = None,
    known_pairs: pa.Table | None = None,
    decisions: pa.Table | None = None,
    model: Model | None = None,
    attributes: int = 0,
) -> LinkageResult:
    """Say which records are of one person.

    Args:
        records: one row per person record (``features.RECORD_SCHEMA``), normalised.
        options: thresholds and limits.
        known_pairs: record_id_l, record_id_r, method: linked before anything is estimated, unless
            the records contradict each other.
        decisions: record_id_l, record_id_r, decision ('link' or 'do not link'): a steward's word,
            which wins over everything.
        model: use it instead of training one.
        attributes: number of further fields in the column ``attributes``.

    The same records in any order give the same result.
    """
    options = options or LinkageOptions()
    table = conform(records)
    ids = table.column("record_id").to_pylist()
    known = _named_pairs(known_pairs, ids, "method")
    said = _named_pairs(decisions, ids, "decision")
    if len(ids) < 2:
        return LinkageResult(
            clusters=pa.table({"record_id": ids, "cluster_id": ids}, schema=CLUSTER_SCHEMA),
            pairs=PAIR_SCHEMA.empty_table(),
            model=model,
        )
    connection = connect(options)
    try:
        return _link(connection, table, ids, options, known, said, model, attributes)
    finally:
        connection.close()


def _named_pairs(pairs: pa.Table | None, ids: list[str], column: str) -> dict[tuple, str]:
    """{(uid_l, uid_r): text} of a table of pairs of record ids, uid being place in `ids` + 1."""
    if pairs is None:
        return {}
    uid = {record_id: i + 1 for i, record_id in enumerate(ids)}
    result: dict[tuple, str] = {}
    rows = zip(
        pairs.column("record_id_l").to_pylist(),
        pairs.column("record_id_r").to_pylist(),
        pairs.column(column).to_pylist(),
        strict=True,
    )
    for left, right, text in sorted(rows, key=lambda row: tuple(map(str, row))):
        if left in uid and right in uid and left != right:
            a, b = sorted((uid[left], uid[right]))
            result[a, b] = text
    return result


def _pair_table(connection: duckdb.DuckDBPyConnection, name: str, pairs: dict) -> None:
    rows = sorted(pairs)
    data = pa.table(
        {
            "uid_l": pa.array([a for a, _ in rows], pa.int32()),
            "uid_r": pa.array([b for _, b in rows], pa.int32()),
            "text": pa.array([pairs[row] for row in rows], pa.string()),
        }
    )
    connection.register("pairs_in", data)
    connection.execute(f"create or replace table {name} as select * from pairs_in")
    connection.unregister("pairs_in")


def _link(
    connection: duckdb.DuckDBPyConnection,
    table: pa.Table,
    ids: list[str],
    options: LinkageOptions,
    known: dict[tuple, str],
    said: dict[tuple, str],
    model: Model | None,
    attributes: int,
) -> LinkageResult:
    logging.getLogger("splink").setLevel(logging.ERROR)
    make_features(connection, table, attributes=attributes)
    blocking = make_candidates(connection, options)
    _pair_table(connection, "known", known)
    _pair_table(connection, "said", said)
    connection.execute(
        """
        create or replace table candidates as
        select distinct uid_l, uid_r
        from (
            select uid_l, uid_r from candidates
            union all select uid_l, uid_r from known
            union all select uid_l, uid_r from said
        )
        """
    )
    comparisons = comparisons_for(connection, attributes=attributes)
    if not comparisons:
        comparisons = ()
    count = connection.execute("select count(*) from candidates").fetchone()[0]
    if not comparisons or not count:
        return LinkageResult(
            clusters=pa.table({"record_id": ids, "cluster_id": ids}, schema=CLUSTER_SCHEMA),
            pairs=PAIR_SCHEMA.empty_table(),
            model=model,
            blocking=blocking,
        )
    if model is None:
        start = Model(comparisons, match_rate=min(0.1, 1.5 / len(ids)))
        scorer = Scorer(connection, start)
        scorer.use(_train(connection, scorer, options, records=len(ids)))
    else:
        scorer = Scorer(connection, model)
    review_weight = odds(options.review_probability)
    link_weight = odds(options.link_probability)
    scorer.score("candidates", "scored", least_weight=min(review_weight, 0.0) - 6.0)
    connection.execute(
        f"""
        create or replace table edges as
        select
            s.*,
            known.text as method,
            said.text as decision,
            {_conflict_sql(scorer.model)} as conflict,
            l.id_authority is not null and l.id_authority = r.id_authority
            and l.source_system = r.source_system
            and {_authoritative_sql(options)} as is_authoritative
        from scored as s
        inner join features as l on s.uid_l = l.uid
        inner join features as r on s.uid_r = r.uid
        left join known on s.uid_l = known.uid_l and s.uid_r = known.uid_r
        left join said on s.uid_l = said.uid_l and s.uid_r = said.uid_r
        """
    )
    groups, extra = _clusters(connection, scorer, options, link_weight, known, said)
    return _result(
        connection, scorer, options, ids, groups, blocking, count, review_weight, link_weight, extra
    )


def odds(probability: float) -> float:
    """log2 of p / (1 - p)."""
    return float(np.log2(probability / (1 - probability)))


def _level(model: Model, comparison: str, label: str) -> str | None:
    """The SQL test that `comparison` found level `label`; null if the model lacks it."""
    for c in model.comparisons:
        if c.name == comparison:
            top = len(c.levels) - 1
            for i, level in enumerate(c.levels):
                if level.label == label:
                    return f"s.gamma_{comparison} = {top - i}"
    return None


def _conflict_sql(model: Model) -> str:
    """Why a pair must not be linked without a person looking; null: nothing against it.

    The model weighs these too; but a false link is a patient-safety event, so that what tells
    twins, relatives and generations apart is a rule that no amount of household evidence outvotes.
    """

    def test(comparison: str, *labels: str) -> str:
        found = [t for label in labels if (t := _level(model, comparison, label))]
        return f"({' or '.join(found)})" if found else "false"

    sure = test("ssn", "same")
    likely = test("ssn", "same", "one error")
    mail = test("email", "shared")
    given_differs = test("given", "different")
    given_agrees = test(
        "given", "same", "short form or other form", "swapped with the family name", "one error"
    )
    birth_differs = test("birth", "different")
    birth_far = test("birth", "different", "within ten years", "within a year")
    birth_agrees = test(
        "birth", "same", "one error or day and month swapped", "another recorded date"
    )
    cases = [
        (
            f"{test('suffix', 'another generation')} and not {sure}",
            "another generation of the same name",
        ),
        (
            f"{given_differs} and {birth_far} and not {sure}",
            "other given name and other birth date: relatives",
        ),
        (
            f"{given_differs} and {test('birth', 'same')} and not {likely} and not {mail}",
            "other given name, same birth date: twins",
        ),
        (
            f"{birth_differs} and not {likely} and not {mail}",
            "other birth date: parent and child of one name",
        ),
        (
            f"{test('ssn', 'different')} and not ({birth_agrees} and {given_agrees})",
            "two social security numbers",
        ),
    ]
    text = " ".join(f"when {condition} then '{reason}'" for condition, reason in cases)
    return f"case {text} end"


def _authoritative_sql(options: LinkageOptions) -> str:
    if not options.authoritative_sources:
        return "false"
    names = ", ".join(
        "'" + s.replace("'", "''") + "'" for s in sorted(options.authoritative_sources)
    )
    return (
        f"(l.source_system in ({names}) or l.id_authority in ({names})"
        f" or l.source_system || '|' || l.id_authority in ({names}))"
    )


def _clusters(
    connection: duckdb.DuckDBPyConnection,
    scorer: Scorer,
    options: LinkageOptions,
    link_weight: float,
    known: dict[tuple, str],
    said: dict[tuple, str],
) -> tuple[dict[int, int], dict[str, float]]:
    """{uid: smallest uid of its cluster} for records with company, and counts."""
    never = {pair for pair, word in said.items() if word == "do not link"}
    certain = {pair for pair, word in said.items() if word == "link"}
    rows = connection.execute(
        """
        select uid_l, uid_r, weight, method is not null as is_known, conflict is not null as is_odd
        from edges
        where
            not coalesce(is_authoritative, false)
            and (
                (weight >= $link and conflict is null)
                or (method is not null and (conflict is null or weight >= $link))
                or decision = 'link'
            )
        order by uid_l, uid_r
        """,
        {"link": link_weight},
    ).fetchnumpy()
    pairs = list(zip(rows["uid_l"].tolist(), rows["uid_r"].tolist(), strict=True))
    weights = rows["weight"].tolist()
    is_known = rows["is_known"].tolist()
    parent: dict[int, int] = {}

    def find(x: int) -> int:
        while parent.setdefault(x, x) != x:
            parent[x] = parent[parent[x]]
            x = parent[x]
        return x

    edge_of: dict[tuple[int, int], float] = {}
    for pair, weight, sure in zip(pairs, weights, is_known, strict=True):
        if pair in never:
            continue
        edge_of[pair] = (
            CERTAIN if pair in certain else (max(weight, link_weight, 12.0) if sure else weight)
        )
        a, b = find(pair[0]), find(pair[1])
        if a != b:
            parent[max(a, b)] = min(a, b)
    for pair in certain - set(pairs):
        edge_of[pair] = CERTAIN
        a, b = find(pair[0]), find(pair[1])
        if a != b:
            parent[max(a, b)] = min(a, b)
    members: dict[int, list[int]] = defaultdict(list)
    for x in sorted(parent):
        members[find(x)].append(x)
    # Every pair inside a component counts, also those that no blocking rule brought together.
    of_component = {x: root for root, xs in members.items() if len(xs) > 2 for x in xs}
    inside = pa.table(
        {
            "uid": pa.array(list(of_component), pa.int32()),
            "component": pa.array(list(of_component.values()), pa.int32()),
        }
    )
    connection.register("inside_in", inside)
    connection.execute("create or replace table inside as select * from inside_in")
    connection.unregister("inside_in")
    connection.execute(
        f"""
        create or replace table inside_pairs as
        select l.uid as uid_l, r.uid as uid_r, l.component
        from inside as l
        inner join inside as r on l.component = r.component and l.uid < r.uid
        qualify count(*) over (partition by l.component) <= {150 * 149 // 2}
        """
    )
    scorer.score("inside_pairs", "inside_scored")
    connection.execute(
        f"""
        create or replace table inside_edges as
        select
            s.uid_l, s.uid_r, p.component, s.weight,
            {_conflict_sql(scorer.model)} as conflict,
            coalesce(l.id_authority = r.id_authority and l.source_system = r.source_system
            and {_authoritative_sql(options)}, false) as is_authoritative
        from inside_scored as s
        inner join inside_pairs as p on s.uid_l = p.uid_l and s.uid_r = p.uid_r
        inner join features as l on s.uid_l = l.uid
        inner join features as r on s.uid_r = r.uid
        """
    )
    # A component whose every pair is for it needs no thought.
    doubtful = connection.execute(
        f"""
        select distinct component from inside_edges
        where conflict is not null or is_authoritative or weight < {link_weight}
        """
    ).fetchall()
    doubtful_set = {row[0] for row in doubtful}
    named = {x for pair in never for x in pair}
    doubtful_set |= {root for root, xs in members.items() if named.intersection(xs)}
    result = {x: root for root, xs in members.items() for x in xs}
    all_edges: dict[int, dict[tuple[int, int], float]] = defaultdict(dict)
    barred: dict[int, set[tuple[int, int]]] = defaultdict(set)
    for a, b, component, weight, conflict, authoritative in connection.execute(
        """
        select uid_l, uid_r, component, weight, conflict is not null, is_authoritative
        from inside_edges
        """
    ).fetchall():
        if component in doubtful_set:
            # What contradicts counts against the whole group, however strong the household is.
            all_edges[component][a, b] = min(weight, -8.0) if conflict else weight
            if authoritative:
                barred[component].add((a, b))
    for pair, weight in edge_of.items():
        root = find(pair[0])
        if root in doubtful_set:
            all_edges[root][pair] = weight
    for pair in never:
        if find(pair[0]) == find(pair[1]):
            barred[find(pair[0])].add(pair)
    split = 0
    for component in sorted(doubtful_set):
        groups = cluster(
            members[component],
            all_edges[component],
            threshold=link_weight,
            forbidden=barred[component],
        )
        split += len(groups) > 1
        for group in groups:
            for x in group:
                result[x] = group[0]
    return result, {
        "components": len(members),
        "components_doubtful": len(doubtful_set),
        "components_split": split,
    }


def _result(
    connection: duckdb.DuckDBPyConnection,
    scorer: Scorer,
    options: LinkageOptions,
    ids: list[str],
    groups: dict[int, int],
    blocking: list[RuleReport],
    candidates: int,
    review_weight: float,
    link_weight: float,
    extra: dict[str, float],
) -> LinkageResult:
    cluster_of = [ids[groups.get(i + 1, i + 1) - 1] for i in range(len(ids))]
    clusters = pa.table({"record_id": ids, "cluster_id": cluster_of}, schema=CLUSTER_SCHEMA)
    connection.register("clusters_in", clusters)
    cases = []
    for c in scorer.model.comparisons:
        top = len(c.levels) - 1
        levels = " ".join(
            f"when {top - i} then '{level.label}'" for i, level in enumerate(c.levels)
        )
        cases.append(f"case e.gamma_{c.name} {levels} else 'not known' end")
    names = ", ".join(f"'{c.name}'" for c in scorer.model.comparisons)
    pairs = connection.execute(
        f"""
        select
            l.record_id as record_id_l,
            r.record_id as record_id_r,
            e.weight as match_weight,
            1 / (1 + pow(2.0, -e.weight)) as match_probability,
            coalesce(case when e.decision is not null then 'steward' end, e.method, 'model')
                as method,
            case
                when cl.cluster_id = cr.cluster_id then 'linked'
                when e.decision = 'do not link' then 'not linked'
                when e.weight >= {review_weight} or e.method is not null then 'review'
                else 'not linked'
            end as outcome,
            case
                when cl.cluster_id = cr.cluster_id then null
                when e.decision = 'do not link' then 'decided by a steward'
                when coalesce(e.is_authoritative, false)
                    then 'two records of an authoritative source'
                when e.conflict is not null then e.conflict
                when e.weight >= {link_weight} then 'contradicted by other records'
                else 'evidence not strong enough'
            end as reason,
            map([{names}], [{", ".join(cases)}]) as evidence
        from edges as e
        inner join features as l on e.uid_l = l.uid
        inner join features as r on e.uid_r = r.uid
        inner join clusters_in as cl on l.record_id = cl.record_id
        inner join clusters_in as cr on r.record_id = cr.record_id
        where
            e.weight >= {review_weight} or e.method is not null or e.decision is not null
        order by record_id_l, record_id_r
        """
    ).to_arrow_table()
    connection.unregister("clusters_in")
    return LinkageResult(
        clusters=clusters,
        pairs=pairs.cast(PAIR_SCHEMA),
        model=scorer.model,
        blocking=blocking,
        counts={
            "records": len(ids),
            "clusters": len(set(cluster_of)),
            "candidates": candidates,
            "match_rate": scorer.model.match_rate,
            "relatives_per_match": scorer.model.relatives,
            **extra,
        },
    )
