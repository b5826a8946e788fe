"""Does bronze still hold what it was given? Every byte is read and compared with the manifest.

Belongs here: finding what is damaged, missing or left over. Does not belong here: repairing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ingest.bronze.export import rebuild
from ingest.bronze.intake import digest_of
from ingest.bronze.manifest import NONE, Entry, Manifest, indexes_of
from ingest.bronze.registry import EMPTY
from ingest.bronze.store import Store, bronze_store, quarantine_store
from ingest.errors import BronzeError, describe
from ingest.home import Home

__all__ = ["Problem", "VerifyReport", "verify"]


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is not as the manifest says, and what to do."""

    kind: str
    name: str
    detail: str


@dataclass(slots=True)
class VerifyReport:
    """What ``verify`` found."""

    files: int = 0
    records: int = 0
    landed: int = 0
    quarantined: int = 0
    replayed: int = 0
    bytes: int = 0
    unfinished: int = 0
    problems: list[Problem] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        """1 where there are problems."""
        return 1 if self.problems else 0

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def verify(
    home: Home,
    *,
    rebuild_files: bool = True,
    on_progress: Callable[[int, int], None] | None = None,
) -> VerifyReport:
    """Compare bronze and quarantine with the manifest.

    For every file: the digests of its Parquet files are those of its entry, their records are as
    many as it says, records in = landed + quarantined, and (``rebuild_files``) records and tail
    give back the bytes that came. For every replay: the same of its own files, and that what it
    took out of quarantine was there. Besides: no Parquet file without an entry.
    """
    check = _Check(home)
    names = check.manifest.names()
    for done, name in enumerate(names):
        check.landing(name, rebuild_files=rebuild_files)
        if on_progress is not None:
            on_progress(done + 1, len(names))
    check.replays()
    check.left_over()
    return check.report


class _Check:
    def __init__(self, home: Home) -> None:
        self.bronze, self.quarantine = bronze_store(home), quarantine_store(home)
        self.manifest = Manifest(self.bronze)
        self.report = VerifyReport()
        self.known: dict[str, set[str]] = {"bronze": set(), "quarantine": set()}
        self.entries: dict[str, Entry] = {}

    def problem(self, kind: str, name: str, detail: str) -> None:
        self.report.problems.append(Problem(kind, name, detail))

    def read_entry(self, name: str) -> Entry | None:
        try:
            entry = Entry.from_bytes(self.bronze.read(name), name=name)
        except (BronzeError, OSError) as error:
            self.problem("damaged-manifest", name, describe(error))
            return None
        if entry.name != name:
            self.problem("damaged-manifest", name, f"it is the entry of {entry.name}")
            return None
        return entry

    def landing(self, name: str, *, rebuild_files: bool) -> None:
        self.report.files += 1
        entry = self.read_entry(name)
        if entry is None:
            self.spare(name)
            return
        self.entries[entry.file_sha256] = entry
        self.report.records += entry.records_in
        self.report.landed += entry.landed
        self.report.quarantined += entry.quarantined
        self.report.bytes += entry.size_bytes
        found = len(self.report.problems)
        self.counts(entry)
        self.parts(entry)
        if entry.original_path is not None:
            self.digest(
                self.bronze, entry.original_path, entry.file_sha256, kind="damaged-original"
            )
        if rebuild_files and len(self.report.problems) == found:
            self.rebuilt(entry)

    def counts(self, entry: Entry) -> None:
        if entry.records_in != entry.landed + entry.quarantined:
            self.problem(
                "does-not-reconcile",
                entry.name,
                f"{entry.records_in} records in, but {entry.landed} landed and "
                f"{entry.quarantined} quarantined",
            )
        if sum(entry.reasons.values()) != entry.quarantined:
            self.problem(
                "does-not-reconcile",
                entry.name,
                f"{entry.quarantined} quarantined, but reasons for {sum(entry.reasons.values())}",
            )

    def parts(self, entry: Entry) -> None:
        for store, kind, path, sha256, records in (
            (self.bronze, "bronze", entry.bronze_path, entry.bronze_sha256, entry.landed),
            (
                self.quarantine,
                "quarantine",
                entry.quarantine_path,
                entry.quarantine_sha256,
                entry.quarantined,
            ),
        ):
            if path is None:
                if records:
                    self.problem(
                        "does-not-reconcile", entry.name, f"{records} records, but no {kind} file"
                    )
                continue
            self.known[kind].add(path)
            if not self.digest(store, path, sha256, kind=f"damaged-{kind}"):
                continue
            with store.open(path) as stream:
                there = pq.ParquetFile(stream).metadata.num_rows
            if there != records:
                self.problem(
                    "does-not-reconcile",
                    path,
                    f"it holds {there} records, the manifest says {records}",
                )

    def digest(self, store: Store, path: str, expected: str | None, *, kind: str) -> bool:
        try:
            with store.open(path) as stream:
                found = digest_of(stream)
        except FileNotFoundError:
            self.problem(
                kind.replace("damaged", "missing"),
                path,
                "the manifest names it, but it is not there; restore it from a copy, or remove "
                "the entry and land the original again",
            )
            return False
        except OSError as error:
            self.problem(kind, path, f"it cannot be read ({error.strerror})")
            return False
        if found != expected:
            self.problem(
                kind,
                path,
                f"its digest is {found[:12]}, the manifest says {(expected or '')[:12]}; restore "
                "it from a copy, or remove it and its entry and land the original again",
            )
            return False
        return True

    def rebuilt(self, entry: Entry) -> None:
        digest = hashlib.sha256()
        try:
            for piece in rebuild(entry, bronze=self.bronze, quarantine=self.quarantine):
                digest.update(piece)
        except Exception as error:
            self.problem("does-not-rebuild", entry.name, describe(error))
            return
        if digest.hexdigest() != entry.file_sha256:
            self.problem(
                "does-not-rebuild", entry.name, "its records do not give back the bytes that came"
            )

    def replays(self) -> None:
        held: dict[str, set[int]] = {}
        names = [name for name in self.bronze.list("_manifest/replays") if not name.endswith(NONE)]
        for name in sorted(names, key=_replay_order):
            entry = self.read_entry(name)
            if entry is None:
                self.spare(name)
                continue
            self.counts(entry)
            self.parts(entry)
            self.report.replayed += entry.landed
            self.report.landed += entry.landed
            self.report.quarantined += entry.quarantined - entry.superseded_records
            self.report.records += entry.records_in - entry.superseded_records
            landing = self.entries.get(entry.file_sha256)
            if landing is None:
                self.problem("orphan", name, "a replay of a file that has no entry")
                continue
            if entry.file_sha256 not in held:
                held[entry.file_sha256] = self.quarantined_indexes(landing)
            taken = set(indexes_of(entry))
            if len(taken) != entry.superseded_records or not taken <= held[entry.file_sha256]:
                self.problem(
                    "does-not-reconcile",
                    name,
                    "it takes records out of quarantine that are not there, or not any more",
                )
            held[entry.file_sha256] -= taken
            held[entry.file_sha256] |= self.quarantined_indexes(entry)

    def quarantined_indexes(self, entry: Entry) -> set[int]:
        if entry.quarantine_path is None:
            return set()
        try:
            with self.quarantine.open(entry.quarantine_path) as stream:
                table = pq.read_table(stream, columns=["record_index"])
        except (OSError, pa.ArrowException):
            return set()  # told already
        return set(table.column(0).to_pylist())

    def spare(self, name: str) -> None:
        """What a damaged entry names is not an orphan for that."""
        sha256 = name.rsplit("/", 1)[1][:64]
        for known in self.known.values():
            known.add(f"*{sha256}")

    def left_over(self) -> None:
        pending = self.manifest.pending()
        self.report.unfinished = len(pending)
        under_way = {
            "bronze": {each.bronze_path for each in pending},
            "quarantine": {each.quarantine_path for each in pending},
        }
        for kind, store in (("bronze", self.bronze), ("quarantine", self.quarantine)):
            for name in sorted(store.list("")):
                if not name.endswith(".parquet") or name.startswith(("_", ".")):
                    continue
                last = name.rsplit("/", 1)[1]
                if (
                    last == EMPTY
                    or name in self.known[kind]
                    or name in under_way[kind]
                    or f"*{last[:64]}" in self.known[kind]
                ):
                    continue
                self.problem(
                    "orphan",
                    f"{kind}/{name}",
                    "no manifest entry names it: restore the entry from a copy, or remove the "
                    "file and land the original again",
                )


def _replay_order(name: str) -> tuple[str, int]:
    sha256, number, _ = name.rsplit("/", 1)[1].split(".")
    return sha256, int(number)
