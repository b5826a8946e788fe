"""SNOMED CT in Release Format 2: the snapshot of an edition.

Concepts, their names (fully specified, and preferred in US English where the language reference set
is there), what is a what, what replaced what, and the edition's map to ICD-10-CM with its rules.
Source: SNOMED CT Release File Specifications 4.2, 5.2.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from ingest.terminology.errors import TerminologyError
from ingest.terminology.packages import Member, Package, rejected_text, split_lines, text_of
from ingest.terminology.tables import ReleaseWriter

__all__ = ["read", "recognise"]

SYSTEM = "http://snomed.info/sct"
ICD10CM = "http://hl7.org/fhir/sid/icd-10-cm"
IS_A = "116680003"
FULLY_SPECIFIED = "900000000000003001"
SYNONYM = "900000000000013009"
PREFERRED = "900000000000548007"
US_ENGLISH = "900000000000509007"
REPLACEMENTS = {"900000000000526001", "900000000000527005"}  # replaced by, same as
TO_ICD10CM = "6011000124106"
_BATCH = 100_000


def recognise(package: Package) -> str | None:
    """The edition's date, then its namespace where it is not the international one."""
    member = _find(package, "sct2_Concept_")
    found = re.search(r"_(INT|[A-Z]{2}\d*|\d{7})_(20\d{6})", member.name if member else "")
    if not found:
        return None
    day = f"{found[2][:4]}-{found[2][4:6]}-{found[2][6:]}"
    return day if found[1] == "INT" else f"{day} {found[1]}"


def _find(package: Package, stem: str) -> Member | None:
    return package.find(rf"{stem}[^/]*snapshot[^/]*\.txt(\.gz)?$", avoid=r"full/|delta/")


def read(package: Package, out: ReleaseWriter) -> None:
    """The snapshot; DuckDB joins its files and spills what does not fit into its gigabyte."""
    concepts, names = _find(package, "sct2_Concept_"), _find(package, "sct2_Description_")
    if concepts is None or names is None:
        raise TerminologyError(
            f"{package.path.name} holds no snapshot of concepts and descriptions in RF2."
        )
    with tempfile.TemporaryDirectory(dir=out.folder) as scratch:
        folder = Path(scratch)
        _scratch(
            folder / "concepts.parquet",
            ("concept", "active"),
            ((cells[0], cells[2]) for cells in _rows(concepts, out, 5)),
        )
        _scratch(
            folder / "names.parquet",
            ("description", "concept", "kind", "term"),
            (
                (cells[0], cells[4], cells[6], cells[7])
                for cells in _rows(names, out, 9)
                if cells[2] == "1" and cells[6] in {FULLY_SPECIFIED, SYNONYM}
            ),
        )
        language = package.find(
            r"der2_cRefset_Language[^/]*snapshot[^/]*\.txt(\.gz)?$", avoid=r"full/|delta/"
        )
        _scratch(
            folder / "preferred.parquet",
            ("description",),
            (
                (cells[5],)
                for cells in (_rows(language, out, 7) if language else ())
                if cells[2] == "1" and cells[4] == US_ENGLISH and cells[6] == PREFERRED
            ),
        )
        _concepts(folder, out)
    relations = _find(package, "sct2_Relationship_")
    for cells in _rows(relations, out, 10) if relations else ():
        if cells[2] == "1" and cells[7] == IS_A:
            out.add("relations", SYSTEM, cells[4], "parent", cells[5])
    associations = _find(package, "der2_cRefset_Association")
    for cells in _rows(associations, out, 7) if associations else ():
        if cells[2] == "1" and cells[4] in REPLACEMENTS:
            out.add("relations", SYSTEM, cells[5], "replaced-by", cells[6])
    maps = _find(package, "der2_iisssccRefset_ExtendedMap")
    for cells in _rows(maps, out, 13) if maps else ():
        if cells[2] == "1" and cells[4] == TO_ICD10CM:
            rule = cells[8]
            out.add(
                "maps",
                SYSTEM,
                cells[5],
                ICD10CM,
                cells[10] or None,
                None,
                "wider" if cells[10] else "unmatched",
                None if rule in {"TRUE", "OTHERWISE TRUE"} else rule,
                int(cells[6]),
                int(cells[7]),
            )


def _scratch(file: Path, names: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> None:
    schema = pa.schema([(name, pa.string()) for name in names])
    with pq.ParquetWriter(file, schema) as writer:
        waiting: list[tuple[str, ...]] = []

        def write() -> None:
            columns = list(zip(*waiting, strict=True)) or [() for _ in names]
            writer.write_table(
                pa.table([pa.array(values, pa.string()) for values in columns], schema=schema)
            )
            waiting.clear()

        for row in rows:
            waiting.append(row)
            if len(waiting) >= _BATCH:
                write()
        write()


def _concepts(folder: Path, out: ReleaseWriter) -> None:
    with duckdb.connect() as connection:
        connection.execute("set memory_limit = '1GB'")
        connection.execute(f"set temp_directory = '{folder / 'spill'}'")
        for name in ("concepts", "names", "preferred"):
            file = str(folder / f"{name}.parquet").replace("'", "''")
            connection.execute(f"create view {name} as select * from read_parquet('{file}')")
        cursor = connection.execute(
            r"""
            with terms as (
                select
                    concept,
                    min(term) filter (kind = ?) as full_name,
                    min(term) filter (kind = ? and preferred.description is not null) as chosen
                from names
                left join preferred using (description)
                group by concept
            )

            select
                ? as code_system,
                concepts.concept as code,
                coalesce(
                    chosen,
                    nullif(regexp_replace(full_name, '\s+\([^()]*\)$', ''), '')
                ) as display,
                nullif(regexp_extract(full_name, '\(([^()]*)\)$', 1), '') as concept_class,
                concepts.active = '1' as is_active,
                concepts.active = '1' as is_selectable
            from concepts
            left join terms using (concept)
            """,
            [FULLY_SPECIFIED, SYNONYM, SYSTEM],
        )
        reader = cursor.to_arrow_reader(_BATCH)
        for batch in reader:
            out.append("concepts", pa.Table.from_batches([batch]))


def _rows(member: Member, out: ReleaseWriter, width: int) -> Iterator[list[str]]:
    for number, line in split_lines(member):
        if number == 1 and line.startswith(b"id\t"):
            continue
        text = text_of(line)
        if text is None:
            rejected_text(out, member, number, line)
            continue
        cells = text.split("\t")
        if len(cells) != width:
            out.reject(
                member.name,
                number,
                "ragged-row",
                f"{len(cells)} fields where {width} belong.",
                line,
            )
        elif cells[2] not in {"0", "1"}:
            out.reject(
                member.name, number, "not-in-layout", "The third field is neither 0 nor 1.", line
            )
        else:
            yield cells
