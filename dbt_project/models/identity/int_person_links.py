"""One row per pair of person records that matters, and one per record with itself.

A record's own row carries its cluster; a pair's row says what was decided and why.
"""

import pyarrow as pa

from ingest.home import Home
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

    home = Home.from_env()
    home.spill.mkdir(parents=True, exist_ok=True)
    links = link_records(
        arrow(records),
        known=arrow(known),
        decisions=arrow(decisions),
        trained=home.identity_model,
        index=home.identity_index,
        options=LinkageOptions(spill=home.spill),
    )
    assert links.column_names == list(LINK_COLUMNS)
    return links
