"""gzip and zip below framing: what is in a container, expanded within limits.

Belongs here: opening ``.gz`` and ``.zip`` (by their content, not their name), limits that stop an
archive bomb, damage and encryption told apart. Does not belong here: what the expanded bytes are,
and keeping the container's own bytes (bronze does).

Nothing is ever written where a member's name says; the name is a label.
"""

from __future__ import annotations

import errno
import gzip
import io
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Literal, cast

from ingest.formats.reasons import explain

_GZIP = b"\x1f\x8b"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_SPOOL_BYTES = 32 * 1024 * 1024
_CLUTTER = ("__MACOSX/",)


class ContainerError(Exception):
    """A container that cannot be expanded. ``code`` is one of REASONS; the text is for a person."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(explain(code, detail=detail))
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpansionLimits:
    """How far a container may expand. A deflate bomb reaches a ratio of 1,032; extracts of health
    data reach 5 to 40, and fixed-width files of blanks 200."""

    #: Bytes of all members together.
    max_bytes: int = 64 * 1024**3
    #: Expanded bytes per byte of the container ...
    max_ratio: float = 250.0
    #: ... looked at only above this many expanded bytes.
    ratio_from_bytes: int = 64 * 1024**2
    max_members: int = 10_000
    #: Containers within containers.
    max_depth: int = 3


@dataclass(slots=True)
class _Budget:
    limits: ExpansionLimits
    container_bytes: int
    expanded: int = 0
    members: int = 0

    def spend(self, size: int) -> None:
        self.expanded += size
        limits = self.limits
        if self.expanded > limits.max_bytes:
            raise ContainerError("archive-bomb", f"more than {limits.max_bytes} bytes")
        if (
            self.expanded > limits.ratio_from_bytes
            and self.expanded > self.container_bytes * limits.max_ratio
        ):
            raise ContainerError("archive-bomb", f"more than {limits.max_ratio:g} times its size")

    def next_member(self) -> None:
        self.members += 1
        if self.members > self.limits.max_members:
            raise ContainerError("archive-bomb", f"more than {self.limits.max_members} members")


#: What gzip, zlib and zipfile raise for bytes that they cannot make sense of.
_DAMAGE = (EOFError, zlib.error, zipfile.BadZipFile, OSError, ValueError, struct.error)


def _is_trouble_of_the_disk(error: BaseException) -> bool:
    """A real input or output error; a damaged directory makes zipfile seek before the start
    (EINVAL), and gzip's own complaints have no number."""
    return isinstance(error, OSError) and error.errno not in (None, errno.EINVAL)


class MemberStream:
    """Expanded bytes of one member; ``read`` raises ContainerError for damage and for a bomb."""

    def __init__(self, inner: BinaryIO, budget: _Budget) -> None:
        self._inner = inner
        self._budget = budget
        self._error: ContainerError | None = None

    def read(self, size: int = -1) -> bytes:
        """At most ``size`` bytes; all that is left, in steps within the limits, where negative."""
        if size is None or size < 0:
            parts = []
            while part := self.read(1024 * 1024):
                parts.append(part)
            return b"".join(parts)
        if self._error is not None:
            raise self._error
        parts, wanted = [], size
        try:
            # Not one read(size): it would lose what came before the damage.
            while wanted > 0 and (part := self._inner.read1(wanted)):  # type: ignore[attr-defined]
                parts.append(part)
                wanted -= len(part)
        except RuntimeError as error:
            self._fail("archive-encrypted", error)
        except NotImplementedError as error:
            self._fail("archive-unsupported", error)
        except (EOFError, zlib.error, zipfile.BadZipFile, gzip.BadGzipFile, OSError) as error:
            if isinstance(error, OSError) and error.errno is not None:
                raise  # the disk's trouble, not the archive's
            self._fail("archive-damaged", error)
        data = b"".join(parts)
        if not data and self._error is not None:
            raise self._error
        self._budget.spend(len(data))
        return data

    def _fail(self, code: str, cause: BaseException) -> None:
        """What was expanded so far is given first, the error at the next read."""
        self._error = ContainerError(code)
        self._error.__cause__ = cause

    def close(self) -> None:
        self._inner.close()


@dataclass(frozen=True, slots=True)
class Member:
    """One file in a container: ``name`` as bronze will show it (``a.zip!b.csv``), its bytes."""

    name: str
    stream: BinaryIO


def container_of(head: bytes) -> Literal["gzip", "zip"] | None:
    """Which container a file is, from its first four bytes."""
    if head.startswith(_GZIP):
        return "gzip"
    if head.startswith(_ZIP):
        return "zip"
    return None


def members(
    stream: BinaryIO, *, name: str, limits: ExpansionLimits | None = None
) -> Iterator[Member]:
    """The files in a container, in the container's order; a file that is no container is its own
    only member. ``stream`` must be seekable and is read from its start. A member's stream must be
    read before the next member is asked for.

    Raises ContainerError, here or from a member's ``read``.
    """
    size = stream.seek(0, io.SEEK_END)
    stream.seek(0)
    budget = _Budget(limits or ExpansionLimits(), max(size, 1))
    kind = container_of(_peek(stream))
    if kind is None:
        yield Member(name, stream)
        return
    yield from _expand(stream, kind, name, budget, 1)


def _expand(
    stream: BinaryIO, kind: str, name: str, budget: _Budget, depth: int
) -> Iterator[Member]:
    if depth > budget.limits.max_depth:
        raise ContainerError("archive-bomb", f"nested deeper than {budget.limits.max_depth}")
    if kind == "gzip":
        budget.next_member()
        inner_name = name[:-3] if name.lower().endswith(".gz") else name
        with gzip.GzipFile(fileobj=stream, mode="rb") as expanded:
            inner = cast(BinaryIO, MemberStream(cast(BinaryIO, expanded), budget))
            yield from _nested(inner, name if depth == 1 else inner_name, budget, depth)
        return
    try:
        archive = zipfile.ZipFile(stream)
    except (*_DAMAGE, NotImplementedError) as error:
        if _is_trouble_of_the_disk(error):
            raise
        raise ContainerError("archive-damaged") from error
    with archive:
        for info in archive.infolist():
            if info.is_dir() or info.filename.startswith(_CLUTTER):
                continue
            budget.next_member()
            if info.flag_bits & 0x1:
                raise ContainerError("archive-encrypted", f"member {budget.members}")
            try:
                opened = archive.open(info)
            except NotImplementedError as error:
                raise ContainerError("archive-unsupported", f"member {budget.members}") from error
            except RuntimeError as error:
                raise ContainerError("archive-encrypted", f"member {budget.members}") from error
            except _DAMAGE as error:
                if _is_trouble_of_the_disk(error):
                    raise
                raise ContainerError("archive-damaged", f"member {budget.members}") from error
            with opened:
                inner = cast(BinaryIO, MemberStream(cast(BinaryIO, opened), budget))
                label = info.filename.replace("\\", "/")
                yield from _nested(inner, f"{name}!{label}", budget, depth)


def _nested(stream: BinaryIO, name: str, budget: _Budget, depth: int) -> Iterator[Member]:
    """A member, or the members of a container in the container."""
    head = stream.read(4)
    rest = cast(BinaryIO, _Joined(head, stream))
    kind = container_of(head)
    if kind is None:
        yield Member(name, rest)
        return
    with tempfile.SpooledTemporaryFile(max_size=_SPOOL_BYTES) as spool:
        while part := rest.read(1024 * 1024):
            spool.write(part)
        spool.seek(0)
        yield from _expand(cast(BinaryIO, spool), kind, name, budget, depth + 1)


class _Joined:
    def __init__(self, head: bytes, stream: BinaryIO) -> None:
        self._head = head
        self._stream = stream

    def read(self, size: int = -1) -> bytes:
        if not self._head:
            return self._stream.read(size)
        if size is None or size < 0:
            data, self._head = self._head + self._stream.read(), b""
            return data
        data, self._head = self._head[:size], self._head[size:]
        return data


def _peek(stream: BinaryIO) -> bytes:
    head = stream.read(4)
    stream.seek(0)
    return head
