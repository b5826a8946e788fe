"""HL7 v2 framing, one behaviour a test. Messages are made up here."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from ingest.formats import FrameOptions
from ingest.formats.whole import Framed, frame_whole

ISA = (
    b"ISA*00*          *00*          *ZZ*A              *ZZ*B              "
    b"*240101*1200*^*00501*000000001*0*P*:~GS*HC*A*B*20240101*1200*1*X*005010X222A1~"
)


def message(
    control_id: str = "1", *, eol: str = "\r", kind: str = "ADT^A01", pid: str = "X"
) -> str:
    return eol.join(
        (
            f"MSH|^~\\&|SEND|FAC|RECV|HERE|20240102030405||{kind}|{control_id}|P|2.5.1",
            f"PID|1||123^^^NORTHSIDE^MR||{pid}",
            "PV1|1|I",
            "",
        )
    )


def framed(data: bytes | str, **options: object) -> Framed:
    raw = data.encode() if isinstance(data, str) else data
    found = frame_whole(raw, format="hl7v2", options=FrameOptions(**options))  # type: ignore[arg-type]
    assert found.rebuilt() == raw
    assert found.result.records_in == len(found.rows)
    assert found.result.landed + found.result.quarantined == len(found.rows)
    return found


def codes(found: Framed) -> list[str | None]:
    return [row["reason_code"] for row in found.rows]


@pytest.mark.parametrize("eol", ["\r", "\n", "\r\n"])
def test_messages_one_after_the_other_are_told_apart_whatever_ends_their_segments(eol: str) -> None:
    found = framed("".join(message(str(i), eol=eol) for i in range(3)))
    assert [row["control_id"] for row in found.landed] == ["0", "1", "2"]
    assert found.rows[0]["record_text"] == message("0", eol=eol)
    assert found.rows[0]["lead"] is None


def test_the_header_of_a_message_is_in_the_row() -> None:
    row = framed(message("7")).rows[0]
    assert (row["record_type"], row["version"], row["delimiters"]) == ("ADT^A01", "2.5.1", "|^~\\&")
    envelope = json.loads(row["envelope"])
    assert envelope["sending_application"] == "SEND"
    assert envelope["receiving_facility"] == "HERE"
    assert envelope["message_time"] == "20240102030405"
    assert envelope["segment_terminator"] == "CR"


@pytest.mark.parametrize(
    ("header", "delimiters"),
    [
        ("MSH|^~\\&#|A|B|||20240101||ADT^A01|1|P|2.7\r", "|^~\\&#"),
        ("MSH#*~\\&#A#B###20240101##ADT*A01#1#P#2.3\r", "#*~\\&"),
        ("MSH|^~\\|A|B|||20240101||ADT^A01|1|P|2.1\r", "|^~\\"),
        ("MSH\x1d^~\\&\x1dA\x1dB\x1d\x1d\x1d2024\x1d\x1dADT^A01\x1d1\x1dP\x1d2.5\r", "\x1d^~\\&"),
    ],
)
def test_delimiters_are_those_that_the_message_declares(header: str, delimiters: str) -> None:
    (row,) = framed(header + header[3:4].join(["PID", "1"]) + "\r").rows
    assert row["reason_code"] is None
    assert row["delimiters"] == delimiters
    assert row["record_type"] == "ADT^A01"


def test_a_version_2_1_message_has_a_type_without_a_trigger() -> None:
    (row,) = framed("MSH|^~\\&|A|B|||20240101||ORU|1|P|2.1\rPID|1\r").rows
    assert row["record_type"] == "ORU"


def test_a_line_feed_inside_a_field_stays_there_where_carriage_returns_end_segments() -> None:
    first = message("1", pid="LINE ONE\nLINE TWO")
    found = framed(first + message("2"))
    assert [row["record_text"] for row in found.rows] == [first, message("2")]
    assert json.loads(found.rows[0]["envelope"])["segment_terminator"] == "CR"


def test_a_line_feed_in_msh_does_not_hide_that_carriage_returns_end_segments() -> None:
    (row,) = framed("MSH|^~\\&|A\nB|F|||2024||ADT^A01|1|P|2.5\rPID|1\rPV1|1\r").rows
    assert json.loads(row["envelope"])["segment_terminator"] == "CR"


def test_a_segment_name_in_the_middle_of_a_line_starts_no_message() -> None:
    (row,) = framed(message(pid="SEE MSH|^~\\&| BELOW")).rows
    assert row["reason_code"] is None


def test_blank_lines_between_messages_belong_to_no_message() -> None:
    found = framed(message("1") + "\r\n\n" + message("2") + "\r\n\n")
    assert [row["record_text"] for row in found.rows] == [message("1"), message("2")]
    assert found.rows[1]["lead"] == b"\r\n\n"
    assert found.result.tail == b"\r\n\n"


def test_text_before_the_first_message_is_kept_beside_it() -> None:
    found = framed("From: interface engine\r\nexported 2024-01-02\r\n\r\n" + message())
    assert codes(found) == [None]
    assert found.rows[0]["lead"].startswith(b"From:")
    assert any("outside of any message" in warning for warning in found.result.warnings)


def test_a_message_that_follows_text_on_the_same_line_is_found() -> None:
    found = framed("12:00:01 INFO received " + message())
    assert [row["control_id"] for row in found.landed] == ["1"]


def test_a_byte_order_mark_belongs_to_no_message() -> None:
    found = framed(b"\xef\xbb\xbf" + message().encode())
    assert found.rows[0]["lead"] == b"\xef\xbb\xbf"
    assert found.rows[0]["reason_code"] is None


# -- batches -------------------------------------------------------------------------------------


def batch(*bodies: str, count: str, files: str = "1", eol: str = "\r") -> str:
    return eol.join(
        (
            "FHS|^~\\&|LAB|REF|||20240102||f.hl7||FILE-1",
            "BHS|^~\\&|LAB|REF|||20240102||||BATCH-1",
            "".join(bodies) + f"BTS|{count}",
            f"FTS|{files}",
            "",
        )
    )


def test_a_batch_lends_its_identifiers_to_its_messages() -> None:
    found = framed(batch(message("1"), message("2"), count="2"))
    assert codes(found) == [None, None]
    assert found.result.warnings == []
    envelope = json.loads(found.rows[1]["envelope"])
    assert (envelope["file_id"], envelope["batch_id"]) == ("FILE-1", "BATCH-1")
    assert found.result.tail == b"BTS|2\rFTS|1\r"


@pytest.mark.parametrize(("count", "files", "name"), [("3", "1", "BTS-1"), ("2", "4", "FTS-1")])
def test_a_count_that_disagrees_is_told_and_costs_no_message(
    count: str, files: str, name: str
) -> None:
    found = framed(batch(message("1"), message("2"), count=count, files=files))
    assert codes(found) == [None, None]
    assert any(name in warning for warning in found.result.warnings)


def test_two_batches_in_a_file_are_counted_each() -> None:
    one = "BHS|^~\\&|L|R|||2024||||B1\r" + message("1") + "BTS|1\r"
    two = "BHS|^~\\&|L|R|||2024||||B2\r" + message("2") + message("3") + "BTS|2\r"
    found = framed("FHS|^~\\&|L|R\r" + one + two + "FTS|2\r")
    assert found.result.warnings == []
    assert [json.loads(row["envelope"])["batch_id"] for row in found.rows] == ["B1", "B2", "B2"]


def test_the_whole_messages_of_a_truncated_batch_land() -> None:
    whole = batch(message("1"), message("2"), message("3"), count="3")
    cut = whole[: whole.index("|3|P") + 20]
    found = framed(cut)
    assert codes(found) == [None, None, "hl7-truncated"]
    assert any("no trailer" in warning for warning in found.result.warnings)


def test_a_batch_without_trailer_lands_where_its_last_segment_is_whole() -> None:
    found = framed("BHS|^~\\&|L|R\r" + message("1") + message("2"))
    assert codes(found) == [None, None]
    assert any("no trailer" in warning for warning in found.result.warnings)


def test_segments_after_a_batch_header_without_msh_are_quarantined_alone() -> None:
    found = framed("BHS|^~\\&|L|R\rPID|1||9\rPV1|1\rBTS|1\rBHS|^~\\&|L|R\r" + message() + "BTS|1\r")
    assert codes(found) == ["hl7-missing-msh", None]
    assert found.rows[0]["raw"] == b"PID|1||9\rPV1|1\r"


# -- MLLP ----------------------------------------------------------------------------------------


def block(text: str) -> str:
    return f"\x0b{text}\x1c\r"


def test_an_mllp_capture_gives_its_messages_without_the_block_bytes() -> None:
    found = framed(block(message("1")) + block(message("2")))
    assert [row["record_text"] for row in found.rows] == [message("1"), message("2")]
    assert json.loads(found.rows[0]["envelope"])["mllp"] == "true"
    assert found.result.tail == b"\x1c\r"


def test_an_mllp_block_that_the_next_one_cuts_off_is_quarantined_alone() -> None:
    found = framed(block(message("1")) + "\x0b" + message("2") + block(message("3")))
    assert codes(found) == [None, "hl7-truncated", None]


def test_an_mllp_block_without_end_at_the_end_of_the_capture_is_truncated() -> None:
    found = framed(block(message("1")) + "\x0b" + message("2")[:60])
    assert codes(found) == [None, "hl7-truncated"]


def test_a_vertical_tab_in_a_field_is_no_mllp_block() -> None:
    text = message("1", pid="A\x0bB")
    found = framed(text + message("2"))
    assert [row["record_text"] for row in found.rows] == [text, message("2")]
    assert "mllp" not in json.loads(found.rows[0]["envelope"])


# -- what is broken ------------------------------------------------------------------------------


def test_a_single_message_without_a_last_line_break_lands() -> None:
    assert codes(framed(message().rstrip("\r"))) == [None]


@pytest.mark.parametrize("stub", ["O", "OB", "OBX"])
def test_a_last_segment_cut_in_its_name_is_truncated(stub: str) -> None:
    assert codes(framed(message("1") + message("2") + stub)) == [None, "hl7-truncated"]


def test_a_header_cut_before_its_type_is_truncated() -> None:
    assert codes(framed(message("1") + "MSH|^~\\&|SEND|FA")) == [None, "hl7-truncated"]


def test_a_message_without_type_is_quarantined_alone() -> None:
    broken = "MSH|^~\\&|A|B|||2024|||9|P|2.5\rPID|1\r"
    found = framed(message("1") + broken + message("2"))
    assert codes(found) == [None, "hl7-missing-message-type", None]
    assert found.rows[1]["raw"] == broken.encode()
    assert "MSH-9" in found.rows[1]["reason"]


def test_a_message_without_control_id_lands_and_is_counted() -> None:
    found = framed("MSH|^~\\&|A|B|||2024||ADT^A01||P|2.5\rPID|1\r")
    assert codes(found) == [None]
    assert found.rows[0]["control_id"] is None
    assert any("MSH-10" in warning for warning in found.result.warnings)


@pytest.mark.parametrize("header", ["MSH||A|B", "MSHABC", "MSH|"])
def test_unusable_delimiters_are_told(header: str) -> None:
    found = framed(message("1") + header + "\rPID|1\r" + message("2"))
    assert found.result.landed == 2 or header == "MSHABC"
    if header != "MSHABC":
        assert codes(found)[1] == "hl7-bad-delimiters"


def test_segments_without_msh_are_quarantined_as_a_whole() -> None:
    assert codes(framed("PID|1||9\rPV1|1\r")) == ["hl7-missing-msh"]


def test_a_type_that_the_feed_does_not_declare_is_quarantined_alone() -> None:
    data = message("1") + message("2", kind="ORU^R01") + message("3", kind="ADT^A08")
    assert codes(framed(data, message_types=("ADT",))) == [None, "unexpected-record-type", None]
    assert codes(framed(data, message_types=("ADT^A01", "ORU^R01"))) == [
        None,
        None,
        "unexpected-record-type",
    ]


def test_z_segments_and_very_long_fields_are_nothing_special() -> None:
    data = message("1") + "ZQX|1|X\rOBX|1|ED|PDF||^AP^^Base64^" + "QUJD" * 300_000 + "\r"
    found = framed(data + message("2"), chunk_bytes=4096)
    assert codes(found) == [None, None]
    assert len(found.rows[0]["record_text"]) > 1_200_000


def test_a_message_beyond_the_limit_is_quarantined_and_the_next_one_lands() -> None:
    data = message("1") + message("2", pid="A" * 50_000) + message("3")
    found = framed(data, chunk_bytes=1000, max_record_bytes=10_000)
    assert found.result.landed == 2
    assert set(found.result.reasons) == {"record-too-long"}


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty-file"),
        (b"\r\n \r\n", "empty-file"),
        (b"\xef\xbb\xbf", "empty-file"),
        (
            b"ISA*00*          *00*          *ZZ*A              *ZZ*B              "
            b"*240101*1200*^*00501*000000001*0*P*:~GS*HC*A*B*20240101*1200*1*X*005010X222A1~",
            "wrong-format",
        ),
        (b'{"resourceType":"Patient","id":"1"}\n', "wrong-format"),
        (b"a,b,c\n1,2,3\n4,5,6\n", "wrong-format"),
        (bytes(range(256)) * 20, "binary-content"),
        (b"%PDF-1.4\nabc", "binary-content"),
        (b"hello world\n", "hl7-missing-msh"),
    ],
)
def test_a_file_that_is_no_hl7_is_quarantined_as_a_whole(data: bytes, code: str) -> None:
    assert codes(framed(data)) == [code]


# -- character sets ------------------------------------------------------------------------------


def with_charset(declared: str, name: str, codec: str) -> bytes:
    head = f"MSH|^~\\&|A|B|||2024||ADT^A01|1|P|2.5||||||{declared}\rPID|1||1||"
    return head.encode("ascii") + name.encode(codec) + b"\r"


@pytest.mark.parametrize(
    ("declared", "name", "codec", "expected"),
    [
        ("UNICODE UTF-8", "MÜLLER", "utf-8", "utf-8"),
        ("8859/1", "MÜLLER", "latin-1", "latin-1"),
        ("8859/1", "O’BRIEN", "cp1252", "cp1252"),
        ("8859/2", "ŁÓDŹ", "iso8859-2", "iso8859-2"),
        ("ISO-8859-1", "O’BRIEN", "cp1252", "cp1252"),
        ("UTF-16LE", "MÜLLERS", "utf-8", "utf-8"),
        ("windows-1252", "O’BRIEN", "cp1252", "cp1252"),
        ("GB 18030-2000", "张伟", "gb18030", "gb18030"),
        ("ASCII~ISO IR87", "山田", "iso2022_jp", "iso2022_jp"),
        # what MSH-18 says is not always true
        ("ASCII", "MÜLLER", "utf-8", "utf-8"),
        ("8859/1", "MÜLLER", "utf-8", "utf-8"),
        ("UNICODE UTF-8", "MÜLLER", "latin-1", "cp1252"),
        ("UNICODE UTF-16", "MÜLLER", "utf-8", "utf-8"),
        ("BIG-5", "张伟", "utf-8", "utf-8"),
        ("nonsense", "MÜLLER", "utf-8", "utf-8"),
        ("non\0sense", "MÜLLER", "utf-8", "utf-8"),
        ("unicode_escape", "MÜLLER", "latin-1", "cp1252"),
        ("", "MÜLLER", "latin-1", "cp1252"),
    ],
)
def test_text_is_read_in_the_character_set_that_its_bytes_are_in(
    declared: str, name: str, codec: str, expected: str
) -> None:
    (row,) = framed(with_charset(declared, name, codec)).rows
    assert row["reason_code"] is None
    assert name in row["record_text"]
    assert row["charset"] == expected


def test_a_character_set_that_is_declared_wrongly_is_told() -> None:
    found = framed(with_charset("ASCII", "MÜLLER", "utf-8"))
    assert any("MSH-18" in warning for warning in found.result.warnings)


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-be", "utf-16-le"])
@pytest.mark.parametrize("chunk_bytes", [101, 1 << 20])
def test_a_utf_16_file_is_read_and_rebuilt(codec: str, chunk_bytes: int) -> None:
    text = message("1", pid="MÜLLER 😀") + message("2")
    found = framed(text.encode(codec), chunk_bytes=chunk_bytes)
    assert [row["record_text"] for row in found.rows] == [
        message("1", pid="MÜLLER 😀"),
        message("2"),
    ]
    assert found.rows[1]["charset"] in ("utf-16-le", "utf-16-be")


@pytest.fixture
def mixture() -> str:
    return (
        batch(message("1"), message("2", eol="\n"), count="2")
        + block(message("3"))
        + message("4", eol="\r\n", pid="Ä")
        + "\n\nPID|1\r"
    )


@pytest.mark.parametrize("chunk_bytes", [17, 64, 333])
def test_where_a_chunk_ends_changes_nothing(
    mixture: str, chunk_bytes: int, same_rows: Callable[[Framed, Framed], None]
) -> None:
    same_rows(framed(mixture), framed(mixture, chunk_bytes=chunk_bytes))
