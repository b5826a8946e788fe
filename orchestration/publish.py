"""Write, audit, publish: gold reaches its readers as one new read-only version, or not at all.

Here: the copy of gold, the ``about`` tables that go with it, the swap. Not here: building gold
(``dbt_project/``), judging it (``audit.py``).

    published/<version>/gold.duckdb     marts in the main schema, `about` beside them; mode 0444
    published/gold.duckdb               a symbolic link to the newest version

Nobody sees part of a version: it is made under a name that starts with a dot, synced to disk,
renamed, and only then linked to, again by a rename. Whoever has an older version open reads on.
"""

from __future__ import annotations

import os
import shutil
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import orjson

from ingest.home import Home
from orchestration import records
from orchestration.audit import Audit, audit
from orchestration.environment import code_version
from orchestration.errors import PublishBlockedError
from orchestration.landed import Landed, landed
from orchestration.progress import report
from orchestration.warehouse import manifest_path

__all__ = ["Publication", "current", "publish"]

_UNFINISHED = ".unfinished-"


@dataclass(frozen=True, slots=True)
class Publication:
    """A published version."""

    version: str
    path: str
    published_at: str  #: ISO 8601, UTC
    as_of: str
    code_version: str
    fingerprint: str  #: of code, landed files and as-of date: the same gives the same gold
    person_records: int | None
    patients: int | None
    checks_passed: int
    checks_warned: int
    tables: dict[str, int]  #: rows by table

    def to_dict(self) -> dict[str, Any]:
        """For ``wellspring status --json``."""
        return asdict(self)


def publish(home: Home, *, now: datetime | None = None) -> Publication:
    """Audit the last build and, if nothing blocks it, publish its gold as a new version.

    Raises:
        PublishBlockedError: a check of severity error failed or the build is incomplete; readers
            keep the version they have.
        HomeLockedError: a build or another publication is under way.
    """
    with records.home_lock(home):
        verdict = audit(home)
        if verdict.blockers:
            shown = "\n  ".join(verdict.blockers[:10])
            more = len(verdict.blockers) - 10
            raise PublishBlockedError(
                f"Publishing is blocked:\n  {shown}"
                + (f"\n  and {more} more." if more > 0 else ""),
                "Correct the cause and build again; readers keep the version they have.",
            )
        return _publish(home, verdict=verdict, now=now or datetime.now(tz=UTC))


def current(home: Home) -> Publication | None:
    """The version that readers get now; None where nothing has been published."""
    link = home.published / "gold.duckdb"
    if not link.exists():
        return None
    path = link.resolve()
    try:
        found = orjson.loads((path.parent / "about.json").read_bytes())
    except (FileNotFoundError, orjson.JSONDecodeError):
        return None
    return Publication(**{**found, "path": str(path)})


def _publish(home: Home, *, verdict: Audit, now: datetime) -> Publication:
    build = records.read(home, "build")
    assert build is not None  # an audit without a build blocks
    home.published.mkdir(parents=True, exist_ok=True)
    for leftover in home.published.glob(f"{_UNFINISHED}*"):  # of a run that was killed
        if leftover.is_dir():
            shutil.rmtree(leftover)
        else:
            leftover.unlink()

    version = _new_version(home, now)
    unfinished = home.published / f"{_UNFINISHED}{version}"
    unfinished.mkdir()
    database = unfinished / "gold.duckdb"
    bronze = landed(home)
    facts = {
        "version": version,
        "published_at": now.isoformat(),
        "as_of": build["as_of"],
        "code_version": code_version(),
        "fingerprint": build["fingerprint"],
        "checks_passed": verdict.count("passed"),
        "checks_warned": verdict.count("warned"),
    }
    with closing(duckdb.connect(config={"temp_directory": str(home.spill)})) as connection:
        connection.execute("set TimeZone = 'UTC'")
        # Under the name that dbt's views call it by.
        warehouse = home.database.stem
        connection.execute(f"attach {_text(str(home.database))} as {_name(warehouse)} (read_only)")
        connection.execute(f"attach {_text(str(database))} as publication")
        connection.execute("use publication")
        tables = _copy_gold(connection, warehouse, manifest_path(home))
        facts |= _people(connection, warehouse)
        _write_about(
            connection,
            facts=facts,
            tables=tables,
            verdict=verdict,
            bronze=bronze,
            quality=(records.read(home, "checks") or {}).get("scores", []),
        )
        connection.execute("checkpoint publication")
    database.chmod(0o444)
    final = home.published / version / "gold.duckdb"
    publication = Publication(path=str(final), tables=tables, **facts)
    (unfinished / "about.json").write_bytes(
        orjson.dumps(publication.to_dict(), option=orjson.OPT_INDENT_2)
    )
    for path in (database, unfinished / "about.json", unfinished):
        _sync(path)
    unfinished.rename(final.parent)
    _sync(home.published)

    link = home.published / f"{_UNFINISHED}link-{version}"
    link.symlink_to(Path(version) / "gold.duckdb")
    link.replace(home.published / "gold.duckdb")
    _sync(home.published)
    records.write(home, "publish", publication.to_dict())
    return publication


def _new_version(home: Home, now: datetime) -> str:
    """A name that sorts by time and is free."""
    stem = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    version, n = stem, 1
    while (home.published / version).exists():
        version, n = f"{stem}-{n}", n + 1
    return version


def _copy_gold(
    connection: duckdb.DuckDBPyConnection, warehouse: str, manifest: Path
) -> dict[str, int]:
    """Copy every table and view of the gold schema, with its comments; returns rows by table."""
    names = [
        name
        for (name,) in connection.execute(
            "select table_name from information_schema.tables"
            " where table_catalog = ? and table_schema = 'gold' order by table_name",
            [warehouse],
        ).fetchall()
    ]
    rows: dict[str, int] = {}
    for done, name in enumerate(names):
        report("publish", done, len(names))
        table = _name(name)
        source_table = f"{_name(warehouse)}.gold.{table}"
        connection.execute(f"create table publication.main.{table} as from {source_table}")
        counts = connection.execute(
            f"select (select count(*) from publication.main.{table}),"
            f" (select count(*) from {source_table})"
        ).fetchone()
        copied, source = counts or (0, 0)
        if copied != source:
            raise PublishBlockedError(
                f"The copy of gold.{name} has {copied:,} rows, the warehouse {source:,}.",
                "Something else writes the warehouse; let it end and publish again.",
            )
        rows[name] = copied
    report("publish", len(names), len(names))
    _copy_comments(connection, manifest, rows)
    return rows


def _copy_comments(
    connection: duckdb.DuckDBPyConnection, manifest: Path, tables: dict[str, int]
) -> None:
    """Give tables and columns the descriptions that dbt has for them."""
    if not manifest.exists():
        return
    columns: dict[str, set[str]] = {}
    for table, column in connection.execute(
        "select table_name, column_name from information_schema.columns"
        " where table_catalog = 'publication' and table_schema = 'main'"
    ).fetchall():
        columns.setdefault(table, set()).add(column)
    for node in orjson.loads(manifest.read_bytes())["nodes"].values():
        name = node.get("alias") or node["name"]
        if node["resource_type"] != "model" or node["schema"] != "gold" or name not in tables:
            continue
        if node.get("description"):
            connection.execute(
                f"comment on table {_name(name)} is {_text(node['description'].strip())}"
            )
        for column, told in node.get("columns", {}).items():
            if told.get("description") and column in columns.get(name, ()):
                connection.execute(
                    f"comment on column {_name(name)}.{_name(column)}"
                    f" is {_text(told['description'].strip())}"
                )


def _people(connection: duckdb.DuckDBPyConnection, warehouse: str) -> dict[str, int | None]:
    """How many person records there were, and how many patients they became."""
    counts: dict[str, int | None] = {}
    for key, query in (
        ("person_records", "select count(*) from {}.identity.int_person_records"),
        ("patients", "select count(distinct patient_id) from {}.identity.patient_xref"),
    ):
        try:
            found = connection.execute(query.format(_name(warehouse))).fetchone()
        except duckdb.CatalogException:  # a warehouse without that model
            found = None
        counts[key] = found[0] if found else None
    return counts


def _write_about(
    connection: duckdb.DuckDBPyConnection,
    *,
    facts: dict[str, Any],
    tables: dict[str, int],
    verdict: Audit,
    bronze: Landed,
    quality: list[dict[str, Any]],
) -> None:
    """The tables that let a version speak for itself."""
    as_of = date.fromisoformat(facts["as_of"])
    connection.execute("create schema about")
    connection.execute(
        "create table about.version (version varchar, published_at timestamptz, as_of date,"
        " code_version varchar, fingerprint varchar, duckdb_version varchar,"
        " person_records bigint, patients bigint, checks_passed bigint, checks_warned bigint)"
    )
    connection.execute(
        "insert into about.version values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            facts["version"],
            datetime.fromisoformat(facts["published_at"]),
            as_of,
            facts["code_version"],
            facts["fingerprint"],
            duckdb.__version__,
            facts["person_records"],
            facts["patients"],
            facts["checks_passed"],
            facts["checks_warned"],
        ],
    )
    connection.execute("create table about.row_counts (table_name varchar, row_count bigint)")
    _insert(connection, "about.row_counts", list(tables.items()))
    connection.execute(
        "create table about.checks (kind varchar, name varchar, checked varchar,"
        " severity varchar, verdict varchar, failures bigint)"
    )
    _insert(
        connection,
        "about.checks",
        [
            (check.kind, check.name, check.on, check.severity, check.verdict, check.failures)
            for check in verdict.checks
        ],
    )
    connection.execute(
        "create table about.source_freshness (source_system varchar, feed varchar, files bigint,"
        " records_landed bigint, records_quarantined bigint, first_received_at timestamptz,"
        " last_received_at timestamptz, days_before_as_of integer)"
    )
    _insert(
        connection,
        "about.source_freshness",
        [
            (
                feed.source_system,
                feed.feed,
                feed.files,
                feed.landed,
                feed.quarantined,
                datetime.fromisoformat(feed.first_received_at or ""),
                last := datetime.fromisoformat(feed.last_received_at or ""),
                (as_of - last.date()).days,
            )
            for feed in bronze.feeds
            if feed.first_received_at
        ],
    )
    connection.execute(
        "create table about.quality_scores (source_system varchar, feed varchar,"
        " dimension varchar, checks bigint, passed bigint, score double)"
    )
    _insert(
        connection,
        "about.quality_scores",
        [
            (
                score["source_system"],
                score["feed"],
                score["dimension"],
                score["checks"],
                score["passed"],
                score["score"],
            )
            for score in quality
        ],
    )
    for table, comment in _ABOUT.items():
        connection.execute(f"comment on table about.{table} is {_text(comment)}")


_ABOUT = {
    "version": "One row: this version, its as-of date and what made it.",
    "row_counts": "One row per table of this version.",
    "checks": "One row per check that audited this version.",
    "source_freshness": "One row per feed that has landed, as of the as-of date.",
    "quality_scores": "One row per feed and dimension of quality; score is the share that passed.",
}


def _insert(connection: duckdb.DuckDBPyConnection, table: str, rows: list[tuple[Any, ...]]) -> None:
    if rows:
        places = ", ".join("?" * len(rows[0]))
        connection.executemany(f"insert into {table} values ({places})", rows)


def _name(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
