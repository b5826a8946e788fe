"""The synthetic population of a demonstration: made once, kept, or made afresh.

Here: whose the data in a home is. Not here: making people (``ingest/synthetic``), running the job
(``run.py``). Only this module, of the whole pipeline, reads ``synthetic/population.json``, and of
that only parameters; nobody reads the truth.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal

import orjson

from ingest.bronze.manifest import Manifest
from ingest.bronze.store import bronze_store
from ingest.home import Home
from ingest.synthetic import UNTIL, generate
from orchestration import records
from orchestration.errors import HomeInTheWayError

__all__ = ["Parameters", "Prepared", "prepare_population"]

#: Names and sizes of the files that a demonstration put into the landing folder.
_FILES = "files.json"
#: Present while a population is being removed or made; what lies in the home then is synthetic.
_MAKING = "making.json"


@dataclass(frozen=True, slots=True)
class Parameters:
    """What decides a population, byte for byte."""

    patients: int
    months: int
    seed: int

    @classmethod
    def of(cls, population: dict[str, Any]) -> Parameters:
        """Those of a ``population.json``."""
        return cls(population["patients"], population["months"], population["seed"])

    def __str__(self) -> str:
        return f"{self.patients:,} patients, {self.months} months, seed {self.seed}"


@dataclass(frozen=True, slots=True)
class Prepared:
    """The population that the home holds now."""

    how: Literal["made", "kept", "made_afresh"]
    until: date  #: its last day, the as-of date of a demonstration


def prepare_population(
    home: Home,
    wanted: Parameters,
    *,
    on_notice: Callable[[str], None] = lambda text: None,
    on_progress: Callable[[str, int, int], None] | None = None,
    meanwhile: Callable[[date], None] = lambda until: None,
) -> Prepared:
    """Leave ``home`` with the wanted population in its landing folder, or already landed.

    ``meanwhile`` is called, with the population's last day, when the making of one begins.

    A home with another synthetic population and nothing else is started afresh.

    Raises:
        HomeInTheWayError: the home holds files that no demonstration put there.
    """
    with records.home_lock(home):
        found = _population(home)
        making = (home.synthetic / _MAKING).exists()
        if found is not None and not making and Parameters.of(found) == wanted:
            return Prepared("kept", date.fromisoformat(found["until"]))
        afresh = found is not None or making
        if making:
            on_notice(
                "A population was being made here when the run was cut short; starting afresh."
            )
            _refuse_newer_files(home)
        elif found is not None:
            _refuse_foreign_files(home, wanted)
            on_notice(
                f"{home.root} holds another synthetic population ({Parameters.of(found)}) and "
                f"nothing else; starting it afresh with {wanted}."
            )
        elif _files(home) or _landed(home):
            raise HomeInTheWayError(
                f"{home.root} holds data of your own, and a demonstration would mix synthetic "
                "people into it.",
                "Use another folder (WELLSPRING_HOME=… make run), or process your own files with "
                "`wellspring run`.",
            )
        home.synthetic.mkdir(parents=True, exist_ok=True)
        (home.synthetic / _MAKING).touch()
        if afresh:
            _clear(home)
        meanwhile(UNTIL)
        made = generate(
            out=home.root,
            patients=wanted.patients,
            months=wanted.months,
            seed=wanted.seed,
            on_progress=on_progress,
        )
        content = {str(name): size for name, size in sorted(_files(home).items())}
        (home.synthetic / _FILES).write_bytes(orjson.dumps(content, option=orjson.OPT_INDENT_2))
        (home.synthetic / _MAKING).unlink()
        return Prepared("made_afresh" if afresh else "made", made.until)


def _population(home: Home) -> dict[str, Any] | None:
    try:
        found = orjson.loads((home.synthetic / "population.json").read_bytes())
    except (FileNotFoundError, orjson.JSONDecodeError):
        return None
    return found if isinstance(found, dict) else None


def _files(home: Home) -> dict[str, int]:
    """Size by name of what waits in the landing folder (hidden files are not anybody's data)."""
    found = {}
    if home.landing.is_dir():
        for path in home.landing.rglob("*"):
            relative = path.relative_to(home.landing)
            if path.is_file() and not any(part.startswith(".") for part in relative.parts):
                found[relative.as_posix()] = path.stat().st_size
    return found


def _landed(home: Home) -> dict[str, int]:
    """Size by name of what bronze holds, under every name that it came by."""
    manifest = Manifest(bronze_store(home))
    found = {}
    for entry in manifest.entries():
        for name in (entry.file_name, *manifest.duplicates(entry.file_sha256)):
            found[name] = entry.size_bytes
    return found


def _refuse_foreign_files(home: Home, wanted: Parameters) -> None:
    try:
        known = orjson.loads((home.synthetic / _FILES).read_bytes())
    except FileNotFoundError:  # the population was made by `wellspring synth`
        known = {}
    present = {**_landed(home), **_files(home)}
    foreign = [name for name, size in present.items() if known.get(name) != size]
    if foreign:
        raise HomeInTheWayError(
            f"{home.root} holds a synthetic population other than {wanted}, and {len(foreign):,} "
            "files that no demonstration put there.",
            "Use another folder (WELLSPRING_HOME=… make run), or remove this one if nothing in it "
            "is needed.",
        )


def _refuse_newer_files(home: Home) -> None:
    """Synthetic files bear the time of their simulated arrival, so a file that was written after
    the making began is somebody's own."""
    began = (home.synthetic / _MAKING).stat().st_mtime
    newer = [name for name in _files(home) if (home.landing / name).stat().st_mtime > began]
    if newer:
        raise HomeInTheWayError(
            f"{home.root} holds a half-made synthetic population and {len(newer):,} files that "
            "were put there later.",
            "Move those files away, or use another folder (WELLSPRING_HOME=… make run).",
        )


def _clear(home: Home) -> None:
    """Remove everything but the lock that this process holds and the note of what is under way."""
    folders: list[Path] = [home.landing, home.bronze, home.quarantine, home.published]
    folders += home.root.glob(".synth-*")
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
    for folder, kept in ((home.warehouse, {".lock", "dbt"}), (home.synthetic, {_MAKING})):
        if not folder.is_dir():
            continue
        for path in folder.iterdir():
            if path.name in kept:
                continue
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink()
