"""The main job, run to its end in this process: what ``dagster dev`` runs, without the web page.

Here: what must be ready before Dagster starts, the call, the outcome. Not here: the steps
(``assets/``, ``checks/``), or how progress and outcome are drawn (``cli/``).
"""

from __future__ import annotations

import contextlib
import io
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ingest.home import Home
from ingest.sources import Sources, load_sources
from orchestration import environment, records, warehouse
from orchestration.checks import validate
from orchestration.errors import BuildError, PublishBlockedError
from orchestration.fingerprint import build_fingerprint, code_fingerprint
from orchestration.landed import landed
from orchestration.progress import report
from orchestration.publish import current

if TYPE_CHECKING:
    from dagster._core.execution.plan.objects import StepFailureData

__all__ = ["Preparation", "RunReport", "is_up_to_date", "run"]


@dataclass(frozen=True, slots=True)
class RunReport:
    """How a run ended."""

    outcome: Literal["published", "up_to_date", "blocked", "failed"]
    as_of: str
    started_at: str
    seconds: float
    version: str | None = None  #: what readers now have
    problem: str = ""
    remedy: str = ""
    unusable: list[dict[str, Any]] = field(default_factory=list)  #: files of this run
    run_id: str | None = None  #: Dagster's

    def to_dict(self) -> dict[str, Any]:
        """As kept in ``warehouse/run/run.json``."""
        return asdict(self)


class Preparation:
    """What a run needs that takes seconds and depends on no data, done on the side.

    dbt's parse runs in a process of its own, and so does the import of Great Expectations.
    """

    def __init__(self, home: Home, sources: Sources, *, as_of: date, checks: bool = True) -> None:
        environment.prepare(home)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="parse")
        self._manifest: Future[Path] = self._thread.submit(
            warehouse.parse,
            home,
            as_of=as_of,
            code=code_fingerprint(sources=sources.path, accepted=home.identity_model),
        )
        if checks:
            validate.warm()

    def wait(self) -> Path:
        """dbt's manifest, once it is there; raises BuildError where dbt cannot parse."""
        return self._manifest.result()

    def close(self) -> None:
        """End what was started."""
        self._thread.shutdown(wait=True, cancel_futures=True)
        validate.close()


def is_up_to_date(home: Home, sources: Sources, *, as_of: date) -> bool:
    """Whether the published version is what a run would publish again.

    It is when no file waits in the landing folder and neither code, nor landed files, nor the
    as-of date differ from those the version was made of.
    """
    published = current(home)
    if published is None or not home.database.exists() or _is_waiting(home):
        return False
    code = code_fingerprint(sources=sources.path, accepted=home.identity_model)
    return published.fingerprint == build_fingerprint(
        code=code,
        landed=landed(home).names,
        as_of=as_of,
        registers=home.terminology_registers,
    )


def run(
    home: Home,
    *,
    as_of: date,
    received_at: Literal["clock", "mtime"] = "clock",
    full_refresh: bool = False,
    sources: Sources | None = None,
    preparation: Preparation | None = None,
    steps: Literal["all", "build"] = "all",
) -> RunReport:
    """Land, check, build, audit, publish; or only build. A run with nothing to do says so and ends.

    What went wrong is in the report, not raised; the version that readers have stays.

    Raises:
        HomeLockedError: another process builds or publishes in this home.
    """
    started, clock = datetime.now(tz=UTC), time.monotonic()
    sources = sources or load_sources()
    environment.prepare(home)
    with records.home_lock(home):
        if steps == "all" and not full_refresh and is_up_to_date(home, sources, as_of=as_of):
            published = current(home)
            done = RunReport(
                outcome="up_to_date",
                as_of=as_of.isoformat(),
                started_at=started.isoformat(),
                seconds=round(time.monotonic() - clock, 3),
                version=published.version if published else None,
            )
            records.write(home, "run", done.to_dict())
            return done
        ready = preparation or Preparation(home, sources, as_of=as_of, checks=steps == "all")
        try:
            for step in ("land", "checks", "publish") if steps == "all" else ("publish",):
                records.forget(home, step)
            found = _execute(
                home,
                ready,
                config={
                    "as_of": as_of.isoformat(),
                    "received_at": received_at,
                    "full_refresh": full_refresh,
                    "skip_unchanged": steps == "all",
                },
                steps=steps,
            )
        finally:
            if preparation is None:
                ready.close()
        landing = records.read(home, "land") or {}
        published = current(home)
        done = RunReport(
            as_of=as_of.isoformat(),
            started_at=started.isoformat(),
            seconds=round(time.monotonic() - clock, 3),
            version=published.version if published else None,
            unusable=landing.get("unusable", []),
            **found,
        )
        records.write(home, "run", done.to_dict())
        return done


def _execute(
    home: Home, ready: Preparation, *, config: dict[str, Any], steps: str
) -> dict[str, Any]:
    report("prepare", 0, None)
    from orchestration.instance import instance

    try:
        ready.wait()
    except BuildError as error:
        return {"outcome": "failed", "problem": error.problem, "remedy": error.remedy}
    from orchestration.definitions import defs, models
    from orchestration.jobs import JOB, run_config

    quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    selected = list(models.keys) if steps == "build" else None
    with (
        instance(home) as dagster,
        contextlib.redirect_stdout(io.StringIO()),  # dagster-dbt echoes dbt's log there
    ):
        result = defs.resolve_job_def(JOB).execute_in_process(
            run_config={**run_config(**config, only=selected and ["warehouse"]), **quiet},
            instance=dagster,
            asset_selection=selected,
            raise_on_error=False,
            tags={"as_of": config["as_of"]},
        )
    if result.success:
        published = records.read(home, "publish") is not None or steps == "build"
        return {"outcome": "published" if published else "up_to_date", "run_id": result.run_id}
    failures = [event.step_failure_data for event in result.all_events if event.is_step_failure]
    return {**_trouble(failures[0] if failures else None), "run_id": result.run_id}


def _trouble(failure: StepFailureData | None) -> dict[str, str]:
    """The problem and the remedy of an error of ours; of any other error only its kind, since its
    text may quote a row."""
    if failure is None:
        return {"outcome": "failed", "problem": "Dagster could not start the job."}
    told = failure.user_failure_data
    if told is not None and told.description:
        facts = {name: str(value.value) for name, value in told.metadata.items()}
        blocked = facts.get("kind") == PublishBlockedError.__name__
        return {
            "outcome": "blocked" if blocked else "failed",
            "problem": told.description,
            "remedy": facts.get("remedy", ""),
        }
    error = failure.error
    while error is not None and error.cause is not None:
        error = error.cause
    kind = error.cls_name if error is not None else "unknown error"
    return {
        "outcome": "failed",
        "problem": f"A step ended with {kind}; its text is withheld here, it may quote a record.",
        "remedy": "`wellspring dev` shows the run with its stack trace.",
    }


def _is_waiting(home: Home) -> bool:
    """Whether any file lies in the landing folder, settled or not."""
    if not home.landing.is_dir():
        return False
    return any(
        path.is_file()
        for path in home.landing.rglob("*")
        if not any(part.startswith(".") for part in path.relative_to(home.landing).parts)
    )
