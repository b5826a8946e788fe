"""The fields that staging's SQL finds in a row are those that Python's csv module finds."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import duckdb
import jinja2
import pytest
from hypothesis import given
from hypothesis import strategies as st


@pytest.fixture(scope="module")
def split(repository: Path) -> str:
    """The SQL of macro `csv_fields` for the parameters $text, $delimiter and $quote."""
    source = (repository / "dbt_project" / "macros" / "csv.sql").read_text()
    macros = jinja2.Environment().from_string(source).module
    return f"select {macros.default__csv_fields('$text', '$delimiter', '$quote')}"


def fields(split: str, text: str, delimiter: str = ",", quote: str = '"') -> list[str]:
    row = duckdb.execute(split, {"text": text, "delimiter": delimiter, "quote": quote}).fetchone()
    assert row is not None
    return list(row[0])


@pytest.mark.parametrize(
    "text",
    [
        "a,b,",
        '"Doe, Jane",c',
        '"a""b,c",d,""',
        'a,"two\nlines",z',
        '"",""',
        '" a ",b',
        'a,"b""",c',
        '"""a""",b',
        'x,"he said ""hi, you""",',
    ],
)
def test_quoted_fields_are_read_as_rfc_4180_says(split: str, text: str) -> None:
    assert fields(split, text) == next(csv.reader(io.StringIO(text, newline="")))


def test_a_quote_that_is_a_letter_stays(split: str) -> None:
    assert fields(split, "5'10\",b") == ["5'10\"", "b"]


def test_other_delimiters_and_no_quote_at_all(split: str) -> None:
    assert fields(split, 'a|"b|c"|d', delimiter="|") == ["a", "b|c", "d"]
    assert fields(split, 'a,"b,c', quote="") == ["a", '"b', "c"]


WORDS = st.text(alphabet='ab,"\n é', max_size=6)


@given(st.lists(WORDS, min_size=1, max_size=5), st.sampled_from(",|;\t"))
def test_whatever_is_written_is_read(split: str, words: list[str], delimiter: str) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, quoting=csv.QUOTE_ALL, lineterminator="").writerow(words)
    assert fields(split, text.getvalue(), delimiter=delimiter) == words
