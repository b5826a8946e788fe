"""Whether anything that decides the content of gold has changed since it was last built.

Here: digests of the code, of the landed files and of a whole build. Not here: what to do about it.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from orchestration.environment import REPOSITORY

__all__ = ["build_fingerprint", "code_fingerprint"]

# What dbt reads. Python that only moves bytes is not here: landing is judged by what it landed.
_CODE = ("dbt_project", "profiles", "seeds", "ml")
_ENGINES = ("duckdb", "dbt-core", "dbt-duckdb", "splink")
_NOT_CODE = {"target", "logs", "dbt_packages", "__pycache__"}


def code_fingerprint(
    *, sources: Path | None = None, accepted: Path | None = None, root: Path = REPOSITORY
) -> str:
    """Digest of every file that dbt reads, of the feed declarations and of the engines' versions.

    `accepted` is the accepted identity model (``Home.identity_model``), where there is one.
    Content, not modification times: a fresh clone of the same commit has the same digest.
    """
    digest = hashlib.sha256()
    for engine in _ENGINES:
        digest.update(f"{engine}={importlib.metadata.version(engine)}\n".encode())
    for name in _CODE:
        for path in _files(root / name):
            digest.update(f"{path.relative_to(root).as_posix()}\n".encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    for given in (sources, accepted):
        if given is not None and given.is_file():
            digest.update(hashlib.sha256(given.read_bytes()).digest())
    return digest.hexdigest()


def build_fingerprint(
    *, code: str, landed: Iterable[str], as_of: date, registers: Iterable[Path] = ()
) -> str:
    """Digest of all that a build depends on: code, as-of date and the digests of landed files.

    `registers` list the terminology that is loaded and in use (``Home.terminology_registers``).
    """
    digest = hashlib.sha256(f"{code}\n{as_of.isoformat()}\n".encode())
    for entry in sorted(landed):
        digest.update(f"{entry}\n".encode())
    for register in registers:
        if register.is_file():
            digest.update(hashlib.sha256(register.read_bytes()).digest())
    return digest.hexdigest()


def _files(folder: Path) -> list[Path]:
    found = []
    for directory, subdirectories, files in os.walk(folder):
        subdirectories[:] = [d for d in subdirectories if d not in _NOT_CODE and d[0] != "."]
        found += [Path(directory, f) for f in files if not f.endswith(".pyc") and f[0] != "."]
    return sorted(found)
