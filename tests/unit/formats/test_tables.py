"""Table framing, one behaviour a test. Tables are made up here."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

import pytest

from ingest.formats import Column, FrameOptions
from ingest.formats.whole import Framed, frame_whole

HEADER = "id,name,city,steps"
ROWS = ["1,Ann,Rome,10", "2,Bob,Oslo,20", "3,Cy,Bern,30"]
TABLE = "\n".join([HEADER, *ROWS, ""])


def framed(data: bytes | str, **options: object) -> Framed:
    raw = data.encode() if isinstance(data, str) else data
    found = frame_whole(raw, format="csv", options=FrameOptions(**options))  # type: ignore[arg-type]
    assert found.rebuilt() == raw
    assert found.result.records_in == len(found.rows)
    assert found.result.landed + found.result.quarantined == len(found.rows)
    return found


def codes(found: Framed) -> list[str | None]:
    return [row["reason_code"] for row in found.rows]


def names(found: Framed) -> list[str]:
    return str(found.rows[0]["header"]).split("\x1f")


def columns(*declared: str) -> tuple[Column, ...]:
    """``name``, ``name?`` for one that may be missing, ``name=alias``."""
    made = []
    for text in declared:
        name, _, alias = text.partition("=")
        made.append(
            Column(
                name=name.rstrip("?"),
                required=not name.endswith("?"),
                aliases=(alias,) if alias else (),
            )
        )
    return tuple(made)


@pytest.mark.parametrize("eol", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("delimiter", [",", "|", "\t", ";"])
def test_rows_are_told_apart_by_any_delimiter_and_line_break(eol: str, delimiter: str) -> None:
    found = framed(TABLE.replace("\n", eol).replace(",", delimiter))
    assert [row["record_text"] for row in found.rows] == [
        text.replace(",", delimiter) for text in ROWS
    ]
    assert names(found) == ["id", "name", "city", "steps"]
    assert found.rows[0]["delimiters"] == delimiter + '"'
    assert found.result.tail == eol.encode()


def test_the_header_line_is_the_lead_of_the_first_row() -> None:
    found = framed(TABLE)
    assert found.rows[0]["lead"] == (HEADER + "\n").encode()
    assert found.rows[1]["lead"] == b"\n"


def test_quoted_line_breaks_and_delimiters_and_quotes_are_inside_a_row() -> None:
    row = '1,"Ann ""A"", Jr","two\nlines, one\r\ncell",10'
    found = framed(f"{HEADER}\n{row}\n{ROWS[1]}\n")
    assert [found_row["record_text"] for found_row in found.rows] == [row, ROWS[1]]
    assert codes(found) == [None, None]


def test_a_byte_order_mark_is_no_part_of_the_first_name() -> None:
    found = framed(b"\xef\xbb\xbf" + TABLE.encode())
    assert names(found)[0] == "id"
    found = framed(b"\xef\xbb\xbf" + ('"id"' + TABLE[2:]).encode())
    assert names(found)[0] == "id"
    assert codes(found) == [None] * 3


@pytest.mark.parametrize("codec", ["utf-8", "latin-1", "cp1252", "utf-16"])
def test_a_row_keeps_its_characters(codec: str) -> None:
    text = TABLE.replace("Ann", "Ångström")
    found = framed(text.encode(codec))
    assert "Ångström" in found.rows[0]["record_text"]
    assert codes(found) == [None] * 3


def test_a_declared_character_set_is_used() -> None:
    found = framed(TABLE.replace("Ann", "Łódź").encode("iso8859-2"), charset="iso8859-2")
    assert "Łódź" in found.rows[0]["record_text"]
    assert found.rows[0]["charset"] == "iso8859-2"


def test_rows_with_another_number_of_fields_are_quarantined_one_by_one() -> None:
    found = framed(f"{HEADER}\n1,Ann,Rome,10\n2,Bob\n3,Cy,Bern,30,X,Y\n4,Di,Ulm,40\n")
    assert codes(found) == [None, "csv-ragged-row", "csv-ragged-row", None]
    assert found.rows[1]["raw"] == b"2,Bob"
    assert "2 fields, 4 expected" in found.rows[1]["reason"]
    assert "row 2, byte 33" in found.rows[1]["reason"]


def test_no_reason_quotes_a_value() -> None:
    found = framed(f"{HEADER}\nSECRET,SECRET\n")
    assert "SECRET" not in found.rows[0]["reason"]


def test_an_empty_field_after_the_last_column_is_no_fault() -> None:
    found = framed("a|b\n1|2|\n3|4|\n", delimiter="|")
    assert codes(found) == [None, None]
    assert any("one more delimiter" in warning for warning in found.result.warnings)


def test_blank_lines_are_no_rows() -> None:
    found = framed(f"\n{HEADER}\n\n{ROWS[0]}\n\n\n{ROWS[1]}\n  \n")
    assert codes(found) == [None, None]


@pytest.mark.parametrize(
    "bad",
    ['2,"Bob,Oslo,20', '2,"Bob"x,Oslo,20', '2,"Bob" ,"Os"lo",20'],
)
def test_a_row_with_broken_quoting_is_quarantined_alone(bad: str) -> None:
    found = framed("\n".join([HEADER, ROWS[0], bad, *[ROWS[2]] * 5, ""]))
    assert codes(found) == [None, "csv-bad-quote", *[None] * 5]
    assert found.rows[1]["raw"] == bad.encode()


def test_a_quote_inside_an_unquoted_field_is_a_character() -> None:
    found = framed("\n".join([HEADER, '1,5" pipe,Rome,10', ROWS[1], ""]))
    assert codes(found) == [None, None]


def test_many_rows_with_broken_quoting_do_not_take_their_neighbours() -> None:
    lines = [HEADER, *(['1,"x,Rome,10', "2,Bob,Oslo,20"] * 200), ""]
    found = framed("\n".join(lines))
    assert codes(found).count("csv-bad-quote") == 200
    assert found.result.landed == 200


def test_a_quote_that_never_closes_does_not_take_the_file(
    same_rows: Callable[[Framed, Framed], None],
) -> None:
    data = "\n".join([HEADER, '1,"never,Rome,10', *[ROWS[1]] * 60_000, ""])
    found = framed(data)
    assert codes(found).count(None) == 60_000
    same_rows(found, framed(data, chunk_bytes=50_000))


def test_quoting_can_be_switched_off() -> None:
    found = framed('a|b\n"1|2\n3"|4\n', delimiter="|", quote=None)
    assert codes(found) == [None, None]


# -- the header and the declared columns ---------------------------------------------------------


def test_columns_in_another_order_under_other_names_are_accepted_and_reported() -> None:
    declared = columns("steps", "id=patient_id", "name?", "town=city", "fax?")
    found = framed(TABLE.replace("id,", "Patient ID,", 1), columns=declared)
    assert codes(found) == [None] * 3
    assert names(found) == ["id", "name", "town", "steps"]
    drift = " / ".join(found.result.drift)
    assert "another order" in drift
    assert "id came under another declared name" in drift
    assert "fax is missing" in drift


def test_an_added_column_is_accepted_and_reported() -> None:
    found = framed(TABLE, columns=columns("id", "name", "city"))
    assert codes(found) == [None] * 3
    assert names(found) == ["id", "name", "city", "steps"]
    assert found.result.drift == ["column added at position 4"]


def test_a_required_column_that_is_missing_quarantines_the_rows() -> None:
    found = framed(TABLE, columns=columns("id", "name", "city", "steps", "phone"))
    assert codes(found) == ["csv-missing-column"] * 3
    assert "(phone)" in found.rows[0]["reason"]
    assert names(found) == ["id", "name", "city", "steps"]


def test_a_strict_feed_quarantines_any_drift() -> None:
    declared = columns("id", "name", "city")
    assert codes(framed(TABLE, columns=declared, drift="strict")) == ["csv-drift"] * 3
    declared = columns("id", "name", "city", "steps")
    assert codes(framed(TABLE, columns=declared, drift="strict")) == [None] * 3


def test_a_table_of_another_feed_is_quarantined_as_a_whole() -> None:
    found = framed(TABLE, columns=columns("device", "started_at", "ended_at", "kcal", "distance"))
    assert codes(found) == ["csv-unexpected-header"]
    assert found.rows[0]["raw"] == TABLE.encode()


def test_a_header_alone_is_a_file_of_no_rows() -> None:
    found = framed(HEADER + "\n", columns=columns("id", "name", "city", "steps"))
    assert found.rows == []
    assert found.result.tail == (HEADER + "\n").encode()


def test_a_header_among_the_rows_is_quarantined() -> None:
    assert codes(framed(TABLE + TABLE)) == [None] * 3 + ["csv-repeated-header"] + [None] * 3


def test_a_file_without_header_has_the_declared_columns() -> None:
    declared = columns("id", "name", "city", "steps")
    found = framed("\n".join(ROWS), columns=declared, has_header=False)
    assert codes(found) == [None] * 3
    assert names(found) == ["id", "name", "city", "steps"]


def test_a_file_that_seems_to_have_no_header_is_all_rows() -> None:
    found = framed("1,2024-01-01,10\n2,2024-01-02,20\n")
    assert len(found.landed) == 2
    assert names(found) == ["column_1", "column_2", "column_3"]


# -- fixed width ---------------------------------------------------------------------------------

WIDTHS = {"widths": (3, 5, 2), "columns": columns("id", "name", "state")}


def test_fixed_width_lines_have_the_declared_columns() -> None:
    found = framed("001Ann  IL\n002Bob  WI\n", **WIDTHS)
    assert codes(found) == [None, None]
    assert names(found) == ["id", "name", "state"]
    assert found.rows[0]["delimiters"] is None


def test_a_fixed_width_line_of_another_length_is_quarantined_alone() -> None:
    found = framed("001Ann  IL\n002Bo\n003Cy   IN  \n004Di   I\n", **WIDTHS)
    assert codes(found) == [None, "fixed-width-bad-length", None, None]


def test_a_fixed_width_file_of_other_widths_is_quarantined_as_a_whole() -> None:
    found = framed("a,b,c,d,e,f,g,h\n1,2,3,4,5,6,7,8\n", **WIDTHS)
    assert codes(found) == ["fixed-width-bad-length"]


# -- other files ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty-file"),
        (b"\n\n", "empty-file"),
        (b"MSH|^~\\&|A|B|||2024||ADT^A01|1|P|2.5\rPID|1\r", "wrong-format"),
        (b'{"resourceType":"Patient"}', "wrong-format"),
        (bytes(range(256)) * 20, "binary-content"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "binary-content"),
    ],
)
def test_a_file_that_is_no_table_is_quarantined_as_a_whole(data: bytes, code: str) -> None:
    assert codes(framed(data)) == [code]


def test_a_line_beyond_the_limit_is_quarantined_and_rows_after_it_land() -> None:
    data = "\n".join([HEADER, ROWS[0], "x" * 100_000, *ROWS, ""])
    found = framed(data, chunk_bytes=1000, max_record_bytes=20_000)
    assert found.result.landed >= 3
    assert "record-too-long" in found.result.reasons


def test_rows_are_those_of_the_standard_library_for_a_well_formed_file() -> None:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow(["a", "b", "c"])
    cells = ["", "x", 'q"q', "l\nl", "c,c", "\r\n", '"', ' " ', "é"]
    for i in range(500):
        writer.writerow([cells[i % 9], cells[(i // 9) % 9], cells[(i // 81) % 9] + "."])
    data = buffer.getvalue()
    expected = list(csv.reader(io.StringIO(data, newline="")))[1:]
    found = framed(data, has_header=True)
    got = [next(csv.reader(io.StringIO(row["record_text"], newline=""))) for row in found.rows]
    assert got == expected
    assert codes(found) == [None] * len(expected)


@pytest.mark.parametrize("chunk_bytes", [16, 64, 333])
def test_where_a_chunk_ends_changes_nothing(
    chunk_bytes: int, same_rows: Callable[[Framed, Framed], None]
) -> None:
    data = TABLE + '\n4,"a\nb""c",é,1\r\n5,"x"y,1\n6,"z\n\n7,"",,\n' + TABLE
    same_rows(framed(data), framed(data, chunk_bytes=chunk_bytes))


def test_lines_of_unknown_text_are_records_each() -> None:
    found = frame_whole(b"first line\n\nsecond line", format="text")
    assert [row["record_text"] for row in found.rows] == ["first line", "second line"]
    assert found.rebuilt() == b"first line\n\nsecond line"
