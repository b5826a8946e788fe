"""A DuckDB of one's own, in memory, that leaves nothing behind.

Here: its limits and where it may spill. Not here: what is done in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory

import duckdb

from ml.linkage.options import LinkageOptions

__all__ = ["session"]


@contextmanager
def session(options: LinkageOptions | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """A private in-memory DuckDB, closed at the end.

    Splink refuses dbt's session and would leave tables behind. What does not fit into memory goes
    to a folder of its own (by default DuckDB would spill people's records into the working folder).
    """
    options = options or LinkageOptions()
    with TemporaryDirectory(prefix="wellspring-linkage-", dir=options.spill) as folder:
        connection = duckdb.connect(
            ":memory:",
            config={
                "threads": options.threads,
                "memory_limit": options.memory_limit,
                "temp_directory": folder,
                "preserve_insertion_order": False,
            },
        )
        try:
            connection.execute("set enable_progress_bar = false")
            yield connection
        finally:
            connection.close()
