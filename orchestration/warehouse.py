"""dbt as the other parts of this room use it: prepared once, built in one invocation, its results
read back.

Here: the manifest, the build's arguments, when a build must start from nothing, what came of it.
Not here: transformations (``dbt_project/``), Dagster's view of them (``assets/warehouse.py``).
"""

from __future__ import annotations

import json
import subprocess
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any

import orjson
from packaging import version

from ingest.home import Home
from orchestration import environment, records
from orchestration.errors import BuildError

__all__ = [
    "BuildResult",
    "TestResult",
    "arguments",
    "begin",
    "conclude",
    "core_version",
    "manifest_path",
    "parse",
]

_RUN = frozenset({"model", "seed", "snapshot", "test"})


def manifest_path(home: Home) -> Path:
    """Where dbt leaves its manifest."""
    return environment.dbt_target(home) / "manifest.json"


def _variables(as_of: date) -> str:
    return json.dumps({"as_of": as_of.isoformat()})


def parse(home: Home, *, as_of: date, code: str, force: bool = False) -> Path:
    """Make dbt's manifest, unless the one in the home is of the same code.

    The build that follows starts from the partial parse that this leaves, when its variables are
    the same. Takes an interpreter's start and a parse: about 10 s for 200 models on one core.

    Raises:
        BuildError: the project cannot be parsed; the text is dbt's own.
    """
    manifest = manifest_path(home)
    stamp = manifest.with_name("parsed.json")
    wanted = {"code": code, "dbt": installed("dbt-core")}
    if not force and manifest.exists() and stamp.exists():
        found = json.loads(stamp.read_text(encoding="utf-8"))
        if found == wanted:
            return manifest
    environment.prepare(home)
    stamp.unlink(missing_ok=True)
    command = [
        environment.dbt_executable(),
        "--quiet",
        "--no-use-colors",
        "parse",
        "--project-dir",
        str(environment.PROJECT_DIR),
        "--vars",
        _variables(as_of),
    ]
    done = subprocess.run(
        command, cwd=environment.PROJECT_DIR, capture_output=True, text=True, check=False
    )
    if done.returncode or not manifest.exists():
        raise BuildError(
            f"dbt cannot parse its project:\n{(done.stdout + done.stderr).strip()}",
            "Correct the model or the YAML that dbt names.",
        )
    stamp.write_text(json.dumps(wanted), encoding="utf-8")
    return manifest


def arguments(*, as_of: date, full_refresh: bool) -> list[str]:
    """The one dbt invocation of a run: seeds, models, snapshots and data tests in their order.

    dbt's unit tests prove code, not data; ``make test`` runs them.
    """
    return [
        "build",
        "--exclude-resource-type",
        "unit_test",
        "--vars",
        _variables(as_of),
        *(["--full-refresh"] if full_refresh else []),
    ]


def node_count(home: Home) -> int:
    """How many nodes that invocation runs, for a progress bar."""
    nodes = orjson.loads(manifest_path(home).read_bytes())["nodes"].values()
    return sum(node["resource_type"] in _RUN for node in nodes)


@dataclass(frozen=True, slots=True)
class TestResult:
    """One dbt data test of the last build."""

    __test__ = False

    name: str
    model: str
    severity: str  #: error or warn, as declared
    status: str  #: pass, warn, fail, error or skipped
    failures: int | None  #: rows that broke the rule


@dataclass(frozen=True, slots=True)
class BuildResult:
    """What one dbt build did."""

    as_of: date
    code: str
    fingerprint: str
    full_refresh: bool
    finished_at: datetime
    seconds: float
    built: int  #: seeds, models and snapshots that were built
    broken: tuple[str, ...]  #: those that were not, by their own error
    skipped: tuple[str, ...]  #: those that waited for a broken one
    tests: tuple[TestResult, ...] = field(default=())

    @property
    def is_complete(self) -> bool:
        """Whether every seed, model and snapshot was built."""
        return not self.broken and not self.skipped

    def to_dict(self) -> dict[str, Any]:
        """As kept in ``warehouse/run/build.json``."""
        return asdict(self)


def begin(home: Home, *, code: str, full_refresh: bool = False) -> bool:
    """Start a build of the whole project; returns whether it must be a full refresh.

    It must when incremental models may hold rows that other code made. ``warehouse/run/code.json``
    names the code that made all of them; it is absent from the start of a full refresh until all
    is built, so that one cut short is begun again.
    """
    state = records.read(home, "code")
    records.forget(home, "build")  # what the last build said of the warehouse no longer holds
    if not home.database.exists():
        records.write(home, "code", {"code": code})
        return full_refresh
    if state is not None and state.get("code") == code:
        return full_refresh
    records.forget(home, "code")
    return True


def conclude(
    home: Home,
    *,
    as_of: date,
    code: str,
    fingerprint: str,
    full_refresh: bool,
    seconds: float,
) -> BuildResult:
    """Read dbt's run results, keep what matters of them, and return it.

    dbt's messages are left out: a database's error text may quote a row. They are in the log.
    """
    target = environment.dbt_target(home)
    results = orjson.loads((target / "run_results.json").read_bytes())["results"]
    nodes = orjson.loads((target / "manifest.json").read_bytes())["nodes"]
    built, broken, skipped, tests = 0, [], [], []
    for result in results:
        node = nodes.get(result["unique_id"])
        if node is None:
            continue
        status = result["status"]
        if node["resource_type"] == "test":
            attached = node.get("attached_node") or next(iter(node["depends_on"]["nodes"]), "")
            tests.append(
                TestResult(
                    name=node["name"],
                    model=attached.rsplit(".", 1)[-1],
                    severity=str(node["config"].get("severity") or "error").lower(),
                    status=status,
                    failures=result.get("failures"),
                )
            )
        elif status == "success":
            built += 1
        elif status == "skipped":
            skipped.append(node["name"])
        elif status == "error":
            broken.append(node["name"])
    result = BuildResult(
        as_of=as_of,
        code=code,
        fingerprint=fingerprint,
        full_refresh=full_refresh,
        finished_at=datetime.now(tz=UTC),
        seconds=round(seconds, 3),
        built=built,
        broken=tuple(sorted(broken)),
        skipped=tuple(sorted(skipped)),
        tests=tuple(tests),
    )
    if result.is_complete:
        records.write(home, "code", {"code": code})
    records.write(home, "build", result.to_dict())
    return result


def core_version() -> version.Version:
    """dbt-core's version without asking ``dbt --version``, which asks a package index."""
    return version.parse(installed("dbt-core"))
