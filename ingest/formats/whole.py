"""A small file framed at once: for tests, and for looking at one file by hand.

Belongs here: conveniences over ``frame``. Does not belong here: anything that landing uses, which
must not hold a file in memory.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

from ingest.formats import FrameOptions, FrameResult, detect, frame


@dataclass(frozen=True, slots=True)
class Framed:
    """Every row of a file, and what is known of the whole."""

    format: str
    rows: list[dict[str, Any]]
    result: FrameResult

    @property
    def landed(self) -> list[dict[str, Any]]:
        """The rows without a reason."""
        return [row for row in self.rows if row["reason_code"] is None]

    @property
    def quarantined(self) -> list[dict[str, Any]]:
        """The rows with a reason."""
        return [row for row in self.rows if row["reason_code"] is not None]

    def rebuilt(self) -> bytes:
        """The file again, from its rows and its tail."""
        parts: list[bytes] = []
        for row in self.rows:
            parts += (row["lead"] or b"", record_bytes(row))
        return b"".join((*parts, self.result.tail))


def record_bytes(row: dict[str, Any]) -> bytes:
    """A record's own bytes: ``raw``, or its text in its charset."""
    if row["raw"] is not None:
        return bytes(row["raw"])
    return str(row["record_text"]).encode(row["charset"])


def frame_whole(
    data: bytes, *, format: str | None = None, name: str = "", options: FrameOptions | None = None
) -> Framed:
    """Frames bytes in memory, by their detected format where none is given."""
    chosen = format or detect(data[: 64 * 1024], name)
    framing = frame(io.BytesIO(data), format=chosen, options=options)
    rows = [row for batch in framing for row in batch.rows.to_pylist()]
    return Framed(chosen, rows, framing.result)
