"""Fixtures of the framing tests."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ingest.formats.whole import Framed


@pytest.fixture(scope="session")
def same_rows() -> Callable[[Framed, Framed], None]:
    """Asserts that two framings of one file agree in every row and in the tail."""

    def compare(one: Framed, other: Framed) -> None:
        assert one.rows == other.rows
        assert one.result.tail == other.result.tail

    return compare
