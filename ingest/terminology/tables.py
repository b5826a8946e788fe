"""The tables that every release is read into, and the files they are written to.

Belongs here: the Arrow schemas (one for every code system), writing in bounded memory, bad lines.
Does not belong here: what a particular publisher's file looks like (``readers``).
"""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

import pyarrow as pa
import pyarrow.parquet as pq

__all__ = ["TABLES", "ReleaseWriter"]

#: Rows that wait in memory before they are written.
_BATCH = 50_000


def _text(*names: str, required: tuple[str, ...] = ()) -> list[pa.Field]:
    return [pa.field(name, pa.string(), nullable=name not in required) for name in names]


_KEY = [
    pa.field("family", pa.string(), nullable=False),
    pa.field("release_id", pa.string(), nullable=False),
]

#: Concepts; how they relate within their system; what they map to in others; NDCs; bad lines.
TABLES: dict[str, pa.Schema] = {
    "concepts": pa.schema(
        [
            *_KEY,
            *_text(
                "code_system", "code", "display", "concept_class", required=("code_system", "code")
            ),
            pa.field("is_active", pa.bool_(), nullable=False),
            pa.field("is_selectable", pa.bool_(), nullable=False),
        ]
    ),
    "relations": pa.schema(
        [
            *_KEY,
            *_text(
                "code_system",
                "code",
                "relation",
                "target_code",
                required=("code_system", "code", "relation", "target_code"),
            ),
        ]
    ),
    "maps": pa.schema(
        [
            *_KEY,
            *_text(
                "source_system",
                "source_code",
                "target_system",
                "target_code",
                "target_display",
                "equivalence",
                "rule",
                required=("source_code", "equivalence"),
            ),
            pa.field("map_group", pa.int32()),
            pa.field("map_priority", pa.int32()),
        ]
    ),
    "ndcs": pa.schema(
        [
            *_KEY,
            *_text("ndc_text", "rxcui", "given_by", required=("ndc_text", "rxcui")),
            pa.field("is_active", pa.bool_(), nullable=False),
        ]
    ),
    "ingredients": pa.schema(
        [
            *_KEY,
            *_text("rxcui", "ingredient_rxcui", required=("rxcui", "ingredient_rxcui")),
        ]
    ),
    "rejected": pa.schema(
        [
            *_KEY,
            pa.field("file_name", pa.string(), nullable=False),
            pa.field("line_number", pa.int64(), nullable=False),
            pa.field("reason_code", pa.string(), nullable=False),
            pa.field("reason", pa.string(), nullable=False),
            pa.field("raw", pa.binary()),
        ]
    ),
}


class ReleaseWriter:
    """Writes a release's tables as Parquet into a folder, in batches."""

    def __init__(self, folder: Path, *, family: str, release_id: str) -> None:
        self.folder = folder
        self.counts = dict.fromkeys(TABLES, 0)
        self._key = (family, release_id)
        self._waiting: dict[str, list[tuple[object, ...]]] = {name: [] for name in TABLES}
        self._files = {
            name: pq.ParquetWriter(folder / f"{name}.parquet", schema, compression="zstd")
            for name, schema in TABLES.items()
        }

    def __enter__(self) -> ReleaseWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self.flush()
        for file in self._files.values():
            file.close()

    def add(self, table: str, *values: object) -> None:
        """One row of a table: its columns in order, without family and release."""
        waiting = self._waiting[table]
        waiting.append(values)
        if len(waiting) >= _BATCH:
            self._flush(table)

    def concept(
        self,
        code_system: str,
        code: str,
        display: str | None,
        *,
        concept_class: str | None = None,
        is_active: bool = True,
        is_selectable: bool = True,
    ) -> None:
        """One concept of a code system."""
        self.add("concepts", code_system, code, display, concept_class, is_active, is_selectable)

    def reject(self, file_name: str, line_number: int, code: str, reason: str, raw: bytes) -> None:
        """A line that is not what its file says it is; its bytes are kept."""
        self.add("rejected", file_name, line_number, code, reason, raw)

    def append(self, table: str, rows: pa.Table) -> None:
        """Rows that were made elsewhere: the table's columns without family and release."""
        schema = TABLES[table]
        key = [pa.array([value] * rows.num_rows, pa.string()) for value in self._key]
        columns = [rows.column(name).cast(schema.field(name).type) for name in schema.names[2:]]
        self._files[table].write_table(pa.table([*key, *columns], schema=schema))
        self.counts[table] += rows.num_rows

    def flush(self) -> None:
        """Write what still waits, so that ``counts`` are of all rows."""
        for name in TABLES:
            self._flush(name)

    def _flush(self, name: str) -> None:
        rows = self._waiting[name]
        if not rows:
            return
        schema = TABLES[name]
        columns = list(zip(*rows, strict=True))
        self.append(
            name,
            pa.table(
                [
                    pa.array(values, type=field.type)
                    for values, field in zip(columns, list(schema)[2:], strict=True)
                ],
                names=schema.names[2:],
            ),
        )
        rows.clear()
