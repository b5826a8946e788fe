"""X12 framing, one behaviour a test. Interchanges are made up here."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from ingest.formats import FrameOptions
from ingest.formats.whole import Framed, frame_whole


def transaction_set(control: str = "0001", *, count: int = 5, kind: str = "837") -> str:
    return (
        f"ST*{kind}*{control}*005010X222A1~BHT*0019*00*1*20240102*1200*CH~"
        f"CLM*C{control}*100***11:B:1~HI*ABK:E119~SE*{count}*{control}~"
    )


def interchange(
    *bodies: str,
    control: str = "000000001",
    version: str = "00501",
    repetition: str = "^",
    sets: int | None = None,
    groups: int = 1,
) -> str:
    return (
        f"ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       "
        f"*240102*1200*{repetition}*{version}*{control}*0*P*:~"
        "GS*HC*APP*DEST*20240102*1200*77*X*005010X222A1~"
        + "".join(bodies)
        + f"GE*{len(bodies) if sets is None else sets}*77~IEA*{groups}*{control}~"
    )


def framed(data: bytes | str, **options: object) -> Framed:
    raw = data.encode("latin-1") if isinstance(data, str) else data
    found = frame_whole(raw, format="x12", options=FrameOptions(**options))  # type: ignore[arg-type]
    assert found.rebuilt() == raw
    assert found.result.records_in == len(found.rows)
    assert found.result.landed + found.result.quarantined == len(found.rows)
    return found


def codes(found: Framed) -> list[str | None]:
    return [row["reason_code"] for row in found.rows]


def test_a_transaction_set_is_a_record_with_the_envelope_around_it() -> None:
    found = framed(interchange(transaction_set("0001"), transaction_set("0002")))
    assert [row["record_text"] for row in found.rows] == [
        transaction_set("0001"),
        transaction_set("0002"),
    ]
    row = found.rows[1]
    assert (row["record_type"], row["control_id"]) == ("837", "0002")
    assert (row["version"], row["delimiters"]) == ("005010X222A1", "*^:~")
    envelope = json.loads(row["envelope"])
    assert envelope["interchange_sender"] == "SENDER"
    assert envelope["interchange_receiver"] == "RECEIVER"
    assert envelope["interchange_control"] == "000000001"
    assert envelope["interchange_date"] == "240102"
    assert envelope["isa_version"] == "00501"
    assert envelope["functional_id"] == "HC"
    assert envelope["group_control"] == "77"
    assert envelope["group_date"] == "20240102"
    assert found.result.warnings == []
    assert found.result.tail == b"GE*2*77~IEA*1*000000001~"


@pytest.mark.parametrize(
    ("element", "repetition", "component", "terminator"),
    [
        ("*", "^", ":", "~"),
        ("|", "!", ">", "~"),
        ("\x1d", "\x1f", "\x1e", "\x1c"),
        ("~", "^", ">", "\n"),
        ("*", "^", ":", "\r"),
        ("*", "^", "\\", "'"),
        ("^", "`", "<", "\x85"),
    ],
)
@pytest.mark.parametrize("wrap", ["", "\n", "\r\n"])
def test_delimiters_are_those_of_isa(
    element: str, repetition: str, component: str, terminator: str, wrap: str
) -> None:
    if wrap and terminator in "\r\n":
        pytest.skip("the line break is the terminator")
    table = str.maketrans({"*": element, "^": repetition, ":": component, "~": terminator + wrap})
    data = interchange(transaction_set("0001"), transaction_set("0002")).translate(table)
    found = framed(data)
    assert codes(found) == [None, None]
    assert found.rows[0]["delimiters"] == element + repetition + component + terminator
    assert found.result.warnings == []


def test_isa11_u_in_4010_is_no_repetition_separator() -> None:
    (row,) = framed(interchange(transaction_set(), version="00401", repetition="U")).rows
    assert row["delimiters"] == "* :~"


def test_isa11_is_no_repetition_separator_before_00402_whatever_it_is() -> None:
    (row,) = framed(interchange(transaction_set(), version="00401", repetition="^")).rows
    assert row["delimiters"] == "* :~"


def wrapped(text: str, width: int, eol: str) -> str:
    return eol.join(text[i : i + width] for i in range(0, len(text), width)) + eol


@pytest.mark.parametrize("width", [37, 53, 80, 107])
@pytest.mark.parametrize("eol", ["\n", "\r\n"])
def test_lines_wrapped_anywhere_are_read_as_if_they_were_not(width: int, eol: str) -> None:
    data = wrapped(interchange(transaction_set("0001"), transaction_set("0002")), width, eol)
    found = framed(data)
    assert codes(found) == [None, None]
    assert [row["control_id"] for row in found.rows] == ["0001", "0002"]
    assert found.result.warnings == []


def test_a_byte_order_mark_belongs_to_no_record() -> None:
    found = framed(b"\xef\xbb\xbf" + interchange(transaction_set()).encode())
    assert codes(found) == [None]
    assert found.rows[0]["lead"].startswith(b"\xef\xbb\xbfISA")


def test_several_interchanges_with_delimiters_of_their_own() -> None:
    other = interchange(transaction_set("0002"), control="000000002")
    other = other.translate(str.maketrans({"*": "|", "~": "\n", ":": ">"}))
    third = interchange(transaction_set("0003"), control="000000003")
    found = framed(interchange(transaction_set("0001")) + "\r\n" + other + third)
    assert codes(found) == [None] * 3
    assert [row["delimiters"] for row in found.rows] == ["*^:~", "|^>\n", "*^:~"]
    assert found.result.warnings == []


def test_several_groups_in_an_interchange() -> None:
    group = "GS*HP*A*B*20240102*1200*{0}*X*005010X221A1~{1}GE*1*{0}~"
    data = interchange(transaction_set("0001"), groups=3)
    trailer = "IEA*3*000000001~"
    data = data.removesuffix(trailer)
    data += group.format(78, transaction_set("0002", kind="835"))
    data += group.format(79, transaction_set("0003", kind="835")) + trailer
    found = framed(data)
    assert [row["record_type"] for row in found.rows] == ["837", "835", "835"]
    assert [json.loads(row["envelope"])["group_control"] for row in found.rows] == [
        "77",
        "78",
        "79",
    ]
    assert found.result.warnings == []


@pytest.mark.parametrize("start", ["GS*", "ST*837"])
def test_transaction_sets_without_isa_are_read(start: str) -> None:
    data = interchange(transaction_set("0001"), transaction_set("0002"))
    found = framed(data[data.index(start) :])
    assert codes(found) == [None, None]
    assert found.rows[0]["delimiters"] == "* :~"
    assert any("no ISA" in warning for warning in found.result.warnings)


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ("*SENDER         *", "*SENDER*"),
        ("*SENDER         *", "*SENDER              *"),
        ("*00*          *00*          *", "*00**00**"),
        ("*240102*1200*", "*20240102*1200*"),
        ("*000000001*0*", "*1*0*"),
    ],
)
def test_an_isa_that_is_padded_wrongly_is_read(good: str, bad: str) -> None:
    found = framed(interchange(transaction_set()).replace(good, bad, 1))
    assert codes(found) == [None]
    assert found.rows[0]["delimiters"] == "*^:~"
    assert any("106" in warning for warning in found.result.warnings)


def test_an_isa_that_is_short_of_elements_is_read() -> None:
    data = interchange(transaction_set())
    data = "ISA*00*          *ZZ*SENDER*RECEIVER*00501*000000001*:~" + data[106:]
    found = framed(data)
    assert codes(found) == [None]
    assert found.rows[0]["delimiters"][0] == "*"
    assert found.rows[0]["delimiters"][2:] == ":~"


@pytest.mark.parametrize(
    ("good", "bad", "words"),
    [
        ("GE*1*77~", "GE*2*77~", "GE01"),
        ("GE*1*77~", "GE*1*78~", "GE02"),
        ("GE*1*77~", "", "no GE"),
        ("IEA*1*", "IEA*4*", "IEA01"),
        ("IEA*1*000000001", "IEA*1*000000009", "IEA02"),
        ("IEA*1*000000001~", "", "no IEA"),
        ("SE*5*", "SE*4*", "SE01"),
    ],
)
def test_envelopes_that_disagree_are_told_and_cost_no_record(
    good: str, bad: str, words: str
) -> None:
    found = framed(interchange(transaction_set()).replace(good, bad))
    assert codes(found) == [None]
    assert any(words in warning for warning in found.result.warnings)


@pytest.mark.parametrize(
    ("good", "bad", "code"),
    [
        ("HI*ABK:E119~SE*5*0002~", "SE*5*0002~", "x12-se-count-mismatch"),
        ("SE*5*0002~", "SE*5*0007~", "x12-control-number-mismatch"),
        ("SE*5*0002~", "", "x12-missing-se"),
    ],
)
def test_a_broken_transaction_set_is_quarantined_alone(good: str, bad: str, code: str) -> None:
    sets = [transaction_set("0001"), transaction_set("0002"), transaction_set("0003")]
    sets[1] = sets[1].replace(good, bad)
    found = framed(interchange(*sets))
    assert codes(found) == [None, code, None]
    assert found.rows[1]["raw"] == sets[1].encode()


def test_segments_without_st_are_quarantined_alone() -> None:
    stray = transaction_set("0002").split("~", 1)[1]
    found = framed(interchange(transaction_set("0001"), stray, transaction_set("0003")))
    assert codes(found) == [None, "x12-missing-st", None]
    assert found.rows[1]["raw"] == stray.encode()


def test_a_truncated_interchange_lands_its_whole_sets() -> None:
    data = interchange(transaction_set("0001"), transaction_set("0002"))
    found = framed(data[: data.index("CLM*C0002") + 12])
    assert codes(found) == [None, "x12-missing-se"]


def test_an_interchange_that_comes_twice_is_recognised() -> None:
    once = interchange(transaction_set("0001"), transaction_set("0002"))
    found = framed(once + once)
    assert codes(found) == [None, None, *["x12-duplicate-interchange"] * 2]
    assert found.result.interchanges[0] == found.result.interchanges[1]


def test_another_interchange_with_a_used_control_number_lands_and_is_told() -> None:
    found = framed(interchange(transaction_set("0001")) + interchange(transaction_set("0002")))
    assert codes(found) == [None, None]
    assert any("control number" in warning for warning in found.result.warnings)


def test_an_interchange_acknowledgement_is_a_record() -> None:
    head = interchange(transaction_set())[:106]
    found = framed(head + "TA1*000000001*240102*1200*A*000~IEA*0*000000001~")
    assert [(row["record_type"], row["control_id"]) for row in found.rows] == [("TA1", "000000001")]


def test_an_acknowledgement_of_sets_is_any_other_set() -> None:
    (row,) = framed(interchange(transaction_set(kind="999"))).rows
    assert (row["record_type"], row["reason_code"]) == ("999", None)


def test_a_person_named_isa_begins_no_interchange() -> None:
    name = "NM1*IL*1*ISA*JOHN****MI*123*A*B*C*D*E*F*G*H*I*J~"
    text = transaction_set(count=6).replace("HI*", name + "HI*")
    found = framed(interchange(text, transaction_set("0002")))
    assert codes(found) == [None, None]


def test_a_type_that_the_feed_does_not_declare_is_quarantined_alone() -> None:
    data = interchange(transaction_set("0001"), transaction_set("0002", kind="835"))
    assert codes(framed(data, message_types=("837",))) == [None, "unexpected-record-type"]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty-file"),
        (b"MSH|^~\\&|A|B|||2024||ADT^A01|1|P|2.5\rPID|1\r", "wrong-format"),
        (b'[{"a": 1}]', "wrong-format"),
        (b"a,b\n1,2\n3,4\n", "wrong-format"),
        (bytes(range(256)) * 20, "binary-content"),
        (b"hello world\n", "x12-missing-isa"),
    ],
)
def test_a_file_that_is_no_x12_is_quarantined_as_a_whole(data: bytes, code: str) -> None:
    assert codes(framed(data)) == [code]


def test_text_beyond_ascii_is_kept() -> None:
    data = interchange(transaction_set()).replace("E119", "É119")
    (row,) = framed(data).rows
    assert row["reason_code"] is None
    assert "É119" in row["record_text"]


def test_a_set_beyond_the_limit_is_quarantined_and_the_next_one_lands() -> None:
    sets = [transaction_set("0001"), transaction_set("0002"), transaction_set("0003")]
    sets[1] = sets[1].replace("HI*ABK:E119~", "HI*ABK:E119~" * 2000)
    found = framed(interchange(*sets), chunk_bytes=1000, max_record_bytes=12_000)
    assert [row["control_id"] for row in found.landed] == ["0001", "0003"]
    assert set(found.result.reasons) == {"record-too-long"}


@pytest.mark.parametrize("chunk_bytes", [17, 64, 333])
def test_where_a_chunk_ends_changes_nothing(
    chunk_bytes: int, same_rows: Callable[[Framed, Framed], None]
) -> None:
    once = interchange(transaction_set("0001"), transaction_set("0002", count=9))
    data = once + "\r\n" + wrapped(once.replace("000000001", "000000002"), 80, "\n") * 30
    same_rows(framed(data), framed(data, chunk_bytes=chunk_bytes))
