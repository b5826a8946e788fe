"""The linkage as the dbt model ``int_person_links`` calls it.

Here: the warehouse's columns to ``features.RECORD_SCHEMA`` and back. Not here: any decision.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import replace
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from ml.linkage.engine import LinkageResult, link
from ml.linkage.options import LinkageOptions
from ml.linkage.patients import patient_id

__all__ = ["LINK_COLUMNS", "authorities", "link_records", "to_records"]

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
) -> pa.Table:
    """The rows of ``int_person_links``.

    A row per record with itself, a row per pair that matters, and one with the model.
    """
    options = options or LinkageOptions()
    options = replace(
        options, authoritative_sources=options.authoritative_sources | authorities(records)
    )
    table = to_records(records)
    result = link(table, known_pairs=known, decisions=decisions, options=options)
    return _rows(table, result)


def _rows(table: pa.Table, result: LinkageResult) -> pa.Table:
    arrived = dict(
        zip(
            table.column("record_id").to_pylist(),
            table.column("arrived_at").to_pylist(),
            strict=True,
        )
    )
    cluster_of = dict(
        zip(
            result.clusters.column("record_id").to_pylist(),
            result.clusters.column("cluster_id").to_pylist(),
            strict=True,
        )
    )
    members: dict[str, list[str]] = defaultdict(list)
    for record, cluster_id in cluster_of.items():
        members[cluster_id].append(record)
    first = {
        cluster_id: min(rs, key=lambda r: (arrived[r] or datetime.max, r))
        for cluster_id, rs in members.items()
    }
    ids = {cluster_id: patient_id(record) for cluster_id, record in first.items()}
    # How sure, and by what, a record belongs: its best link inside the cluster.
    pairs = result.pairs
    best: dict[str, tuple[float, str]] = {}
    for left, right, probability, method, outcome in zip(
        *(
            pairs.column(name).to_pylist()
            for name in ("record_id_l", "record_id_r", "match_probability", "method", "outcome")
        ),
        strict=True,
    ):
        if outcome != "linked":
            continue
        candidate = (1.0 if method != "model" else probability, method)
        for record in (left, right):
            if record not in best or candidate > best[record]:
                best[record] = candidate
    order = sorted(cluster_of)
    n = len(order)
    own = pa.table(
        {
            "record_id_l": order,
            "record_id_r": order,
            "outcome": ["linked"] * n,
            "method": [
                best[r][1]
                if r in best
                else ("only record" if len(members[cluster_of[r]]) == 1 else "model")
                for r in order
            ],
            "match_weight": pa.nulls(n, pa.float64()),
            "match_probability": pa.array([best[r][0] if r in best else 1.0 for r in order]),
            "reason": pa.nulls(n, pa.string()),
            "evidence": pa.nulls(n, pa.string()),
            "patient_id": [ids[cluster_of[r]] for r in order],
        },
        schema=LINK_SCHEMA,
    )
    rows = pa.table(
        {
            "record_id_l": pairs.column("record_id_l"),
            "record_id_r": pairs.column("record_id_r"),
            "outcome": pairs.column("outcome"),
            "method": pairs.column("method"),
            "match_weight": pairs.column("match_weight"),
            "match_probability": pairs.column("match_probability"),
            "reason": pairs.column("reason"),
            "evidence": pa.array(
                [json.dumps(dict(e)) for e in pairs.column("evidence").to_pylist()], pa.string()
            ),
            "patient_id": pa.nulls(pairs.num_rows, pa.string()),
        },
        schema=LINK_SCHEMA,
    )
    # The model itself, so that a pair can be explained with what decided about it.
    trained = pa.Table.from_pylist(
        [
            {
                "record_id_l": "model",
                "record_id_r": "trained",
                "outcome": "model",
                "method": "model",
                "evidence": json.dumps(result.model.to_dict()),
            }
        ]
        if result.model
        else [],
        schema=LINK_SCHEMA,
    )
    return pa.concat_tables([own, rows, trained])
