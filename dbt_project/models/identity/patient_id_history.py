"""One row per person record and period in which it had one patient id.

Replayed from recorded arrivals and decisions: answers "what was this id on that day".
"""

import pyarrow as pa

from ml.linkage.patients import patient_history


def model(dbt, session):
    dbt.config(materialized="table")

    def arrow(relation) -> pa.Table:
        table = relation.arrow()
        return table.read_all() if hasattr(table, "read_all") else table

    columns = "person_record_id_l, person_record_id_r, decision, effective_at"
    decisions = dbt.ref("identity_decisions").filter("status in ('in force', 'superseded')")
    stated = dbt.ref("int_person_stated").filter("is_disputed")
    return patient_history(
        arrow(dbt.ref("int_person_records").project("person_record_id, first_received_at")),
        arrow(dbt.ref("int_person_links")),
        pa.concat_tables([arrow(decisions.project(columns)), arrow(stated.project(columns))]),
    )
