"""A landed file, byte for byte as it came.

Belongs here: putting records, leads and tail together again. Does not belong here: deciding whether
the result is right (``verify.py``), though ``export_file`` never ends well with other bytes.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from typing import BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ingest.bronze.manifest import Entry, Manifest
from ingest.bronze.store import Store, bronze_store, quarantine_store
from ingest.bronze.writer import record_bytes
from ingest.errors import BronzeError
from ingest.home import Home

__all__ = ["export_file", "rebuild"]

_COLUMNS = ["record_index", "lead", "record_text", "raw", "charset"]
_ROWS = 4096


def export_file(home: Home, sha256: str, out: BinaryIO) -> Entry:
    """Write the file with that digest (or the only one whose digest begins so) to ``out``.

    Raises BronzeError where no such file landed, or where what bronze holds no longer gives the
    bytes that came (``wellspring verify`` then says which part is damaged).
    """
    bronze = bronze_store(home)
    entry = Manifest(bronze).find(sha256)
    digest = hashlib.sha256()
    for piece in rebuild(entry, bronze=bronze, quarantine=quarantine_store(home)):
        digest.update(piece)
        out.write(piece)
    if digest.hexdigest() != entry.file_sha256:
        raise BronzeError(
            f"what bronze holds of {entry.file_name} does not give back the bytes that came "
            f"(digest {digest.hexdigest()[:12]}, expected {entry.file_sha256[:12]}); "
            "run `wellspring verify`"
        )
    return entry


def rebuild(entry: Entry, *, bronze: Store, quarantine: Store) -> Iterator[bytes | memoryview]:
    """The bytes of a landed file, piece by piece, in bounded memory."""
    if entry.rebuilt_from == "original":
        assert entry.original_path is not None
        with bronze.open(entry.original_path) as stream:
            while piece := stream.read(1024 * 1024):
                yield piece
        return
    parts = []
    if entry.bronze_path is not None:
        parts.append(_batches(bronze, entry.bronze_path))
    if entry.quarantine_path is not None:
        parts.append(_batches(quarantine, entry.quarantine_path))
    if len(parts) == 1:
        for batch in parts[0]:
            yield from record_bytes(batch, with_lead=True)
    else:
        yield from _in_order(*parts)
    yield base64.b64decode(entry.tail_base64)


def _in_order(
    first: Iterator[pa.RecordBatch], second: Iterator[pa.RecordBatch]
) -> Iterator[memoryview]:
    """The records of two parts by their indexes, in runs of neighbours from the same part."""
    ours, theirs = next(first, None), next(second, None)
    source, other = first, second
    while ours is not None:
        if theirs is not None:
            border = theirs.column("record_index")[0].as_py()
            before = pc.sum(pc.less(ours.column("record_index"), border)).as_py() or 0
        else:
            before = ours.num_rows
        yield from record_bytes(ours.slice(0, before), with_lead=True)
        ours = ours.slice(before) if before < ours.num_rows else next(source, None)
        if ours is None or (
            theirs is not None
            and ours.column("record_index")[0].as_py() > theirs.column("record_index")[0].as_py()
        ):
            ours, theirs, source, other = theirs, ours, other, source


def _batches(store: Store, name: str) -> Iterator[pa.RecordBatch]:
    with store.open(name) as stream:
        file = pq.ParquetFile(stream, pre_buffer=False)
        yield from file.iter_batches(_ROWS, columns=_COLUMNS)
