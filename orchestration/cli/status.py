"""``wellspring status``, and the summary that ends every run.

Here: drawing what ``orchestration.status`` gathers. Not here: gathering it.
"""

from __future__ import annotations

import os
import shlex
import sys
from collections import Counter
from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich import box
from rich.table import Table

from ingest.errors import IngestError
from ingest.home import Home
from ingest.sources import load_sources
from orchestration.cli.console import console, fail
from orchestration.landed import FeedTotals
from orchestration.run import RunReport
from orchestration.status import Status
from orchestration.status import status as gather

__all__ = ["QUERIES", "command", "register", "show"]

#: What a newcomer may ask of the published version; each works when pasted.
QUERIES: tuple[tuple[str, str], ...] = (
    (
        "How many patients each system knows",
        "select system, count(*) as patients from patient_360, unnest(source_systems) as t(system)"
        " group by system order by patients desc",
    ),
    (
        "Diabetes under control?",
        "select count(*) as patients, count(hba1c_percent) as tested,"
        " round(avg(hba1c_percent), 1) as mean_hba1c,"
        " count(*) filter (hba1c_percent > 9) as above_9 from patient_360 where has_diabetes",
    ),
    (
        "The latest event of each kind of the patient whom most systems know",
        "select distinct on (event_type) event_type, event_date, title, source_system"
        " from patient_timeline where patient_id = (select patient_id from patient_360"
        " order by len(source_systems) desc, patient_id limit 1)"
        " order by event_type, event_date desc, event_id",
    ),
)


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command("status")(status)


def status(
    feeds: Annotated[bool, typer.Option("--feeds", help="One line per feed.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The same for programs.")] = False,
) -> None:
    """Show what has landed, what is in quarantine and why, the checks, and what is published."""
    home = Home.from_env()
    try:
        if as_json:
            found = gather(home, load_sources()).to_dict()
            sys.stdout.buffer.write(orjson.dumps(found, option=orjson.OPT_INDENT_2) + b"\n")
            return
        show(home, by_feed=feeds)
    except IngestError as error:
        fail(str(error))


def show(
    home: Home,
    *,
    report: RunReport | None = None,
    seconds: float | None = None,
    by_feed: bool = False,
) -> None:
    """Print the summary of ``home``; ``report`` and ``seconds`` are of the run that just ended."""
    found = gather(home, load_sources())
    console.print()
    console.print(_landed_table(found, by_feed=by_feed))
    _print_unusable(report)
    _print_result(found)
    _print_ending(home, found, report, seconds)


def _landed_table(found: Status, *, by_feed: bool) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_footer=True, expand=False)
    files = sum(feed.files for feed in found.feeds)
    table.add_column("source", footer="all", no_wrap=True)
    if by_feed:
        table.add_column("feed", no_wrap=True)
    table.add_column("files", justify="right", footer=f"{files:,}")
    landed = sum(feed.landed for feed in found.feeds)
    table.add_column("landed", justify="right", footer=f"{landed:,}", no_wrap=True)
    quarantined = sum(feed.quarantined for feed in found.feeds)
    table.add_column("quarantined", justify="right", footer=f"{quarantined:,}", no_wrap=True)
    table.add_column("why", overflow="fold")
    if by_feed:
        for feed in found.feeds:
            _add_row(table, [feed.source_system, feed.feed], [feed])
        return table
    by_source: dict[str, list[FeedTotals]] = {}
    for feed in found.feeds:
        by_source.setdefault(feed.source_system, []).append(feed)
    for source, mine in by_source.items():
        _add_row(table, [source], mine)
    return table


def _add_row(table: Table, names: list[str], totals: list[FeedTotals]) -> None:
    reasons: Counter[str] = Counter()
    for feed in totals:
        reasons.update(feed.reasons)
    quarantined = sum(feed.quarantined for feed in totals)
    table.add_row(
        *names,
        f"{sum(feed.files for feed in totals):,}",
        f"{sum(feed.landed for feed in totals):,}",
        f"[yellow]{quarantined:,}[/]" if quarantined else "",
        ", ".join(f"{code} {count:,}" for code, count in reasons.most_common()),
    )


def _print_unusable(report: RunReport | None) -> None:
    if report is None or not report.unusable:
        return
    console.print("[yellow]Files that could not be used as a whole:[/]")
    for file in report.unusable[:10]:
        why = ", ".join(file["reasons"]) or file["message"]
        console.print(f"  {file['file_name']}  [dim]{why}[/]", soft_wrap=True)
    if len(report.unusable) > 10:
        console.print(f"  [dim]and {len(report.unusable) - 10:,} more[/]")
    console.print("  [dim]→ wellspring quarantine list  says what to do about each[/]\n")


def _print_result(found: Status) -> None:
    published, audit = found.published, found.audit
    if published is not None and published.patients is not None:
        console.print(
            f"[bold]{published.person_records:,}[/] person records became "
            f"[bold]{published.patients:,}[/] patients."
        )
    warned, failed = audit.count("warned"), audit.count("failed")
    skipped = audit.count("skipped")
    if audit.checks:
        console.print(
            f"[bold]{audit.count('passed'):,}[/] checks passed"
            + (f", [yellow]{warned:,} warned[/]" if warned else "")
            + (f", [red]{failed:,} failed[/]" if failed else ", none failed")
            + (f", {skipped:,} not run" if skipped else "")
            + "."
        )
    for check in [check for check in audit.checks if check.verdict in ("failed", "warned")][:8]:
        mark = "[red]✗[/]" if check.verdict == "failed" else "[yellow]![/]"
        count = f" [dim]({check.failures:,} rows)[/]" if check.kind == "dbt" else ""
        console.print(f"  {mark} {check.name} on {check.on}{count}", soft_wrap=True)
    if warned + failed > 8:
        console.print(f"  [dim]and {warned + failed - 8:,} more: wellspring status --json[/]")


def _print_ending(
    home: Home, found: Status, report: RunReport | None, seconds: float | None
) -> None:
    published = found.published
    if published is None:
        console.print("Nothing has been published yet: [bold]wellspring run[/]")
        return
    link = _shown(home.published / "gold.duckdb")
    verb = "Published"
    if report is not None and report.outcome == "up_to_date":
        verb = "Nothing has changed since"
    took = f" in {seconds:,.0f} s" if seconds is not None else ""
    console.print(
        f"{verb} version [bold]{published.version}[/], as of {published.as_of}{took}: {link}",
        soft_wrap=True,
    )
    if report is None:
        return
    console.print("\nTry:")
    for title, query in QUERIES:
        console.print(f"  [dim]# {title}[/]", soft_wrap=True)
        console.print(f"  {command(home)} query {shlex.quote(query)}", soft_wrap=True, markup=False)
    console.print(
        f"\n  [dim]{command(home)} status    the same again; --feeds, --json\n"
        "  make dev                        every step in Dagster, http://localhost:3000[/]",
        soft_wrap=True,
    )


def command(home: Home) -> str:
    """How to call this very command from the current folder, for this home."""
    program = _shown(Path(sys.executable).with_name("wellspring"))
    default = (Path.cwd() / "data").resolve()
    return program if home.root == default else f"WELLSPRING_HOME={_quoted(home.root)} {program}"


def _shown(path: Path) -> str:
    """Relative to the current folder where that is shorter."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def _quoted(path: Path) -> str:
    return shlex.quote(os.fspath(path))
