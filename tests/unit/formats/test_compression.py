"""Containers: what is in them, and what stops them."""

from __future__ import annotations

import gzip
import io
import zipfile

import pytest

from ingest.formats.compression import ContainerError, ExpansionLimits, container_of, members

SMALL = ExpansionLimits(
    max_bytes=1_000_000, max_ratio=50, ratio_from_bytes=100_000, max_members=5, max_depth=2
)


def zipped(**files: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name.replace("__", "/"), data)
    return buffer.getvalue()


def expand(
    data: bytes, name: str = "a", limits: ExpansionLimits = SMALL
) -> list[tuple[str, bytes]]:
    found = members(io.BytesIO(data), name=name, limits=limits)
    return [(member.name, member.stream.read()) for member in found]


def refusal(data: bytes, limits: ExpansionLimits = SMALL) -> str:
    with pytest.raises(ContainerError) as caught:
        expand(data, limits=limits)
    return caught.value.code


def test_a_file_that_is_no_container_is_its_own_member() -> None:
    assert expand(b"MSH|", "a.hl7") == [("a.hl7", b"MSH|")]


def test_gzip_is_known_by_its_content() -> None:
    assert container_of(gzip.compress(b"x")) == "gzip"
    assert expand(gzip.compress(b"x") + gzip.compress(b"y"), "a.bin") == [("a.bin", b"xy")]


def test_members_of_a_zip_come_in_order_with_the_archive_in_their_name() -> None:
    data = zipped(b=b"1", folder__a=b"22", empty=b"")
    assert expand(data, "a.zip") == [
        ("a.zip!b", b"1"),
        ("a.zip!folder/a", b"22"),
        ("a.zip!empty", b""),
    ]


def test_containers_in_containers_are_opened() -> None:
    data = zipped(inner=gzip.compress(b"x"))
    assert expand(data, "a.zip") == [("a.zip!inner", b"x")]
    assert expand(zipped(inner=zipped(deep=b"y")), "a.zip") == [("a.zip!inner!deep", b"y")]


def test_a_members_bytes_may_be_read_in_steps() -> None:
    found = members(io.BytesIO(gzip.compress(b"abcdef")), name="a")
    stream = next(found).stream
    assert [stream.read(4), stream.read(4), stream.read(4)] == [b"abcd", b"ef", b""]


@pytest.mark.parametrize(
    "data",
    [
        gzip.compress(bytes(10_000_000)),
        zipped(bomb=bytes(10_000_000)),
        zipped(a=bytes(900_000), b=bytes(900_000)),
        zipped(**{f"m{i}": b"x" for i in range(6)}),
        zipped(a=zipped(b=zipped(c=b"x"))),
        zipped(a=gzip.compress(bytes(10_000_000))),
    ],
    ids=["gzip", "zip", "together", "members", "depth", "nested"],
)
def test_a_bomb_is_stopped(data: bytes) -> None:
    assert refusal(data) == "archive-bomb"


def test_what_expands_well_is_no_bomb() -> None:
    assert len(expand(gzip.compress(b"0" * 90_000))[0][1]) == 90_000


@pytest.mark.parametrize("cut", [5, 20, -9, -1])
def test_a_damaged_container_is_told(cut: int) -> None:
    noise = bytes(i * 7919 % 251 for i in range(5000))
    assert refusal(gzip.compress(noise)[:cut]) == "archive-damaged"
    assert refusal(zipped(a=noise)[:cut]) == "archive-damaged"


def test_a_wrong_checksum_is_told() -> None:
    data = bytearray(gzip.compress(b"abc" * 1000))
    data[-6] ^= 1
    assert refusal(bytes(data)) == "archive-damaged"


def test_an_encrypted_member_is_told() -> None:
    data = bytearray(zipped(a=b"secret"))
    data[6] |= 1
    central = data.index(b"PK\x01\x02")
    data[central + 8] |= 1
    assert refusal(bytes(data)) == "archive-encrypted"


def test_an_unknown_compression_is_told() -> None:
    data = bytearray(zipped(a=b"secret"))
    data[8] = 9
    central = data.index(b"PK\x01\x02")
    data[central + 10] = 9
    assert refusal(bytes(data)) == "archive-unsupported"
