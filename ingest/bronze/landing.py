"""Landing: files become bronze and quarantine exactly once, whatever happens on the way.

Belongs here: the order of steps. Does not belong here: finding files (``intake.py``) or records
(``ingest/formats``), columns (``writer.py``), names that never change (``store.py``).

One file goes through these steps, and may stop after any of them, in any number of processes:

1. hash it; an entry of that digest in the manifest means that it has landed;
2. announce it (``_pending``), or join whoever announced it first: the time, the batch and the name
   come from the announcement, so everyone who works on the file writes the same bytes;
3. frame it into temporary Parquet, proving on the way that lead, records and tail give back the
   digest of step 1 (else the original itself is kept beside its records);
4. create the Parquet under its final name, unless it is there already;
5. create the manifest entry: the commit. Until then readers see nothing of the file;
6. withdraw the announcement, archive or delete the original.
"""

from __future__ import annotations

import base64
import hashlib
import io
import os
import shutil
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, Literal

from ingest.bronze.framing import FileFraming, format_of
from ingest.bronze.intake import (
    UNASSIGNED,
    Candidate,
    Stamp,
    digest_of,
    dispose,
    find_candidates,
    open_complete,
    recover_taken,
)
from ingest.bronze.manifest import Entry, Manifest, Pending, fingerprint, parse_time, time_text
from ingest.bronze.quarantine import replay_file
from ingest.bronze.store import Spool, Store, bronze_store, put_same, quarantine_store
from ingest.bronze.writer import Provenance, RecordWriter
from ingest.errors import BronzeError, StillBeingWrittenError, describe
from ingest.formats import FrameOptions
from ingest.home import Home
from ingest.sources import Feed, Sources, load_sources

__all__ = ["FileReport", "LandReport", "Progress", "land"]

Outcome = Literal["landed", "already_landed", "quarantined", "failed", "skipped"]
#: ``quarantined``: nothing of the file could be used. ``skipped``: not complete yet, or gone.
OUTCOMES: tuple[Outcome, ...] = ("landed", "already_landed", "quarantined", "failed", "skipped")

#: Files up to this size are read into memory once; they are framed several at a time.
SMALL_BYTES = 8 * 1024 * 1024
WORKERS = 4


@dataclass(slots=True, kw_only=True)
class FileReport:
    """What became of one file in this run."""

    file_name: str
    outcome: Outcome
    source_system: str = ""
    feed: str = ""
    format: str = ""
    file_sha256: str = ""
    size_bytes: int = 0
    records_in: int = 0
    landed: int = 0
    quarantined: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    drift: list[str] = field(default_factory=list)
    #: Why it was skipped or failed, or the name under which it had landed.
    message: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is."""

    files_done: int
    files: int
    bytes_done: int
    bytes: int
    last: FileReport | None = None


@dataclass(slots=True, kw_only=True)
class LandReport:
    """What one call of ``land`` did; counts are of this run, not of what had landed before."""

    batch_id: str
    started_at: str
    seconds: float = 0.0
    files: list[FileReport] = field(default_factory=list)

    def count(self, outcome: Outcome) -> int:
        """Files of that outcome."""
        return sum(1 for file in self.files if file.outcome == outcome)

    @property
    def records_in(self) -> int:
        """Records found in files that landed in this run."""
        return sum(file.records_in for file in self.files)

    @property
    def landed(self) -> int:
        """Records in bronze."""
        return sum(file.landed for file in self.files)

    @property
    def quarantined(self) -> int:
        """Records in quarantine."""
        return sum(file.quarantined for file in self.files)

    @property
    def reasons(self) -> dict[str, int]:
        """Reason code → records."""
        total: Counter[str] = Counter()
        for file in self.files:
            total.update(file.reasons)
        return dict(total.most_common())

    @property
    def exit_code(self) -> int:
        """0: done, single records may be in quarantine; 3: done, but a file could not be used as a
        whole; 1: a file could not be read or written, and is where it was."""
        if self.count("failed"):
            return 1
        return 3 if self.count("quarantined") else 0

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "batch_id": self.batch_id,
            "started_at": self.started_at,
            "seconds": round(self.seconds, 3),
            "records_in": self.records_in,
            "landed": self.landed,
            "quarantined": self.quarantined,
            "reasons": self.reasons,
            "outcomes": {outcome: self.count(outcome) for outcome in OUTCOMES},
            "files": [asdict(file) for file in self.files],
        }


def land(
    *,
    home: Home,
    paths: list[Path] | None = None,
    source: str | None = None,
    feed: str | None = None,
    received_at: datetime | Literal["clock", "mtime"] = "clock",
    sources: Sources | None = None,
    on_progress: Callable[[Progress], None] | None = None,
) -> LandReport:
    """Land every file under ``paths`` (default: the landing folder) that has not landed yet.

    ``source`` and ``feed`` name the feed of files that lie outside the landing folder; a feed that
    is not declared takes its format from each file, and its name from the file's folder or format.
    ``received_at`` is the time of landing, the file's own modification time, or a given moment.

    A problem with one file does not keep the others from landing: it is in the report. Raises
    SourcesError or BronzeError where nothing can be done at all.
    """
    started = time.monotonic()
    now = datetime.now(UTC)
    report = LandReport(
        batch_id=f"{now:%Y%m%dT%H%M%SZ}-{uuid.uuid4().hex[:8]}", started_at=time_text(now)
    )
    declared = sources or load_sources()
    recover_taken(home)
    candidates = find_candidates(home, paths=paths, source=source, feed=feed, sources=declared)
    bronze, quarantine = bronze_store(home), quarantine_store(home)
    try:
        with Spool(bronze.spool_root()) as spool, Spool(quarantine.spool_root()) as side_spool:
            Manifest(bronze).tidy(quarantine=quarantine)
            lander = _Lander(
                home=home,
                bronze=bronze,
                quarantine=quarantine,
                spool=spool,
                side_spool=side_spool,
                batch_id=report.batch_id,
                received_at=received_at,
            )
            report.files = _run(lander, candidates, on_progress)
    except OSError as error:
        raise BronzeError(
            f"{error.filename or bronze.url} cannot be written ({error.strerror}); nothing was "
            "moved. Free space or correct the permissions, then run `wellspring land` again."
        ) from error
    report.seconds = time.monotonic() - started
    return report


def _run(
    lander: _Lander,
    candidates: list[Candidate],
    on_progress: Callable[[Progress], None] | None,
) -> list[FileReport]:
    sizes = {candidate.path: _size(candidate.path) for candidate in candidates}
    total, done_bytes = sum(sizes.values()), 0
    # The youngest files come last: by then they have had their time to settle.
    waiting = sorted(candidates, key=lambda candidate: _modified(candidate.path))
    reports: list[FileReport] = []

    def tell(report: FileReport | None) -> None:
        if on_progress is not None:
            on_progress(Progress(len(reports), len(candidates), done_bytes, total, report))

    tell(None)
    under_way: dict[Future[FileReport], Candidate] = {}
    with ThreadPoolExecutor(WORKERS, thread_name_prefix="land") as pool:
        try:
            while waiting or under_way:
                while waiting and len(under_way) < 2 * WORKERS:
                    candidate = waiting.pop(0)
                    under_way[pool.submit(lander.land, candidate)] = candidate
                finished, _ = wait(under_way, return_when=FIRST_COMPLETED)
                for future in finished:
                    candidate = under_way.pop(future)
                    done_bytes += sizes[candidate.path]
                    reports.append(future.result())
                    tell(reports[-1])
        except BaseException:
            for future in under_way:
                future.cancel()
            raise
    return sorted(reports, key=lambda report: report.file_name)


class _Lander:
    """One run: the stores, the temporary folders, the batch."""

    def __init__(
        self,
        *,
        home: Home,
        bronze: Store,
        quarantine: Store,
        spool: Spool,
        side_spool: Spool,
        batch_id: str,
        received_at: datetime | Literal["clock", "mtime"],
    ) -> None:
        self.home = home
        self.bronze = bronze
        self.quarantine = quarantine
        self.manifest = Manifest(bronze)
        self.spool = spool
        self.side_spool = side_spool
        self.batch_id = batch_id
        self.received_at = received_at
        self._large = threading.Lock()  # one large file at a time bounds memory

    def land(self, candidate: Candidate) -> FileReport:
        """Land one file; every problem with it is in the report."""
        report = FileReport(file_name=candidate.file_name, outcome="skipped")
        if candidate.feed is not None:
            report.source_system, report.feed = candidate.feed.source_system, candidate.feed.feed
        if candidate.fault is not None:
            report.outcome, report.message = "failed", candidate.fault
            return report
        if candidate.skip is not None:
            report.message = candidate.skip
            return report
        try:
            self._land(candidate, report)
        except StillBeingWrittenError as error:
            report.outcome, report.message = "skipped", str(error)
        except FileNotFoundError:
            report.outcome, report.message = "skipped", "it is gone: another run took it"
        except Exception as error:
            report.outcome = "failed"
            report.message = f"{describe(error)}; the file is where it was"
        return report

    def _land(self, candidate: Candidate, report: FileReport) -> None:
        settle = _settle_seconds(candidate.feed)
        with open_complete(candidate.path, settle_seconds=settle) as (stream, stamp):
            report.size_bytes = stamp.size
            if stamp.size <= SMALL_BYTES:
                content = stream.read(SMALL_BYTES + 1)
                if len(content) != stamp.size:
                    raise StillBeingWrittenError(_CHANGED)
                report.file_sha256 = hashlib.sha256(content).hexdigest()
                outcome = self._land_once(candidate, report, stamp, io.BytesIO(content))
            else:
                with self._large:
                    report.file_sha256 = digest_of(stream)
                    stream.seek(0)
                    outcome = self._land_once(candidate, report, stamp, stream)
        report.outcome = outcome
        how = candidate.feed.after_landing if candidate.feed is not None else "keep"
        problem = dispose(
            candidate, stamp=stamp, sha256=report.file_sha256, how=how, home=self.home
        )
        if problem is not None:
            report.warnings.append(problem)

    def _land_once(
        self, candidate: Candidate, report: FileReport, stamp: Stamp, stream: BinaryIO
    ) -> Outcome:
        sha256 = report.file_sha256
        if self.manifest.has(sha256):
            return self._already(candidate, report)
        feed = candidate.feed
        format = (feed.format if feed else None) or format_of(stream, name=candidate.path.name)
        options = feed.options() if feed else FrameOptions()
        source_system = feed.source_system if feed else UNASSIGNED
        feed_name = (feed.feed if feed else "") or (format if feed else UNASSIGNED)
        moment = self._moment(stamp)
        folder = f"{source_system}/{feed_name}/received_date={moment:%Y-%m-%d}"
        pending = self.manifest.begin(
            Pending(
                file_sha256=sha256,
                attempt=0,
                fingerprint=fingerprint(source_system, feed_name, format, options),
                file_name=candidate.file_name,
                received_at=time_text(moment),
                batch_id=self.batch_id,
                bronze_path=f"{folder}/{sha256}.parquet",
                quarantine_path=f"{folder}/{sha256}.parquet",
            )
        )
        with self.bronze.hold(pending.name):
            # Whoever committed before the announcement above is seen here.
            if self.manifest.has(sha256):
                self.manifest.finish(
                    pending, self.manifest.entry(sha256), quarantine=self.quarantine
                )
                return self._already(candidate, report)
            entry = Entry(
                file_sha256=sha256,
                file_name=pending.file_name,
                source_system=source_system,
                feed=feed_name,
                format=format,
                size_bytes=stamp.size,
                file_mtime=time_text(stamp.modified_at),
                received_at=pending.received_at,
                batch_id=pending.batch_id,
                records_in=0,
                landed=0,
                quarantined=0,
            )
            refuse = None if feed else "unassigned-file"
            self._write(entry, stream, options=options, pending=pending, refuse=refuse)
            if not self.manifest.commit(entry):
                self.manifest.finish(
                    pending, self.manifest.entry(sha256), quarantine=self.quarantine
                )
                return self._already(candidate, report)
            self.manifest.finish(pending, entry, quarantine=self.quarantine)
        if pending.file_name != candidate.file_name:
            self._note_duplicate(entry, candidate)
        report.source_system, report.feed, report.format = source_system, feed_name, format
        report.records_in, report.landed = entry.records_in, entry.landed
        report.quarantined, report.reasons = entry.quarantined, entry.reasons
        report.warnings, report.drift = list(entry.warnings), list(entry.drift)
        return "quarantined" if entry.quarantined and not entry.landed else "landed"

    def _already(self, candidate: Candidate, report: FileReport) -> Outcome:
        entry = self.manifest.entry(report.file_sha256)
        report.source_system, report.feed = entry.source_system, entry.feed
        report.format = entry.format
        self._note_duplicate(entry, candidate)
        feed = candidate.feed
        if (
            feed is not None
            and feed.feed
            and not entry.landed
            and (feed.source_system, feed.feed) != (entry.source_system, entry.feed)
            and not self.manifest.replays(entry.file_sha256)
        ):
            # It came to the wrong place before, nothing of it could be used, and here it is again.
            replayed = replay_file(self.home, entry, feed)
            if replayed.landed:
                report.source_system, report.feed = replayed.source_system, replayed.feed
                report.records_in = report.landed = replayed.landed
                report.message = f"taken out of quarantine, where it was as {entry.file_name}"
                return "landed"
        report.message = f"landed before as {entry.file_name}"
        if entry.quarantined and not entry.landed:
            report.message += (
                "; if it was not usable then and is now: "
                f"wellspring quarantine replay {entry.file_sha256[:12]}"
            )
        return "already_landed"

    def _note_duplicate(self, entry: Entry, candidate: Candidate) -> None:
        self.manifest.note_duplicate(
            entry, file_name=candidate.file_name, received_at=datetime.now(UTC)
        )

    def _write(
        self,
        entry: Entry,
        stream: BinaryIO,
        *,
        options: FrameOptions,
        pending: Pending,
        refuse: str | None,
    ) -> None:
        """Steps 3 and 4: the Parquet files and what the entry says of them."""
        provenance = Provenance(
            source_system=entry.source_system,
            feed=entry.feed,
            format=entry.format,
            file_name=entry.file_name,
            file_sha256=entry.file_sha256,
            received_at=parse_time(entry.received_at),
            batch_id=entry.batch_id,
        )
        framing = FileFraming(
            stream, name=entry.file_name, format=entry.format, options=options, refuse=refuse
        )
        with RecordWriter(
            bronze=self.spool.file(".parquet"),
            quarantine=self.side_spool.file(".parquet"),
            provenance=provenance,
            threaded=entry.size_bytes > SMALL_BYTES,
            rebuild=not framing.is_container,
        ) as writer:
            for framed in framing:
                writer.write(framed.rows, file_name=framed.member)
            result = framing.result
            writer.close(tail=result.tail)
        entry.records_in = writer.records_in
        entry.landed = writer.bronze.records
        entry.quarantined = writer.quarantine.records
        entry.reasons = dict(sorted(writer.reasons.items()))
        entry.first_record_index = writer.first_record_index
        entry.last_record_index = writer.records_in - 1
        entry.drift = list(result.drift)
        entry.warnings = list(result.warnings)
        entry.framing = dict(result.framing)
        entry.members = list(framing.members)
        if writer.rebuilt_sha256 == entry.file_sha256:
            entry.tail_base64 = base64.b64encode(result.tail).decode()
        else:
            self._keep_original(entry, stream)
        for interchange in dict.fromkeys(result.interchanges):
            first = self.manifest.first_seen(interchange, sha256=entry.file_sha256)
            if first != entry.file_sha256:
                entry.warnings.append(f"an interchange of this file came before in {first[:12]}")
        if entry.landed:
            entry.bronze_path = pending.bronze_path
            entry.bronze_sha256, entry.bronze_bytes = writer.bronze.sha256, writer.bronze.size
            put_same(self.bronze, pending.bronze_path, writer.bronze.path, entry.bronze_sha256)
        if entry.quarantined:
            entry.quarantine_path = pending.quarantine_path
            entry.quarantine_sha256 = writer.quarantine.sha256
            put_same(
                self.quarantine,
                pending.quarantine_path,
                writer.quarantine.path,
                entry.quarantine_sha256,
            )

    def _keep_original(self, entry: Entry, stream: BinaryIO) -> None:
        """The file itself, for what its records alone do not give back (a compressed file)."""
        stream.seek(0)
        copy = self.spool.file(".original")
        with copy.open("xb") as out:
            shutil.copyfileobj(stream, out, 1024 * 1024)
        with copy.open("rb") as written:
            if digest_of(written) != entry.file_sha256:
                raise StillBeingWrittenError(_CHANGED)
        entry.rebuilt_from = "original"
        entry.original_path = f"_originals/{entry.file_sha256}"
        put_same(self.bronze, entry.original_path, copy, entry.file_sha256)

    def _moment(self, stamp: Stamp) -> datetime:
        if isinstance(self.received_at, datetime):
            moment = self.received_at
            return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        return stamp.modified_at if self.received_at == "mtime" else datetime.now(UTC)


_CHANGED = "it changed while it was read; the next run lands it"


def _settle_seconds(feed: Feed | None) -> float:
    override = os.environ.get("WELLSPRING_SETTLE_SECONDS")
    if override:
        return float(override)
    return feed.settle_seconds if feed is not None else 1.0


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _modified(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
