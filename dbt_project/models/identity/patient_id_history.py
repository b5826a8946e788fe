"""One row per person record and period in which it had one patient id.

Replayed from the recorded arrivals: answers "what was this id on that day".
"""

import pyarrow as pa

from ml.linkage.warehouse import patient_history


def model(dbt, session):
    dbt.config(materialized="table")

    def arrow(relation) -> pa.Table:
        table = relation.arrow()
        return table.read_all() if hasattr(table, "read_all") else table

    return patient_history(arrow(dbt.ref("int_person_records")), arrow(dbt.ref("int_person_links")))
