"""Text of no known structure: one line, one record. Binary content is quarantined as a whole.

It keeps fixed-width extracts whose feed is not declared yet: their lines land as they are, and a
declaration in ``sources.yml`` gives them columns later.
"""

from __future__ import annotations

from collections.abc import Iterator

from ingest.formats.detect import looks_binary
from ingest.formats.model import Format, FrameBatch, FrameOptions, Reader
from ingest.formats.stream_framer import StreamFramer


class TextFramer(StreamFramer):
    """Lines of text."""

    format: Format = "text"

    def __init__(self, stream: Reader, options: FrameOptions) -> None:
        super().__init__(stream, options)

    def accepts(self, head: bytes) -> tuple[str, str] | None:
        if looks_binary(head):
            return "binary-content", ""
        return None

    def frame(self, stream: Reader, head: bytes) -> Iterator[FrameBatch]:
        from ingest.formats.tables import frame_lines

        yield from frame_lines(stream, self.options, self.result, head)
