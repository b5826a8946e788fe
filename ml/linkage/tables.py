"""Delimited person files of any maker, as rows of text.

Here: encoding, delimiter, header, and how a column writes dates.
Not here: which column is which field of a person (``files``).
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa

from ml.linkage.errors import LinkageError
from ml.linkage.session import session

__all__ = ["DateForm", "date_form", "key_of", "read_table"]

_DELIMITERS = (",", ";", "\t", "|", "^", "~")
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
# FEBRL writes its files with or without a header (Christen 2008, "Febrl", section 5).
_FEBRL = re.compile(r"rec-\d+-(org|dup-\d+)")
_FEBRL_COLUMNS = (
    "rec_id", "given_name", "surname", "street_number", "address_1", "address_2", "suburb",
    "postcode", "state", "date_of_birth", "soc_sec_id",
)  # fmt: skip


def key_of(name: str) -> str:
    """A column's name as names are compared: small letters and digits only.

    "Date of Birth", "DateOfBirth" and "date_of_birth" are one.
    """
    return re.sub(r"[^a-z0-9]+", "", name.lower())


def _decoded(data: bytes) -> str:
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return data.decode(encoding)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        # Windows-1252 is what files labelled Latin-1 really are; its five holes are Latin-1's.
        try:
            return data.decode("cp1252")
        except UnicodeDecodeError:
            return data.decode("latin-1")


def _delimiter(text: str) -> str:
    """The delimiter that splits the first lines most evenly."""
    lines = [line for line in text[:100_000].splitlines()[:50] if line.strip()]
    best, best_score = ",", (0.0, 0)
    for delimiter in _DELIMITERS:
        widths = [
            len(row) for row in csv.reader(lines, delimiter=delimiter, skipinitialspace=True) if row
        ]
        width, times = Counter(widths).most_common(1)[0] if widths else (1, 0)
        if width > 1 and (times / len(widths), width) > best_score:
            best, best_score = delimiter, (times / len(widths), width)
    return best


def read_table(path: Path, *, wanted: Iterable[str] = (), header: bool | None = None) -> pa.Table:
    """The rows of a CSV or Parquet file as text, trimmed, empty as null.

    Args:
        path: any of the usual delimiters and encodings; Parquet by its name.
        wanted: columns that the caller will ask for; a first row that names one of them is the
            header.
        header: whether there is a header; found out if None. Without one the columns are called
            column_1, column_2, … (FEBRL's by the names that its authors gave them).

    Raises:
        LinkageError: the file cannot be read, or is empty.
    """
    if not path.is_file():
        raise LinkageError(f"{path} is not a file")
    if path.suffix.lower() in (".parquet", ".pq"):
        with session() as connection:
            try:
                table = connection.execute(
                    "select columns(*)::varchar from read_parquet($path)", {"path": str(path)}
                ).to_arrow_table()
            except duckdb.Error as error:
                raise LinkageError(f"{path.name} is not a readable Parquet file") from error
        names = [str(name).strip() for name in table.column_names]
        return pa.table(
            {
                name: pa.array([_cell(v) for v in column.to_pylist()], pa.string())
                for name, column in zip(names, table.columns, strict=True)
            }
        )
    text = _decoded(path.read_bytes()).replace("\x00", "")
    if not text.strip():
        raise LinkageError(f"{path.name} is empty")
    csv.field_size_limit(1 << 27)
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=_delimiter(text), skipinitialspace=True
    )
    rows = [row for row in reader if any(cell.strip() for cell in row)]
    first = [cell.strip() for cell in rows[0]]
    if header is None:
        header = _is_header(first, rows[1:200], {key_of(w) for w in wanted})
    if header:
        names, rows = first, rows[1:]
    elif _FEBRL.fullmatch(first[0]) and len(first) in (11, 12, 15):
        names = list(_FEBRL_COLUMNS)
    else:
        names = []
    width = max([len(names), *(len(row) for row in rows[:1000])])
    names = [(names[i] if i < len(names) else "") or f"column_{i + 1}" for i in range(width)]
    seen: Counter[str] = Counter()
    for i, name in enumerate(names):
        seen[name.lower()] += 1
        if seen[name.lower()] > 1:
            names[i] = f"{name}_{seen[name.lower()]}"
    return pa.table(
        {
            name: pa.array([_cell(row[i]) if i < len(row) else None for row in rows], pa.string())
            for i, name in enumerate(names)
        }
    )


def _cell(value: str | None) -> str | None:
    return (value.strip() or None) if value is not None else None


def _is_header(first: Sequence[str], rest: Sequence[Sequence[str]], wanted: set[str]) -> bool:
    if {key_of(cell) for cell in first} & wanted:
        return True
    if any(_FEBRL.fullmatch(cell) for cell in first):
        return False
    # Data have digits where the rows below have them; names of columns do not repeat below.
    below = {cell.strip() for row in rest for cell in row}
    numeric = [i for i, cell in enumerate(first) if re.fullmatch(r"[-+]?[0-9][0-9./: -]*", cell)]
    return not numeric and len(set(first) & (below - {""})) <= len(first) // 2


class DateForm:
    """How a column writes dates: `order` for the macro, and what has to be rewritten before it."""

    def __init__(self, order: str, rewrite: Callable[[str], str | None] | None = None) -> None:
        self.order = order
        self.rewrite = rewrite


_SEPARATED = re.compile(r"\s*(\d{1,2})[^0-9A-Za-z]+(\d{1,2})[^0-9A-Za-z]+(\d{2}(?:\d{2})?)\b")
_YEAR_FIRST = re.compile(r"\s*(\d{4})[^0-9A-Za-z](\d{1,2})[^0-9A-Za-z](\d{1,2})\b")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _is_day(year: str, month: str, day: str) -> bool:
    try:
        return datetime(int(year), int(month), int(day)).year in range(1850, 2101)
    except ValueError:
        return False


def date_form(values: Iterable[str | None], stated: str | None = None) -> DateForm:
    """How most of `values` are written.

    `stated` is what somebody said about it: an order (dmy, mdy, ymd, ydm, also as dd/mm/yyyy), a
    strftime format, `epoch`, `epoch_ms` or `excel`.
    """
    seen = [v.removesuffix(".0") for v in {v for v in values if v}]
    said = (stated or "").strip()
    if "%" in said:
        return DateForm("mdy", lambda v: _by_format(v, said))
    if said.lower() in ("epoch", "unix", "epoch_s"):
        return DateForm("mdy", lambda v: _by_number(v, seconds=1))
    if said.lower() in ("epoch_ms", "unix_ms"):
        return DateForm("mdy", lambda v: _by_number(v, seconds=0.001))
    if said.lower() == "excel":
        return DateForm("mdy", _excel)
    order = "".join(dict.fromkeys(c for c in said.lower() if c in "dmy"))
    if len(order) != 3:
        order = ""
    digits = [v for v in seen if re.fullmatch(r"-?\d+", v)]
    if digits and len(digits) > 0.8 * len(seen):
        return _of_digits(digits, order)
    first = second = year_day = year_month = 0
    for v in seen:
        if found := _SEPARATED.match(v):
            first += int(found[1]) > 12
            second += int(found[2]) > 12
        elif found := _YEAR_FIRST.match(v):
            year_day += int(found[2]) > 12
            year_month += int(found[3]) > 12
    if order == "ydm" or (not order and year_day > year_month):
        return DateForm("mdy", lambda v: _YEAR_FIRST.sub(r"\1-\3-\2", v))
    return DateForm(order if order in ("dmy", "mdy") else "dmy" if first > second else "mdy")


def _of_digits(digits: Sequence[str], order: str) -> DateForm:
    """Dates without separators: which of the eight-digit orders fits best, or a count of time."""
    eight = [d.zfill(8) for d in digits if len(d) in (7, 8) and d[0] != "-"]
    if eight and len(eight) > 0.5 * len(digits):
        fits = {
            "ymd": sum(_is_day(d[:4], d[4:6], d[6:]) for d in eight),
            "dmy": sum(_is_day(d[4:], d[2:4], d[:2]) for d in eight),
            "mdy": sum(_is_day(d[4:], d[:2], d[2:4]) for d in eight),
        }
        chosen = order if order in fits else max(fits, key=lambda k: (fits[k], k == "ymd"))
        if chosen == "ymd":
            return DateForm("mdy")
        day, month = ((0, 2), (2, 4)) if chosen == "dmy" else ((2, 4), (0, 2))

        def turned(v: str) -> str:
            d = v.removesuffix(".0").zfill(8)
            return d[4:] + d[slice(*month)] + d[slice(*day)] if len(d) == 8 else v

        return DateForm("mdy", turned)
    usual = sorted(abs(int(d)) for d in digits)[len(digits) // 2]
    if usual >= 10**11:
        return DateForm("mdy", lambda v: _by_number(v, seconds=0.001))
    if usual >= 10**7:
        return DateForm("mdy", lambda v: _by_number(v, seconds=1))
    if 10_000 <= usual < 60_000 and max(len(d) for d in digits) == 5:
        return DateForm("mdy", _excel)
    return DateForm("mdy", lambda v: v.removesuffix(".0"))


def _by_format(value: str, form: str) -> str | None:
    try:
        return f"{datetime.strptime(value.strip(), form):%Y-%m-%d}"
    except ValueError:
        return None


def _by_number(value: str, *, seconds: float) -> str | None:
    try:
        return f"{_EPOCH + timedelta(seconds=float(value) * seconds):%Y-%m-%d}"
    except (ValueError, OverflowError):
        return None


def _excel(value: str) -> str | None:
    # Day 1 is 1900-01-01 and 1900 has a 29 February there, so that day 0 is 1899-12-30.
    try:
        return f"{datetime(1899, 12, 30) + timedelta(days=float(value)):%Y-%m-%d}"
    except (ValueError, OverflowError):
        return None
