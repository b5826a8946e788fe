"""Any mutation of any sample: framing never crashes, always reconciles, always rebuilds the bytes.

200 cases by default; WELLSPRING_FUZZ_CASES sets another number (``make fuzz``: 20,000).
"""

from __future__ import annotations

import gzip
import os
import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ingest.formats import FORMATS, REASONS, Column, FrameOptions, detect
from ingest.formats.compression import ContainerError, ExpansionLimits, members
from ingest.formats.whole import Framed, frame_whole, record_bytes

CASES = int(os.environ.get("WELLSPRING_FUZZ_CASES") or 200)
#: Samples above this are left out: a mutation of a part of one says no more than of a small one.
LARGEST = 60_000

fuzzed = settings(
    max_examples=CASES,
    deadline=None,
    print_blob=True,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.large_base_example,
    ],
)

#: What breaks framers: pieces of every format's own syntax.
SPLINTERS = (
    *(bytes([byte]) for byte in b'\r\n\t "|^~\\&*:,;{}[]<>\x00\x0b\x1a\x1c\x1d\x1e\x85\xff'),
    b"\r\n", b"\x1c\r", b"\x0b", b"\xef\xbb\xbf", b"\xff\xfe",
    b"MSH|^~\\&|", b"\rMSH|^~\\&|A|B|||2024||ADT^A01|1|P|2.5\r", b"FHS|^~\\&|\r", b"BTS|1\r",
    b"ISA*", b"IEA*1*1~", b"GS*HC*", b"ST*837*0001~", b"SE*3*0001~", b"TA1*1~",
    b'{"resourceType":"Bundle","entry":[', b'"entry":[', b"},{", b'\\u', b'""', b'","', b"NaN",
)  # fmt: skip

edits = st.lists(
    st.one_of(
        st.tuples(st.just("cut"), st.floats(0, 1), st.integers(1, 3000)),
        st.tuples(st.just("flip"), st.floats(0, 1), st.integers(0, 7)),
        st.tuples(st.just("insert"), st.floats(0, 1), st.sampled_from(SPLINTERS)),
        st.tuples(st.just("noise"), st.floats(0, 1), st.binary(min_size=1, max_size=40)),
        st.tuples(st.just("repeat"), st.floats(0, 1), st.integers(1, 2000)),
        st.tuples(
            st.just("redelimit"),
            st.sampled_from(list(b'|^~\\&*:,"\r\n')),
            st.sampled_from(list(b'|^~\\&*:,"\r\n\x1d\x1e\x00a \xe9')),
        ),
        st.tuples(st.just("truncate"), st.floats(0, 1), st.just(0)),
        st.tuples(st.just("behead"), st.floats(0, 1), st.just(0)),
        st.tuples(st.just("wrap"), st.integers(1, 120), st.sampled_from([b"\n", b"\r\n"])),
        st.tuples(st.just("recode"), st.sampled_from(["utf-16", "utf-16-be", "utf-8"]), st.just(0)),
    ),
    min_size=1,
    max_size=4,
)


def mutated(data: bytes, changes: list[tuple[object, ...]]) -> bytes:
    """The data after the edits, in order."""
    for change in changes:
        kind, where, what = change
        if kind == "redelimit":
            data = data.replace(bytes([int(str(where))]), bytes([int(str(what))]))
            continue
        if kind == "recode":
            data = data.decode("latin-1").encode(str(where))
            continue
        if kind == "wrap":
            width = int(str(where))
            assert isinstance(what, bytes)
            data = what.join(data[i : i + width] for i in range(0, len(data), width))
            continue
        at = int(float(str(where)) * len(data))
        if kind == "cut":
            data = data[:at] + data[at + int(str(what)) :]
        elif kind == "flip" and data:
            at = min(at, len(data) - 1)
            data = data[:at] + bytes([data[at] ^ (1 << int(str(what)))]) + data[at + 1 :]
        elif kind in ("insert", "noise"):
            assert isinstance(what, bytes)
            data = data[:at] + what + data[at:]
        elif kind == "repeat":
            data = data[:at] + data[at : at + int(str(what))] * 2 + data[at:]
        elif kind == "truncate":
            data = data[:at]
        elif kind == "behead":
            data = data[at:]
    return data


class Samples(list[Path]):
    """The samples; a failure's report need not list them."""

    def __repr__(self) -> str:
        return f"{len(self)} samples"


@pytest.fixture(scope="session")
def samples(shared_samples: Path) -> Samples:
    found = sorted(path for path in shared_samples.rglob("*") if path.is_file())
    return Samples(path for path in found if path.stat().st_size <= LARGEST)


def check(found: Framed, data: bytes) -> None:
    """The promises of ``ingest/formats/model.py``."""
    assert found.rebuilt() == data
    result = found.result
    assert result.size_bytes == len(data)
    assert result.records_in == len(found.rows) == result.landed + result.quarantined
    assert result.landed == len(found.landed)
    assert sum(result.reasons.values()) == result.quarantined
    offset = 0
    for index, row in enumerate(found.rows):
        assert row["record_index"] == index
        offset += len(row["lead"] or b"")
        assert row["byte_offset"] == offset
        offset += len(record_bytes(row))
        if row["reason_code"] is None:
            assert row["reason"] is None
            assert (row["raw"] is None) == (row["record_text"] is not None)
        else:
            assert row["reason_code"] in REASONS
            assert row["reason"]
            assert row["raw"] is not None


tables = st.one_of(
    st.just(FrameOptions()),
    st.builds(
        FrameOptions,
        delimiter=st.sampled_from([None, ",", "|", "\t"]),
        quote=st.sampled_from(['"', None, "'"]),
        has_header=st.sampled_from([None, True, False]),
        columns=st.sampled_from([(), (Column(name="id"), Column(name="name", required=False))]),
        widths=st.sampled_from([(), (), (11, 11, 29)]),
        charset=st.sampled_from([None, "latin-1", "utf-8", "cp1252", "iso2022_jp"]),
        drift=st.sampled_from(["accept", "strict"]),
        message_types=st.sampled_from([(), ("ADT", "837", "Patient")]),
    ),
)


@fuzzed
@given(
    pick=st.integers(0, 10**6),
    changes=edits,
    format=st.one_of(st.none(), st.none(), st.sampled_from(FORMATS)),
    options=tables,
    chunk_bytes=st.sampled_from([1 << 24, 64, 257, 1000, 4096]),
)
def test_any_mutation_of_any_sample_is_framed_and_rebuilt(
    samples: Samples,
    pick: int,
    changes: list[tuple[object, ...]],
    format: str | None,
    options: FrameOptions,
    chunk_bytes: int,
) -> None:
    path = samples[pick % len(samples)]
    data = mutated(path.read_bytes(), changes)
    chosen = format or detect(data[: 64 * 1024], path.name)
    found = frame_whole(data, format=chosen, options=options)
    check(found, data)
    # where a chunk ends changes nothing
    chunked = FrameOptions(
        **{
            name: getattr(options, name)
            for name in FrameOptions.__dataclass_fields__
            if name != "chunk_bytes"
        },
        chunk_bytes=chunk_bytes,
    )
    again = frame_whole(data, format=chosen, options=chunked)
    assert again.result.tail == found.result.tail
    for one, other in zip(found.rows, again.rows, strict=True):
        assert {**one, "reason": None} == {**other, "reason": None}


@fuzzed
@given(
    pick=st.integers(0, 10**6),
    changes=edits,
    format=st.sampled_from(FORMATS),
    limit=st.integers(200, 5000),
    chunk_bytes=st.integers(16, 2000),
)
def test_records_beyond_the_limit_are_rebuilt_too(
    samples: Samples,
    pick: int,
    changes: list[tuple[object, ...]],
    format: str,
    limit: int,
    chunk_bytes: int,
) -> None:
    path = samples[pick % len(samples)]
    data = mutated(path.read_bytes(), changes)
    options = FrameOptions(max_record_bytes=limit, chunk_bytes=chunk_bytes)
    check(frame_whole(data, format=format, options=options), data)


@fuzzed
@given(data=st.binary(max_size=3000), format=st.sampled_from(FORMATS), seed=st.integers(0, 99))
@example(data=b"\xff\xfe", format="hl7v2", seed=0)
@example(data=b"\xff\xfeM", format="csv", seed=0)
@example(data=b"ISA", format="x12", seed=0)
@example(data=b"MSH", format="hl7v2", seed=0)
@example(data=b"[", format="json", seed=0)
@example(data=b'"', format="csv", seed=0)
def test_any_bytes_are_framed_and_rebuilt(data: bytes, format: str, seed: int) -> None:
    noise = random.Random(seed).randbytes(seed)
    for head in (b"", b"MSH|^~\\&|A|B|||2024||ADT^A01|1|P|2.5\r", b'{"a":', b"a,b\n"):
        check(frame_whole(head + data + noise, format=format), head + data + noise)


@fuzzed
@given(pick=st.integers(0, 10**6), changes=edits)
def test_a_mutated_container_is_expanded_or_refused(
    samples: Samples, pick: int, changes: list[tuple[object, ...]], tmp_path: Path
) -> None:
    limits = ExpansionLimits(max_bytes=50_000_000, max_ratio=100, ratio_from_bytes=1_000_000)
    path = samples[pick % len(samples)]
    data = path.read_bytes()
    packed = data if data[:2] == b"PK" else gzip.compress(data, 1)
    file = tmp_path / "container"
    file.write_bytes(mutated(packed, changes))
    try:
        with file.open("rb") as stream:
            for member in members(stream, name="container", limits=limits):
                while member.stream.read(65536):
                    pass
    except ContainerError as error:
        assert error.code in REASONS
