"""``make coverage``: what becomes of each type of message in the outside samples.

The samples of HL7 v2, X12, FHIR and wearables are landed and built in a home of their own; the
table ``dbt_project/models/silver/COVERAGE.tsv`` says, per type of message (of a wearables vendor's
payload: the vendor and what it holds), how many came, how many reached silver, which resources they
became part of, how many elements of these are populated, and why some reach nothing. Names of types
only, no value of any sample.
"""

from __future__ import annotations

import csv
import io
import os
import shutil
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import orjson

from ingest.bronze.registry import ensure_layout, write_feed_registry
from ingest.home import Home
from ingest.sources import load_sources
from tests.ready.identity import REPOSITORY, run
from tests.ready.validate_fhir import tables

TABLE = Path("dbt_project/models/silver/COVERAGE.tsv")
KINDS = ("hl7v2", "x12", "fhir", "wearables")
COLUMNS = ("format", "type", "messages", "in_silver", "resources", "elements", "reason")

#: Why some records of a type, or all, become no row of silver; `*`: of the other types.
REASONS = {
    ("hl7v2", "ACK"): "an acknowledgement",
    ("hl7v2", "RSP^SLI"): "an answer to a query, without a person",
    ("hl7v2", "RSP^SLI^RSP_K11"): "an answer to a query, without a person",
    ("hl7v2", "{}"): "a template, no message",
    (
        "hl7v2",
        "*",
    ): "ends after its header: MSH alone, or a PID without number and name, and nothing said of it",
    ("x12", "276"): "asks for the status of a claim",
    ("x12", "277"): "tells the status of a claim, which its 835 decides",
    ("x12", "278"): "asks for an authorization",
    ("x12", "999"): "an acknowledgement",
    ("x12", "*"): "an empty transaction set: ST and SE alone",
    ("json", "-"): "part of a data point, or a list of days: neither a data point nor a payload",
    ("json", "*"): "nothing measured: a data point or payload without a value, an empty list",
    ("json", "garmin bodyBatteryValuesArray"): "a score of Garmin's own, no measurement: in bronze",
    ("json", "googlefit com.google.location.sample"): "where somebody was: in bronze",
    ("json", "withings measuregrps"): "what a user aims at, which nobody measured",
    ("text", "*"): "documentation beside the samples, or a vendor's own format",
}


def main() -> None:
    """Land, build, write the table."""
    shared = Path(os.environ.get("WELLSPRING_SHARED") or REPOSITORY.parent / "shared")
    samples = shared / "samples"
    if not samples.is_dir():
        sys.exit("no outside samples: set WELLSPRING_SHARED to the folder that holds them")
    home = Home(Home.from_env().root / "coverage")
    shutil.rmtree(home.root, ignore_errors=True)
    for kind in KINDS:
        for path in sorted((samples / kind).rglob("*")):
            if path.is_file():
                name = "_".join(path.relative_to(samples / kind).parts)
                target = home.landing / f"sample_{kind}" / name
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, target)
    run("wellspring", "land", home=home.root)
    ensure_layout(home, load_sources())
    write_feed_registry(home, load_sources())
    folder = str(home.warehouse / "dbt")
    run(
        "dbt",
        *("build", "--select", "+path:models/silver"),
        *("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"),
        *("--project-dir", str(REPOSITORY / "dbt_project")),
        *("--profiles-dir", str(REPOSITORY / "profiles"), "--target-path", folder),
        *("--log-path", folder),
        home=home.root,
    )
    (REPOSITORY / TABLE).write_text(as_tsv(coverage(home)), encoding="utf-8")


def coverage(home: Home, *, files: set[str] | None = None) -> list[dict[str, Any]]:
    """A row per format and type of message, of all records or those of `files` (digests)."""
    types: dict[str, tuple[str, str]] = {}
    with duckdb.connect(str(home.database), read_only=True) as connection:
        for record, form, kind in connection.execute(
            f"""
            select
                file_sha256 || ':' || record_index,
                format,
                coalesce(nullif(record_type, ''), '-')
            from read_parquet(
                '{home.bronze}/*/*/*/*.parquet', union_by_name = true, hive_partitioning = false
            )
            """
        ).fetchall():
            if files is None or record.split(":")[0] in files:
                types[record] = (form, kind)
        for record, kind in connection.execute(
            """
            select source_record_id, min(kind)
            from staging.stg_wearables__vendor_payloads
            group by source_record_id
            """
        ).fetchall():
            if types.get(record, ("", ""))[1] == "-":
                types[record] = (types[record][0], kind)
        reached: dict[tuple[str, str], set[str]] = defaultdict(set)
        resources: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        elements: dict[tuple[str, str], set[str]] = defaultdict(set)
        for table in tables(connection):
            if table == "provenance":
                continue
            cursor = connection.execute(f"select source_record_ids, fhir_json from silver.{table}")
            while rows := cursor.fetchmany(5_000):
                for records, text in rows:
                    known = {types[one] for one in records if one in types}
                    for one in records:
                        if one in types:
                            reached[types[one]].add(one)
                    if not known or text is None:
                        continue
                    resource = orjson.loads(text)
                    paths = set(leaves(resource, resource["resourceType"]))
                    for kind in known:
                        resources[kind][resource["resourceType"]] += 1
                        elements[kind] |= paths
    messages = Counter(types.values())
    return [
        {
            "format": form,
            "type": kind,
            "messages": messages[(form, kind)],
            "in_silver": len(reached[(form, kind)]),
            "resources": ", ".join(
                f"{name} {count}" for name, count in sorted(resources[(form, kind)].items())
            ),
            "elements": len(elements[(form, kind)]),
            "reason": ""
            if len(reached[(form, kind)]) == messages[(form, kind)]
            else REASONS.get((form, kind)) or REASONS.get((form, "*"), ""),
        }
        for form, kind in sorted(messages)
    ]


def leaves(value: Any, path: str) -> Iterator[str]:
    """The paths of a resource's values, without places in lists."""
    if isinstance(value, dict):
        for name, part in value.items():
            yield from leaves(part, f"{path}.{name}")
    elif isinstance(value, list):
        for part in value:
            yield from leaves(part, path)
    else:
        yield path


def as_tsv(rows: list[dict[str, Any]]) -> str:
    """The table as it is checked in."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, delimiter="\t", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


if __name__ == "__main__":
    main()
