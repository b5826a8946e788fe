"""What a linkage knows before it sees a record: the trained model and what it was trained with.

Here: the model, the frequencies of values, the values that identify nobody, the blocking rules;
as one Parquet file. Not here: training (``training``), use (``engine``).

Weights that do not move from day to day are what a steward can approve, and what lets a day's
records be compared with what is known instead of everything with everything.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from ml.linkage.errors import LinkageError
from ml.linkage.model import Model

__all__ = ["Reference"]

_VALUES = pa.schema([("field", pa.string()), ("value", pa.string())])
_FREQUENCIES = _VALUES.append(pa.field("frequency", pa.float64()))
_SCHEMA = pa.schema([("kind", pa.string()), *_FREQUENCIES])


@dataclass(frozen=True, slots=True)
class Reference:
    """A trained model with what its weights depend on.

    Attributes:
        model: m, u and h of every level, and the rate of matches.
        rules: the blocking rules in use, by name.
        records: the person records that it was trained on.
        common: field, value: shared by so many that it identifies nobody.
        frequencies: field, value, frequency: the share of a value among the records.
    """

    model: Model
    rules: tuple[str, ...]
    records: int
    common: pa.Table
    frequencies: pa.Table

    @property
    def digest(self) -> str:
        """SHA-256 of the content, in hexadecimal."""
        digest = hashlib.sha256(self._parameters().encode())
        for table in (self.common, self.frequencies):
            for column in table.columns:
                digest.update("\n".join(map(str, column.to_pylist())).encode())
        return digest.hexdigest()

    def _parameters(self) -> str:
        return json.dumps(
            {"model": self.model.to_dict(), "rules": self.rules, "records": self.records},
            sort_keys=True,
        )

    @classmethod
    def read_tables(
        cls, connection: duckdb.DuckDBPyConnection, model: Model, rules: tuple[str, ...], n: int
    ) -> Reference:
        """From the tables ``common_values`` and ``frequencies`` of a linkage that trained."""
        read = lambda table, columns, schema: (  # noqa: E731
            connection.execute(f"select {columns} from {table} order by all")
            .to_arrow_table()
            .cast(schema)
        )
        return cls(
            model=model,
            rules=rules,
            records=n,
            common=read("common_values", "field, value", _VALUES),
            frequencies=read("frequencies", "field, value, frequency", _FREQUENCIES),
        )

    def write_tables(self, connection: duckdb.DuckDBPyConnection) -> None:
        """The same tables in another linkage."""
        for name, table in (("common_values", self.common), ("frequencies", self.frequencies)):
            connection.register("reference_in", table)
            connection.execute(f"create or replace temp table {name} as from reference_in")
            connection.unregister("reference_in")

    def save(self, path: Path) -> None:
        """Write to `path`, which appears whole or not at all."""
        n = self.common.num_rows
        parts = [
            pa.table(
                {
                    "kind": ["parameters"],
                    "field": pa.nulls(1, pa.string()),
                    "value": [self._parameters()],
                    "frequency": pa.nulls(1, pa.float64()),
                },
                schema=_SCHEMA,
            ),
            pa.table(
                [pa.array(["common"] * n), *self.common.columns, pa.nulls(n, pa.float64())],
                schema=_SCHEMA,
            ),
            pa.table(
                [
                    pa.array(["frequency"] * self.frequencies.num_rows),
                    *self.frequencies.columns,
                ],
                schema=_SCHEMA,
            ),
        ]
        path.parent.mkdir(parents=True, exist_ok=True)
        making = path.with_suffix(".making")
        pq.write_table(pa.concat_tables(parts), making, compression="zstd")
        making.replace(path)

    @classmethod
    def load(cls, path: Path) -> Reference:
        """Read what :meth:`save` wrote.

        Raises:
            LinkageError: the file is not such a file.
        """
        try:
            table = pq.read_table(path, schema=_SCHEMA)
            kinds = table.column("kind").to_pylist()
            of = lambda kind: table.filter(pa.array([k == kind for k in kinds]))  # noqa: E731
            found = json.loads(of("parameters").column("value")[0].as_py())
            return cls(
                model=Model.from_dict(found["model"]),
                rules=tuple(found["rules"]),
                records=found["records"],
                common=of("common").select(_VALUES.names).combine_chunks(),
                frequencies=of("frequency").select(_FREQUENCIES.names).combine_chunks(),
            )
        except (pa.ArrowException, KeyError, IndexError, TypeError, ValueError) as error:
            raise LinkageError(
                f"the identity model {path.name} cannot be read ({type(error).__name__}); "
                "restore it, or train anew: wellspring identity train"
            ) from error
