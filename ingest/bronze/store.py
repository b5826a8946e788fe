"""Where bronze lies: a folder, or an object store, behind create-only writes.

Belongs here: putting, getting and listing bytes under names, each put all or nothing and never over
what is there. Does not belong here: what the names mean.

Guarantees of ``put_new`` on every store: nobody ever sees part of an object; of several writers of
one name exactly one is told that it wrote; what was reported written survives a crash of this
process and, where ``durable``, a power failure.

* Folder: a private temporary file, fsync, ``link(2)`` to the final name (which fails where the
  name exists, unlike ``rename(2)``), fsync of the folder.
* Object store: one PUT with ``If-None-Match: *`` (RFC 9110, section 13.1.2).
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import io
import os
import shutil
import time
import uuid
from abc import ABC, abstractmethod
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, cast
from urllib.parse import urlsplit

from ingest.errors import BronzeError
from ingest.home import Home

__all__ = [
    "LocalStore",
    "ObjectStore",
    "Spool",
    "Store",
    "bronze_store",
    "put_same",
    "quarantine_store",
]

#: A temporary file of this age was left by a crash: it exists for milliseconds otherwise.
_STALE_SECONDS = 3600


class Store(ABC):
    """Bytes under ``/``-separated names, relative to ``url``."""

    url: str

    @abstractmethod
    def put_new(self, name: str, content: bytes | Path, *, durable: bool = True) -> bool:
        """Create ``name``; False, and nothing changed, where it exists.

        A ``Path`` may be consumed: it lies in this store's spool and is gone or linked afterwards.
        """

    @abstractmethod
    def put(self, name: str, content: bytes) -> None:
        """Create or replace ``name``; only for what can be made again."""

    @abstractmethod
    def open(self, name: str) -> BinaryIO:
        """Read ``name``; FileNotFoundError where there is none."""

    @abstractmethod
    def exists(self, name: str) -> bool:
        """Whether ``name`` is there."""

    @abstractmethod
    def delete(self, name: str) -> None:
        """Remove ``name``; nothing happens where it is not there."""

    @abstractmethod
    def list(self, prefix: str) -> Iterator[str]:
        """The names under the folder ``prefix`` ('' for all), in no order."""

    @abstractmethod
    def spool_root(self) -> Path:
        """The local folder where files for ``put_new`` are prepared."""

    def read(self, name: str) -> bytes:
        """All of ``name``."""
        with self.open(name) as stream:
            return stream.read()

    @contextlib.contextmanager
    def hold(self, name: str, *, wait: bool = True) -> Iterator[bool]:
        """Work on ``name`` while nobody else does, where the store can tell; the kernel ends the
        hold of a process that dies. False, where not ``wait``: somebody is at work on it.

        An object store cannot tell and always says True. Nothing that is read relies on this, only
        who does work first and who tidies up.
        """
        yield True


class LocalStore(Store):
    """A folder on a local or shared disk."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.url = str(root)

    def put_new(self, name: str, content: bytes | Path, *, durable: bool = True) -> bool:
        target = self.root / name
        if isinstance(content, Path):
            source = content
            if durable:
                _sync_file(source)
        else:
            folder = self.spool_root()
            folder.mkdir(parents=True, exist_ok=True)
            source = folder / f"put-{uuid.uuid4().hex}"
            try:
                with source.open("xb") as out:
                    out.write(content)
                    out.flush()
                    if durable:
                        os.fsync(out.fileno())
            except BaseException:
                source.unlink(missing_ok=True)
                raise
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                os.link(source, target)
            except FileExistsError:
                return False
            if durable:
                _sync_folder(target.parent, up_to=self.root)
            return True
        finally:
            source.unlink(missing_ok=True)

    def put(self, name: str, content: bytes) -> None:
        target = self.root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        folder = self.spool_root()
        folder.mkdir(parents=True, exist_ok=True)
        source = folder / f"put-{uuid.uuid4().hex}"
        try:
            source.write_bytes(content)
            _sync_file(source)
            source.replace(target)
        finally:
            source.unlink(missing_ok=True)

    def open(self, name: str) -> BinaryIO:
        return (self.root / name).open("rb")

    def exists(self, name: str) -> bool:
        return (self.root / name).is_file()

    def delete(self, name: str) -> None:
        (self.root / name).unlink(missing_ok=True)

    def list(self, prefix: str) -> Iterator[str]:
        top = self.root / prefix if prefix else self.root
        for folder, _, files in os.walk(top):
            relative = Path(folder).relative_to(self.root).as_posix()
            for file in files:
                yield file if relative == "." else f"{relative}/{file}"

    def spool_root(self) -> Path:
        return self.root / "_tmp"

    @contextlib.contextmanager
    def hold(self, name: str, *, wait: bool = True) -> Iterator[bool]:
        try:
            descriptor = os.open(self.root / name, os.O_RDONLY)
        except FileNotFoundError:
            yield True
            return
        held = wait
        try:
            # OSError: somebody else holds it, or a file system without locks.
            with contextlib.suppress(OSError):
                fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
                held = True
            yield held
        finally:
            os.close(descriptor)


class ObjectStore(Store):
    """A bucket that speaks S3 (or another store that obstore knows), with conditional puts.

    Credentials, endpoint and region come from the usual environment (``AWS_ACCESS_KEY_ID``,
    ``AWS_ENDPOINT_URL``, ``AWS_REGION``, ``AWS_ALLOW_HTTP``, …). One object is one PUT, so a part
    of bronze may have at most the 5 GB that S3 takes at once.
    """

    def __init__(self, url: str, *, spool: Path) -> None:
        from obstore.store import from_url

        self.url = url.rstrip("/")
        self._spool = spool
        with self._reaching():
            self._store = cast(
                Any, from_url(self.url, retry_config={"retry_timeout": timedelta(seconds=60)})
            )

    def put_new(self, name: str, content: bytes | Path, *, durable: bool = True) -> bool:
        from obstore import put
        from obstore.exceptions import AlreadyExistsError, PreconditionError

        del durable  # an object store is
        try:
            with self._reaching(AlreadyExistsError, PreconditionError):
                put(self._store, name, content, mode="create", use_multipart=False)
        except (AlreadyExistsError, PreconditionError):
            return False
        finally:
            if isinstance(content, Path):
                content.unlink(missing_ok=True)
        return True

    def put(self, name: str, content: bytes) -> None:
        from obstore import put

        with self._reaching():
            put(self._store, name, content)

    def open(self, name: str) -> BinaryIO:
        from obstore import open_reader

        try:
            with self._reaching(FileNotFoundError):
                reader = open_reader(self._store, name, buffer_size=8 * 1024 * 1024)
        except FileNotFoundError as error:
            raise FileNotFoundError(f"{self.url}/{name} does not exist") from error
        return cast(BinaryIO, io.BufferedReader(_ObjectReader(reader), 1024 * 1024))

    def exists(self, name: str) -> bool:
        from obstore import head

        try:
            with self._reaching(FileNotFoundError):
                head(self._store, name)
        except FileNotFoundError:
            return False
        return True

    def delete(self, name: str) -> None:
        from obstore import delete

        with contextlib.suppress(FileNotFoundError), self._reaching(FileNotFoundError):
            delete(self._store, name)

    def list(self, prefix: str) -> Iterator[str]:
        from obstore import list as list_objects

        with self._reaching():
            for page in list_objects(self._store, prefix or None):
                for item in page:
                    yield item["path"]

    def spool_root(self) -> Path:
        return self._spool

    @contextlib.contextmanager
    def _reaching(self, *expected: type[Exception]) -> Iterator[None]:
        """The store's own errors, told with what to check."""
        from obstore.exceptions import BaseError

        try:
            yield
        except expected:
            raise
        except BaseError as error:
            raise BronzeError(
                f"{self.url} did not answer as it should ({type(error).__name__}). Check the "
                "bucket, AWS_ENDPOINT_URL, AWS_REGION and the credentials."
            ) from error


class _ObjectReader(io.RawIOBase):
    """obstore's reader as Python's raw stream, for ``io.BufferedReader``."""

    def __init__(self, reader: Any) -> None:
        self._reader = reader

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = memoryview(self._reader.read(len(buffer)))
        buffer[: len(data)] = data
        return len(data)

    def seek(self, offset: int, whence: int = 0) -> int:
        return int(self._reader.seek(offset, whence))

    def tell(self) -> int:
        return int(self._reader.tell())

    def close(self) -> None:
        if not self.closed:
            self._reader.close()
        super().close()


def put_same(store: Store, name: str, path: Path, sha256: str) -> None:
    """Create ``name`` from a file of that digest, or find that it is there with these bytes.

    Raises BronzeError where it is there with others.
    """
    if store.put_new(name, path):
        return
    with store.open(name) as there:
        if hashlib.file_digest(cast(Any, there), "sha256").hexdigest() != sha256:
            raise BronzeError(
                f"{store.url}/{name} belongs to no landed file and holds other bytes; "
                "`wellspring verify` lists it: remove it, then try again"
            )


class Spool:
    """A private folder for files in the making, and the removal of those that crashes left.

    Each lander holds a lock beside its folder, which the kernel releases however it dies; a folder
    whose lock is free belongs to nobody.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.path = root / f"land-{uuid.uuid4().hex}"
        self._lock: int | None = None

    def __enter__(self) -> Spool:
        self.root.mkdir(parents=True, exist_ok=True)
        self._sweep()
        lock = self.path.with_suffix(".lock")
        while True:
            descriptor = os.open(lock, os.O_CREAT | os.O_RDWR, 0o600)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            if os.fstat(descriptor).st_nlink:  # not swept between open and lock
                break
            os.close(descriptor)
        self._lock = descriptor
        self.path.mkdir()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        shutil.rmtree(self.path, ignore_errors=True)
        self.path.with_suffix(".lock").unlink(missing_ok=True)
        if self._lock is not None:
            os.close(self._lock)

    def file(self, suffix: str) -> Path:
        """A name for a new file."""
        return self.path / f"{uuid.uuid4().hex}{suffix}"

    def _sweep(self) -> None:
        stale = time.time() - _STALE_SECONDS
        for left in self.root.glob("put-*"):
            with contextlib.suppress(FileNotFoundError):
                if left.stat().st_mtime < stale:
                    left.unlink()
        for lock in self.root.glob("land-*.lock"):
            try:
                descriptor = os.open(lock, os.O_RDWR)
            except FileNotFoundError:
                continue
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                continue  # at work
            else:
                shutil.rmtree(lock.with_suffix(""), ignore_errors=True)
                lock.unlink(missing_ok=True)
            finally:
                os.close(descriptor)


def bronze_store(home: Home) -> Store:
    """The store of bronze: ``WELLSPRING_BRONZE_URL``, by default ``bronze/`` of the home."""
    return _store(os.environ.get("WELLSPRING_BRONZE_URL"), default=home.bronze, home=home)


def quarantine_store(home: Home) -> Store:
    """The store of quarantine: ``WELLSPRING_QUARANTINE_URL``, by default beside bronze."""
    url = os.environ.get("WELLSPRING_QUARANTINE_URL")
    bronze = os.environ.get("WELLSPRING_BRONZE_URL")
    if not url and bronze:
        parent, _, last = bronze.rstrip("/").rpartition("/")
        if not last or parent.endswith(":/"):
            raise BronzeError(
                f"WELLSPRING_BRONZE_URL is {bronze}, a whole bucket, so quarantine has no place "
                "beside it. Name a folder in it (s3://bucket/bronze) or set "
                "WELLSPRING_QUARANTINE_URL."
            )
        url = f"{parent}/quarantine"
    return _store(url, default=home.quarantine, home=home)


def _store(url: str | None, *, default: Path, home: Home) -> Store:
    if not url:
        return LocalStore(default)
    parts = urlsplit(url)
    if parts.scheme in ("", "file"):
        return LocalStore(Path(parts.path).expanduser().resolve())
    return ObjectStore(url, spool=home.root / ".spool")


def _sync_file(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sync_folder(folder: Path, *, up_to: Path) -> None:
    """Make the entry in ``folder`` durable, and a folder just created in its parents."""
    while True:
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        if folder == up_to or up_to not in folder.parents:
            return
        folder = folder.parent
