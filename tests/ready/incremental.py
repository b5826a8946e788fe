# ruff: noqa: E501 (a line of output a line)
"""``make incremental``: a population's extracts, cut and shuffled, built batch by batch, equal a full refresh.

The extracts are cut into smaller files, some records come again in a further file, some files come again
under their own or another name. They arrive in batches in a random order, with a build after each batch.
After the last one, staging, identity and silver must equal, row for row and with no column left out:

- a full refresh of the same home (nothing that was kept differs from what today's records make);
- another home, where the same files arrived in other batches and another order (no table depends on it).

When a file counts as received belongs to the file (its time of writing), so that bronze is the same in
both. ``--seed`` replays a run. Exit code: 0 equal, 1 not so.
"""

from __future__ import annotations

import argparse
import itertools
import os
import random
import re
import resource
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import orjson
from rich.console import Console

from ingest import bronze
from ingest.home import Home
from ingest.sources import load_sources
from ingest.synthetic import generate
from tests.run_dbt import MODELS_ALONE, run_dbt

CONSOLE = Console(highlight=False, width=160)
#: What is compared: all that stands between bronze and gold.
SCHEMAS = ("staging", "identity", "silver")
#: Everything up to silver; and of it what an earlier build can leave its mark on.
SILVER = "+path:models/silver"
KEPT = "+config.materialized:incremental"


@dataclass(frozen=True, slots=True)
class Delivery:
    """A file as it arrives: where below landing/, its bytes, when it was written (seconds)."""

    path: str
    content: bytes
    written: float


def whole_files(landing: Path) -> list[Delivery]:
    """The extracts as the hospital wrote them, by name."""
    return [
        Delivery(path.relative_to(landing).as_posix(), path.read_bytes(), path.stat().st_mtime)
        for path in sorted(landing.rglob("*"))
        if path.is_file() and not path.name.startswith(".")
    ]


def records_of(delivery: Delivery) -> tuple[bytes, list[bytes], bytes]:
    """What stands before the records, the records, and what stands after them.

    Joined they are a file of the same format; of one record where the format is not cut here.
    """
    content = delivery.content
    match Path(delivery.path).suffix:
        case ".hl7":
            # Batch headers and trailers (2.10.3) count what is no longer so in a part.
            _, *messages = re.split(rb"(?<![^\r\n])(?=MSH\|)", content)
            return b"", [re.split(rb"(?<=[\r\n])BTS\|", one)[0] for one in messages], b""
        case ".csv":
            head, *rows = content.splitlines(keepends=True)
            return head, rows, b""
        case ".ndjson":
            return b"", content.splitlines(keepends=True), b""
        case ".json":
            try:
                points = orjson.loads(content)
            except orjson.JSONDecodeError:
                points = None
            if isinstance(points, list):
                return b"", [orjson.dumps(one) + b"\n" for one in points], b""
        case ".x12":
            # One interchange with one group: ISA … GS, the transaction sets, GE, IEA.
            parts = re.split(rb"(?=(?<=~)\s*ST\*)", content)
            ends = re.split(rb"(?=(?<=~)\s*GE\*)", parts[-1])
            if len(parts) > 1 and len(ends) == 2 and content.count(b"ISA*") == 1:
                return parts[0], [*parts[1:-1], ends[0]], ends[1]
    return b"", [content], b""


def part(delivery: Delivery, name: str, chosen: list[bytes], later: float = 0) -> Delivery:
    """A file of some of the records of another."""
    head, _, tail = records_of(delivery)
    if delivery.path.endswith(".x12"):
        tail = re.sub(rb"GE\*\d+", b"GE*%d" % len(chosen), tail)
    path = Path(delivery.path)
    return Delivery(
        path.with_name(f"{path.stem}_{name}{path.suffix}").as_posix(),
        head + b"".join(chosen) + tail,
        delivery.written + later,
    )


def cut(files: list[Delivery], chance: random.Random) -> list[Delivery]:
    """About half of the files in pieces, and for some a further file with records that came already."""
    pieces: list[Delivery] = []
    for one in files:
        _, records, _ = records_of(one)
        if len(records) < 2:
            pieces.append(one)
            continue
        if chance.random() < 0.5:
            places = sorted(chance.sample(range(1, len(records)), min(len(records) - 1, 2)))
            edges = [0, *places, len(records)]
            pieces += [
                part(one, f"part{number}", records[start:end])
                for number, (start, end) in enumerate(itertools.pairwise(edges))
            ]
        else:
            pieces.append(one)
        if chance.random() < 0.25:
            again = [record for record in records if chance.random() < 0.4] or records[:1]
            pieces.append(part(one, "again", again, later=chance.choice((0, 3_600, 864_000))))
    # The same bytes are one file, whose name and time are those under which it came first.
    return list({one.content: one for one in reversed(pieces)}.values())


def batches_of(pieces: list[Delivery], count: int, chance: random.Random) -> list[list[Delivery]]:
    """The pieces in `count` batches in a random order; later batches repeat some of earlier ones."""
    shuffled = chance.sample(pieces, len(pieces))
    batches: list[list[Delivery]] = [[] for _ in range(count)]
    for place, one in enumerate(shuffled):
        batches[place if place < count else chance.randrange(count)].append(one)
    seen: list[Delivery] = []
    for batch in batches:
        for one in chance.sample(seen, len(seen) // 10):
            path = Path(one.path)
            name = chance.choice((path.name, f"{path.stem}_copy{path.suffix}"))
            batch.append(Delivery(path.with_name(name).as_posix(), one.content, one.written))
        seen += batch
    return batches


@dataclass(slots=True)
class Place:
    """A home that is delivered to and built."""

    home: Home

    def deliver(self, batch: list[Delivery]) -> None:
        for one in batch:
            path = self.home.landing / one.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(one.content)
            os.utime(path, (one.written, one.written))
        bronze.ensure_layout(self.home, load_sources())
        report = bronze.land(home=self.home, received_at="mtime")
        assert not report.count("failed"), "a file could not be landed"

    def build(self, select: str, *, full_refresh: bool = False) -> None:
        bronze.write_feed_registry(self.home, load_sources())
        refresh = ["--full-refresh"] if full_refresh else []
        run_dbt(self.home, "--quiet", "build", "--select", select, *MODELS_ALONE, *refresh)

    def keep(self, name: str) -> Path:
        """Today's warehouse, aside."""
        kept = self.home.root / f"{name}.duckdb"
        shutil.copyfile(self.home.database, kept)
        return kept

    def forget(self) -> None:
        """An empty home again; what dbt has parsed stays."""
        for folder in (self.home.landing, self.home.bronze, self.home.quarantine):
            shutil.rmtree(folder, ignore_errors=True)
        self.home.database.unlink()


@dataclass(frozen=True, slots=True)
class Difference:
    """A relation that is not the same: rows only in one, only in the other, and by which columns."""

    relation: str
    only_left: int
    only_right: int
    columns: tuple[str, ...]

    def __str__(self) -> str:
        where = f"; columns that differ: {', '.join(self.columns)}" if self.columns else ""
        return f"{self.relation}: {self.only_left} rows only before, {self.only_right} only after{where}"


@contextmanager
def opened(left: Path, right: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Two warehouses beside each other, as `one` and `other`."""
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(f"attach '{left}' as one (read_only)")
        connection.execute(f"attach '{right}' as other (read_only)")
        yield connection


def differences(left: Path, right: Path) -> tuple[list[Difference], int, int]:
    """What differs between two warehouses; and how many relations, and rows of them, were compared."""
    found: list[Difference] = []
    rows = 0
    with opened(left, right) as connection:
        relations = _relations(connection, "one")
        missing = set(relations) ^ set(_relations(connection, "other"))
        found += [Difference(".".join(one), 0, 0, ("(only in one of them)",)) for one in missing]
        for schema, table in sorted(set(relations) - missing):
            name = f'"{schema}"."{table}"'
            only = [
                connection.execute(
                    f"select count(*) from (from {a}.{name} except all from {b}.{name})"
                ).fetchall()[0][0]
                for a, b in (("one", "other"), ("other", "one"))
            ]
            rows += connection.execute(f"select count(*) from one.{name}").fetchall()[0][0]
            if any(only):
                columns = _differing(connection, schema, table)
                found.append(Difference(f"{schema}.{table}", only[0], only[1], columns))
    return found, len(relations), rows


def _relations(connection: duckdb.DuckDBPyConnection, catalog: str) -> list[tuple[str, str]]:
    # Views over bronze read the files of the home, which are the same in both; tables are what is kept.
    return connection.execute(
        """
        select schema_name, table_name from duckdb_tables()
        where database_name = $1 and list_contains($2, schema_name)
        """,
        [catalog, list(SCHEMAS)],
    ).fetchall()


def _differing(connection: duckdb.DuckDBPyConnection, schema: str, table: str) -> tuple[str, ...]:
    columns = connection.execute(
        """
        select column_name from duckdb_columns()
        where database_name = 'one' and schema_name = $1 and table_name = $2
        """,
        [schema, table],
    ).fetchall()
    name = f'"{schema}"."{table}"'
    return tuple(
        column
        for (column,) in columns
        if connection.execute(
            f"""
            select exists (select "{column}" from one.{name} except all select "{column}" from other.{name})
                or exists (select "{column}" from other.{name} except all select "{column}" from one.{name})
            """
        ).fetchall()[0][0]
    )


@dataclass(frozen=True, slots=True)
class Size:
    """A population, and in how many batches it arrives."""

    patients: int
    months: int
    batches: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """``refreshed``: against a full refresh of the same home; ``reordered``: against another home."""

    files: int
    relations: int
    rows: int
    refreshed: list[Difference]
    reordered: list[Difference]


def run(root: Path, size: Size, seed: int, *, thorough: bool) -> Outcome:
    """Batches in one order with a build after each; then all again in another order.

    ``thorough`` builds silver after every batch, compares with a full refresh of the same home and
    lets the second home grow in batches too. Otherwise the builds between leave out what each build
    makes anew, and the second home, which is built once, is the full refresh.
    """
    chance = random.Random(seed)
    made = root / "made"
    generate(out=made, patients=size.patients, months=size.months, seed=chance.randrange(10_000))
    pieces = cut(whole_files(made / "landing"), chance)
    place = Place(Home(root / "home"))
    place.home.warehouse.mkdir(parents=True)

    def grow(count: int) -> None:
        batches = batches_of(pieces, count, chance)
        for number, batch in enumerate(batches, start=1):
            place.deliver(batch)
            place.build(SILVER if thorough or number == count else KEPT)

    grow(size.batches)
    grown = place.keep("grown")
    refreshed: list[Difference] = []
    if thorough:
        place.build(SILVER, full_refresh=True)
        refreshed, _, _ = differences(grown, place.home.database)
    place.forget()
    grow(size.batches if thorough else 1)
    reordered, relations, rows = differences(grown, place.home.database)
    return Outcome(len(pieces), relations, rows, refreshed, reordered)


def main() -> None:
    """Run it with fresh seeds, or one that is given."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--patients", type=int, default=200)
    parser.add_argument("--months", type=int, default=6)
    parser.add_argument("--batches", type=int, default=5)
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--seed", type=int, help="replays a run; a random one is drawn and shown")
    chosen = parser.parse_args()
    size = Size(chosen.patients, chosen.months, chosen.batches)
    base = Home.from_env().root / "incremental"
    unequal = 0
    for turn in range(chosen.runs):
        seed = random.randrange(1_000_000) if chosen.seed is None else chosen.seed + turn
        shutil.rmtree(base, ignore_errors=True)
        outcome = run(base, size, seed, thorough=True)
        for against, found in (
            ("a full refresh", outcome.refreshed),
            ("another order", outcome.reordered),
        ):
            for one in found:
                CONSOLE.print(f"  against {against}: {one}", soft_wrap=True)
        unequal += bool(outcome.refreshed or outcome.reordered)
        CONSOLE.print(
            f"seed {seed}: {size.patients:,} patients, {outcome.files:,} files in {size.batches} batches, "
            f"{outcome.relations} tables with {outcome.rows:,} rows: "
            f"{len(outcome.refreshed)} differ from a full refresh, {len(outcome.reordered)} from another order",
            soft_wrap=True,
        )
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    CONSOLE.print(f"{used.ru_utime + used.ru_stime:,.0f} CPU-seconds of dbt")
    sys.exit(bool(unequal))


if __name__ == "__main__":
    main()
