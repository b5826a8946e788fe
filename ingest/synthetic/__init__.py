"""A pretend hospital: eight systems' extracts about people who do not exist.

`generate` makes people by households, lives out their months, lets each system write down its own
flawed part, and writes `landing/<source>/<feed>/…` beside `synthetic/truth/…`, which the pipeline
never reads. Same seed, same bytes. No parsing here, and nothing that the pipeline needs.
"""

from __future__ import annotations

import json
import multiprocessing
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from ingest.synthetic.chunk import Factory, Job
from ingest.synthetic.drop import Calendar, Drop
from ingest.synthetic.files import Key, Shard, stamp, write_file, write_truth
from ingest.synthetic.people import household_sizes
from ingest.synthetic.providers import build_network
from ingest.synthetic.systems.public_health import county_rows

UNTIL = date(2026, 6, 30)
_PEOPLE_PER_CHUNK = 250
_FORMAT = 1

Progress = Callable[[str, int, int], None]


class SyntheticError(Exception):
    """The population cannot be made as asked; the message says what to change."""


@dataclass(frozen=True, slots=True)
class Population:
    """What was written."""

    out: Path
    patients: int
    months: int
    seed: int
    start: date
    until: date
    files: dict[str, int]
    records: dict[str, int]
    size_bytes: int
    truth: dict[str, int]

    def to_dict(self) -> dict[str, Any]:
        """As plain values, without the folder."""
        values = asdict(self)
        del values["out"]
        values["start"], values["until"] = self.start.isoformat(), self.until.isoformat()
        return values


_factory: Factory | None = None
_assembly: tuple[list[Shard], Path, Calendar, Any] | None = None


def _start_factory(seed: int, patients: int, start: date, until: date, folder: Path) -> None:
    global _factory
    _factory = Factory(seed=seed, patients=patients, start=start, until=until, folder=folder)


def _run_job(job: Job) -> tuple[int, int, int, dict[Key, tuple[int, int]]]:
    assert _factory is not None
    people, records, where = _factory.run(job)
    return job.number, people, records, where


def _start_assembly(shards: list[Shard], landing: Path, calendar: Calendar, network: Any) -> None:
    global _assembly
    _assembly = (shards, landing, calendar, network)


def _run_file(key: Key) -> tuple[Key, str, int, int]:
    assert _assembly is not None
    shards, landing, calendar, network = _assembly
    name, records, size = write_file(
        shards=shards, key=key, landing=landing, calendar=calendar, network=network
    )
    return key, name, records, size


def window_start(until: date, months: int) -> date:
    """First day of a window of whole months that ends on `until`."""
    after = until + timedelta(days=1)
    month = after.year * 12 + after.month - 1 - months
    return date(month // 12, month % 12 + 1, min(after.day, 28))


def _jobs(seed: int, patients: int) -> list[Job]:
    jobs: list[Job] = []
    pending: list[tuple[int, str, int, int]] = []
    people, first = 0, 1
    for index, (kind, size) in enumerate(household_sizes(seed, patients)):
        pending.append((index, kind, size, first))
        first += size
        people += size
        if people >= _PEOPLE_PER_CHUNK:
            jobs.append(Job(len(jobs), tuple(pending)))
            pending, people = [], 0
    if pending:
        jobs.append(Job(len(jobs), tuple(pending)))
    return jobs


def generate(
    *,
    out: Path,
    patients: int,
    months: int,
    seed: int,
    until: date = UNTIL,
    on_progress: Progress | None = None,
    processes: int = 2,
) -> Population:
    """Writes `out/landing/**` and `out/synthetic/**`.

    `on_progress(stage, done, total)` is told of people lived and files written. Files of an earlier
    population with other parameters must be gone first: mixing two populations is refused.
    """
    if patients < 1 or months < 1:
        raise SyntheticError("A population needs at least one patient and one month.")
    if seed < 0:
        raise SyntheticError("The seed must be zero or more.")
    start = window_start(until, months)
    calendar = Calendar(start=start, until=until)
    landing, synthetic = out / "landing", out / "synthetic"
    out.mkdir(parents=True, exist_ok=True)
    _refuse_another(synthetic, patients=patients, months=months, seed=seed, until=until)
    tell = on_progress or (lambda stage, done, total: None)
    with tempfile.TemporaryDirectory(prefix=".synth-", dir=out) as temporary:
        folder = Path(temporary)
        jobs = _jobs(seed, patients)
        shards: list[Shard] = []
        tell("people", 0, patients)
        done = 0
        arguments = (seed, patients, start, until, folder)
        for number, people, _, where in _pool(
            processes if len(jobs) > 1 else 1, _start_factory, arguments, _run_job, jobs
        ):
            shards.append((folder / f"{number:05d}.shard", where))
            done += people
            tell("people", done, patients)
        keys = sorted({key for _, where in shards for key in where if key[0] != "truth"})
        # the largest files first, so that both processes end together
        weight = {key: sum(where[key][1] for _, where in shards if key in where) for key in keys}
        keys.sort(key=lambda key: (-weight[key], key))
        files: dict[str, int] = {}
        records: dict[str, int] = {}
        total_bytes = 0
        network = build_network(seed, patients)
        tell("files", 0, len(keys))
        staged = folder / "landing"
        for place, (key, _, count, size) in enumerate(
            _pool(processes, _start_assembly, (shards, staged, calendar, network), _run_file, keys),
            start=1,
        ):
            files[key[0]] = files.get(key[0], 0) + 1
            records[key[0]] = records.get(key[0], 0) + count
            total_bytes += size
            tell("files", place, len(keys))
        total_bytes += _county_file(staged, calendar, files, records)
        truth = write_truth(shards=shards, folder=synthetic / "truth")
        _move(staged, landing)
    population = Population(
        out=out,
        patients=patients,
        months=months,
        seed=seed,
        start=start,
        until=until,
        files=dict(sorted(files.items())),
        records=dict(sorted(records.items())),
        size_bytes=total_bytes,
        truth=truth,
    )
    text = json.dumps({"format": _FORMAT, **population.to_dict()}, indent=2) + "\n"
    (synthetic / "population.json").write_text(text, encoding="utf-8")
    return population


def _refuse_another(synthetic: Path, **wanted: Any) -> None:
    """Two populations in one folder would give one record number to two people."""
    path = synthetic / "population.json"
    if not path.exists():
        return
    found = json.loads(path.read_text(encoding="utf-8"))
    for name, value in wanted.items():
        value = value.isoformat() if isinstance(value, date) else value
        if found.get(name) != value:
            raise SyntheticError(
                f"{synthetic.parent} holds a population with {name} {found.get(name)}, not "
                f"{value}; choose another folder, or remove its landing/ and synthetic/ first."
            )


def _pool(
    processes: int,
    start: Callable[..., None],
    arguments: tuple[Any, ...],
    work: Callable[[Any], Any],
    items: Iterable[Any],
) -> Iterator[Any]:
    """Results in the order of the items, from worker processes or from this one."""
    if processes < 2:
        start(*arguments)
        yield from map(work, items)
        return
    context = multiprocessing.get_context("spawn")
    with context.Pool(processes, initializer=start, initargs=arguments) as pool:
        yield from pool.imap(work, items)


def _county_file(
    landing: Path, calendar: Calendar, files: dict[str, int], records: dict[str, int]
) -> int:
    feed = "public_health/county_svi"
    period = calendar.period(calendar.start)
    path = landing / Drop(calendar).file_name(feed, period)
    path.parent.mkdir(parents=True, exist_ok=True)
    text = county_rows(calendar.start.year - 1)
    path.write_text(text, encoding="utf-8")
    stamp(path, calendar.arrival(period))
    files[feed], records[feed] = 1, text.count("\n") - 1
    return len(text.encode())


def _move(staged: Path, landing: Path) -> None:
    """Puts finished files in place; a reader never sees a half-written one."""
    for path in sorted(staged.rglob("*")):
        if path.is_file():
            target = landing / path.relative_to(staged)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(path, target)


__all__ = ["UNTIL", "Population", "SyntheticError", "generate", "window_start"]
