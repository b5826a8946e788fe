"""What a linkage remembers from one run to the next: a DuckDB file that can be deleted any time.

Here: the remembered tables, and taking a run's changes over in one transaction. Not here: what
changes (``engine``, ``blocking``).

The file answers only for one reference, one set of options and one version of this code; for any
other it is emptied, and the run compares everything.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from ml.linkage.options import LinkageOptions
from ml.linkage.reference import Reference

__all__ = ["forget", "key_of", "remember", "remembered"]

_log = logging.getLogger(__name__)

# remembered table: (what goes, what comes): SQL over the tables of a run.
_CHANGES = {
    "features": ("uid in (from gone)", "from fresh_features"),
    "keys": ("uid in (from gone)", "select rule, key, uid from fresh_keys"),
    "edges": ("(uid_l, uid_r) in (select (uid_l, uid_r) from edges_lost)", "from fresh_edges"),
    "extras": ("true", "from extras"),
    "stated": ("true", "from stated"),
    "decided": ("true", "from decided"),
    "members": ("uid in (from region)", "from fresh_members"),
    "pairs": (
        "uid_l in (from region) or uid_r in (from region)"
        " or (uid_l, uid_r) in (select (uid_l, uid_r) from changed)",
        "from fresh_pairs",
    ),
}


def key_of(reference: Reference, options: LinkageOptions) -> str:
    """What remembered weights and clusters depend on besides the records."""
    digest = hashlib.sha256(f"{reference.digest}\n{options!r}".encode())
    for package in ("duckdb", "splink"):
        digest.update(importlib.metadata.version(package).encode())
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


@contextmanager
def remembered(
    connection: duckdb.DuckDBPyConnection, path: Path | None, key: str
) -> Iterator[bool]:
    """Attach the file as ``known``; yields whether it remembers anything.

    A damaged file is thrown away: it holds nothing that cannot be computed again.
    """
    if path is None:
        yield False
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        connection.execute(f"attach '{_quoted(path)}' as known")
        found = connection.execute(
            "select count(*) from duckdb_tables() where database_name = 'known'"
        ).fetchone()[0]
        same = found and connection.execute("select key from known.about").fetchone()[0] == key
    except duckdb.Error as error:
        if "Could not set lock" in str(error):
            # Another run has it. This one compares everything, and leaves the file alone.
            _log.warning("the identity index is in use; comparing everything")
            yield False
            return
        _log.warning("the identity index cannot be read (%s); making it anew", type(error).__name__)
        same, found = False, 1
    if found and not same:
        connection.execute("detach database if exists known")
        forget(path)
        connection.execute(f"attach '{_quoted(path)}' as known")
    try:
        yield bool(same)
    finally:
        connection.execute("detach database if exists known")


def remember(connection: duckdb.DuckDBPyConnection, key: str, *, is_new: bool) -> None:
    """Take over what a run changed: all of it or, where the power fails, nothing."""
    connection.execute("begin")
    try:
        for name, (goes, comes) in _CHANGES.items():
            if is_new:
                connection.execute(f"create table known.{name} as {comes}")
            else:
                connection.execute(f"delete from known.{name} where {goes}")
                connection.execute(f"insert into known.{name} {comes}")
        if is_new:
            connection.execute("create table known.about as select $key as key", {"key": key})
        connection.execute("commit")
    except BaseException:
        connection.execute("rollback")
        raise


def forget(path: Path) -> None:
    """Remove the file."""
    path.unlink(missing_ok=True)
    path.with_name(f"{path.name}.wal").unlink(missing_ok=True)


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
