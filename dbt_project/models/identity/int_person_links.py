"""One row per pair of person records that matters, and one per record with itself.

A record's own row carries its cluster; a pair's row says what was decided and why.
"""

from pathlib import Path

import pyarrow as pa

from ml.linkage import LinkageOptions
from ml.linkage.warehouse import LINK_COLUMNS, link_records


def model(dbt, session):
    dbt.config(materialized="table", packages=[])
    records = dbt.ref("int_person_records")
    known = dbt.ref("int_person_known_links")
    decisions = dbt.ref("int_person_decisions")

    def arrow(relation) -> pa.Table:
        table = relation.arrow()
        return table.read_all() if hasattr(table, "read_all") else table

    spill = Path(dbt.config.meta_get("spill"))
    spill.mkdir(parents=True, exist_ok=True)
    links = link_records(
        arrow(records),
        known=arrow(known),
        decisions=arrow(decisions),
        trained=Path(dbt.config.meta_get("accepted_model")),
        index=Path(dbt.config.meta_get("index")),
        options=LinkageOptions(spill=spill),
    )
    assert links.column_names == list(LINK_COLUMNS)
    return links
