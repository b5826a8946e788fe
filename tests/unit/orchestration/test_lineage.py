"""Which feeds stand before a base staging model."""

from __future__ import annotations

import pytest

from ingest.sources import load_sources
from orchestration.lineage import feeds_read_by

FEEDS = load_sources().feeds


@pytest.mark.parametrize("format", ["hl7v2", "x12", "fhir", "csv", "json"])
def test_a_model_reads_every_feed_of_the_format_that_it_asks_for(format: str) -> None:
    read = feeds_read_by(f"select * from {{{{ new_bronze_records('{format}') }}}}", {}, FEEDS)
    assert read == [feed for feed in FEEDS if feed.format == format]
    assert read


def test_a_model_over_all_of_bronze_reads_every_feed() -> None:
    assert feeds_read_by("from {{ source('bronze', 'manifest') }}", {}, FEEDS) == list(FEEDS)


def test_meta_narrows_the_feeds_down() -> None:
    sql = "select * from {{ new_bronze_records('csv') }}"
    [only] = feeds_read_by(sql, {"feeds": ["pharmacy/dispenses"]}, FEEDS)
    assert only.name == "pharmacy/dispenses"
