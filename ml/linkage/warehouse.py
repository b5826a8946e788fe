"""The linkage as the dbt model ``int_person_links`` calls it.

Here: the warehouse's columns to ``features.RECORD_SCHEMA`` and back. Not here: any decision.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from ml.linkage.engine import LinkageResult, link
from ml.linkage.options import LinkageOptions
from ml.linkage.patients import patient_id
from ml.linkage.reference import Reference
from ml.linkage.session import session

__all__ = [
    "LINKED_FROM",
    "LINK_COLUMNS",
    "authorities",
    "link_records",
    "link_result",
    "to_records",
]

LINK_SCHEMA = pa.schema(
    [
        ("record_id_l", pa.string()),
        ("record_id_r", pa.string()),
        ("outcome", pa.string()),
        ("method", pa.string()),
        ("match_weight", pa.float64()),
        ("match_probability", pa.float64()),
        ("reason", pa.string()),
        ("evidence", pa.string()),
        ("patient_id", pa.string()),
    ]
)
#: The models that linkage reads, by the name of the argument.
LINKED_FROM = {
    "records": "int_person_records",
    "known": "int_person_known_links",
    "decisions": "int_person_decisions",
}
LINK_COLUMNS = tuple(LINK_SCHEMA.names)

_COLUMNS = {
    "record_id": "person_record_id",
    "source_system": "source_system",
    "id_authority": "id_authority",
    "id_value": "id_value",
    "arrived_at": "first_received_at",
    "family": "family_name",
    "given": "given_name",
    "middle": "middle_name",
    "suffix": "generation",
    "other_families": "family_names",
    "other_givens": "given_names",
    "birth_key": "birth_key",
    "other_birth_keys": "birth_keys",
    "sex": "sex",
    "ssn": "ssn",
    "phones": "phones",
    "emails": "emails",
    "address": "address_key",
    "other_addresses": "address_keys",
    "city": "city_key",
    "state": "state_key",
    "postal_code": "postal_key",
    "member_ids": "member_ids",
}


def to_records(table: pa.Table) -> pa.Table:
    """``int_person_records`` as the columns that :func:`ml.linkage.link` reads."""
    return pa.table({ours: table.column(theirs) for ours, theirs in _COLUMNS.items()})


def authorities(records: pa.Table) -> frozenset[str]:
    """``system|authority`` of the numbers in ``int_person_records`` that are never merged."""
    own = records.filter(pc.field("is_authoritative"))
    return frozenset(
        f"{system}|{authority}"
        for system, authority in zip(
            own.column("source_system").to_pylist(),
            own.column("id_authority").to_pylist(),
            strict=True,
        )
    )


def link_records(
    records: pa.Table,
    *,
    known: pa.Table | None = None,
    decisions: pa.Table | None = None,
    options: LinkageOptions | None = None,
    trained: Path | None = None,
    index: Path | None = None,
) -> pa.Table:
    """The rows of ``int_person_links``.

    A row per record with itself, a row per pair that matters, and one with the model.

    Args:
        trained: the model that `wellspring identity train` wrote; where there is none, one is
            trained on the records.
        index: where a linkage with that model remembers what it has compared.
    """
    reference = Reference.load(trained) if trained and trained.is_file() else None
    result = link_result(
        records, known=known, decisions=decisions, options=options, reference=reference, index=index
    )
    # The model itself, so that a pair can be explained with what decided about it.
    model = pa.Table.from_pylist(
        [
            {
                "record_id_l": "model",
                "record_id_r": "accepted" if reference else "trained",
                "outcome": "model",
                "method": "model",
                "evidence": json.dumps(result.model.to_dict()),
            }
        ]
        if result.model
        else [],
        schema=LINK_SCHEMA,
    )
    return pa.concat_tables([_rows(to_records(records), result), model])


def link_result(
    records: pa.Table,
    *,
    known: pa.Table | None = None,
    decisions: pa.Table | None = None,
    options: LinkageOptions | None = None,
    reference: Reference | None = None,
    index: Path | None = None,
) -> LinkageResult:
    """:func:`ml.linkage.link` over the models that ``LINKED_FROM`` names."""
    options = options or LinkageOptions()
    return link(
        to_records(records),
        known_pairs=known,
        decisions=decisions,
        options=replace(
            options, authoritative_sources=options.authoritative_sources | authorities(records)
        ),
        reference=reference,
        index=index,
    )


def _rows(table: pa.Table, result: LinkageResult) -> pa.Table:
    with session() as connection:
        connection.register("records", table.select(["record_id", "arrived_at"]))
        connection.register("clusters", result.clusters)
        connection.register("pairs", result.pairs)
        connection.execute(
            """
            create temp table people as
            select
                c.cluster_id,
                count(*) as n,
                arg_min(c.record_id, (coalesce(r.arrived_at, 'infinity'), c.record_id))
                    as first_record
            from clusters as c
            inner join records as r using (record_id)
            group by c.cluster_id
            """
        )
        people = connection.execute("select cluster_id, first_record from people").to_arrow_table()
        ids = pa.table(
            {
                "cluster_id": people.column("cluster_id"),
                "patient_id": [patient_id(r) for r in people.column("first_record").to_pylist()],
            }
        )
        connection.register("ids", ids)
        rows = connection.execute(
            """
            with ends as (
                select unnest([record_id_l, record_id_r]) as record_id, method, match_probability
                from pairs
                where outcome = 'linked'
            ),

            -- How sure, and by what, a record belongs: its best link inside the cluster.
            best as (
                select
                    record_id,
                    max({
                        'probability': case when method = 'model' then match_probability else 1 end,
                        'method': method
                    }) as link
                from ends
                group by record_id
            ),

            own as (
                select
                    c.record_id as record_id_l,
                    c.record_id as record_id_r,
                    'linked' as outcome,
                    case
                        when b.record_id is not null then b.link.method
                        when p.n = 1 then 'only record'
                        else 'model'
                    end as method,
                    null::double as match_weight,
                    coalesce(b.link.probability, 1.0) as match_probability,
                    null::text as reason,
                    null::text as evidence,
                    i.patient_id
                from clusters as c
                inner join people as p using (cluster_id)
                inner join ids as i using (cluster_id)
                left join best as b using (record_id)
            )

            from own
            union all by name
            from pairs
            """
        ).to_arrow_table()
    return rows.select(LINK_SCHEMA.names).cast(LINK_SCHEMA)
