"""Files of any size are framed in bounded memory, and files of odd shapes in bounded time."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Iterator

import pytest

from ingest.formats import FrameOptions, frame

SMALL, LARGE = 80_000, 320_000
ISA = (
    b"ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       "
    b"*240102*1200*^*00501*000000001*0*P*:~GS*HC*A*B*20240102*1200*1*X*005010X222A1~"
)
MSH = b"MSH|^~\\&|A|B|||2024||ADT^A01|1|P|2.5\r"


class Made:
    """A stream that makes its bytes as they are read: a head, one unit many times, a tail."""

    def __init__(self, head: bytes, unit: bytes, size: int, tail: bytes = b"") -> None:
        self._parts = self._made(head, unit, size, tail)
        self._rest = b""

    def _made(self, head: bytes, unit: bytes, size: int, tail: bytes) -> Iterator[bytes]:
        yield head
        block = unit * max(1, 65536 // len(unit))
        for _ in range(size // len(block)):
            yield block
        yield tail

    def read(self, size: int = -1, /) -> bytes:
        while not self._rest:
            part = next(self._parts, None)
            if part is None:
                return b""
            self._rest = part
        data, self._rest = self._rest[:size], self._rest[size:]
        return data


SHAPES = {
    "messages": ("hl7v2", b"", MSH + b"PID|1\r" * 20, b""),
    "one message": ("hl7v2", MSH + b"OBX|1|ED|", b"QUJD", b"\r"),
    "blank lines": ("hl7v2", MSH, b"\n", MSH),
    "no message": ("hl7v2", b"", b"hello world\n", b""),
    "segments": ("hl7v2", b"", b"PID|1||2\r", b""),
    "sets": ("x12", ISA, b"ST*837*0001~BHT*0019*00*1~SE*3*0001~", b"GE*1*1~IEA*1*1~"),
    "one set": ("x12", ISA + b"ST*837*0001~", b"CLM*A*1***11:B:1~", b"SE*3*0001~"),
    "no interchange": ("x12", b"", b"hello*world~", b""),
    "half an isa": ("x12", b"ISA*00*", b"hello*world*ISA*", b""),
    "rows": ("csv", b"a,b\n", b"1,2\n", b""),
    "one quoted field": ("csv", b'a,b\n1,"', b"x\n", b'"\n'),
    "broken quotes": ("csv", b"a,b\n", b'"x,1\n2,3\n', b""),
    "one line": ("csv", b"a,b\n1,", b"x", b"\n"),
    "lines": ("fhir", b"", b'{"resourceType":"Patient","id":"1"}\n', b""),
    "broken lines": ("fhir", b'{"resourceType":"Patient"}\n', b'{"resourceType"\n', b""),
    "bundle": (
        "fhir",
        b'{"resourceType":"Bundle","entry":[{}',
        b',{"resource":{"resourceType":"Patient","id":"1"}}',
        b"]}",
    ),
    "array": ("json", b"[{}", b',{"a":1.50}', b"]"),
    "one document": ("json", b'{"a":[1', b',{"b":2}', b"]}"),
    "open brackets": ("json", b"{", b'"a":[{', b""),
    "open strings": ("json", b'[{"a":1}', b',{"a":"}', b"]"),
    "documents": ("json", b"", b'{"a":\n 1} ', b""),
    "broken documents": ("json", b"{}", b'{"a":\n x} ', b""),
    "bundles": (
        "fhir",
        b"",
        b'{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Patient"}}]}\n',
        b"",
    ),
    "binary": ("text", b"\0\1\2\3", bytes(range(256)), b""),
    "text": ("text", b"", b"word\n", b""),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_long_file_is_framed_in_bounded_memory_and_linear_time(shape: str) -> None:
    format, head, unit, tail = SHAPES[shape]
    options = FrameOptions(chunk_bytes=20_000, max_record_bytes=SMALL)

    def framed(size: int) -> float:
        framing = frame(Made(head, unit, size, tail), format=format, options=options)
        started = time.process_time()
        for batch in framing:
            assert batch.rows.nbytes < 40_000_000
        result = framing.result
        assert result.records_in == result.landed + result.quarantined
        assert result.size_bytes >= size - 65536
        return time.process_time() - started

    def peak(size: int) -> int:
        tracemalloc.start()
        try:
            framed(size)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    framed(SMALL)  # imports and compiles
    assert framed(LARGE) < 2.5 * (LARGE / SMALL) * framed(SMALL) + 0.5
    assert peak(LARGE) < 2 * peak(SMALL) + 8_000_000
