"""Shards put together: every file in the order of time, in its vendor's format, and the truth."""

from __future__ import annotations

import marshal
import os
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ingest.synthetic.drop import Calendar, Drop
from ingest.synthetic.providers import Network
from ingest.synthetic.systems import billing, claims, pharmacy, public_health, scheduling, wearables
from ingest.synthetic.wire.times import NEW_YORK, hl7_time

Key = tuple[str, str, str]
Shard = tuple[Path, dict[Key, tuple[int, int]]]

_HEADERS = {
    "pharmacy/dispenses": pharmacy.HEADER,
    "wearables/daily_activity": wearables.HEADER,
    "public_health/sdoh_screening": public_health.SDOH_HEADER,
    "scheduling/appointments": scheduling.HEADER,
    "billing/statements": billing.HEADER,
}
# vendors end their lines differently; messages keep CR inside
_CRLF = frozenset({"billing/statements", "scheduling/appointments"})
_WITH_BOM = frozenset({"pharmacy/dispenses"})

TRUTH: dict[str, pa.Schema] = {
    "persons": pa.schema(
        [
            (name, pa.date32() if name in ("birth_date", "deceased_date") else pa.string())
            for name in (
                "person_id",
                "family",
                "given",
                "middle",
                "suffix",
                "former_family",
                "birth_date",
                "sex",
                "ssn",
                "address_line",
                "city",
                "state",
                "postal_code",
                "county_fips",
                "phone",
                "email",
                "payer",
                "deceased_date",
                "twin_of",
                "household_id",
            )
        ]
    ),
    "person_records": pa.schema(
        [
            ("source_system", pa.string()),
            ("id_authority", pa.string()),
            ("id_value", pa.string()),
            ("person_id", pa.string()),
        ]
    ),
    "facts": pa.schema(
        [
            ("fact_type", pa.string()),
            ("fact_id", pa.string()),
            ("person_id", pa.string()),
            ("key_1", pa.string()),
            ("key_2", pa.string()),
            ("key_3", pa.string()),
            ("systems", pa.list_(pa.string())),
            ("status", pa.string()),
            ("value", pa.string()),
            ("unit", pa.string()),
            ("code", pa.string()),
            ("occurred_at", pa.timestamp("us")),
            ("is_corrupted", pa.bool_()),
        ]
    ),
    "flaws": pa.schema(
        [
            ("flaw_type", pa.string()),
            ("source_system", pa.string()),
            ("feed", pa.string()),
            ("file_name", pa.string()),
            ("record_locator", pa.string()),
            ("person_id", pa.string()),
            ("fact_id", pa.string()),
            ("detail", pa.string()),
        ]
    ),
}


def read_block(shards: Iterable[Shard], key: Key) -> Iterator[list[tuple[Any, ...]]]:
    """The blocks of a key, shard by shard."""
    for path, where in shards:
        if key in where:
            offset, size = where[key]
            with path.open("rb") as source:
                source.seek(offset)
                yield marshal.loads(source.read(size))


def write_file(
    *, shards: list[Shard], key: Key, landing: Path, calendar: Calendar, network: Network
) -> tuple[str, int, int]:
    """One landed file; returns its name, its records and its bytes."""
    feed, period, part = key
    records: list[tuple[Any, ...]] = []
    for block in read_block(shards, key):
        records.extend(block)
    records.sort(key=lambda record: record[:3])
    arrival = calendar.arrival(period)
    name = Drop(calendar).file_name(feed, period, part)
    path = landing / name
    path.parent.mkdir(parents=True, exist_ok=True)
    payloads = [record[3] for record in records]
    with path.open("wb") as out:
        for text in _render(feed, payloads, arrival, network, period):
            encoding = "latin-1" if feed == "lab/oru" else "utf-8"
            out.write(_encode(text, encoding))
        size = out.tell()
    stamp(path, arrival)
    return name, len(records), size


def stamp(path: Path, arrival: datetime) -> None:
    """Sets a file's modification time to its simulated arrival."""
    seconds = int(arrival.replace(tzinfo=UTC).timestamp())
    os.utime(path, (seconds, seconds))


def _encode(text: str, encoding: str) -> bytes:
    return text.encode(encoding, "surrogateescape")


def _render(
    feed: str, payloads: list[Any], arrival: datetime, network: Network, period: str
) -> Iterator[str]:
    if feed in ("claims/837p", "claims/837i"):
        yield claims.assemble_claims(feed.split("/")[1], payloads, network, arrival)
    elif feed == "claims/835":
        yield claims.assemble_remittances(payloads, network, arrival)
    elif feed == "claims/834":
        yield claims.assemble_enrolment(payloads, arrival)
    elif feed == "lab/oru":
        yield from _batch(payloads, arrival, period)
    elif feed in _HEADERS:
        end = "\r\n" if feed in _CRLF else "\n"
        if feed in _WITH_BOM:
            yield "\ufeff"
        yield _HEADERS[feed] + end
        for row in payloads:
            yield row if end == "\n" else row[:-1] + end
    elif feed == "wearables/omh" and len(period) == 6:
        # history came as one JSON array per month; live days come as JSON lines
        yield "[\n" + ",\n".join(text.rstrip("\n") for text in payloads) + "\n]\n"
    else:
        yield from payloads


def _batch(payloads: list[Any], arrival: datetime, period: str) -> Iterator[str]:
    """FHS BHS … BTS FTS (2.10.3): batches of at most 2,000 messages."""
    size = 2000
    moment = hl7_time(arrival, NEW_YORK)
    parties = "REFLAB|EASTREF|WELLSPRING|WELLSPRING"
    yield f"FHS|^~\\&|{parties}|{moment}||reflab_oru_{period}||F{period}\r"
    batches = 0
    for number, at in enumerate(range(0, len(payloads), size), start=1):
        batch = payloads[at : at + size]
        yield (
            f"BHS|^~\\&|REFLAB|EASTREF|WELLSPRING|WELLSPRING|{moment}||||B{period}{number:03d}\r"
        )
        yield from batch
        yield f"BTS|{len(batch)}\r"
        batches += 1
    yield f"FTS|{batches}\r"


def write_truth(*, shards: list[Shard], folder: Path) -> dict[str, int]:
    """The truth tables, a row group per chunk; returns their row counts."""
    folder.mkdir(parents=True, exist_ok=True)
    counts = {}
    for name, schema in TRUTH.items():
        total = 0
        with pq.ParquetWriter(folder / f"{name}.parquet", schema, compression="zstd") as writer:
            for block in read_block(shards, ("truth", name, "")):
                if not block:
                    continue
                columns = list(zip(*block, strict=True))
                arrays = [
                    _array(list(column), field)
                    for column, field in zip(columns, schema, strict=True)
                ]
                writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
                total += len(block)
        counts[name] = total
    return counts


def _array(values: list[Any], field: pa.Field) -> pa.Array:
    if pa.types.is_date32(field.type):
        return pa.array(
            [datetime.fromisoformat(value).date() if value else None for value in values],
            field.type,
        )
    if pa.types.is_timestamp(field.type):
        return pa.array(
            [datetime.fromisoformat(value) if value else None for value in values], field.type
        )
    if pa.types.is_string(field.type):
        return pa.array([value or None for value in values], field.type)
    return pa.array(values, field.type)
