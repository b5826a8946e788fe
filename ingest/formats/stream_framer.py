"""What every framer does before it looks for records: the empty file, the wide character set, the
file that is of another format.

Belongs here: the first bytes. Does not belong here: records.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from typing import BinaryIO, cast

from ingest.formats.charsets import Utf8View, wide_codec
from ingest.formats.detect import HEAD_BYTES
from ingest.formats.model import FrameBatch, Framer, Reader
from ingest.formats.rows import PushedBack, Rows, narrow, read_all_rejected

_BLANK = b" \t\r\n\x0b\x0c\x1a\x1c\x00\xef\xbb\xbf"


class StreamFramer(Framer):
    """A framer over a stream of bytes compatible with ASCII."""

    @abstractmethod
    def accepts(self, head: bytes) -> tuple[str, str] | None:
        """None, or (reason code, detail) where the whole file cannot be of this format."""

    @abstractmethod
    def frame(self, stream: Reader, head: bytes) -> Iterator[FrameBatch]:
        """The records of a stream that is not blank and that ``accepts`` accepted."""

    def __iter__(self) -> Iterator[FrameBatch]:
        head = _read_fully(self.stream, HEAD_BYTES)
        wide = wide_codec(head)
        if wide is None:
            yield from self._checked(PushedBack(head, self.stream))
            return
        codec, mark_length = wide
        view = Utf8View(PushedBack(head[mark_length:], self.stream), codec)
        yield from narrow(
            self._checked(view),
            mark=head[:mark_length],
            codec=codec,
            view=view,
            result=self.result,
        )

    def _checked(self, stream: Reader) -> Iterator[FrameBatch]:
        head = _read_fully(stream, HEAD_BYTES)
        blank = head.lstrip(_BLANK)
        while not blank and (len(head) < self.options.chunk_bytes):
            more = stream.read(HEAD_BYTES)
            if not more:
                break
            head += more
            blank = more.lstrip(_BLANK)
        if not blank:
            rows = Rows(self.result, self.options)
            yield from read_all_rejected(rows, head, stream, "empty-file")
            return
        refused = self.accepts(head)
        if refused is not None:
            code, detail = refused
            rows = Rows(self.result, self.options)
            yield from read_all_rejected(rows, head, stream, code, detail=detail)
            return
        yield from self.frame(cast(BinaryIO, PushedBack(head, stream)), head)


def _read_fully(stream: Reader, size: int) -> bytes:
    data = stream.read(size)
    while data and len(data) < size:
        more = stream.read(size - len(data))
        if not more:
            break
        data += more
    return data
