"""Dagster's own records of a run that happens in this process: kept in the home, written quickly.

Here: the instance for ``orchestration.run``. Not here: the settings that ``dagster dev`` reads too
(``environment.py``).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from dagster import DagsterInstance
from dagster._core.instance.ref import InstanceRef
from sqlalchemy import event
from sqlalchemy.engine import Engine

from ingest.home import Home
from orchestration.environment import dagster_home

__all__ = ["instance"]

# The capture of compute logs redirects this process's own terminal.
_NO_COMPUTE_LOGS = {
    "compute_logs": {
        "module": "dagster._core.storage.noop_compute_log_manager",
        "class": "NoOpComputeLogManager",
    }
}


@contextmanager
def instance(home: Home) -> Iterator[DagsterInstance]:
    """The home's Dagster instance, so that ``wellspring dev`` shows this run with all others."""
    reference = InstanceRef.from_dir(str(dagster_home(home)), overrides=_NO_COMPUTE_LOGS)
    with _few_syncs(), DagsterInstance.from_ref(reference) as opened:
        yield opened


@contextmanager
def _few_syncs() -> Iterator[None]:
    """Let SQLite sync to disk at checkpoints instead of at every event.

    Dagster opens and closes a connection for each of some five events per asset or check, and
    SQLite's write-ahead log syncs at every commit and, fully, when the last connection closes:
    300 assets and checks took 40 s of disk time. Here commits do not sync (``synchronous =
    normal``, which in WAL mode risks the last events in a power failure and never the file's
    integrity: https://www.sqlite.org/pragma.html#pragma_synchronous), and one more connection to
    each file stays open until the run has ended.
    """
    keepers: dict[str, sqlite3.Connection] = {}

    def opened(connection: Any, record: Any) -> None:
        del record
        if not isinstance(connection, sqlite3.Connection):
            return
        connection.execute("pragma synchronous = normal")
        file = connection.execute("pragma database_list").fetchone()[2]
        if file and file not in keepers:
            keeper = sqlite3.connect(file, check_same_thread=False)
            keeper.execute("select count(*) from sqlite_master").fetchall()
            keepers[file] = keeper

    event.listen(Engine, "connect", opened)
    try:
        yield
    finally:
        event.remove(Engine, "connect", opened)
        for keeper in keepers.values():
            with closing(keeper):
                pass
