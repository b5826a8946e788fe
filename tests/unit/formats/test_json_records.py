"""FHIR and JSON framing, one behaviour a test. Resources are made up here."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from ingest.formats import FrameOptions
from ingest.formats.whole import Framed, frame_whole

PATIENT = '{"resourceType":"Patient","id":"p1"}'
OBSERVATION = '{"resourceType":"Observation","id":"o1","valueQuantity":{"value":1.10}}'


def framed(data: bytes | str, format: str = "fhir", **options: object) -> Framed:
    raw = data.encode() if isinstance(data, str) else data
    found = frame_whole(raw, format=format, options=FrameOptions(**options))  # type: ignore[arg-type]
    assert found.rebuilt() == raw
    assert found.result.records_in == len(found.rows)
    assert found.result.landed + found.result.quarantined == len(found.rows)
    return found


def codes(found: Framed) -> list[str | None]:
    return [row["reason_code"] for row in found.rows]


def types(found: Framed) -> list[str | None]:
    return [row["record_type"] for row in found.rows]


@pytest.mark.parametrize("eol", ["\n", "\r\n", "\n\n"])
def test_a_line_of_ndjson_is_a_record(eol: str) -> None:
    found = framed(eol.join([PATIENT, OBSERVATION, ""]))
    assert [row["record_text"] for row in found.rows] == [PATIENT, OBSERVATION]
    assert types(found) == ["Patient", "Observation"]
    assert [row["control_id"] for row in found.rows] == ["p1", "o1"]


def test_a_single_resource_is_a_record_with_its_layout() -> None:
    text = json.dumps(json.loads(OBSERVATION), indent=2)
    found = framed(text + "\n")
    assert [row["record_text"] for row in found.rows] == [text]


@pytest.mark.parametrize(
    "number", ["1.10", "0.00", "1e3", "100000000000000000000.000000000000000001", "1e999", "-0.0"]
)
def test_numbers_keep_their_digits(number: str) -> None:
    text = '{"resourceType":"Observation","valueQuantity":{"value":%s}}' % number  # noqa: UP031
    found = framed(text)
    assert codes(found) == [None]
    assert found.rows[0]["record_text"] == text


@pytest.mark.parametrize(
    "bad",
    [
        '{"resourceType":"Patient","id":"p2"',
        '{"resourceType":"Patient",}',
        "not json",
        '{"a":1} {"b":2}',
        '{"resourceType":"Patient","name":"\x01"}',
        '{"resourceType":"Patient","weight":NaN}',
        '{"resourceType":"Patient","name":"\\ud800"}',
    ],
)
def test_a_broken_line_is_quarantined_alone(bad: str) -> None:
    found = framed("\n".join([PATIENT, bad, OBSERVATION, ""]))
    assert [code is None for code in codes(found)] == [True, False, True]
    assert codes(found)[1] in ("json-invalid", "json-truncated")
    assert found.rows[1]["raw"] == bad.encode()


def test_a_line_that_is_not_utf_8_is_quarantined_alone() -> None:
    found = framed(f"{PATIENT}\n".encode() + '{"id":"é"}\n'.encode("latin-1") + PATIENT.encode())
    assert codes(found) == [None, "json-not-utf8", None]
    assert found.rows[1]["record_text"] is None


def test_a_declared_character_set_is_read() -> None:
    line = '{"resourceType":"Patient","id":"é"}\n'
    found = framed(f"{PATIENT}\n{line}".encode("latin-1"), charset="latin-1")
    assert codes(found) == [None, None]
    assert found.rows[1]["control_id"] == "é"


def test_the_first_line_may_be_the_broken_one() -> None:
    assert codes(framed("\n".join(['{"resourceType', PATIENT, PATIENT]))) == [
        "json-truncated",
        None,
        None,
    ]


def test_a_truncated_last_line_is_quarantined_alone() -> None:
    assert codes(framed(f"{PATIENT}\n{PATIENT[:20]}")) == [None, "json-truncated"]


def test_an_object_without_resource_type_is_quarantined_alone() -> None:
    assert codes(framed(f'{PATIENT}\n{{"id":"x"}}\n{PATIENT}\n')) == [
        None,
        "fhir-missing-resource-type",
        None,
    ]


def test_a_type_that_the_feed_does_not_declare_is_quarantined_alone() -> None:
    found = framed(f"{PATIENT}\n{OBSERVATION}\n", message_types=("Patient",))
    assert codes(found) == [None, "unexpected-record-type"]


# -- Bundles -------------------------------------------------------------------------------------

BUNDLE_TYPES = [
    "document",
    "message",
    "transaction",
    "transaction-response",
    "batch",
    "batch-response",
    "history",
    "searchset",
    "collection",
]


def bundle(kind: str, *entries: str) -> str:
    return '{"resourceType":"Bundle","id":"b1","type":"%s","entry":[%s]}' % (  # noqa: UP031
        kind,
        ",".join(entries),
    )


def entry(resource: str, url: str = "urn:uuid:1") -> str:
    return f'{{"fullUrl":"{url}","resource":{resource},"request":{{"method":"PUT","url":"X/1"}}}}'


@pytest.mark.parametrize("kind", BUNDLE_TYPES)
@pytest.mark.parametrize("indent", [None, 2])
def test_the_entries_of_a_bundle_are_records(kind: str, indent: int | None) -> None:
    text = bundle(kind, entry(PATIENT), entry(OBSERVATION))
    if indent:
        text = json.dumps(json.loads(text), indent=indent)
    found = framed(text)
    assert types(found) == ["Patient", "Observation"]
    envelope = json.loads(found.rows[0]["envelope"])
    assert envelope["bundle_type"] == kind
    assert envelope["bundle_id"] == "b1"
    assert envelope["full_url"] == "urn:uuid:1"
    assert (envelope["request_method"], envelope["request_url"]) == ("PUT", "X/1")
    if not indent:
        assert [row["record_text"] for row in found.rows] == [PATIENT, OBSERVATION]


def test_a_bundle_that_names_itself_last_is_a_bundle() -> None:
    text = f'{{"entry":[{{"resource":{PATIENT}}}],"type":"collection","resourceType":"Bundle"}}'
    assert types(framed(text)) == ["Patient"]


def test_a_large_bundle_with_its_keys_in_alphabetical_order_is_a_bundle() -> None:
    text = bundle("batch", *[entry(PATIENT)] * 2000)
    found = framed(json.dumps(json.loads(text), sort_keys=True))
    assert len(found.landed) == 2000


def test_an_entry_without_resource_is_a_record_of_its_own() -> None:
    deletion = '{"fullUrl":"u","request":{"method":"DELETE","url":"Patient/1"}}'
    found = framed(bundle("history", entry(PATIENT), deletion))
    assert types(found) == ["Patient", "Bundle.entry"]
    assert found.rows[1]["record_text"] == deletion
    assert json.loads(found.rows[1]["envelope"])["request_method"] == "DELETE"


@pytest.mark.parametrize("text", [bundle("searchset"), '{"resourceType":"Bundle","type":"batch"}'])
def test_a_bundle_without_entries_is_a_record(text: str) -> None:
    found = framed(text)
    assert types(found) == ["Bundle"]
    assert codes(found) == [None]


def test_a_broken_entry_is_quarantined_alone() -> None:
    bad = '{"fullUrl":"u","resource":{"resourceType":"Patient","id":oops}}'
    found = framed(bundle("batch", entry(PATIENT), bad, entry(OBSERVATION)))
    assert codes(found) == [None, "json-invalid", None]
    assert found.rows[1]["raw"] == bad.encode()


def test_an_entry_that_lost_a_quote_does_not_take_its_siblings() -> None:
    bad = entry(PATIENT).replace('"p1"', 'p1"')
    found = framed(bundle("batch", entry(PATIENT), bad, entry(OBSERVATION), entry(PATIENT)))
    assert codes(found) == [None, "json-invalid", None, None]


def test_the_whole_entries_of_a_truncated_bundle_land() -> None:
    text = bundle("batch", entry(PATIENT), entry(OBSERVATION))
    assert codes(framed(text[: text.index('"o1"')])) == [None, "json-truncated"]


def test_bundles_line_by_line_give_all_their_entries() -> None:
    one = bundle("batch", entry(PATIENT), entry(OBSERVATION))
    found = framed(f"{one}\n{one}\n")
    assert types(found) == ["Patient", "Observation"] * 2


def test_an_array_of_resources_is_read() -> None:
    assert types(framed(f"[{PATIENT},\n{OBSERVATION}]")) == ["Patient", "Observation"]


# -- other JSON ----------------------------------------------------------------------------------

POINT = (
    '{"header":{"id":"h1","schema_id":{"namespace":"omh","name":"heart-rate","version":"2.0"},'
    '"user_id":"u"},"body":{"heart_rate":{"value":70,"unit":"beats/min"}}}'
)


@pytest.mark.parametrize("layout", ["[%s,%s]", "[\n  %s,\n  %s\n]\n", "%s\n%s\n", "%s %s"])
def test_data_points_are_records_in_arrays_and_lines(layout: str) -> None:
    found = framed(layout % (POINT, POINT), "json")
    assert [row["record_text"] for row in found.rows] == [POINT, POINT]
    row = found.rows[0]
    assert (row["record_type"], row["control_id"], row["version"]) == ("heart-rate", "h1", "2.0")


def test_a_vendor_export_is_one_record() -> None:
    found = framed('{\n "activities-steps": [\n {"value": "1"}\n ]\n}\n', "json")
    assert codes(found) == [None]


@pytest.mark.parametrize("text", ['["2024-01-01", "2024-01-02"]', "[1, 2, 3]", "[1.5]"])
def test_an_array_of_plain_values_is_one_record(text: str) -> None:
    found = framed(text, "json")
    assert [row["record_text"] for row in found.rows] == [text]


def test_an_empty_array_is_a_file_of_no_records() -> None:
    found = framed("[]\n", "json")
    assert found.rows == []
    assert found.result.tail == b"[]\n"


def test_a_broken_element_is_quarantined_alone() -> None:
    found = framed(f'[{POINT},{{"header":oops}},{POINT}]', "json")
    assert codes(found) == [None, "json-invalid", None]


def test_a_plain_value_is_no_record() -> None:
    assert codes(framed('"2024-01-01"', "json")) == ["json-not-object"]
    assert codes(framed(f"[{POINT},null,{POINT}]", "json")) == [None, "json-not-object", None]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty-file"),
        (b" \n", "empty-file"),
        (b"\xef\xbb\xbf", "empty-file"),
        (b"MSH|^~\\&|A|B|||2024||ADT^A01|1|P|2.5\rPID|1\r", "wrong-format"),
        (b"a,b\n1,2\n3,4\n", "wrong-format"),
        (b"hello world\n", "json-invalid"),
        (bytes(range(256)) * 20, "binary-content"),
        (b'{"a": ', "json-truncated"),
        (b"{]", "json-invalid"),
    ],
)
def test_a_file_that_is_no_json_is_quarantined_as_a_whole(data: bytes, code: str) -> None:
    assert codes(framed(data)) == [code]


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16"])
def test_byte_order_marks_are_no_part_of_a_record(codec: str) -> None:
    found = framed(f"{PATIENT}\n{PATIENT}\n".encode(codec))
    assert codes(found) == [None, None]


def test_a_line_beyond_the_limit_is_quarantined_and_the_next_one_lands() -> None:
    long = '{"resourceType":"Patient","id":"%s"}' % ("x" * 50_000)
    found = framed(f"{PATIENT}\n{long}\n{PATIENT}\n", chunk_bytes=1000, max_record_bytes=10_000)
    assert found.result.landed == 2
    assert set(found.result.reasons) == {"record-too-long"}


@pytest.mark.parametrize("chunk_bytes", [17, 64, 333])
@pytest.mark.parametrize(
    "text",
    [
        f"{PATIENT}\n{{bad}}\n\n{OBSERVATION}",
        f" [{PATIENT}, {OBSERVATION} ,{{bad}}, {PATIENT}]\n",
        bundle("batch", *[entry(PATIENT)] * 9, '{"fullUrl":"é"}', entry('{"bad}')),
        json.dumps(json.loads(bundle("batch", *[entry(OBSERVATION)] * 9)), indent=1),
    ],
)
def test_where_a_chunk_ends_changes_nothing(
    text: str, chunk_bytes: int, same_rows: Callable[[Framed, Framed], None]
) -> None:
    same_rows(framed(text), framed(text, chunk_bytes=chunk_bytes))
