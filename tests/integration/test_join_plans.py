"""How DuckDB joins: never each row with each, which nobody bears at 45,000 patients."""

from __future__ import annotations

import re

import duckdb

from ingest.home import Home
from orchestration.environment import dbt_target

# An outer join with a condition on one side alone, or with `or`, is no hash join: every row of the
# left meets every row of the right. Put the condition into the key: `case when … then key end`.
EACH_WITH_EACH = re.compile(r"BLOCKWISE_NL_JOIN|NESTED_LOOP_JOIN")
SMALL = {
    "int_code_map": "official crosswalks, each for the few source systems",
    "int_patient_golden": "the rules of survivorship, six rows",
}
# Reads tables that its materialization makes on the way.
IN_STEPS = {"measure_trends"}


def test_no_model_joins_each_row_with_each(hospital: Home) -> None:
    compiled = dbt_target(hospital) / "compiled" / "wellspring" / "models"
    models = [
        path
        for path in compiled.rglob("*.sql")
        if ".yml" not in path.parent.name and path.stem not in IN_STEPS
    ]
    assert len(models) > 200
    with duckdb.connect(str(hospital.database), read_only=True) as connection:
        # By default a join of a handful of rows is not hashed.
        connection.execute("set nested_loop_join_threshold = 0")
        slow = set()
        for path in models:
            plan = connection.execute(f"explain {path.read_text()}").fetchall()
            if EACH_WITH_EACH.search(str(plan)):
                slow.add(path.stem)
    assert slow - SMALL.keys() == set()
    assert SMALL.keys() - slow == set(), "named as an exception, but is none"
