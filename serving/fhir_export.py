"""Silver as FHIR Bulk Data: a folder of NDJSON that any FHIR server can load.

Here: which rows go, in which file, and the manifest. Not here: the resources (silver has them as
``fhir_json``), options (``orchestration/cli``).

Source: FHIR Bulk Data Access 2.0, 2.5 (NDJSON, a resource type to a file, the manifest of a
completed export).
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import orjson

__all__ = ["Export", "ExportError", "export"]

_ROWS_AT_ONCE = 20_000
# What a record of a person refers to besides persons.
_SHARED = ("organization", "practitioner", "practitioner_role", "location", "medication", "device")
# Of a row `t`: what it refers to, and whether something refers to it.
_REFERENCES = """
    select distinct unnest(regexp_extract_all(t.fhir_json, '"reference":"([A-Za-z]+/[^"]+)"', 1))
"""
_IS_REFERRED = """
    json_extract_string(t.fhir_json, '$.resourceType') || '/'
    || json_extract_string(t.fhir_json, '$.id') in (from referred)
"""


class ExportError(Exception):
    """Nothing can be exported; the text says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Export:
    """What was written: resources by type."""

    folder: Path
    counts: dict[str, int]


def export(
    database: Path,
    out: Path,
    *,
    transaction_time: str,
    source: str | None = None,
    patient: str | None = None,
) -> Export:
    """Write ``<out>/<ResourceType>.ndjson`` and ``<out>/manifest.json``.

    Args:
        database: the warehouse whose last build was published.
        out: a folder that does not exist yet, or is empty; it appears whole or not at all.
        transaction_time: the instant that the resources stand for (FHIR ``instant``).
        source: only what this source system told us something of.
        patient: only this patient (an id that was superseded will do), with the organizations,
            practitioners and places that the patient's resources refer to.

    ``meta.source`` of every resource names feed, file and record:
    ``urn:wellspring:<system>/<feed>:<sha256 of the file>:<record>``.

    Raises:
        ExportError: the folder is not empty, or there is no such source or patient.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ExportError(f"{out} is not empty; name a new folder")
    making = out.with_name(f".{out.name}.making")
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(parents=True)
    try:
        with duckdb.connect(str(database), read_only=True) as connection:
            connection.execute("set TimeZone = 'UTC'")
            counts = _write(connection, making, source, patient)
        manifest = {
            "transactionTime": transaction_time,
            "request": "wellspring fhir export",
            "requiresAccessToken": False,
            "output": [
                {"type": kind, "url": f"{kind}.ndjson", "count": count}
                for kind, count in sorted(counts.items())
            ],
            "error": [],
        }
        (making / "manifest.json").write_bytes(orjson.dumps(manifest, option=orjson.OPT_INDENT_2))
        if out.exists():
            out.rmdir()
        making.replace(out)
    finally:
        shutil.rmtree(making, ignore_errors=True)
    return Export(folder=out, counts=counts)


def _write(
    connection: duckdb.DuckDBPyConnection, folder: Path, source: str | None, patient: str | None
) -> dict[str, int]:
    tables = _tables(connection)
    if source is not None:
        known = [row[0] for row in connection.execute("select name from sources_known").fetchall()]
        if source not in known:
            raise ExportError(f"no such source; there are {', '.join(known)}")
    person = None if patient is None else _current_id(connection, patient)
    connection.execute("create temp table referred (reference text)")
    counts: dict[str, int] = {}
    own = sorted(name for name in tables if tables[name] or name not in _SHARED)
    shared = sorted(set(tables) - set(own))
    for table in [*own, *shared]:
        if person is not None and table == shared[0]:
            _add_what_shared_resources_refer_to(connection, shared)
        # A component of an observation is in the JSON of the whole.
        conditions = ["t.fhir_json is not null"]
        if source is not None:
            conditions.append("list_contains(t.source_systems, $source)")
        if person is not None:
            if tables[table]:
                conditions.append("t.patient_id = $patient")
            elif table in shared:
                conditions.append(_IS_REFERRED)
            else:
                continue
        wanted = f"from silver.{table} as t where {' and '.join(conditions)}"
        values = {
            name: value
            for name, value in (("source", source), ("patient", person))
            if f"${name}" in wanted
        }
        for kind, lines in _batches(connection, wanted, values):
            with (folder / f"{kind}.ndjson").open("ab") as file:
                file.write(b"\n".join(line.encode() for line in lines) + b"\n")
            counts[kind] = counts.get(kind, 0) + len(lines)
        if person is not None and table in own:
            connection.execute(f"insert into referred {_REFERENCES} {wanted}", values)
    return counts


def _add_what_shared_resources_refer_to(
    connection: duckdb.DuckDBPyConnection, shared: list[str]
) -> None:
    """Completes ``referred``: a bed is in a room, the room in a ward, and that at a site."""
    added = 1
    while added:
        added = 0
        for table in shared:
            inserted = connection.execute(
                f"""
                insert into referred
                {_REFERENCES} from silver.{table} as t where {_IS_REFERRED}
                except from referred
                """
            ).fetchone()
            added += inserted[0] if inserted else 0


def _tables(connection: duckdb.DuckDBPyConnection) -> dict[str, bool]:
    """{silver table of resources: whether its rows are about a patient}."""
    connection.execute(
        """
        create temp table sources_known as
        select distinct source_system as name from ops.ops_files order by name;

        create temp table feeds_of as
        select file_sha256, any_value(source_system) as source_system, any_value(feed) as feed
        from ops.ops_files group by file_sha256
        """
    )
    return dict(
        connection.execute(
            """
            select table_name, bool_or(column_name = 'patient_id')
            from information_schema.columns
            where table_schema = 'silver'
            group by table_name
            having bool_or(column_name = 'fhir_json')
            """
        ).fetchall()
    )


def _current_id(connection: duckdb.DuckDBPyConnection, patient: str) -> str:
    found = connection.execute(
        """
        select coalesce(max(superseded_by), $id)
        from identity.patient_id_history
        where patient_id = $id and $id not in (select patient_id from silver.patient)
        """,
        {"id": patient},
    ).fetchone()
    current = found[0] if found else patient
    known = connection.execute(
        "select count(*) from silver.patient where patient_id = $id", {"id": current}
    ).fetchone()
    if not known or not known[0]:
        raise ExportError("no such patient; look the id up in patient_360 or identity.patient_xref")
    return current


def _batches(
    connection: duckdb.DuckDBPyConnection, wanted: str, values: dict[str, str]
) -> Iterator[tuple[str, list[str]]]:
    """(resource type, lines) in the order of their ids, some thousand at a time."""
    cursor = connection.execute(
        f"""
        select
            json_extract_string(t.fhir_json, '$.resourceType') as kind,
            replace(
                t.fhir_json,
                '"urn:wellspring:' || t.source_system || ':' || t.source_record_id || '"',
                '"urn:wellspring:' || coalesce(f.source_system, t.source_system)
                || coalesce('/' || f.feed, '') || ':'
                || t.source_record_id || '"'
            ) as line
        from ({f"select t.* {wanted}"}) as t
        left join feeds_of as f on split_part(t.source_record_id, ':', 1) = f.file_sha256
        order by kind, json_extract_string(t.fhir_json, '$.id')
        """,
        values,
    )
    while rows := cursor.fetchmany(_ROWS_AT_ONCE):
        by_kind: dict[str, list[str]] = {}
        for kind, line in rows:
            by_kind.setdefault(kind, []).append(line)
        yield from by_kind.items()
