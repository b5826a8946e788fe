"""What the staging benchmarks share: the models' own SQL, and a DuckDB as the profile sets it."""

from __future__ import annotations

import time
from pathlib import Path

import duckdb

from ingest.home import Home
from tests.run_dbt import run_dbt

CORES = 2


def compiled(home: Home, models: list[str], *, built_first: list[str] | None = None) -> list[str]:
    """The SQL of `models` over all of bronze, as dbt compiles it after it has built others."""
    commands = [["compile", "--full-refresh", "--select", *models]]
    if built_first:
        commands.insert(0, ["run", "--select", *built_first])
    for command in commands:
        run_dbt(home, *command)
    folder = home.warehouse / "dbt" / "compiled" / "wellspring" / "models" / "staging"
    return [next(folder.rglob(f"{model}.sql")).read_text() for model in models]


def engine(file: Path | None = None) -> duckdb.DuckDBPyConnection:
    """A warehouse with dbt's names and the profile's settings, in memory or in a file."""
    connection = duckdb.connect(config={"threads": CORES, "preserve_insertion_order": False})
    connection.execute("set global TimeZone = 'UTC'")
    options = "" if file is None else " (storage_version 'v1.5.0')"
    connection.execute(f"attach '{file or ':memory:'}' as wellspring{options}")
    connection.execute("use wellspring")
    connection.execute("create schema staging")
    return connection


def seconds_of(connection: duckdb.DuckDBPyConnection, model: str, query: str) -> float:
    """How long the model's table takes to make."""
    started = time.perf_counter()
    connection.execute(f"create or replace table wellspring.staging.{model} as {query}")
    return time.perf_counter() - started
