"""Releases of terminology in the home: every one kept, one of each family in use.

Belongs here: the raw files by their hash, one folder of Parquet per release, which release is used.
Does not belong here: what a publisher's file means (``readers``), value sets (``value_sets``).

``terminology/raw/<sha256>`` is a file as it was obtained; ``terminology/releases/<kind>/<release>.
<hash>/`` holds its tables and appears complete or not at all; ``terminology/in_use.json`` is what a
person chose, else the newest is used; ``terminology/releases.parquet`` lists all of it for dbt.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from ingest.home import Home
from ingest.terminology.errors import TerminologyError
from ingest.terminology.packages import Package
from ingest.terminology.readers import READERS
from ingest.terminology.tables import TABLES, ReleaseWriter

__all__ = [
    "Release",
    "add_packaged",
    "ensure_releases",
    "list_releases",
    "load_release",
    "use_release",
]

#: A reader that reads more of a file than before makes another release of it.
_READERS_VERSION = 1
_CHUNK = 1 << 20
_NOTE = "release.json"

RELEASES = pa.schema(
    [
        pa.field("release_id", pa.string(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("family", pa.string(), nullable=False),
        pa.field("release", pa.string(), nullable=False),
        pa.field("file_name", pa.string(), nullable=False),
        pa.field("file_sha256", pa.string(), nullable=False),
        pa.field("loaded_at", pa.string(), nullable=False),
        pa.field("concepts", pa.int64(), nullable=False),
        pa.field("relations", pa.int64(), nullable=False),
        pa.field("maps", pa.int64(), nullable=False),
        pa.field("ndcs", pa.int64(), nullable=False),
        pa.field("rejected", pa.int64(), nullable=False),
        pa.field("is_current", pa.bool_(), nullable=False),
    ]
)


@dataclass(frozen=True, slots=True)
class Release:
    """One release that is loaded."""

    release_id: str
    kind: str
    family: str
    release: str
    file_name: str
    file_sha256: str
    loaded_at: str
    concepts: int
    relations: int
    maps: int
    ndcs: int
    rejected: int
    is_packaged: bool = False  #: nobody loaded it: it came with an installed package
    is_current: bool = False
    was_there: bool = False  #: loading found it complete and changed nothing


def load_release(
    home: Home, kind: str, path: Path, *, release: str | None = None, use: bool = False
) -> Release:
    """Keep the files of an official release and read them into tables.

    The same files again change nothing. `use` makes it the release in use, whatever is newer.

    Raises:
        TerminologyError: not the files of such a release, or one that does not say which it is.
    """
    reader = READERS[kind]
    package = Package(path)
    sha256 = _hash(package)
    known = release or reader.recognise(package)
    if not known:
        raise TerminologyError(
            f"{path.name} does not say which release it is; say it with --release. "
            f"Wanted: {reader.expects}."
        )
    family = reader.family(package) if reader.family else kind
    release_id = f"{kind}/{_safe(family, known)}.{sha256[:12]}"
    folder = _releases(home) / release_id
    was_there = (folder / _NOTE).is_file()
    if not was_there:
        _keep_raw(home, package, sha256)
        _read(folder, package, kind, family, known, sha256, release_id)
    if use:
        _choose(home, family, release_id)
    _write_register(home)
    found = next(one for one in list_releases(home) if one.release_id == release_id)
    return Release(**{**asdict(found), "was_there": was_there})


def add_packaged(
    home: Home,
    *,
    kind: str,
    release: Callable[[], str],
    file_name: str,
    sha256: str,
    read: Callable[[ReleaseWriter], None],
) -> None:
    """Have a release that came with an installed package; one that somebody loaded goes before it.

    Nothing is read where it is there already. Another version of the package takes its place.
    """
    made = list((_releases(home) / kind).glob(f"*.{sha256[:12]}/{_NOTE}"))
    if made:
        return
    known = release()
    release_id = f"{kind}/{_safe(kind, known)}.{sha256[:12]}"
    note = {
        "release_id": release_id,
        "kind": kind,
        "family": kind,
        "release": known,
        "file_name": file_name,
        "file_sha256": sha256,
        "is_packaged": True,
    }
    _write_release(_releases(home) / release_id, note, read)
    for file in (_releases(home) / kind).glob(f"*/{_NOTE}"):
        other = orjson.loads(file.read_bytes())
        if other.get("is_packaged") and other["release_id"] != release_id:
            shutil.rmtree(file.parent)
    _write_register(home)


def list_releases(home: Home) -> list[Release]:
    """Every release, by family, the newest first; the one in use says so."""
    notes = [
        orjson.loads(file.read_bytes()) for file in sorted(_releases(home).glob(f"*/*/{_NOTE}"))
    ]
    chosen = _chosen(home)
    by_family: dict[str, list[dict[str, object]]] = {}
    for note in notes:
        by_family.setdefault(str(note["family"]), []).append(note)
    listed: list[Release] = []
    for family in sorted(by_family):
        releases = sorted(
            by_family[family],
            key=lambda note: (
                not note.get("is_packaged", False),
                _natural(str(note["release"])),
                str(note["loaded_at"]),
            ),
            reverse=True,
        )
        ids = [note["release_id"] for note in releases]
        current = chosen.get(family) if chosen.get(family) in ids else ids[0]
        listed += [
            Release(**{**note, "is_current": note["release_id"] == current})  # type: ignore[arg-type]
            for note in releases
        ]
    return listed


def use_release(home: Home, family: str, release: str) -> Release:
    """Use this release of a family from the next build on.

    Raises:
        TerminologyError: no such release is loaded.
    """
    loaded = [one for one in list_releases(home) if family in (one.family, one.kind)]
    found = next((one for one in loaded if one.release == release), None)
    if found is None:
        there = ", ".join(one.release for one in loaded) or "none"
        raise TerminologyError(f"No release {release} of {family} is loaded; there is: {there}.")
    _choose(home, found.family, found.release_id)
    _write_register(home)
    return Release(**{**asdict(found), "is_current": True})


def ensure_releases(home: Home) -> None:
    """Empty tables where nothing was loaded yet, so that dbt can read them."""
    empty = _releases(home) / "none" / "none"
    for name, schema in TABLES.items():
        file = empty / f"{name}.parquet"
        if not file.is_file() or pq.read_schema(file).names != schema.names:
            empty.mkdir(parents=True, exist_ok=True)
            _replace(file, schema.empty_table())
    register = home.terminology / "releases.parquet"
    if not register.is_file() or pq.read_schema(register).names != RELEASES.names:
        _write_register(home)


def _read(
    folder: Path,
    package: Package,
    kind: str,
    family: str,
    release: str,
    sha256: str,
    release_id: str,
) -> None:
    reader = READERS[kind]

    def read(out: ReleaseWriter) -> None:
        reader.read(package, out)
        out.flush()
        good = out.counts["concepts"] + out.counts["maps"]
        if not good or out.counts["rejected"] > good:
            raise TerminologyError(
                f"{package.path.name} is not in the layout of {reader.title}: {good:,} lines could "
                f"be read, {out.counts['rejected']:,} could not. Wanted: {reader.expects}."
            )

    note = {
        "release_id": release_id,
        "kind": kind,
        "family": family,
        "release": release,
        "file_name": package.path.name,
        "file_sha256": sha256,
    }
    _write_release(folder, note, read)


def _write_release(
    folder: Path, note: Mapping[str, object], read: Callable[[ReleaseWriter], None]
) -> None:
    """The tables of a release and its note, complete or not at all."""
    making = folder.with_name(f".{folder.name}.making")
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(parents=True)
    try:
        with ReleaseWriter(
            making, family=str(note["family"]), release_id=str(note["release_id"])
        ) as out:
            read(out)
        counted = ("concepts", "relations", "maps", "ndcs", "rejected")
        whole = {
            **note,
            "loaded_at": datetime.now(UTC).isoformat(timespec="seconds"),
            **{name: out.counts[name] for name in counted},
        }
        (making / _NOTE).write_bytes(orjson.dumps(whole, option=orjson.OPT_INDENT_2))
        for file in making.iterdir():
            _sync(file)
        shutil.rmtree(folder, ignore_errors=True)
        making.rename(folder)
        _sync(folder.parent)
    finally:
        shutil.rmtree(making, ignore_errors=True)


def _hash(package: Package) -> str:
    """The hash of the one file, or of the names and hashes of a folder's files."""
    if package.path.is_file():
        return hashlib.sha256(f"{_file_hash(package.path)} {_READERS_VERSION}".encode()).hexdigest()
    whole = hashlib.sha256(str(_READERS_VERSION).encode())
    for path in sorted({one.path for one in package.members}):
        whole.update(f"{path.relative_to(package.path)} {_file_hash(path)}\n".encode())
    return whole.hexdigest()


def _file_hash(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _keep_raw(home: Home, package: Package, sha256: str) -> None:
    """Each file under its own hash, and which files a release was read from."""
    raw = home.terminology / "raw"
    raw.mkdir(parents=True, exist_ok=True)
    listed: list[dict[str, str]] = []
    for path in sorted({one.path for one in package.members}):
        digest = _file_hash(path)
        name = path.name if package.path.is_file() else str(path.relative_to(package.path))
        listed.append({"file_name": name, "sha256": digest})
        target = raw / digest
        if not target.exists():
            making = raw / f".{digest}.making"
            with path.open("rb") as source, making.open("wb") as out:
                shutil.copyfileobj(source, out, _CHUNK)
            if _file_hash(making) != digest:
                making.unlink()
                raise TerminologyError(f"{path.name} changed while it was read; load it again.")
            _sync(making)
            making.replace(target)
    note = raw / f"{sha256}.json"
    making = note.with_name(f".{note.name}.making")
    making.write_bytes(orjson.dumps(listed, option=orjson.OPT_INDENT_2))
    making.replace(note)


def _releases(home: Home) -> Path:
    return home.terminology / "releases"


def _choices(home: Home) -> Path:
    return home.terminology / "in_use.json"


def _chosen(home: Home) -> dict[str, str]:
    try:
        found: dict[str, str] = orjson.loads(_choices(home).read_bytes())
    except FileNotFoundError:
        return {}
    return found


def _choose(home: Home, family: str, release_id: str) -> None:
    making = _choices(home).with_name(".in_use.json.making")
    making.write_bytes(
        orjson.dumps({**_chosen(home), family: release_id}, option=orjson.OPT_INDENT_2)
    )
    making.replace(_choices(home))


def _write_register(home: Home) -> None:
    rows = [asdict(one) for one in list_releases(home)]
    home.terminology.mkdir(parents=True, exist_ok=True)
    _replace(
        home.terminology / "releases.parquet",
        pa.Table.from_pylist(
            [{name: row[name] for name in RELEASES.names} for row in rows], schema=RELEASES
        ),
    )


def _replace(file: Path, table: pa.Table) -> None:
    making = file.with_name(f".{file.name}.making")
    pq.write_table(table, making, compression="zstd")
    making.replace(file)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _safe(family: str, release: str) -> str:
    named = release if ":" not in family else f"{family.partition(':')[2]} {release}"
    return re.sub(r"[^A-Za-z0-9._-]+", "-", named)[-80:].strip("-.")


def _natural(release: str) -> list[tuple[int, int, str]]:
    """`2.8` before `2.78`, `2025` before `2025-04`: numbers by their size."""
    return [
        (1, int(part), "") if part.isdigit() else (0, 0, part)
        for part in re.findall(r"\d+|[^\d]+", release)
    ]
