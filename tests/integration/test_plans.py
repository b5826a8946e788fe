"""How DuckDB would run each model: nothing in it that nobody bears at 45,000 patients."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import duckdb
import pytest

from ingest.home import Home
from orchestration.environment import dbt_target

# An outer join with a condition on one side alone, or with `or`, is no hash join: every row of the
# left meets every row of the right. Put the condition into the key: `case when … then key end`.
EACH_WITH_EACH = {"BLOCKWISE_NL_JOIN", "NESTED_LOOP_JOIN"}
SMALL = {
    "int_code_map": "official crosswalks, each for the few source systems",
    "int_patient_golden": "the rules of survivorship, six rows",
    "ecqm_cms156_high_risk_medications": "the doses of fifteen medicines",
}
# `observation` is a view that makes the JSON of the rows that are asked for: it, what it is made
# of, and who asks.
WITH_JSON = {
    "observation",
    "int_observation_versions",
    "int_observation_merged",
    "int_measure_observations",
}
# Reads tables that its materialization makes on the way.
IN_STEPS = {"measure_trends"}

Node = dict[str, Any]


@pytest.fixture(scope="module")
def plans(hospital: Home) -> dict[str, list[Node]]:
    """{model: every operator of its plan}; a shared expression comes before its readers."""
    compiled = dbt_target(hospital) / "compiled" / "wellspring" / "models"
    found: dict[str, list[Node]] = {}
    with duckdb.connect(str(hospital.database), read_only=True) as connection:
        # By default a join of a handful of rows is not hashed.
        connection.execute("set nested_loop_join_threshold = 0")
        for path in compiled.rglob("*.sql"):
            if ".yml" in path.parent.name or path.stem in IN_STEPS:
                continue
            rows = connection.execute(f"explain (format json) {path.read_text()}").fetchall()
            found[path.stem] = [node for root in json.loads(rows[0][1]) for node in nodes(root)]
    assert len(found) > 200
    return found


def nodes(node: Node) -> Iterator[Node]:
    yield node
    for child in node["children"]:
        yield from nodes(child)


def is_lookup(join: dict[str, Any]) -> bool:
    """Whether the join only brings the one row of a scalar subquery."""
    return join["Join Type"] == "INNER" and "SUBQUERY" in str(join.get("Condition"))


def test_no_model_joins_each_row_with_each(plans: dict[str, list[Node]]) -> None:
    slow = {
        model
        for model, operators in plans.items()
        if any(
            operator["name"] in EACH_WITH_EACH and not is_lookup(operator["extra_info"])
            for operator in operators
        )
    }
    assert slow - SMALL.keys() == set()
    assert SMALL.keys() - slow == set(), "named as an exception, but is none"


def test_no_model_holds_all_observations_with_their_json(plans: dict[str, list[Node]]) -> None:
    """A common table expression that is read twice is held in memory, whole: 204 s for 26 s.

    `as not materialized` reads the table twice instead, the second time few of its rows.
    """
    readers, holders = set(), set()
    for model, operators in plans.items():
        for operator in operators:
            if has_json_of_observations(operator):
                readers.add(model)
            if operator["name"].strip() == "CTE" and any(
                map(has_json_of_observations, nodes(operator["children"][0]))
            ):
                holders.add(model)
    assert readers == WITH_JSON, "a reader of observations pays for JSON that it does not name"
    assert holders == set()


def has_json_of_observations(operator: Node) -> bool:
    """Whether a scan reads `further`, a column of observations that is for their JSON alone."""
    about = operator["extra_info"]
    return ".int_observation_versions_" in str(about.get("Table")) and "further" in str(
        about.get("Projections")
    )
