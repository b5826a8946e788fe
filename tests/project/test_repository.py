"""What is true of every file in the repository.

Here: rooms and what they may import, what must never be tracked. Not here: style that ruff and
sqlfluff already see to.
"""

from __future__ import annotations

import ast
import csv
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

# What a room of the house must not import, whatever it needs.
FORBIDDEN_IMPORTS = {
    "ingest": {"dagster", "dagster_dbt", "dbt", "ml", "serving", "orchestration"},
    "ml": {"dagster", "dagster_dbt", "ingest", "serving", "orchestration"},
    "serving": {"dagster", "dagster_dbt", "ingest", "ml", "orchestration"},
    "dbt_project": {"dagster", "dagster_dbt", "ingest", "serving", "orchestration"},
}

# Written so that this file does not contain what it looks for.
PACKAGE_HOSTS = [
    "py" + "pi.org",
    "pythonhosted" + ".org",
    "registry." + "npmjs.org",
    "hub." + "getdbt.com",
    "conda." + "anaconda.org",
    "proxy." + "golang.org",
    "ghcr" + ".io",
    "docker" + ".io",
]
MACHINE_PATHS = re.compile(r"(?<![\w./$}-])(/(?:root|work|Users|home/\w+)/\w|[A-Z]:\\\\?Users\\)")
LARGEST_TRACKED_FILE = 1_000_000  # bytes; 2026-11: the locked requirements are 300 kB


def _python_files(repository: Path, room: str) -> Iterator[Path]:
    yield from sorted((repository / room).rglob("*.py"))


def _imported(path: Path) -> set[str]:
    """The top-level packages that a module imports, anywhere in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.split(".")[0])
    return names


def _texts(repository: Path, tracked_files: list[Path]) -> Iterator[tuple[Path, str]]:
    for path in tracked_files:
        try:
            yield path, (repository / path).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue


@pytest.mark.parametrize("room", FORBIDDEN_IMPORTS)
def test_a_room_imports_only_what_it_may(repository: Path, room: str) -> None:
    wrong = {
        str(path.relative_to(repository)): sorted(found)
        for path in _python_files(repository, room)
        if (found := _imported(path) & FORBIDDEN_IMPORTS[room])
    }
    assert wrong == {}


def test_framing_knows_nothing_of_bronze(repository: Path) -> None:
    wrong = [
        str(path.relative_to(repository))
        for path in _python_files(repository, "ingest/formats")
        if re.search(r"\bingest\.bronze\b|from \.+bronze", path.read_text(encoding="utf-8"))
    ]
    assert wrong == []


@pytest.mark.parametrize("room", ["ingest", "ml", "serving", "orchestration", "dbt_project"])
def test_nothing_prints(repository: Path, room: str) -> None:
    wrong = [
        f"{path.relative_to(repository)}:{node.lineno}"
        for path in _python_files(repository, room)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "print"
    ]
    assert wrong == [], "use the console of orchestration/cli, or logging"


def test_definitions_only_assemble(repository: Path) -> None:
    text = (repository / "orchestration" / "definitions.py").read_text(encoding="utf-8")
    assert len(text.splitlines()) < 40
    body = ast.parse(text).body
    made = [node for node in body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    assert made == [], "make it in a module of its own"


def test_every_module_says_what_belongs_in_it(tracked_files: list[Path], repository: Path) -> None:
    rooms = {"ingest", "ml", "serving", "orchestration"}
    silent = [
        str(path)
        for path in tracked_files
        if path.suffix == ".py"
        and path.parts[0] in rooms
        and (text := (repository / path).read_text(encoding="utf-8")).strip()
        and not ast.get_docstring(ast.parse(text))
    ]
    assert silent == []


def test_no_tracked_file_names_a_package_host(repository: Path, tracked_files: list[Path]) -> None:
    wrong = [
        f"{path}: {host}"
        for path, text in _texts(repository, tracked_files)
        for host in PACKAGE_HOSTS
        if host in text
    ]
    assert wrong == [], "which index to install from is the machine's business"


def test_no_tracked_file_names_a_path_of_one_machine(
    repository: Path, tracked_files: list[Path]
) -> None:
    wrong = [
        f"{path}:{number}"
        for path, text in _texts(repository, tracked_files)
        if path.name != Path(__file__).name
        for number, line in enumerate(text.splitlines(), start=1)
        if MACHINE_PATHS.search(line)
    ]
    assert wrong == []


def test_no_outside_sample_is_tracked(
    repository: Path, tracked_files: list[Path], shared_samples: Path
) -> None:
    theirs = {
        hashlib.sha256(path.read_bytes()).hexdigest()
        for path in shared_samples.rglob("*")
        if path.is_file() and path.stat().st_size > 64
    }
    copied = [
        str(path)
        for path in tracked_files
        if hashlib.sha256((repository / path).read_bytes()).hexdigest() in theirs
    ]
    assert copied == [], "outside data are read where they lie"


def test_seeds_hold_no_licensed_terminology(repository: Path) -> None:
    """CPT (American Medical Association) and SNOMED CT may not be passed on; HCPCS level II may.

    A CPT code is five digits, or four and F, T or U; what else has five digits (ICD, CVX, FIPS,
    postal codes, RxNorm) says so in its column or system.
    """
    cpt = re.compile(r"^\d{4}[\dFTU]$")
    wrong = []
    for path in sorted((repository / "seeds").rglob("*.csv")):
        with path.open(encoding="utf-8", newline="") as lines:
            for number, row in enumerate(csv.DictReader(lines), start=2):
                said = " ".join(str(value) for value in row.values()).lower()
                # The list of code systems names them all, and has no code of any.
                named = re.search(r"\b(cpt|snomed|sct)\b", said)
                if named and path.name != "code_systems.csv":
                    wrong.append(f"{path.relative_to(repository)}:{number} names CPT or SNOMED CT")
                wrong += [
                    f"{path.relative_to(repository)}:{number} {column}"
                    for column, value in row.items()
                    if column
                    and re.search(r"hcpcs|procedure|service_code|charge", column)
                    and isinstance(value, str)
                    and cpt.match(value)
                ]
    assert wrong == []


def test_tracked_files_are_small(repository: Path, tracked_files: list[Path]) -> None:
    large = [
        f"{path}: {size:,} bytes"
        for path in tracked_files
        if (size := (repository / path).stat().st_size) > LARGEST_TRACKED_FILE
    ]
    assert large == [], "data are generated, or lie outside"


def test_nothing_that_is_written_at_run_time_is_tracked(tracked_files: list[Path]) -> None:
    written = [
        str(path)
        for path in tracked_files
        if path.suffix in {".duckdb", ".parquet", ".pyc", ".wal", ".log"}
        or path.parts[0] in {"data", ".venv"}
    ]
    assert written == [], "everything that is written lives in WELLSPRING_HOME"
