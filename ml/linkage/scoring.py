"""Pairs of records to weights: Splink's comparisons, and the rules that no weight outvotes.

Here: Splink on a private DuckDB, and what forbids a link. Not here: which pairs, what follows.
"""

from __future__ import annotations

import logging

import duckdb
import numpy as np
from splink import DuckDBAPI, Linker
from splink.internals.comparison_vector_values import (
    compute_comparison_vector_values_from_id_pairs_sqls,
)
from splink.internals.pipeline import CTEPipeline
from splink.internals.predict import predict_from_comparison_vectors_sqls
from splink.internals.splink_dataframe import SplinkDataFrame

from ml.linkage.model import Model
from ml.linkage.options import LinkageOptions

__all__ = ["Scorer", "authoritative_sql", "conflict_sql", "odds"]

_BLOCKED = "__splink__blocked_id_pairs"
_RECORDS = "__splink__df_concat_with_tf"
_VECTORS = "__splink__df_comparison_vectors"


class Scorer:
    """Splink over ``features``, for tables of pairs (uid_l, uid_r)."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, model: Model) -> None:
        logging.getLogger("splink").setLevel(logging.ERROR)
        self._connection = connection
        self._api = DuckDBAPI(connection)
        self.model = model
        self.linker = Linker(self._api.register("features"), model.settings(), log_level=None)

    def score(self, pairs: str, into: str, *, least_weight: float | None = None) -> None:
        """Score the pairs of table `pairs` into table `into` (uid_l, uid_r, gammas, weights)."""
        self._block(pairs)
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

    def patterns(self, pairs: str) -> tuple[np.ndarray, np.ndarray]:
        """The patterns of levels among the pairs of table `pairs`, and how often each occurs."""
        self._block(pairs)
        names = [f"gamma_{c.name}" for c in self.model.comparisons]
        pipeline = self._comparisons()
        pipeline.enqueue_sql(
            f"select {', '.join(names)}, count(*) as n from {_VECTORS} group by all", "patterns"
        )
        found = self._api.sql_pipeline_to_splink_dataframe(pipeline)
        rows = self._connection.execute(f"from {found.physical_name} order by all").fetchnumpy()
        found.drop_table_from_database_and_remove_from_cache()
        values = [np.asarray(rows[name], dtype=np.int64) for name in names]
        return np.stack(values, axis=1), np.asarray(rows["n"], dtype=np.float64)

    def weights(self, pairs: str) -> dict[str, float]:
        """Splink's weight of every comparison (``mw_…``) of the only pair in table `pairs`."""
        self._block(pairs)
        scored = self._predict(None, by_comparison=True)
        return scored.as_record_list()[0]

    def conflict(self, scored: str) -> str | None:
        """The rule against linking the only pair in table `scored`, if one holds."""
        return self._connection.execute(
            f"select {conflict_sql(self.model)} from {scored} as s"
        ).fetchone()[0]

    def _block(self, pairs: str) -> None:
        self._connection.execute(
            f"""
            create or replace table blocked as
            select uid_l as join_key_l, uid_r as join_key_r, '0' as match_key
            from {pairs}
            """
        )

    def _comparisons(self) -> CTEPipeline:
        """Splink's SQL for the levels (``_VECTORS``) of the pairs in table ``blocked``."""
        settings = self.linker._settings_obj
        info = settings.column_info_settings
        pipeline = CTEPipeline(
            [
                self._api.table_to_splink_dataframe(_BLOCKED, "blocked"),
                self._api.table_to_splink_dataframe(_RECORDS, "features"),
            ]
        )
        pipeline.enqueue_list_of_sqls(
            compute_comparison_vector_values_from_id_pairs_sqls(
                settings._columns_to_select_for_blocking,
                settings._columns_to_select_for_comparison_vector_values,
                input_tablename_l=_RECORDS,
                input_tablename_r=_RECORDS,
                source_dataset_input_column=info.source_dataset_input_column,
                unique_id_input_column=info.unique_id_input_column,
                link_type=settings._link_type,
                sql_dialect_str=self.linker._sql_dialect_str,
            )
        )
        return pipeline

    def _predict(
        self, least_weight: float | None, *, by_comparison: bool = False
    ) -> SplinkDataFrame:
        """Splink's ``inference.predict`` over the table ``blocked``, keeping the levels.

        The public method returns the level numbers only together with every compared value
        (``retain_matching_columns``), which for millions of pairs does not fit into memory; and
        it would count how frequent values are anew, where ``features`` has it.
        """
        settings = self.linker._settings_obj
        info = settings.column_info_settings
        pipeline = self._comparisons()
        pipeline.enqueue_list_of_sqls(
            predict_from_comparison_vectors_sqls(
                unique_id_input_columns=info.unique_id_input_columns,
                core_model_settings=settings.core_model_settings,
                sql_dialect=self._api.sql_dialect,
                threshold_match_weight=least_weight,
                retain_intermediate_calculation_columns=by_comparison,
                training_mode=not by_comparison,
            )
        )
        return self._api.sql_pipeline_to_splink_dataframe(pipeline)


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


def conflict_sql(model: Model) -> str:
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


def authoritative_sql(options: LinkageOptions) -> str:
    """Whether both records (l, r) are numbers of one source that never gives a person two."""
    if not options.authoritative_sources:
        return "false"
    names = ", ".join(
        "'" + s.replace("'", "''") + "'" for s in sorted(options.authoritative_sources)
    )
    return (
        "coalesce(l.id_authority = r.id_authority and l.source_system = r.source_system"
        f" and (l.source_system in ({names}) or l.id_authority in ({names})"
        f" or l.source_system || '|' || l.id_authority in ({names})), false)"
    )
