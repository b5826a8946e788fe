"""The declared feeds: which system sends what, in which form, when, and who answers for it.

Belongs here: reading and checking ``sources.yml``, and finding the feed of a file. A new system or
feed is an entry in that file, never Python. Does not belong here: reading the files themselves.
"""

from __future__ import annotations

import difflib
import fnmatch
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, Literal, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml

from ingest.errors import SourcesError
from ingest.formats.model import FORMATS, Column, FrameOptions

__all__ = ["Arrival", "Feed", "Source", "Sources", "Volume", "load_sources", "slug"]

DEFAULT_FILE = Path(__file__).with_name("sources.yml")
AFTER_LANDING = ("archive", "delete", "keep")
EVERY = ("hour", "day", "week", "month", "quarter", "year", "irregular")

_NAME = re.compile(r"[a-z0-9][a-z0-9_]*")
_COMPRESSED = (".gz", ".zip")


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """When files are expected: once ``every`` period, ``by`` local time, late after ``grace``.

    ``irregular``: whenever there is something to say; never late.
    """

    every: str = "day"
    by: str = "06:00"
    grace_hours: float = 24.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """How many records a period is expected to bring; None = no expectation."""

    min_records: int | None = None
    max_records: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """One kind of file of one source system."""

    source_system: str
    feed: str
    #: None for a feed that is not declared: the format is found from each file.
    format: str | None
    description: str = ""
    patterns: tuple[str, ...] = ()
    time_zone: str = "UTC"
    owner: str = ""
    #: What this feed is the authority on, in the words of silver ("encounter", "immunization");
    #: "identity": its own person numbers are never merged with each other; "subject": a Bundle
    #: with one Patient is that patient's record, whatever its references say.
    authoritative: tuple[str, ...] = ()
    arrival: Arrival = field(default_factory=Arrival)
    volume: Volume = field(default_factory=Volume)
    columns: tuple[Column, ...] = ()
    message_types: tuple[str, ...] = ()
    delimiter: str | None = None
    quote: str | None = '"'
    has_header: bool | None = None
    widths: tuple[int, ...] = ()
    charset: str | None = None
    drift: Literal["accept", "strict"] = "accept"
    max_record_bytes: int | None = None
    after_landing: Literal["archive", "delete", "keep"] = "archive"
    settle_seconds: float = 1.0
    is_declared: bool = True

    @property
    def name(self) -> str:
        """``<source>/<feed>``."""
        return f"{self.source_system}/{self.feed}"

    def options(self) -> FrameOptions:
        """What the framer is told of this feed's files."""
        values: dict[str, Any] = {
            "delimiter": self.delimiter,
            "quote": self.quote,
            "has_header": self.has_header,
            "columns": self.columns,
            "widths": self.widths,
            "message_types": self.message_types,
            "charset": self.charset,
            "drift": self.drift,
        }
        if self.max_record_bytes is not None:
            values["max_record_bytes"] = self.max_record_bytes
        return FrameOptions(**values)

    def matches(self, relative_path: str) -> bool:
        """Whether one of the patterns fits, for the file or for its compressed form."""
        names = [relative_path]
        names += [
            relative_path[: -len(suffix)]
            for suffix in _COMPRESSED
            if relative_path.lower().endswith(suffix)
        ]
        return any(fnmatch.fnmatchcase(name, each) for each in self.patterns for name in names)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One source system and its feeds."""

    source_system: str
    title: str
    description: str
    owner: str
    time_zone: str
    feeds: tuple[Feed, ...]


@dataclass(frozen=True, slots=True)
class Sources:
    """Everything that ``sources.yml`` declares."""

    sources: tuple[Source, ...]
    path: Path | None = None

    @property
    def feeds(self) -> tuple[Feed, ...]:
        """Every declared feed, in the order of the file."""
        return tuple(feed for source in self.sources for feed in source.feeds)

    def __iter__(self) -> Iterator[Feed]:
        return iter(self.feeds)

    def source(self, source_system: str) -> Source | None:
        """The declared source of that name."""
        return next((each for each in self.sources if each.source_system == source_system), None)

    def feed(self, source_system: str, feed: str) -> Feed:
        """The feed of that name; where none is declared, one of that name with the source's
        defaults, whose format is found from each file."""
        for each in self.feeds:
            if (each.source_system, each.feed) == (source_system, feed):
                return each
        source = self.source(source_system)
        return Feed(
            source_system=source_system,
            feed=feed,
            format=None,
            description="Not declared in sources.yml; its format is found from each file.",
            time_zone=source.time_zone if source else "UTC",
            owner=source.owner if source else "",
            is_declared=False,
        )

    def feed_for(self, relative_path: str | Path) -> Feed | None:
        """The feed of a file, by its path below the landing folder: the first whose pattern fits,
        else the declared or undeclared one of its folder ``<source>/<feed>/``; None for a file
        that lies in no source's folder."""
        path = PurePosixPath(relative_path)
        for feed in self.feeds:
            if feed.matches(path.as_posix()):
                return feed
        folders = [slug(part) for part in path.parts[:-1]]
        if not folders:
            return None
        if len(folders) == 1:
            source = folders[0]
            return Feed(
                source_system=source,
                feed="",
                format=None,
                time_zone=self.feed(source, "").time_zone,
                owner=self.feed(source, "").owner,
                is_declared=False,
            )
        return self.feed(folders[0], folders[1])


def slug(name: str) -> str:
    """A name as sources and feeds bear it: lower case, digits and underscores."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_") or "unnamed"


def load_sources(path: Path | None = None) -> Sources:
    """The declarations in ``path``, by default ``WELLSPRING_SOURCES`` or the project's own.

    Raises SourcesError, naming the entry and the remedy, for anything that cannot be used.
    """
    named = os.environ.get("WELLSPRING_SOURCES")
    path = path or (Path(named).expanduser() if named else DEFAULT_FILE)
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SourcesError(f"{path} cannot be read: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark is not None else ""
        raise SourcesError(f"{path}{where}: not valid YAML") from error
    reader = _Reader(path)
    body = reader.mapping(document, "the file")
    reader.only(body, "the file", {"version", "defaults", "sources"})
    if body.get("version") != 1:
        reader.fail("the file", f"version is {body.get('version')!r}; write `version: 1`")
    defaults = reader.mapping(body.get("defaults") or {}, "defaults")
    reader.only(defaults, "defaults", _FEED_DEFAULTS)
    found = reader.mapping(body.get("sources"), "sources")
    sources = Sources(
        tuple(reader.source(name, value, defaults) for name, value in found.items()), path
    )
    owner_of: dict[str, str] = {}
    for feed in sources:
        for pattern in feed.patterns:
            other = owner_of.setdefault(pattern, feed.name)
            if other != feed.name:
                reader.fail(feed.name, f"pattern {pattern!r} is {other}'s already")
    return sources


_FEED_DEFAULTS = {"after_landing", "drift", "settle_seconds", "arrival", "volume", "charset"}
_SOURCE_KEYS = {
    "title",
    "description",
    "owner",
    "time_zone",
    "authoritative",
    "feeds",
} | _FEED_DEFAULTS
_FEED_KEYS = _FEED_DEFAULTS | {
    "description",
    "format",
    "patterns",
    "time_zone",
    "owner",
    "authoritative",
    "columns",
    "message_types",
    "delimiter",
    "quote",
    "has_header",
    "widths",
    "max_record_bytes",
}


class _Reader:
    """Turns the parsed YAML into declarations, or says what is wrong with which entry."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def fail(self, entry: str, problem: str) -> None:
        raise SourcesError(f"{self.path}: {entry}: {problem}")

    def mapping(self, value: Any, entry: str) -> dict[str, Any]:
        if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
            self.fail(entry, "expected names with values (`name: …`)")
        return cast(dict[str, Any], value)

    def only(self, value: dict[str, Any], entry: str, known: set[str]) -> None:
        for key in value:
            if key not in known:
                self.fail(entry, f"{key!r} is not known; one of {', '.join(sorted(known))}")

    def name(self, value: str, entry: str) -> str:
        if not _NAME.fullmatch(value):
            self.fail(entry, f"the name {value!r} needs lower-case letters, digits, underscores")
        return value

    def text(self, value: dict[str, Any], key: str, entry: str, default: str = "") -> str:
        found = value.get(key, default)
        if not isinstance(found, str):
            self.fail(entry, f"{key} is expected to be text (put it in quotes)")
        return cast(str, found)

    def texts(self, value: dict[str, Any], key: str, entry: str) -> tuple[str, ...]:
        found = value.get(key) or []
        if isinstance(found, str):
            found = [found]
        if not isinstance(found, list) or not all(isinstance(item, str) for item in found):
            self.fail(entry, f"{key} is expected to be a list of texts (quote codes such as '837')")
        return tuple(found)

    def choice(self, value: str, key: str, entry: str, known: tuple[str, ...]) -> str:
        if value not in known:
            self.fail(entry, f"{key} is {value!r}; one of {', '.join(known)}")
        return value

    def number(self, value: Any, key: str, entry: str) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
            self.fail(entry, f"{key} is expected to be a number of at least 0")
        return cast(float, value)

    def zone(self, name: str, entry: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            self.fail(entry, f"time_zone {name!r} is not in the IANA database (America/Chicago)")
        return name

    def source(self, name: str, value: Any, defaults: dict[str, Any]) -> Source:
        entry = f"source {name}"
        self.name(name, entry)
        body = self.mapping(value, entry)
        self.only(body, entry, _SOURCE_KEYS)
        zone = self.zone(self.text(body, "time_zone", entry, "UTC"), entry)
        owner = self.text(body, "owner", entry)
        if not owner:
            self.fail(entry, "owner is missing: whom to ask when the feed is late or broken")
        inherited = {
            **defaults,
            **{key: body[key] for key in _FEED_DEFAULTS if key in body},
            "time_zone": zone,
            "owner": owner,
        }
        everywhere = self.authoritative(body, entry)
        feeds = self.mapping(body.get("feeds"), f"{entry}, feeds")
        return Source(
            source_system=name,
            title=self.text(body, "title", entry, name),
            description=self.text(body, "description", entry),
            owner=owner,
            time_zone=zone,
            feeds=tuple(
                self.feed(name, key, each, inherited, everywhere) for key, each in feeds.items()
            ),
        )

    def authoritative(self, value: dict[str, Any], entry: str) -> tuple[str, ...]:
        found = self.texts(value, "authoritative", entry)
        for word in found:
            if not _NAME.fullmatch(word):
                self.fail(
                    entry, f"authoritative {word!r} is no name of a silver model or `identity`"
                )
            if word != "identity" and difflib.get_close_matches(word, ["identity"], cutoff=0.7):
                self.fail(entry, f"authoritative {word!r} is not known; did you mean `identity`?")
        return found

    def feed(
        self,
        source: str,
        name: str,
        value: Any,
        inherited: dict[str, Any],
        everywhere: tuple[str, ...],
    ) -> Feed:
        entry = f"feed {source}/{name}"
        self.name(name, entry)
        own = self.mapping(value, entry)
        self.only(own, entry, _FEED_KEYS)
        body = {**inherited, **own}
        if "format" not in own:
            self.fail(entry, f"format is missing; one of {', '.join(FORMATS)}")
        values: dict[str, Any] = {
            "source_system": source,
            "feed": name,
            "format": self.choice(self.text(body, "format", entry), "format", entry, FORMATS),
            "description": self.text(body, "description", entry),
            "patterns": self.texts(body, "patterns", entry) or (f"{source}/{name}/*",),
            "time_zone": self.zone(self.text(body, "time_zone", entry, "UTC"), entry),
            "owner": self.text(body, "owner", entry),
            "authoritative": tuple(dict.fromkeys((*everywhere, *self.authoritative(own, entry)))),
            "arrival": self.arrival(body.get("arrival") or {}, entry),
            "volume": self.volume(body.get("volume") or {}, entry),
            "columns": self.columns(body.get("columns") or [], entry),
            "message_types": self.texts(body, "message_types", entry),
            "drift": self.choice(
                self.text(body, "drift", entry, "accept"), "drift", entry, ("accept", "strict")
            ),
            "after_landing": self.choice(
                self.text(body, "after_landing", entry, "archive"),
                "after_landing",
                entry,
                AFTER_LANDING,
            ),
            "settle_seconds": self.number(body.get("settle_seconds", 1), "settle_seconds", entry),
        }
        if body.get("delimiter") is not None:
            values["delimiter"] = self.text(body, "delimiter", entry)
            if len(values["delimiter"]) != 1:
                self.fail(entry, "delimiter is expected to be one character")
        if "quote" in body:
            values["quote"] = body["quote"] or None
        if body.get("has_header") is not None:
            values["has_header"] = bool(body["has_header"])
        if body.get("charset") is not None:
            values["charset"] = self.charset(self.text(body, "charset", entry), entry)
        if body.get("max_record_bytes") is not None:
            values["max_record_bytes"] = int(
                self.number(body["max_record_bytes"], "max_record_bytes", entry)
            )
        widths = body.get("widths") or []
        if widths:
            if not all(isinstance(width, int) and width > 0 for width in widths):
                self.fail(entry, "widths are expected to be whole numbers of at least 1")
            if len(widths) != len(values["columns"]):
                self.fail(entry, f"{len(widths)} widths but {len(values['columns'])} columns")
            values["widths"] = tuple(widths)
        if values.get("has_header") is False and not values["columns"]:
            self.fail(entry, "has_header is false, so columns have to be named")
        return Feed(**values)

    def charset(self, name: str, entry: str) -> str:
        import codecs

        try:
            return codecs.lookup(name).name
        except LookupError:
            self.fail(entry, f"charset {name!r} is not a codec that Python knows")
            raise

    def arrival(self, value: Any, entry: str) -> Arrival:
        body = self.mapping(value, f"{entry}, arrival")
        self.only(body, f"{entry}, arrival", {"every", "by", "grace_hours"})
        default = Arrival()
        by = self.text(body, "by", f"{entry}, arrival", default.by)
        if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", by):
            self.fail(f"{entry}, arrival", 'by is expected as "HH:MM", in quotes')
        return Arrival(
            every=self.choice(body.get("every", default.every), "every", entry, EVERY),
            by=by,
            grace_hours=self.number(body.get("grace_hours", 24), "grace_hours", entry),
        )

    def volume(self, value: Any, entry: str) -> Volume:
        body = self.mapping(value, f"{entry}, volume")
        self.only(body, f"{entry}, volume", {"min_records", "max_records"})
        limits: dict[str, int] = {}
        for key in ("min_records", "max_records"):
            if body.get(key) is not None:
                limits[key] = int(self.number(body[key], key, f"{entry}, volume"))
        if limits.get("max_records", limits.get("min_records", 0)) < limits.get("min_records", 0):
            self.fail(f"{entry}, volume", "max_records is below min_records")
        return Volume(**limits)

    def columns(self, value: Any, entry: str) -> tuple[Column, ...]:
        if not isinstance(value, list):
            self.fail(entry, "columns are expected to be a list")
        columns: list[Column] = []
        for item in value:
            if isinstance(item, str):
                columns.append(Column(name=item))
                continue
            body = self.mapping(item, f"{entry}, columns")
            self.only(body, f"{entry}, columns", {"name", "required", "aliases"})
            columns.append(
                Column(
                    name=self.text(body, "name", f"{entry}, columns"),
                    required=bool(body.get("required", True)),
                    aliases=self.texts(body, "aliases", f"{entry}, columns"),
                )
            )
        seen: set[str] = set()
        for column in columns:
            for name in (column.name, *column.aliases):
                if name.lower() in seen or not name:
                    self.fail(entry, f"column {name!r} is empty or occurs twice")
                seen.add(name.lower())
        return tuple(columns)
