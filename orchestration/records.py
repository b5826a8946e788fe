"""What each step of a run reported, kept as JSON in the home for audit, publishing and status.

Here: reading and writing ``warehouse/run/<step>.json`` atomically, and the lock that lets one
process at a time write the warehouse. Not here: what the reports mean.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson

from ingest.home import Home
from orchestration.errors import HomeLockedError

__all__ = ["forget", "home_lock", "read", "write"]


def read(home: Home, step: str) -> dict[str, Any] | None:
    """The last report of ``step``; None where there is none or it cannot be read."""
    try:
        found = orjson.loads((home.runs / f"{step}.json").read_bytes())
    except (FileNotFoundError, orjson.JSONDecodeError):
        return None
    return found if isinstance(found, dict) else None


def write(home: Home, step: str, report: dict[str, Any]) -> None:
    """Replace the report of ``step``; a reader sees the old one or the new one, never a part."""
    home.runs.mkdir(parents=True, exist_ok=True)
    content = orjson.dumps(report, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS)
    temporary = home.runs / f".{step}.{os.getpid()}"
    temporary.write_bytes(content)
    temporary.replace(home.runs / f"{step}.json")


def forget(home: Home, step: str) -> None:
    """Remove the report of ``step``: what it said no longer holds."""
    (home.runs / f"{step}.json").unlink(missing_ok=True)


_held: dict[Path, int] = {}


@contextmanager
def home_lock(home: Home) -> Iterator[None]:
    """Hold the right to write warehouse and published; re-entrant within one process.

    The lock is the kernel's: it ends with the process, however that ends.

    Raises:
        HomeLockedError: another process holds it.
    """
    path = home.warehouse / ".lock"
    if path in _held:
        _held[path] += 1
        try:
            yield
        finally:
            _held[path] -= 1
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(descriptor, 32, 0).decode(errors="replace").strip() or "unknown"
            raise HomeLockedError(
                f"Process {holder} is building or publishing in {home.root}.",
                "Wait until it has ended, or use another WELLSPRING_HOME.",
            ) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        _held[path] = 1
        try:
            yield
        finally:
            del _held[path]
    finally:
        os.close(descriptor)
