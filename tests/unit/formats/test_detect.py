"""Detection of formats, and the list of reasons."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest

from ingest.formats import FORMATS, REASONS, FrameOptions, detect, frame
from ingest.formats.reasons import explain

ISA = (
    b"ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       "
    b"*240102*1200*^*00501*000000001*0*P*:~"
)


@pytest.mark.parametrize(
    ("head", "name", "format"),
    [
        (b"MSH|^~\\&|A|B|", "", "hl7v2"),
        (b"\x0bMSH|^~\\&|A|B|", "", "hl7v2"),
        (b"\xef\xbb\xbfMSH|^~\\&|A|B|", "a.csv", "hl7v2"),
        (b"FHS|^~\\&|A|B|\rBHS|^~\\&|", "", "hl7v2"),
        ("MSH|^~\\&|A|B|".encode("utf-16"), "", "hl7v2"),
        (b"some text\r\nMSH|^~\\&|A|B|\r", "", "hl7v2"),
        (b"PID|1||2\rPV1|1\r", "", "hl7v2"),
        (ISA, "", "x12"),
        (ISA.replace(b"*", b"\x1d").replace(b"~", b"\x1c").replace(b":", b"\x1e"), "", "x12"),
        (b"\r\n" + ISA, "a.txt", "x12"),
        (b"GS*HC*A*B*20240102*1200*1*X*005010X222A1~", "", "x12"),
        (b"ST*835*0001~BPR*I*1~", "", "x12"),
        (b'{"resourceType":"Patient"}', "", "fhir"),
        (b'[\n  {"resourceType": "Patient"}', "", "fhir"),
        (b'{"header":{}}', "", "json"),
        (b"[1,2]", "", "json"),
        (b"a,b,c\n1,2,3\n", "", "csv"),
        (b"BENE_ID|CLM_ID|X\n1|2|3\n", "", "csv"),
        (b"a\tb\n1\t2\n", "", "csv"),
        (b'"a","b"\n"x\ny","2"\n', "", "csv"),
        ("a,b\n1,é\n".encode("utf-16"), "", "csv"),
        (b"only one column\n1\n", "a.csv", "csv"),
        (b"", "a.hl7", "hl7v2"),
        (b"", "", "text"),
        (b"just a sentence, and another\nthen more text\n", "", "text"),
        (bytes(range(256)) * 8, "a.hl7", "text"),
        (b"%PDF-1.7\n", "", "text"),
    ],
)
def test_a_format_is_known_by_its_first_bytes(head: bytes, name: str, format: str) -> None:
    assert detect(head, name) == format


def test_every_format_has_a_framer_and_no_other_does() -> None:
    for format in FORMATS:
        assert frame(io.BytesIO(b""), format=format, options=FrameOptions()).format == format
    with pytest.raises(ValueError, match="unknown format"):
        frame(io.BytesIO(b""), format="xml")


def test_reasons_are_in_one_place_and_say_what_to_do(repository: Path) -> None:
    quoted: set[str] = set()
    for path in sorted((repository / "ingest").rglob("*.py")):
        if path.name != "reasons.py":
            quoted |= set(re.findall(r'"([a-z0-9]+(?:-[a-z0-9]+)+)"', path.read_text()))
    assert set(REASONS) <= quoted, "a reason that nothing gives"
    families = {code.split("-")[0] for code in REASONS} - {"wrong", "record", "empty", "binary"}
    strays = {code for code in quoted if code.split("-")[0] in families & {"hl7", "x12", "csv"}}
    assert strays <= set(REASONS), "a reason without an entry"
    for reason in REASONS.values():
        assert reason.meaning
        assert reason.remedy
        assert not reason.remedy.endswith(".")


def test_an_explanation_says_what_where_and_what_next() -> None:
    sentence = explain("csv-ragged-row", where="row 3, byte 90", detail="2 fields, 4 expected")
    assert sentence.startswith("The row has another number of fields")
    assert "(2 fields, 4 expected), row 3, byte 90." in sentence
