"""``wellspring land``, ``verify``, ``bronze …`` and ``quarantine …``.

Here: options in, one call of ``ingest.bronze``, its report as a table. Not here: work.
"""

from __future__ import annotations

import base64
import json
import sys
from collections import Counter
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich import box
from rich.table import Table

from ingest import bronze
from ingest.errors import IngestError
from ingest.home import Home
from ingest.sources import load_sources
from orchestration.cli.console import Exit, bar, console, fail

__all__ = ["register"]

bronze_app = typer.Typer(help="What has landed, and the way back to the original files.")
quarantine_app = typer.Typer(
    help="Records that could not land: why, where, and how they get out.", no_args_is_help=True
)


def register(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    app.command("land")(land)
    app.command("verify")(verify)
    app.add_typer(bronze_app, name="bronze", no_args_is_help=True)
    app.add_typer(quarantine_app, name="quarantine")


JsonOption = Annotated[bool, typer.Option("--json", help="Print the report as JSON.")]


def land(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Files or folders; by default everything in the landing folder.",
            show_default=False,
        ),
    ] = None,
    source: Annotated[
        str | None,
        typer.Option(help="The source system, for files outside the landing folder."),
    ] = None,
    feed: Annotated[
        str | None,
        typer.Option(help="The feed; by default the name of the file's folder, or its format."),
    ] = None,
    received_at: Annotated[
        str,
        typer.Option(
            help="When the files count as received: [b]clock[/b] (now), [b]mtime[/b] (when each "
            "was last written) or an ISO 8601 time."
        ),
    ] = "clock",
    as_json: JsonOption = False,
) -> None:
    """Land files in bronze: every record kept, exactly once.

    Declared feeds (sources.yml) are recognised by their place in the landing folder. Any other
    file or folder lands on the spot with --source, by the format that is found in it. Landing the
    same bytes again, under any name, changes nothing.

    Files in the landing folder are archived, deleted or kept, as their feed declares, once bronze
    is durable; files elsewhere stay where they are. A file that is still being written is left
    for the next run.

    Exit code: 0 done (single records may be in quarantine, the table says so); 3 done, but a file
    could not be used as a whole; 1 a file could not be read or bronze not be written (it is where
    it was); 2 wrong options.
    """
    home = Home.from_env()
    try:
        sources = load_sources()
        bronze.ensure_layout(home, sources)
        with bar("Landing") as update:
            report = bronze.land(
                home=home,
                paths=paths,
                source=source,
                feed=feed,
                received_at=_moment(received_at),
                sources=sources,
                on_progress=lambda progress: update(progress.files_done, progress.files),
            )
    except (IngestError, OSError) as error:
        fail(_text(error))
    if as_json:
        _print_json(report.to_dict())
    else:
        _show(report)
    raise typer.Exit(report.exit_code)


def _show(report: bronze.LandReport) -> None:
    feeds: dict[tuple[str, str], list[bronze.FileReport]] = {}
    for file in report.files:
        feeds.setdefault((file.source_system, file.feed or file.format), []).append(file)
    if report.files:
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        table.add_column("feed", overflow="fold")
        table.add_column("format")
        for name in ("files", "in", "landed", "quarantined"):
            table.add_column(name, justify="right")
        for (source, feed), files in sorted(feeds.items()):
            quarantined = sum(file.quarantined for file in files)
            table.add_row(
                "/".join(filter(None, (source, feed))),
                ", ".join(sorted({file.format for file in files if file.format})),
                f"{len(files):,}",
                f"{sum(file.records_in for file in files):,}",
                f"{sum(file.landed for file in files):,}",
                f"[yellow]{quarantined:,}[/]" if quarantined else "",
            )
        console.print(table)
        reasons: Counter[str] = Counter()
        for file in report.files:
            reasons.update(file.reasons)
        if reasons:
            console.print("Quarantined:")
            for code, count in reasons.most_common():
                console.print(f"  {code} [yellow]{count:,}[/]", highlight=False)
    for title, files in (
        ("[bold red]Failed[/]", [file for file in report.files if file.outcome == "failed"]),
        (
            "[yellow]Not usable as a whole[/] (wellspring quarantine list)",
            [file for file in report.files if file.outcome == "quarantined"],
        ),
        ("Skipped", [file for file in report.files if file.outcome == "skipped"]),
        (
            "Noticed",
            [file for file in report.files if file.outcome == "landed" and _notices(file)],
        ),
    ):
        if not files:
            continue
        console.print(f"{title}:")
        for file in files[:20]:
            said = [file.message] if file.message else []
            if file.outcome == "quarantined":
                said += [f"{code} {count:,}" for code, count in file.reasons.items()]
            said += _notices(file)
            console.print(f"  {file.file_name}: {'; '.join(said)}", soft_wrap=True, markup=False)
        if len(files) > 20:
            console.print(f"  … and {len(files) - 20:,} more (--json lists all)")
    known = report.count("already_landed")
    if known:
        console.print(f"{known:,} of {len(report.files):,} files had landed before.")
    console.print(
        f"{report.records_in:,} records in, {report.landed:,} landed, "
        f"{report.quarantined:,} quarantined"
    )


def _notices(file: bronze.FileReport) -> list[str]:
    return [*file.drift, *file.warnings]


def _count(number: int) -> str:
    return f"{number:,}" if number else ""


def verify(
    quick: Annotated[
        bool,
        typer.Option("--quick", help="Digests and counts only; do not rebuild each file."),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Read all of bronze and compare it with its manifest.

    For every file: the digests of its Parquet, records in = landed + quarantined, and that its
    records give back the bytes that came. Finds a flipped byte, a missing file, a file that no
    entry names.

    Exit code: 0 no problems; 1 problems, each listed with what to do.
    """
    try:
        with bar("Verifying") as update:
            report = bronze.verify(Home.from_env(), rebuild_files=not quick, on_progress=update)
    except (IngestError, OSError) as error:
        fail(_text(error))
    if as_json:
        _print_json(report.to_dict())
        raise typer.Exit(report.exit_code)
    if report.problems:
        table = Table(title="Problems", title_justify="left")
        for name in ("what", "where", "found, and what to do"):
            table.add_column(name, overflow="fold")
        for problem in report.problems[:200]:
            table.add_row(problem.kind, problem.name, problem.detail)
        console.print(table)
    if report.unfinished:
        console.print(
            f"{report.unfinished:,} landings are under way or were interrupted; "
            "`wellspring land` finishes them."
        )
    console.print(
        f"{report.files:,} files, {report.records:,} records, {len(report.problems):,} problems"
    )
    raise typer.Exit(report.exit_code)


@bronze_app.command("export")
def export(
    sha256: Annotated[str, typer.Argument(help="The file's digest, or its beginning.")],
    out: Annotated[
        Path | None,
        typer.Option(help="Where to write it; by default to standard output.", show_default=False),
    ] = None,
) -> None:
    """Give a landed file back, byte for byte."""
    home = Home.from_env()
    try:
        if out is None:
            if sys.stdout.isatty():
                fail("the file would fill the terminal", "name a file with --out, or a pipe")
            bronze.export_file(home, sha256, sys.stdout.buffer)
            sys.stdout.buffer.flush()
            return
        if out.exists():
            fail(f"{out} exists", "choose another name; nothing is overwritten", code=Exit.USAGE)
        making = out.with_name(f".{out.name}.making")
        try:
            with making.open("wb") as stream:
                entry = bronze.export_file(home, sha256, stream)
            making.replace(out)
        finally:
            making.unlink(missing_ok=True)
    except (IngestError, OSError) as error:
        fail(_text(error))
    console.print(f"{entry.file_name}, {entry.size_bytes:,} bytes → {out}", markup=False)


@bronze_app.command("list")
def list_files(
    source: Annotated[str | None, typer.Option(help="Only this source system.")] = None,
    feed: Annotated[str | None, typer.Option(help="Only this feed.")] = None,
    limit: Annotated[int, typer.Option(help="How many, newest first; 0 for all.")] = 50,
    as_json: JsonOption = False,
) -> None:
    """The files that landed, newest first."""
    try:
        manifest = bronze.Manifest(bronze.bronze_store(Home.from_env()))
        entries = [
            entry
            for entry in manifest.entries()
            if source in (None, entry.source_system) and feed in (None, entry.feed)
        ]
    except (IngestError, OSError) as error:
        fail(_text(error))
    entries.sort(key=lambda entry: (entry.received_at, entry.file_name), reverse=True)
    shown = entries[:limit] if limit else entries
    if as_json:
        _print_json(
            [
                {
                    "file_sha256": entry.file_sha256,
                    "file_name": entry.file_name,
                    "source_system": entry.source_system,
                    "feed": entry.feed,
                    "format": entry.format,
                    "received_at": entry.received_at,
                    "size_bytes": entry.size_bytes,
                    "records_in": entry.records_in,
                    "landed": entry.landed,
                    "quarantined": entry.quarantined,
                }
                for entry in shown
            ]
        )
        return
    table = Table()
    for name in ("sha256", "file", "source", "feed", "format", "received"):
        table.add_column(name)
    for name in ("bytes", "landed", "quarantined"):
        table.add_column(name, justify="right")
    for entry in shown:
        table.add_row(
            entry.file_sha256[:12],
            entry.file_name,
            entry.source_system,
            entry.feed,
            entry.format,
            entry.received_at[:19],
            f"{entry.size_bytes:,}",
            f"{entry.landed:,}",
            _count(entry.quarantined),
        )
    console.print(table)
    if len(shown) < len(entries):
        console.print(f"{len(shown):,} of {len(entries):,}; --limit 0 shows all")


@quarantine_app.command("list")
def quarantine_list(
    source: Annotated[str | None, typer.Option(help="Only this source system.")] = None,
    feed: Annotated[str | None, typer.Option(help="Only this feed.")] = None,
    reason: Annotated[str | None, typer.Option(help="Only this reason code.")] = None,
    as_json: JsonOption = False,
) -> None:
    """What is in quarantine, by file and reason, newest file first."""
    try:
        groups = bronze.quarantine.list_(Home.from_env(), source=source, feed=feed, reason=reason)
    except (IngestError, OSError) as error:
        fail(_text(error))
    if as_json:
        _print_json([asdict(group) for group in groups])
        return
    if groups:
        table = Table()
        for name in ("file", "feed", "reason"):
            table.add_column(name, overflow="fold")
        table.add_column("records", justify="right")
        table.add_column("the first, and what to do", overflow="fold")
        for group in groups[:200]:
            table.add_row(
                f"{group.file_sha256[:12]} {group.file_name}",
                f"{group.source_system}/{group.feed}",
                group.reason_code,
                f"{group.records:,}",
                group.reason,
            )
        console.print(table)
    console.print(
        f"{sum(group.records for group in groups):,} records of "
        f"{len({group.file_sha256 for group in groups}):,} files in quarantine"
    )


@quarantine_app.command("show")
def quarantine_show(
    sha256: Annotated[str, typer.Argument(help="The file's digest, or its beginning.")],
    record: Annotated[
        int | None, typer.Option(help="Only the record with this index.", show_default=False)
    ] = None,
    raw: Annotated[
        bool,
        typer.Option(
            "--raw", help="The bytes too. They are protected health information; mind who looks."
        ),
    ] = False,
    limit: Annotated[int, typer.Option(help="How many records.")] = 20,
    as_json: JsonOption = False,
) -> None:
    """The quarantined records of a file: reason, place, and on request the bytes."""
    try:
        records = bronze.quarantine.show(
            Home.from_env(), sha256, record_index=record, raw=raw, limit=limit
        )
    except (IngestError, OSError) as error:
        fail(_text(error))
    if as_json:
        bodies = [asdict(each) for each in records]
        for body in bodies:
            content = body.pop("raw")
            if raw:
                body["raw_base64"] = base64.b64encode(content or b"").decode()
        _print_json(bodies)
        return
    if not records:
        console.print("Nothing of this file is in quarantine.")
    for each in records:
        console.print(
            f"{each.file_name}, record {each.record_index:,}, byte {each.byte_offset:,}, "
            f"{each.size_bytes:,} bytes"
            + (f", {each.record_type}" if each.record_type else "")
            + (f", control id {each.control_id}" if each.control_id and raw else ""),
            markup=False,
            soft_wrap=True,
        )
        console.print(f"  {each.reason_code}: {each.reason}", markup=False, soft_wrap=True)
        if raw and each.raw is not None:
            text = each.raw.decode("utf-8", "backslashreplace").replace("\r\n", "\n")
            for line in text.replace("\r", "\n").splitlines():
                console.print(f"  │ {line}", markup=False, soft_wrap=True)


@quarantine_app.command("replay")
def quarantine_replay(
    sha256: Annotated[
        str | None,
        typer.Argument(help="One file, by its digest or its beginning.", show_default=False),
    ] = None,
    source: Annotated[str | None, typer.Option(help="Files of this source system.")] = None,
    feed: Annotated[str | None, typer.Option(help="Files of this feed.")] = None,
    reason: Annotated[str | None, typer.Option(help="Files with this reason code.")] = None,
    to: Annotated[
        str | None,
        typer.Option(
            help="SOURCE/FEED to which the file belongs in truth, where it was dropped into the "
            "wrong folder.",
            show_default=False,
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Read quarantined records again, after a correction of sources.yml or of the code.

    What can be used now moves to bronze, with its history; the rest stays. Without a file or an
    option, everything in quarantine is tried.

    Exit code: 0 done; 1 a file could not be replayed.
    """
    to_feed: tuple[str, str] | None = None
    if to is not None:
        to_source, separator, to_name = to.partition("/")
        if not (to_source and separator and to_name):
            fail(f"--to {to} is no feed", "write SOURCE/FEED, as in lab/oru", code=Exit.USAGE)
        to_feed = (to_source, to_name)
    try:
        home = Home.from_env()
        sources = load_sources()
        bronze.ensure_layout(home, sources)
        done = bronze.quarantine.replay(
            home,
            sha256=sha256,
            source=source,
            feed=feed,
            reason=reason,
            to_feed=to_feed,
            sources=sources,
        )
    except (IngestError, OSError) as error:
        fail(_text(error))
    if as_json:
        _print_json([each.to_dict() for each in done])
    else:
        if done:
            table = Table()
            for name in ("file", "feed", "taken out for"):
                table.add_column(name, overflow="fold")
            for name in ("landed", "still in quarantine"):
                table.add_column(name, justify="right")
            table.add_column("")
            for each in done:
                table.add_row(
                    f"{each.file_sha256[:12]} {each.file_name}",
                    f"{each.source_system}/{each.feed}",
                    ", ".join(f"{code} {count:,}" for code, count in each.reasons.items()),
                    _count(each.landed),
                    _count(each.still_quarantined),
                    each.message,
                )
            console.print(table)
        console.print(
            f"{sum(each.superseded for each in done):,} records taken out of quarantine, "
            f"{sum(each.landed for each in done):,} landed, "
            f"{sum(each.still_quarantined for each in done):,} still in quarantine"
        )
    raise typer.Exit(1 if any(each.is_failed for each in done) else 0)


def _moment(text: str) -> datetime | Literal["clock", "mtime"]:
    if text == "clock":
        return "clock"
    if text == "mtime":
        return "mtime"
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        fail(
            f"--received-at {text} is no time",
            "use clock, mtime, or ISO 8601 such as 2026-06-30T06:00:00Z",
            code=Exit.USAGE,
        )


def _text(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}: {error.filename}" if error.filename else error.strerror
    return str(error)


def _print_json(body: object) -> None:
    console.file.write(json.dumps(body, indent=2, ensure_ascii=False) + "\n")
