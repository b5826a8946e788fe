"""The manifest: one JSON entry per landed file. Creating the entry is the commit of the landing.

Belongs here: what an entry says, writing one exactly once, reading them back. Also the notes that
accompany entries, which are never rewritten either:

* ``_manifest/<sha256>.json``            the entry of a file
* ``_manifest/replays/<sha256>.<n>.json`` an addendum: records that a replay took out of quarantine
* ``_manifest/duplicates/<sha256>.<…>.json`` another name under which the same bytes came
* ``_manifest/interchanges/<hash>.json`` the file in which an X12 interchange came first
* ``_pending/<sha256>[.<attempt>].json`` a landing under way: the variable values (time, batch,
  name) that everyone who works on this file uses, so that all of them write the same bytes

Does not belong here: Parquet.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa

from ingest.bronze.store import Store
from ingest.errors import BronzeError
from ingest.formats.model import FrameOptions

__all__ = [
    "Entry",
    "Manifest",
    "Pending",
    "code_version",
    "fingerprint",
    "indexes_of",
    "parse_time",
    "time_text",
]

#: An empty file, so that a glob over the folder always matches.
NONE = "_none.json"
FOLDERS = ("_manifest", "_manifest/replays", "_manifest/duplicates")


def time_text(moment: datetime) -> str:
    """ISO 8601 in UTC with microseconds and a Z, as every engine reads it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse_time(text: str) -> datetime:
    """The moment that ``time_text`` wrote."""
    return datetime.fromisoformat(text)


@cache
def code_version() -> str:
    """The version of the code that decides what bronze holds: the release and a digest of
    ``ingest/formats`` and ``ingest/bronze``, so that it changes with them and only with them."""
    room = Path(__file__).resolve().parent.parent
    digest = hashlib.sha256()
    for path in sorted([*room.glob("formats/**/*.py"), *room.glob("bronze/**/*.py")]):
        digest.update(path.relative_to(room).as_posix().encode())
        digest.update(path.read_bytes())
    try:
        release = version("wellspring")
    except PackageNotFoundError:
        release = "0"
    return f"{release}+{digest.hexdigest()[:12]}"


@dataclass(slots=True, kw_only=True)
class Entry:
    """What became of one file: ``records_in == landed + quarantined``.

    ``kind`` is ``landing`` for a file, ``replay`` for an addendum. In an addendum ``superseded``
    are the record indexes of quarantine that it takes out, ``records_in`` the records found in
    their bytes.
    """

    kind: Literal["landing", "replay"] = "landing"
    file_sha256: str
    file_name: str
    source_system: str
    feed: str
    format: str
    size_bytes: int
    file_mtime: str
    received_at: str
    batch_id: str
    records_in: int
    landed: int
    quarantined: int
    reasons: dict[str, int] = field(default_factory=dict)
    bronze_path: str | None = None
    bronze_sha256: str | None = None
    bronze_bytes: int = 0
    quarantine_path: str | None = None
    quarantine_sha256: str | None = None
    #: How the file is rebuilt: from its records and the tail, or from the original kept beside.
    rebuilt_from: Literal["records", "original"] = "records"
    original_path: str | None = None
    tail_base64: str = ""
    drift: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    framing: dict[str, str] = field(default_factory=dict)
    members: list[str] = field(default_factory=list)
    code_version: str = field(default_factory=code_version)
    duplicate_names: list[str] = field(default_factory=list)
    #: Index of the first landed record: a reader that holds it holds this entry's records.
    first_record_index: int | None = None
    #: Highest index given to a record of the file so far.
    last_record_index: int = -1
    replay: int = 0
    replayed_at: str | None = None
    #: Addendum: [first, last] ranges of the indexes of the records that it landed.
    landed_ranges: list[list[int]] = field(default_factory=list)
    #: Addendum: [first, last] ranges of quarantined record indexes that are quarantined no longer.
    superseded: list[list[int]] = field(default_factory=list)
    superseded_records: int = 0
    superseded_reasons: dict[str, int] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The entry's name in the store."""
        if self.kind == "replay":
            return f"_manifest/replays/{self.file_sha256}.{self.replay}.json"
        return f"_manifest/{self.file_sha256}.json"

    def to_bytes(self) -> bytes:
        """Canonical JSON with a digest over itself, so that a flipped byte shows."""
        body = asdict(self)
        body["entry_sha256"] = _digest(body)
        return json.dumps(body, ensure_ascii=False, sort_keys=True, indent=1).encode() + b"\n"

    @classmethod
    def from_bytes(cls, content: bytes, *, name: str) -> Entry:
        """The entry, or BronzeError where it is not what was written."""
        try:
            body = json.loads(content)
            digest = body.pop("entry_sha256")
        except (ValueError, KeyError, AttributeError, TypeError) as error:
            raise BronzeError(f"manifest entry {name} is damaged: it is not readable") from error
        if digest != _digest(body):
            raise BronzeError(f"manifest entry {name} is damaged: its digest does not fit")
        known = {item.name for item in fields(cls)}
        return cls(**{key: value for key, value in body.items() if key in known})


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """The values that every attempt to land one file, or to replay it, shares."""

    #: The file's digest; for a replay followed by ``.replay-<n>``.
    file_sha256: str
    attempt: int
    fingerprint: str
    file_name: str
    received_at: str
    batch_id: str
    bronze_path: str
    quarantine_path: str

    @classmethod
    def from_bytes(cls, content: bytes) -> Pending:
        """What another lander announced, perhaps of another version; ValueError where it is not
        readable."""
        body = json.loads(content)
        if not isinstance(body, dict):
            raise ValueError("not an announcement")
        return cls(**{item.name: body.get(item.name, "") for item in fields(cls)})

    @property
    def name(self) -> str:
        """Its name in the store."""
        suffix = f".{self.attempt}" if self.attempt else ""
        return f"_pending/{self.file_sha256}{suffix}.json"


def fingerprint(source_system: str, feed: str, format: str, options: FrameOptions) -> str:
    """Whatever decides the bytes of the Parquet, apart from the file and the announcement."""
    said = "\0".join([code_version(), pa.__version__, source_system, feed, format, repr(options)])
    return hashlib.sha256(said.encode()).hexdigest()


class Manifest:
    """The entries in a bronze store."""

    def __init__(self, store: Store) -> None:
        self.store = store

    # -- entries

    def has(self, sha256: str) -> bool:
        """Whether a file of these bytes has landed."""
        return self.store.exists(_entry_name(sha256))

    def entry(self, sha256: str) -> Entry:
        """The entry of a file; BronzeError where none has these bytes."""
        name = _entry_name(sha256)
        try:
            return Entry.from_bytes(self.store.read(name), name=name)
        except FileNotFoundError as error:
            raise BronzeError(
                f"no landed file has the digest {sha256}; `wellspring bronze list` shows them"
            ) from error

    def commit(self, entry: Entry) -> bool:
        """Create the entry; False where another lander was first."""
        return self.store.put_new(entry.name, entry.to_bytes())

    def names(self) -> list[str]:
        """The names of all entries of landed files, sorted."""
        return sorted(
            name
            for name in self.store.list("_manifest")
            if name.count("/") == 1 and name.endswith(".json") and not name.endswith(NONE)
        )

    def entries(self) -> Iterator[Entry]:
        """All entries of landed files, by digest; BronzeError at a damaged one."""
        for name in self.names():
            yield Entry.from_bytes(self.store.read(name), name=name)

    def find(self, prefix: str) -> Entry:
        """The entry whose digest begins with ``prefix`` (at least 6 characters)."""
        prefix = prefix.lower()
        if len(prefix) == 64:
            return self.entry(prefix)
        found = [name for name in self.names() if name.split("/")[1].startswith(prefix)]
        if len(prefix) < 6 or len(found) != 1:
            raise BronzeError(
                f"{len(found)} landed files have a digest beginning {prefix!r}; "
                "give more of it (`wellspring bronze list` shows them)"
            )
        return Entry.from_bytes(self.store.read(found[0]), name=found[0])

    # -- addenda

    def replays(self, sha256: str | None = None) -> list[Entry]:
        """The addenda of one file, or of all, in the order in which they were made."""
        found = [
            name
            for name in self.store.list("_manifest/replays")
            if name.endswith(".json")
            and not name.endswith(NONE)
            and (sha256 is None or name.rsplit("/", 1)[1].startswith(sha256))
        ]
        entries = [Entry.from_bytes(self.store.read(name), name=name) for name in found]
        return sorted(entries, key=lambda entry: (entry.file_sha256, entry.replay))

    # -- other names of the same bytes

    def note_duplicate(self, entry: Entry, *, file_name: str, received_at: datetime) -> bool:
        """Record that the bytes of ``entry`` came again as ``file_name``; once per name."""
        if file_name == entry.file_name:
            return False
        label = hashlib.sha256(file_name.encode("utf-8", "surrogateescape")).hexdigest()[:16]
        note = {
            "file_sha256": entry.file_sha256,
            "file_name": file_name,
            "received_at": time_text(received_at),
        }
        name = f"_manifest/duplicates/{entry.file_sha256}.{label}.json"
        if self.store.exists(name):
            return False
        return self.store.put_new(name, _dump(note))

    def duplicates(self, sha256: str) -> list[str]:
        """The other names under which these bytes came, sorted."""
        return sorted(
            json.loads(self.store.read(name))["file_name"]
            for name in self.store.list("_manifest/duplicates")
            if name.rsplit("/", 1)[1].startswith(sha256)
        )

    # -- X12 interchanges

    def first_seen(self, interchange: str, *, sha256: str) -> str:
        """The digest of the file in which the interchange came first: ``sha256`` if in none."""
        label = hashlib.sha256(interchange.encode()).hexdigest()
        name = f"_manifest/interchanges/{label}.json"
        if self.store.put_new(name, _dump({"file_sha256": sha256})):
            return sha256
        return str(json.loads(self.store.read(name))["file_sha256"])

    # -- landings under way

    def begin(self, wanted: Pending) -> Pending:
        """Announce a landing, or join the one that another lander or a crashed run began.

        An earlier attempt by other code or under another declaration would not write the same
        bytes; it is left alone under its own names, and a further attempt begins.
        """
        for attempt in range(1000):
            suffix = f".{attempt}" if attempt else ""
            mine = Pending(
                **{
                    **asdict(wanted),
                    "attempt": attempt,
                    "bronze_path": wanted.bronze_path.replace(".parquet", f"{suffix}.parquet"),
                    "quarantine_path": wanted.quarantine_path.replace(
                        ".parquet", f"{suffix}.parquet"
                    ),
                }
            )
            if self.store.put_new(mine.name, _dump(asdict(mine)), durable=False):
                return mine
            with contextlib.suppress(FileNotFoundError, ValueError):
                other = Pending.from_bytes(self.store.read(mine.name))
                if other.fingerprint == wanted.fingerprint:
                    return other
        raise BronzeError(
            f"too many unfinished attempts to land {wanted.file_sha256[:12]}; "
            "run `wellspring verify` and remove what it lists under _pending"
        )

    def pending(self, key: str | None = None) -> list[Pending]:
        """The landings and replays under way, of one key or all."""
        found = []
        for name in self.store.list("_pending"):
            if key is None or name.rsplit("/", 1)[1].startswith(key):
                with contextlib.suppress(FileNotFoundError, ValueError):
                    pending = Pending.from_bytes(self.store.read(name))
                    if key in (None, pending.file_sha256):
                        found.append(pending)
        return found

    def finish(self, mine: Pending, committed: Entry, *, quarantine: Store) -> None:
        """Withdraw an announcement once its key has an entry, and remove what it made in vain."""
        if mine.bronze_path != committed.bronze_path:
            self.store.delete(mine.bronze_path)
        if mine.quarantine_path != committed.quarantine_path:
            quarantine.delete(mine.quarantine_path)
        self.store.delete(mine.name)
        if mine.attempt:
            self.tidy(quarantine=quarantine, key=mine.file_sha256)

    def tidy(self, *, quarantine: Store, key: str | None = None) -> None:
        """Withdraw the announcements whose work is done, of landers that died before they could.

        Nobody can commit under a key that has an entry, so what such an announcement names and the
        entry does not is nobody's. A lander that is alive tidies up after itself; on an object
        store, where that cannot be told, whoever is first does it, and what the other creates
        afterwards the other removes.
        """
        for pending in self.pending(key):
            sha256, _, replay = pending.file_sha256.partition(".replay-")
            name = f"_manifest/replays/{sha256}.{replay}.json" if replay else _entry_name(sha256)
            if not self.store.exists(name):
                continue
            with self.store.hold(pending.name, wait=False) as is_free:
                if is_free:
                    entry = Entry.from_bytes(self.store.read(name), name=name)
                    self.finish(pending, entry, quarantine=quarantine)


def indexes_of(addendum: Entry) -> Iterator[int]:
    """The record indexes that an addendum takes out of quarantine."""
    for first, last in addendum.superseded:
        yield from range(first, last + 1)


def _entry_name(sha256: str) -> str:
    return f"_manifest/{sha256}.json"


def _dump(body: dict[str, Any]) -> bytes:
    return json.dumps(body, ensure_ascii=False, sort_keys=True).encode() + b"\n"


def _digest(body: dict[str, Any]) -> str:
    return hashlib.sha256(
        json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    ).hexdigest()
