"""The records of one landed file, compressed or not, for landing and for replay alike.

Belongs here: joining decompression and framing, and refusing a file as a whole. Does not belong
here: either of the first two (``ingest/formats``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, cast

import pyarrow as pa
import pyarrow.compute as pc

from ingest.formats import FrameOptions, FrameResult, detect, frame
from ingest.formats.compression import ContainerError, container_of, members
from ingest.formats.detect import HEAD_BYTES
from ingest.formats.rows import PushedBack, Rows, read_all_rejected

__all__ = ["FileFraming", "Framed", "format_of"]

#: Damage ends an archive, but what came before it is whole. Anything else refuses the file.
_PARTIAL = "archive-damaged"


@dataclass(frozen=True, slots=True)
class Framed:
    """A batch by FRAME_SCHEMA, and the member of the archive that it comes from (None: no
    archive)."""

    rows: pa.RecordBatch
    member: str | None = None


def format_of(stream: BinaryIO, *, name: str) -> str:
    """The format that is found in a file, or in the first file of an archive."""
    stream.seek(0)
    head = stream.read(HEAD_BYTES)
    stream.seek(0)
    if container_of(head) is None:
        return detect(head, name)
    try:
        for member in members(stream, name=name):
            return detect(member.stream.read(HEAD_BYTES), member.name)
    except ContainerError:
        pass
    finally:
        stream.seek(0)
    return "text"


class FileFraming:
    """Iterate it once for the batches; ``result`` is complete at the end.

    Records of an archive are counted, and their offsets go on, over all of its members in order.
    ``refuse`` quarantines the whole file for that reason.
    """

    def __init__(
        self,
        stream: BinaryIO,
        *,
        name: str,
        format: str,
        options: FrameOptions,
        refuse: str | None = None,
    ) -> None:
        stream.seek(0)
        head = stream.read(4)
        stream.seek(0)
        self.stream = stream
        self.name = name
        self.format = format
        self.options = options
        self.refuse = refuse
        self.is_container = container_of(head) is not None and refuse is None
        self.members: list[str] = []
        self.result = FrameResult()

    def __iter__(self) -> Iterator[Framed]:
        if self.is_container:
            yield from self._container()
            return
        if self.refuse is not None:
            rows = Rows(self.result, self.options)
            for batch in read_all_rejected(rows, b"", self.stream, self.refuse):
                yield Framed(batch.rows)
            return
        framing = frame(self.stream, format=self.format, options=self.options)
        for batch in framing:
            yield Framed(batch.rows)
        self.result = framing.result

    def _container(self) -> Iterator[Framed]:
        fault = self._fault()
        if fault is None or fault.code == _PARTIAL:
            try:
                for member in members(self.stream, name=self.name):
                    self.members.append(member.name)
                    yield from self._member(member.name, member.stream)
            except ContainerError as error:
                fault = error
        if fault is None and not self.result.records_in and not self.members:
            fault = ContainerError("empty-file")
        if fault is not None:
            rows = Rows(FrameResult(), self.options)
            rows.start_at(self.result.size_bytes)
            rows.add(b"", b"", reason_code=fault.code, detail=fault.detail)
            refused = FrameResult(records_in=1, quarantined=1)
            refused.reasons[fault.code] += 1
            yield Framed(self._moved(rows.take().rows, base=0), None)
            self._join(refused, "")

    def _fault(self) -> ContainerError | None:
        """What is wrong with the container, before anything of it is used."""
        try:
            for member in members(self.stream, name=self.name):
                while member.stream.read(1024 * 1024):
                    pass
        except ContainerError as error:
            return error
        return None

    def _member(self, name: str, stream: BinaryIO) -> Iterator[Framed]:
        ended = _EndAtDamage(stream)
        head = ended.read(HEAD_BYTES)
        framing = frame(
            cast(BinaryIO, PushedBack(head, cast(BinaryIO, ended))),
            format=self.format,
            options=self.options,
        )
        base = self.result.size_bytes
        for batch in framing:
            yield Framed(self._moved(batch.rows, base=base), name)
        framing.result.size_bytes = ended.size
        self._join(framing.result, name)
        if ended.error is not None:
            raise ended.error

    def _moved(self, rows: pa.RecordBatch, *, base: int) -> pa.RecordBatch:
        """Indexes and offsets as if all members were one file."""
        moved = {
            "record_index": pc.add(rows.column("record_index"), self.result.records_in),
            "byte_offset": pc.add(rows.column("byte_offset"), base),
        }
        return pa.RecordBatch.from_arrays(
            [moved.get(name, rows.column(name)) for name in rows.schema.names],
            names=rows.schema.names,
        )

    def _join(self, part: FrameResult, name: str) -> None:
        whole = self.result
        whole.size_bytes += part.size_bytes
        whole.records_in += part.records_in
        whole.landed += part.landed
        whole.quarantined += part.quarantined
        whole.reasons.update(part.reasons)
        label = f"{name}: " if len(self.members) > 1 else ""
        whole.warnings += [label + sentence for sentence in part.warnings]
        whole.drift += [label + sentence for sentence in part.drift]
        whole.interchanges += part.interchanges
        for key, value in part.framing.items():
            whole.framing.setdefault(key, value)


class _EndAtDamage:
    """A member's stream that ends where its archive is damaged, and remembers the error."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.size = 0
        self.error: ContainerError | None = None

    def read(self, size: int = -1) -> bytes:
        if self.error is not None:
            return b""
        try:
            data = self._stream.read(size)
        except ContainerError as error:
            self.error = error
            return b""
        self.size += len(data)
        return data
