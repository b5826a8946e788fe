"""Figures about each landed file, from bronze and its manifest: counts, shares and hours.

Here: one row per file, with no value of any record in it, so that nothing a check reports can
carry one. Not here: what the figures should be (``suites.py``).

Files never change once landed, so a file is read once; its figures are kept in the home.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from ingest.bronze.engine import reach_bronze
from ingest.bronze.manifest import Entry, Manifest
from ingest.bronze.store import bronze_store
from ingest.home import Home

__all__ = ["FIGURES", "MISFITS", "profile", "window"]

#: Reasons that say the file is not what the feed declares, rather than damaged on its way.
MISFITS = frozenset(
    {
        "wrong-format",
        "unrecognised-format",
        "binary-content",
        "unexpected-record-type",
        "csv-missing-column",
        "csv-unexpected-header",
        "csv-drift",
    }
)

FIGURES = pa.schema(
    [
        pa.field("file_sha256", pa.string()),
        pa.field("source_system", pa.string()),
        pa.field("feed", pa.string()),
        pa.field("received_at", pa.timestamp("us", tz="UTC")),
        pa.field("records_in", pa.int64()),
        pa.field("landed", pa.int64()),
        pa.field("landed_share", pa.float64()),
        pa.field("misfits", pa.int64()),  # records that do not fit the feed's declaration
        pa.field("layout_changes", pa.int64()),  # columns that were added or left out
        pa.field("disagreements", pa.int64()),  # counts in trailers that differ, and the like
        pa.field("without_control_id", pa.int64()),
        pa.field("future_share", pa.float64()),  # message time more than a day after receipt
        pa.field("repeated_share", pa.float64()),  # text that occurs again in the same file
    ]
)

_RECORDS = """
    select
        file_sha256,
        count(*) filter (where control_id is null) as without_control_id,
        coalesce(avg(
            (
                try_strptime(left(json_extract_string(envelope, '$.message_time'), 8), '%Y%m%d')
                > received_at::timestamp + interval 1 day
            )::double
        ), 0) as future_share,
        1 - count(distinct hash(record_text)) / count(*) as repeated_share
    from read_parquet(?, union_by_name = true)
    group by file_sha256
"""


def profile(home: Home) -> pa.Table:
    """The figures of every landed file, one row each; reads only files not seen before."""
    manifest = Manifest(bronze_store(home))
    kept = home.warehouse / "figures.parquet"
    known = _known(kept)
    seen = set(known["file_sha256"].to_pylist())
    new = [entry for entry in manifest.entries() if entry.file_sha256 not in seen]
    if not new:
        return known
    table = pa.concat_tables([known, *_figures(home, new)])
    kept.parent.mkdir(parents=True, exist_ok=True)
    temporary = kept.with_name(".figures.parquet")
    pq.write_table(table, temporary)
    temporary.replace(kept)
    return table


def window(as_of: date, *, days: int = 31) -> tuple[datetime, datetime]:
    """The time that a run looks back on: ``days`` up to the end of the as-of date, in UTC."""
    end = datetime.combine(as_of + timedelta(days=1), time(), tzinfo=UTC)
    return end - timedelta(days=days), end


def _known(path: Path) -> pa.Table:
    if path.exists():
        try:
            found = pq.read_table(path)
        except (OSError, pa.ArrowInvalid):  # cut off by a crash of the machine: made again
            found = None
        if found is not None and found.schema.equals(FIGURES):
            return found
    return FIGURES.empty_table()


def _figures(home: Home, entries: list[Entry]) -> Iterator[pa.Table]:
    """Figures of files that are new, a few hundred files at a time."""
    root = bronze_store(home).url
    limits = {"threads": 2, "temp_directory": str(home.spill)}
    with closing(duckdb.connect(config=limits)) as connection:
        connection.execute("set TimeZone = 'UTC'")
        reach_bronze(connection)
        for start in range(0, len(entries), 500):
            some = entries[start : start + 500]
            paths = [f"{root}/{entry.bronze_path}" for entry in some if entry.landed]
            measured = {}
            if paths:
                measured = {
                    row[0]: row[1:] for row in connection.execute(_RECORDS, [paths]).fetchall()
                }
            yield pa.Table.from_pylist(
                [_row(entry, measured.get(entry.file_sha256, (0, 0.0, 0.0))) for entry in some],
                schema=FIGURES,
            )


def _row(entry: Entry, measured: tuple[int, float, float]) -> dict[str, object]:
    without_control_id, future_share, repeated_share = measured
    return {
        "file_sha256": entry.file_sha256,
        "source_system": entry.source_system,
        "feed": entry.feed,
        "received_at": datetime.fromisoformat(entry.received_at),
        "records_in": entry.records_in,
        "landed": entry.landed,
        "landed_share": entry.landed / entry.records_in if entry.records_in else 0.0,
        "misfits": sum(n for code, n in entry.reasons.items() if code in MISFITS),
        "layout_changes": len(entry.drift),
        "disagreements": len(entry.warnings),
        "without_control_id": without_control_id,
        "future_share": future_share,
        "repeated_share": repeated_share,
    }
