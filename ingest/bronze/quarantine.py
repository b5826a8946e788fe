"""Quarantine that people can work: what is there, why, and how it gets out.

Belongs here: listing, showing and replaying what could not land. Does not belong here: the reasons
themselves (``ingest/formats/reasons.py``).

Files of quarantine are never rewritten, nor are those of bronze. A replay frames the file again as
today's code and declarations see it, writes the records that have become usable to a further
Parquet file of bronze, and says in an addendum to the manifest which records of quarantine that
supersedes. The bytes of the original stay where they were, so that it can still be rebuilt.

Which records a replay may move: those that lie wholly within bytes that are quarantined. Where a
record begins and ends as it did before, it keeps its ``record_index``; where the new framing cuts
the bytes otherwise (a file of the wrong feed was one record, and is five hundred), the first record
at an old place keeps the old index and the others take new ones behind the file's last.
"""

from __future__ import annotations

import tempfile
import uuid
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, BinaryIO, cast

import pyarrow as pa
import pyarrow.parquet as pq

from ingest.bronze.export import rebuild
from ingest.bronze.framing import FileFraming, format_of
from ingest.bronze.manifest import (
    Entry,
    Manifest,
    Pending,
    fingerprint,
    indexes_of,
    parse_time,
    time_text,
)
from ingest.bronze.schema import BRONZE_SCHEMA, QUARANTINE_SCHEMA
from ingest.bronze.store import Spool, bronze_store, put_same, quarantine_store
from ingest.bronze.writer import PartWriter, Provenance, complete, record_lengths
from ingest.errors import BronzeError, IngestError, describe
from ingest.home import Home
from ingest.sources import Feed, Sources, load_sources

__all__ = ["Group", "Record", "Replayed", "list_", "replay", "replay_file", "show"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The records of one file that are quarantined for one reason."""

    file_sha256: str
    file_name: str
    source_system: str
    feed: str
    format: str
    received_at: str
    reason_code: str
    records: int
    first_record_index: int
    first_byte_offset: int
    #: The sentence about the first of them.
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One quarantined record; ``raw`` only where it was asked for."""

    file_sha256: str
    file_name: str
    source_system: str
    feed: str
    record_index: int
    byte_offset: int
    size_bytes: int
    reason_code: str
    reason: str
    record_type: str | None
    control_id: str | None
    received_at: str
    raw: bytes | None = None


@dataclass(slots=True, kw_only=True)
class Replayed:
    """What a replay did with one file."""

    file_sha256: str
    file_name: str
    source_system: str
    feed: str
    #: Quarantined records that it took up …
    superseded: int = 0
    #: … by reason …
    reasons: dict[str, int] = field(default_factory=dict)
    #: … and the records found in their bytes.
    landed: int = 0
    #: Quarantined records of the file after the replay.
    still_quarantined: int = 0
    message: str = ""
    is_failed: bool = False

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def list_(
    home: Home,
    *,
    source: str | None = None,
    feed: str | None = None,
    reason: str | None = None,
) -> list[Group]:
    """What is quarantined now, by file and reason, newest file first."""
    book = _Book(home)
    groups: list[Group] = []
    for entry in book.files():
        found: dict[tuple[str, int], list[tuple[int, int, str]]] = {}
        parts = [entry, *book.replays(entry.file_sha256)]
        for number, row in book.outstanding(entry, ["byte_offset", "reason_code", "reason"]):
            found.setdefault((row["reason_code"], number), []).append(
                (row["record_index"], row["byte_offset"], row["reason"])
            )
        for (code, number), rows in found.items():
            part = parts[number]
            if (
                reason not in (None, code)
                or source not in (None, part.source_system)
                or feed not in (None, part.feed)
            ):
                continue
            index, offset, sentence = min(rows)
            groups.append(
                Group(
                    file_sha256=entry.file_sha256,
                    file_name=entry.file_name,
                    source_system=part.source_system,
                    feed=part.feed,
                    format=part.format,
                    received_at=entry.received_at,
                    reason_code=code,
                    records=len(rows),
                    first_record_index=index,
                    first_byte_offset=offset,
                    reason=sentence,
                )
            )
    return sorted(groups, key=lambda group: (group.received_at, group.file_name), reverse=True)


def show(
    home: Home,
    sha256: str,
    *,
    record_index: int | None = None,
    raw: bool = False,
    limit: int = 20,
) -> list[Record]:
    """The quarantined records of a file, or one of them.

    Their bytes are protected health information: they come only where ``raw`` asks for them.
    """
    book = _Book(home)
    entry = book.manifest.find(sha256)
    parts = [entry, *book.replays(entry.file_sha256)]
    columns = ["byte_offset", "reason_code", "reason", "record_type", "control_id", "raw"]
    records: list[Record] = []
    for number, row in book.outstanding(entry, columns, record_index=record_index):
        content = row["raw"] or b""
        records.append(
            Record(
                file_sha256=entry.file_sha256,
                file_name=entry.file_name,
                source_system=parts[number].source_system,
                feed=parts[number].feed,
                record_index=row["record_index"],
                byte_offset=row["byte_offset"],
                size_bytes=len(content),
                reason_code=row["reason_code"],
                reason=row["reason"],
                record_type=row["record_type"],
                control_id=row["control_id"],
                received_at=entry.received_at,
                raw=content if raw else None,
            )
        )
        if len(records) >= limit:
            break
    return records


def replay(
    home: Home,
    *,
    sha256: str | None = None,
    source: str | None = None,
    feed: str | None = None,
    reason: str | None = None,
    to_feed: tuple[str, str] | None = None,
    sources: Sources | None = None,
) -> list[Replayed]:
    """Frame quarantined records again, with today's code and declarations.

    Of one file (``sha256``), or of all files that ``source``, ``feed`` and ``reason`` select.
    ``to_feed`` (source, feed) names the feed to which the records belong in truth, for a file that
    was dropped into another's folder. Records that have become usable move to bronze; the others
    stay. Running it again, or twice at once, changes nothing further.
    """
    declared = sources or load_sources()
    book = _Book(home)
    if sha256 is not None:
        wanted = [book.manifest.find(sha256)]
    else:
        chosen = {
            group.file_sha256 for group in list_(home, source=source, feed=feed, reason=reason)
        }
        wanted = [entry for entry in book.files() if entry.file_sha256 in chosen]
    done: list[Replayed] = []
    for entry in wanted:
        last = book.last(entry)
        target = declared.feed(*(to_feed or (last.source_system, last.feed)))
        done.append(replay_file(home, entry, target))
    return done


def replay_file(home: Home, entry: Entry, feed: Feed) -> Replayed:
    """Replay one file as of ``feed``; a problem is in the report."""
    report = Replayed(
        file_sha256=entry.file_sha256,
        file_name=entry.file_name,
        source_system=feed.source_system,
        feed=feed.feed,
    )
    try:
        book = _Book(home)
        with (
            Spool(book.bronze.spool_root()) as spool,
            Spool(book.quarantine.spool_root()) as side_spool,
        ):
            _Replay(book, entry, feed, spool=spool, side_spool=side_spool).run(report)
    except IngestError as error:
        report.message, report.is_failed = str(error), True
    except Exception as error:
        report.message, report.is_failed = describe(error), True
    return report


class _Book:
    """The manifest and its addenda, as far as quarantine is concerned."""

    def __init__(self, home: Home) -> None:
        self.bronze, self.quarantine = bronze_store(home), quarantine_store(home)
        self.manifest = Manifest(self.bronze)
        self._replays: dict[str, list[Entry]] | None = None

    def files(self) -> Iterator[Entry]:
        """Entries of files of which something was quarantined."""
        return (entry for entry in self.manifest.entries() if entry.quarantined)

    def replays(self, sha256: str) -> list[Entry]:
        """The addenda of one file."""
        if self._replays is None:
            self._replays = {}
            for entry in self.manifest.replays():
                self._replays.setdefault(entry.file_sha256, []).append(entry)
        return self._replays.get(sha256, [])

    def forget(self) -> None:
        """Read the addenda anew at the next question."""
        self._replays = None

    def last(self, entry: Entry) -> Entry:
        """The newest addendum of a file, or its entry."""
        return (self.replays(entry.file_sha256) or [entry])[-1]

    def outstanding(
        self, entry: Entry, columns: list[str], *, record_index: int | None = None
    ) -> Iterator[tuple[int, dict[str, Any]]]:
        """The quarantined records of a file that no replay has taken out, each with the number of
        the replay that put it there (0: the landing)."""
        parts = [entry, *self.replays(entry.file_sha256)]
        for number, part in enumerate(parts):
            if part.quarantine_path is None:
                continue
            gone = {index for later in parts[number + 1 :] for index in indexes_of(later)}
            with self.quarantine.open(part.quarantine_path) as stream:
                file = pq.ParquetFile(stream)
                for batch in file.iter_batches(1024, columns=["record_index", *columns]):
                    for row in batch.to_pylist():
                        index = row["record_index"]
                        if index not in gone and record_index in (None, index):
                            yield number, row


@dataclass(frozen=True, slots=True)
class _Held:
    """A record that is in quarantine now, as bytes of the file."""

    index: int
    lead_start: int
    start: int
    end: int
    reason_code: str


class _Decision:
    """Which records of the new framing move, and under which index."""

    def __init__(self, held: list[_Held], *, last_index: int) -> None:
        self.held = held
        self.last_index = last_index
        #: byte offset → (record index, reason for which its bytes were quarantined)
        self.moves: dict[int, tuple[int, str]] = {}
        self.superseded: list[_Held] = []
        # Neighbours join into spans: a record of the new framing may cross their borders.
        self._starts: list[int] = []
        self._ends: list[int] = []
        for record in sorted(held, key=lambda each: (each.start, each.end)):
            if self._ends and record.lead_start <= self._ends[-1]:
                self._ends[-1] = max(self._ends[-1], record.end)
            else:
                self._starts.append(record.lead_start)
                self._ends.append(record.end)
        self._found: list[tuple[int, int, bool]] = []

    def take(self, offset: int, length: int, *, is_good: bool) -> None:
        """A record of the new framing, in the order of the file."""
        at = bisect_right(self._starts, offset) - 1
        if at >= 0 and offset + length <= self._ends[at]:
            self._found.append((offset, offset + length, is_good))

    def decide(self) -> None:
        """Fill ``moves`` and ``superseded``: old and new records that overlap are taken up
        together, where one of the new is good."""
        both: list[tuple[int, int, _Held | bool]] = [
            *((record.start, record.end, record) for record in self.held),
            *self._found,
        ]
        both.sort(key=lambda each: each[:2])
        group: list[tuple[int, int, _Held | bool]] = []
        reach = 0
        for each in both:
            if group and each[0] >= reach and each[0] != group[0][0]:
                self._decide_group(group)
                group = []
            reach = max(reach, each[1]) if group else each[1]
            group.append(each)
        self._decide_group(group)

    def _decide_group(self, group: list[tuple[int, int, _Held | bool]]) -> None:
        old = [each for _, _, each in group if isinstance(each, _Held)]
        if not old or not any(each is True for _, _, each in group):
            return
        self.superseded += old
        free = {record.start: record.index for record in old}
        reason_code = old[0].reason_code
        for start, _, each in group:
            if isinstance(each, _Held):
                reason_code = each.reason_code
                continue
            index = free.pop(start, None)
            if index is None:
                self.last_index += 1
                index = self.last_index
            self.moves[start] = (index, reason_code)


class _Replay:
    """The replay of one file, as one addendum."""

    def __init__(
        self, book: _Book, entry: Entry, feed: Feed, *, spool: Spool, side_spool: Spool
    ) -> None:
        self.book = book
        self.entry = entry
        self.feed = feed
        self.spool = spool
        self.side_spool = side_spool

    def run(self, report: Replayed) -> None:
        """Replay, again from the start where another replay of the file came first."""
        with tempfile.NamedTemporaryFile(dir=self.spool.path) as copy:
            for piece in rebuild(
                self.entry, bronze=self.book.bronze, quarantine=self.book.quarantine
            ):
                copy.write(piece)
            for _ in range(100):
                if self._attempt(cast(BinaryIO, copy), report):
                    return
                self.book.forget()
        raise BronzeError("other replays of this file kept coming first; try again")

    def _attempt(self, copy: BinaryIO, report: Replayed) -> bool:
        entry, book = self.entry, self.book
        parts = [entry, *book.replays(entry.file_sha256)]
        held = self._held(everything=False)
        if not held:
            report.message = "nothing of it is in quarantine"
            return True
        format = self.feed.format or format_of(copy, name=entry.file_name)
        framing = self._framing(copy, format)
        if framing.is_container and not any(part.landed for part in parts):
            # What was refused is the container, whose bytes are not those of its members.
            held = self._held(everything=True)
        decision = _Decision(held, last_index=parts[-1].last_record_index)
        for framed in framing:
            rows = framed.rows
            for offset, length, code in zip(
                rows.column("byte_offset").to_pylist(),
                record_lengths(rows).to_pylist(),
                rows.column("reason_code").to_pylist(),
                strict=True,
            ):
                decision.take(offset, length, is_good=code is None)
        decision.decide()
        report.still_quarantined = len(held)
        if not decision.superseded:
            report.message = "its records still cannot be used"
            return True
        return self._commit(copy, format, decision, number=len(parts), report=report)

    def _held(self, *, everything: bool) -> list[_Held]:
        held = []
        columns = ["byte_offset", "lead", "raw", "reason_code"]
        for _, row in self.book.outstanding(self.entry, columns):
            start = row["byte_offset"]
            held.append(
                _Held(
                    index=row["record_index"],
                    lead_start=0 if everything else start - len(row["lead"] or b""),
                    start=0 if everything else start,
                    end=2**62 if everything else start + len(row["raw"] or b""),
                    reason_code=row["reason_code"],
                )
            )
        return held

    def _framing(self, copy: BinaryIO, format: str) -> FileFraming:
        return FileFraming(
            copy, name=self.entry.file_name, format=format, options=self.feed.options()
        )

    def _commit(
        self,
        copy: BinaryIO,
        format: str,
        decision: _Decision,
        *,
        number: int,
        report: Replayed,
    ) -> bool:
        entry, book = self.entry, self.book
        source_system, feed = self.feed.source_system, self.feed.feed or format
        key = f"{entry.file_sha256}.replay-{number}"
        path = f"{source_system}/{feed}/received_date={entry.received_at[:10]}/{key}.parquet"
        now = time_text(datetime.now(UTC))
        pending = book.manifest.begin(
            Pending(
                file_sha256=key,
                attempt=0,
                fingerprint=fingerprint(source_system, feed, format, self.feed.options()),
                file_name=entry.file_name,
                received_at=now,
                batch_id=f"replay-{uuid.uuid4().hex[:8]}",
                bronze_path=path,
                quarantine_path=path,
            )
        )
        addendum = Entry(
            kind="replay",
            replay=number,
            replayed_at=pending.received_at,
            file_sha256=entry.file_sha256,
            file_name=entry.file_name,
            source_system=source_system,
            feed=feed,
            format=format,
            size_bytes=0,
            file_mtime=entry.file_mtime,
            received_at=entry.received_at,
            batch_id=pending.batch_id,
            records_in=0,
            landed=0,
            quarantined=0,
            last_record_index=decision.last_index,
            superseded=_ranges([record.index for record in decision.superseded]),
            superseded_records=len(decision.superseded),
            superseded_reasons=dict(
                sorted(Counter(record.reason_code for record in decision.superseded).items())
            ),
        )
        with book.bronze.hold(pending.name):
            if book.bronze.exists(addendum.name):
                committed = Entry.from_bytes(book.bronze.read(addendum.name), name=addendum.name)
                book.manifest.finish(pending, committed, quarantine=book.quarantine)
                return False
            self._write(copy, format, decision, addendum, pending)
            is_first = book.manifest.commit(addendum)
            committed = Entry.from_bytes(book.bronze.read(addendum.name), name=addendum.name)
            book.manifest.finish(pending, committed, quarantine=book.quarantine)
        if not is_first:
            return False
        report.superseded = addendum.superseded_records
        report.reasons = addendum.superseded_reasons
        report.landed = addendum.landed
        report.still_quarantined += addendum.quarantined - addendum.superseded_records
        return True

    def _write(
        self,
        copy: BinaryIO,
        format: str,
        decision: _Decision,
        addendum: Entry,
        pending: Pending,
    ) -> None:
        book = self.book
        replayed_at = parse_time(pending.received_at)
        provenance = Provenance(
            source_system=addendum.source_system,
            feed=addendum.feed,
            format=addendum.format,
            file_name=addendum.file_name,
            file_sha256=addendum.file_sha256,
            received_at=parse_time(addendum.received_at),
            batch_id=addendum.batch_id,
        )
        bronze = PartWriter(self.spool.file(".parquet"), BRONZE_SCHEMA)
        quarantine = PartWriter(self.side_spool.file(".parquet"), QUARANTINE_SCHEMA)
        reasons: Counter[str] = Counter()
        landed: list[int] = []
        try:
            for framed in self._framing(copy, format):
                rows = framed.rows
                offsets = rows.column("byte_offset").to_pylist()
                codes = rows.column("reason_code").to_pylist()
                own = provenance.named(framed.member) if framed.member else provenance
                for is_good in (True, False):
                    at = [
                        position
                        for position, (offset, code) in enumerate(zip(offsets, codes, strict=True))
                        if offset in decision.moves and (code is None) == is_good
                    ]
                    if not at:
                        continue
                    chosen = rows.take(pa.array(at))
                    moves = [decision.moves[offsets[position]] for position in at]
                    given = {
                        "record_index": pa.array([index for index, _ in moves], pa.int64()),
                        "lead": pa.nulls(len(at), pa.binary()),
                    }
                    if is_good:
                        given["replayed_at"] = pa.array(
                            [replayed_at] * len(at), BRONZE_SCHEMA.field("replayed_at").type
                        )
                        given["quarantined_reason"] = pa.array([reason for _, reason in moves])
                        bronze.write(complete(chosen, BRONZE_SCHEMA, own, **given))
                        landed += [index for index, _ in moves]
                        if addendum.first_record_index is None:
                            addendum.first_record_index = moves[0][0]
                    else:
                        reasons.update(code for code in (codes[position] for position in at))
                        quarantine.write(complete(chosen, QUARANTINE_SCHEMA, own, **given))
            bronze.close()
            quarantine.close()
        except BaseException:
            bronze.abandon()
            quarantine.abandon()
            raise
        addendum.landed_ranges = _ranges(landed)
        addendum.landed, addendum.quarantined = bronze.records, quarantine.records
        addendum.records_in = bronze.records + quarantine.records
        addendum.reasons = dict(sorted(reasons.items()))
        addendum.bronze_path, addendum.bronze_sha256 = pending.bronze_path, bronze.sha256
        addendum.bronze_bytes = bronze.size
        put_same(book.bronze, pending.bronze_path, bronze.path, bronze.sha256)
        if quarantine.records:
            addendum.quarantine_path = pending.quarantine_path
            addendum.quarantine_sha256 = quarantine.sha256
            put_same(book.quarantine, pending.quarantine_path, quarantine.path, quarantine.sha256)


def _ranges(indexes: list[int]) -> list[list[int]]:
    """Sorted whole numbers as [first, last] ranges."""
    ranges: list[list[int]] = []
    for index in sorted(indexes):
        if ranges and index == ranges[-1][1] + 1:
            ranges[-1][1] = index
        else:
            ranges.append([index, index])
    return ranges
