"""Files as their publishers pack them: a zip, an unpacked folder, or the file itself.

Belongs here: finding the members that a reader wants, lines in bounded memory, text encodings.
Does not belong here: what a line means.
"""

from __future__ import annotations

import gzip
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from ingest.terminology.errors import TerminologyError
from ingest.terminology.tables import ReleaseWriter

__all__ = ["Member", "Package", "split_lines", "text_of"]

_CHUNK = 1 << 20
#: No line of any official release is near this; a file without line ends is another file.
_LONGEST_LINE = 4 << 20


@dataclass(frozen=True, slots=True)
class Member:
    """A file of a package: where it is, and its name inside a zip."""

    path: Path
    inside: str | None = None

    @property
    def name(self) -> str:
        """The file's own name."""
        return (self.inside or self.path.name).rsplit("/", 1)[-1]

    def open(self) -> BinaryIO:
        """The bytes, unpacked."""
        if self.inside is not None:
            archive = zipfile.ZipFile(self.path)
            return cast(BinaryIO, archive.open(self.inside))
        if self.path.suffix.lower() == ".gz":
            return cast(BinaryIO, gzip.open(self.path, "rb"))
        return self.path.open("rb")


class Package:
    """What a person downloaded, with the files inside it."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            raise TerminologyError(f"{path} does not exist.")
        self.path = path
        self.members = list(_members(path))

    def find(self, pattern: str, *, avoid: str | None = None) -> Member | None:
        """The member whose path matches; of several the one that is not in `avoid`, then the
        one that lies highest (a release often brings a subset of itself in a subfolder)."""
        found = [one for one in self.members if re.search(pattern, _where(one), re.IGNORECASE)]
        found.sort(
            key=lambda one: (
                bool(avoid and re.search(avoid, _where(one), re.IGNORECASE)),
                _where(one).count("/"),
                _where(one),
            )
        )
        return found[0] if found else None

    @property
    def names(self) -> str:
        """The name of the package and of its files: where releases say which they are."""
        return " ".join([self.path.name, *(_where(one) for one in self.members)])


def _where(member: Member) -> str:
    return member.inside if member.inside is not None else member.path.as_posix()


def _members(path: Path) -> Iterator[Member]:
    if path.is_dir():
        for file in sorted(path.rglob("*")):
            if file.is_file() and not file.name.startswith("."):
                yield from (
                    _members(file)
                    if zipfile.is_zipfile(file) and not _is_workbook(file)
                    else [Member(file)]
                )
    elif zipfile.is_zipfile(path) and not _is_workbook(path):
        try:
            with zipfile.ZipFile(path) as archive:
                names = [one.filename for one in archive.infolist() if not one.is_dir()]
        except (zipfile.BadZipFile, OSError) as error:
            raise TerminologyError(f"{path.name} is not a readable zip; get it again.") from error
        for name in names:
            if not name.startswith("__MACOSX/"):
                yield Member(path, name)
    else:
        yield Member(path)


def _is_workbook(path: Path) -> bool:
    return path.suffix.lower() in {".xlsx", ".xlsm"}


def split_lines(member: Member) -> Iterator[tuple[int, bytes]]:
    """(line number from 1, line without its end), a megabyte at a time; empty lines are left out.

    Raises:
        TerminologyError: a line of four megabytes, so this is no file of lines.
    """
    with member.open() as stream:
        rest = b""
        number = 0
        first = True
        while True:
            try:
                chunk = stream.read(_CHUNK)
            except (zipfile.BadZipFile, EOFError, OSError) as error:
                raise TerminologyError(
                    f"{member.name} is damaged after line {number:,}; get the release again."
                ) from error
            if first:
                chunk = chunk.removeprefix(b"\xef\xbb\xbf")
                first = False
            if not chunk:
                break
            lines = (rest + chunk).split(b"\n")
            rest = lines.pop()
            if len(rest) > _LONGEST_LINE:
                raise TerminologyError(f"{member.name} has no lines; give the text file.")
            for line in lines:
                number += 1
                line = line.removesuffix(b"\r")
                if line.strip():
                    yield number, line
        if rest.strip():
            yield number + 1, rest.removesuffix(b"\r")


def text_of(line: bytes) -> str | None:
    """The text of a line, UTF-8, else Windows-1252; None if it is neither."""
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        try:
            return line.decode("cp1252")
        except UnicodeDecodeError:
            return None


def rejected_text(out: ReleaseWriter, member: Member, number: int, line: bytes) -> None:
    """Keep a line aside that no character set reads."""
    out.reject(member.name, number, "not-text", "Neither UTF-8 nor Windows-1252.", line)
