"""Files before they land: which there are, whose they are, whether they are complete, and where
they go once bronze is durable.

Belongs here: the landing folder. Does not belong here: reading records, writing bronze.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
import shutil
import signal
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, cast

from ingest.errors import BronzeError, StillBeingWrittenError
from ingest.home import Home
from ingest.sources import Feed, Sources, slug

__all__ = [
    "UNASSIGNED",
    "Candidate",
    "Stamp",
    "digest_of",
    "dispose",
    "find_candidates",
    "open_complete",
    "recover_taken",
    "stamp_of",
]

#: Names that senders and editors use while they write.
_WRITING = (
    ".tmp",
    ".temp",
    ".part",
    ".partial",
    ".filepart",
    ".crdownload",
    ".download",
    ".inprogress",
    ".in_progress",
    ".writing",
    ".uploading",
    ".swp",
    ".lock",
    "~",
)
#: Source and feed of a file that lies in no source's folder.
UNASSIGNED = "unassigned"

_TAKEN = ".taken-"
#: A file is between landing and archive for milliseconds; after this long a crash left it there.
_TAKEN_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Stamp:
    """What tells one state of a file from another."""

    device: int
    inode: int
    size: int
    mtime_ns: int

    @property
    def modified_at(self) -> datetime:
        """When the file was last written, UTC."""
        return datetime.fromtimestamp(self.mtime_ns / 1e9, tz=UTC)


def stamp_of(path: Path | int) -> Stamp:
    """The state of a file now."""
    found = os.fstat(path) if isinstance(path, int) else path.stat()
    return Stamp(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A file that may land."""

    path: Path
    #: The path below the landing folder, or below the folder that was given.
    relative: Path
    #: As bronze will name it: relative to the landing folder or to the folder that was given.
    file_name: str
    #: None: it lies in no source's folder.
    feed: Feed | None
    #: Only what lies in the landing folder is moved away after it landed.
    is_in_landing: bool
    #: Why it is not looked at, or None.
    skip: str | None = None
    #: Why it cannot be read, or None.
    fault: str | None = None


def find_candidates(
    home: Home,
    *,
    paths: list[Path] | None,
    source: str | None,
    feed: str | None,
    sources: Sources,
) -> list[Candidate]:
    """Every file under ``paths`` (by default the landing folder), by name.

    Raises BronzeError for a path that does not exist, or for one outside the landing folder whose
    source is neither given nor declared.
    """
    found: dict[Path, Candidate] = {}
    landing = home.landing.resolve()
    for given in paths if paths is not None else [home.landing]:
        path = given.expanduser().absolute()
        if not path.exists():
            if paths is None:
                continue
            raise BronzeError(f"{given} does not exist")
        resolved = path.resolve()
        is_in_landing = resolved == landing or landing in resolved.parents
        if path.is_dir():
            root, files = path, _walk(path)
        else:
            root, files = path.parent, iter([(path, None)])
        for file, fault in files:
            relative = file.relative_to(root)
            if is_in_landing:
                relative = (root.resolve() / relative).relative_to(landing)
            name = _readable(relative.as_posix())
            skip = None
            if path.is_dir() and file.name.lower().endswith(_WRITING):
                skip = "its name says that it is still being written"
            found.setdefault(
                file.parent.resolve() / file.name,
                Candidate(
                    path=file,
                    relative=relative,
                    file_name=name,
                    feed=_feed_of(
                        relative=relative,
                        given=path,
                        is_in_landing=is_in_landing,
                        source=source,
                        feed=feed,
                        sources=sources,
                    ),
                    is_in_landing=is_in_landing,
                    skip=skip,
                    fault=fault,
                ),
            )
    return sorted(found.values(), key=lambda candidate: candidate.file_name)


def _walk(top: Path) -> Iterator[tuple[Path, str | None]]:
    """Every file below ``top``, linked folders included, and every folder that cannot be read."""
    refused: list[OSError] = []
    seen: set[tuple[int, int]] = set()
    for folder, folders, files in os.walk(top, followlinks=True, onerror=refused.append):
        found = Path(folder).stat()
        if (found.st_dev, found.st_ino) in seen:  # a link to a folder above
            folders.clear()
            continue
        seen.add((found.st_dev, found.st_ino))
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if not name.startswith((".", "~$")):
                yield Path(folder) / name, None
    for error in refused:
        yield Path(error.filename), f"the folder cannot be read ({error.strerror})"


def _feed_of(
    *,
    relative: Path,
    given: Path,
    is_in_landing: bool,
    source: str | None,
    feed: str | None,
    sources: Sources,
) -> Feed | None:
    if source is None:
        chosen = sources.feed_for(relative)
        if chosen is None or (not is_in_landing and not chosen.is_declared):
            if not is_in_landing:
                raise BronzeError(
                    f"{given} lies outside the landing folder and no declared feed fits it: "
                    "name its system with --source (and --feed)"
                )
            return None
        return chosen
    if feed is not None:
        return sources.feed(source, feed)
    if is_in_landing:
        fitting = sources.feed_for(relative)
        if fitting is not None and fitting.source_system == source:
            return fitting
    if relative.parent.name:
        return sources.feed(source, slug(relative.parent.name))
    if given.is_dir():
        return sources.feed(source, slug(given.name))
    return sources.feed(source, "")  # of its format


def _readable(name: str) -> str:
    """A file name as text, whatever its bytes."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


@contextlib.contextmanager
def open_complete(path: Path, *, settle_seconds: float) -> Iterator[tuple[BinaryIO, Stamp]]:
    """Open a file that nobody is writing; StillBeingWrittenError where somebody may be.

    A file is complete when no process has it open for writing (Linux tells by refusing a read
    lease, fcntl(2) F_SETLEASE) and it has not changed for ``settle_seconds``; a younger one is
    given the rest of that time.
    """
    with path.open("rb") as stream:
        before = stamp_of(stream.fileno())
        age = time.time() - before.mtime_ns / 1e9
        if 0 <= age < settle_seconds:
            time.sleep(settle_seconds - age)
        _refuse_writers(stream.fileno())
        if stamp_of(stream.fileno()) != before or stamp_of(path) != before:
            raise StillBeingWrittenError("it is still being written; the next run lands it")
        yield stream, before


def _refuse_writers(descriptor: int) -> None:
    if not hasattr(fcntl, "F_SETLEASE"):
        return
    # Should a writer open the file in the moment in which the lease is held, the kernel signals
    # us; SIGURG is ignored by default, SIGIO would end the process.
    with contextlib.suppress(OSError, ValueError):
        fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGURG)
    try:
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    except OSError as error:
        if error.errno == errno.EAGAIN:
            raise StillBeingWrittenError(
                "a program has it open for writing; the next run lands it"
            ) from error
        return  # not ours, or a file system without leases: size and time have to do
    with contextlib.suppress(OSError):
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)


def digest_of_file(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as stream:
        return digest_of(stream)


def digest_of(stream: BinaryIO) -> str:
    """The SHA-256 of a stream from where it is to its end, in hexadecimal."""
    return hashlib.file_digest(cast(Any, stream), "sha256").hexdigest()


def dispose(candidate: Candidate, *, stamp: Stamp, sha256: str, how: str, home: Home) -> str | None:
    """Archive or delete a landed original; what to tell where that was not possible, or None.

    The file is first renamed away, then looked at: where the sender has put another file in its
    place meanwhile, that one goes back and lands next time.
    """
    if how == "keep" or not candidate.is_in_landing:
        return None
    relative = candidate.relative
    taken = home.landing_archive / f"{_TAKEN}{uuid.uuid4().hex}" / relative
    try:
        taken.parent.mkdir(parents=True)
        try:
            candidate.path.rename(taken)
        except FileNotFoundError:
            return None  # another lander was first
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            # A linked folder on another disk: nothing can be renamed from there to here.
            shutil.copy2(candidate.path, taken)
            if digest_of_file(taken) != sha256 or stamp_of(candidate.path) != stamp:
                taken.unlink()
                return "the file was replaced while it landed; the next run lands the new one"
            candidate.path.unlink()
            stamp = stamp_of(taken)
        if stamp_of(taken) != stamp:
            _put_back(taken, candidate.path)
            return "the file was replaced while it landed; the next run lands the new one"
        if how == "archive":
            target = home.landing_archive / relative
            target.parent.mkdir(parents=True, exist_ok=True)
            for place in (target, target.with_name(f"{target.stem}.{sha256[:12]}{target.suffix}")):
                try:
                    os.link(taken, place)
                    break
                except FileExistsError:
                    continue  # the same name of another day, or these very bytes
        taken.unlink()
    except OSError as error:
        with contextlib.suppress(OSError):
            _put_back(taken, candidate.path)
        return f"landed, but the original could not be moved away ({error.strerror})"
    finally:
        _remove_empty(taken.parent, up_to=home.landing_archive)
    return None


def recover_taken(home: Home) -> None:
    """Put back the files that a crash caught between the landing folder and the archive.

    They are found to have landed, and archived, or else they land.
    """
    for folder in home.landing_archive.glob(f"{_TAKEN}*"):
        with contextlib.suppress(OSError):
            if time.time() - folder.stat().st_mtime < _TAKEN_SECONDS:
                continue  # another lander at work
            for taken in [path for path in folder.rglob("*") if path.is_file()]:
                _put_back(taken, home.landing / taken.relative_to(folder))
                _remove_empty(taken.parent, up_to=home.landing_archive)
            _remove_empty(folder, up_to=home.landing_archive)


def _put_back(taken: Path, original: Path) -> None:
    place = original
    while True:
        try:
            os.link(taken, place)
            break
        except FileExistsError:
            place = original.with_name(f"{original.stem}.{uuid.uuid4().hex[:8]}{original.suffix}")
    taken.unlink()


def _remove_empty(folder: Path, *, up_to: Path) -> None:
    with contextlib.suppress(OSError):
        while folder != up_to:
            folder.rmdir()
            folder = folder.parent
