"""``wellspring identity``: why two records are one person, how good the linkage is, on any data.

Here: options, and what is shown. Not here: the linkage (``ml.linkage``).
"""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

import duckdb
import pyarrow as pa
import typer
import yaml
from rich.table import Table

from ingest.home import Home
from ml.linkage import LinkageError, LinkageOptions, link
from ml.linkage.explain import explain as explain_pair
from ml.linkage.files import read_files, read_pairs
from ml.linkage.measure import Measured, errors_by_type, labelled_pairs, pairwise
from ml.linkage.model import Model
from ml.linkage.reach import Reach, measure_reach
from ml.linkage.reference import Reference
from ml.linkage.report import ReportData, render
from ml.linkage.scoring import odds
from ml.linkage.session import session
from ml.linkage.warehouse import LINKED_FROM, link_result, to_records
from orchestration.cli.console import Exit, console, errors, fail

__all__ = ["register"]

commands = typer.Typer(
    name="identity", help="Who is who: explain, measure, report.", no_args_is_help=True
)


def register(app: typer.Typer) -> None:
    """Add the group to the ``wellspring`` command."""
    app.add_typer(commands)


def _warehouse(home: Home) -> duckdb.DuckDBPyConnection:
    if not home.database.is_file():
        fail("there is no warehouse yet", "run `wellspring run` first", code=Exit.USAGE)
    try:
        return duckdb.connect(str(home.database), read_only=True)
    except duckdb.Error:
        fail("the warehouse is busy or damaged", "wait for the running build to end")


def _record_id(connection: duckdb.DuckDBPyConnection, text: str) -> str:
    """The person record that `text` names: its id, or [source:]authority:number, or a number."""
    found = connection.execute(
        """
        select person_record_id
        from identity.int_person_records
        where
            person_record_id = $text
            or source_system || ':' || id_authority || ':' || id_value = $text
            or id_authority || ':' || id_value = $text
            or id_value = $text
        """,
        {"text": text},
    ).fetchall()
    if len(found) != 1:
        fail(
            f"{'no' if not found else 'more than one'} person record is named so",
            "give a person_record_id, or source:authority:number as in identity.patient_xref",
            code=Exit.USAGE,
        )
    return found[0][0]


@commands.command()
def explain(
    a: Annotated[str, typer.Argument(help="A person record: its id or source:authority:number.")],
    b: Annotated[str, typer.Argument(help="The other person record.")],
    out: Annotated[
        Path | None, typer.Option(help="Write the waterfall as a picture (.svg) here.")
    ] = None,
) -> None:
    """Why two person records are, or are not, one person."""
    home = Home.from_env()
    with _warehouse(home) as connection:
        left, right = _record_id(connection, a), _record_id(connection, b)
        table = connection.execute("select * from identity.int_person_records").to_arrow_table()
        model = connection.execute(
            "select evidence, record_id_r from identity.int_person_links where outcome = 'model'"
        ).fetchone()
        stated = connection.execute(
            """
            select links.outcome, links.method, links.reason
            from identity.int_person_links as links
            where links.record_id_l = least($a, $b) and links.record_id_r = greatest($a, $b)
                and $a != $b
            """,
            {"a": left, "b": right},
        ).fetchone()
        patients = dict(
            connection.execute(
                """
                select person_record_id, patient_id
                from identity.patient_xref
                where person_record_id in ($a, $b)
                """,
                {"a": left, "b": right},
            ).fetchall()
        )
    if model is None:
        fail("the last build trained no model (too few records)", "land more, then build")
    try:
        trained = Model.from_dict(json.loads(model[0]))
        if model[1] == "accepted":
            accepted = Reference.load(home.identity_model)
            if accepted.model != trained:
                fail("the accepted model has changed since the last build", "run `wellspring run`")
            result = explain_pair(to_records(table), accepted, left, right)
        else:
            result = explain_pair(to_records(table), trained, left, right)
    except LinkageError as error:
        fail(str(error), code=Exit.USAGE)
    shown = Table(title="Evidence, in bits (log2 of the odds)")
    for column, justify in (
        ("compared", "left"),
        ("found", "left"),
        ("bits", "right"),
        ("so far", "right"),
    ):
        shown.add_column(column, justify=justify)
    reached = 0.0
    for step in result.steps:
        reached += step.bits
        color = "green" if step.bits > 0 else "red"
        shown.add_row(step.name, step.finding, f"[{color}]{step.bits:+.1f}[/]", f"{reached:+.1f}")
    console.print(shown)
    console.print(f"one person rather than two strangers:  {result.against_random:+.1f} bits")
    console.print(f"one person rather than two relatives:  {result.against_relatives:+.1f} bits")
    console.print(
        f"together {result.weight:+.1f} bits, probability {result.probability:.4f}: "
        f"[bold]{result.outcome(LinkageOptions())}[/]"
        + (f" ({result.conflict})" if result.conflict else "")
    )
    if stated:
        console.print(
            f"in the last build: {stated[0]} by {stated[1]}"
            + (f" ({stated[2]})" if stated[2] else "")
        )
    same = patients.get(left) == patients.get(right)
    console.print(f"today: {'one patient' if same else 'two patients'}")
    if out is None:
        out = home.warehouse / "identity" / "explain.svg"
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(result.svg(), encoding="utf-8")
    console.print(f"picture: {out}", soft_wrap=True)


@commands.command()
def decide(
    a: Annotated[str, typer.Argument(help="A person record: its id or source:authority:number.")],
    b: Annotated[str, typer.Argument(help="The other person record.")],
    decision: Annotated[
        Literal["link", "do-not-link"], typer.Argument(help="What was decided about the two.")
    ],
    by: Annotated[str, typer.Option(help="Who decided (a role or a staff number).")],
    reason: Annotated[str, typer.Option(help="Why.")],
) -> None:
    """Write a steward's decision into the landing folder; it wins over the model from the next run.

    Exit code: 0 written; 2 a record is not known, or both are the same.
    """
    home = Home.from_env()
    with _warehouse(home) as connection:
        left, right = sorted((_record_id(connection, a), _record_id(connection, b)))
    if left == right:
        fail("these are the same record", "name two records", code=Exit.USAGE)
    moment = datetime.now(UTC)
    text = io.StringIO(newline="")
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(
        (
            "person_record_id_l",
            "person_record_id_r",
            "decision",
            "decided_by",
            "decided_at",
            "reason",
        )
    )
    word = decision.replace("-", " ")
    said = f"{moment:%Y-%m-%d %H:%M:%S.%f}"
    rows.writerow((left, right, word, by, said, " ".join(reason.split())))
    folder = home.landing / "identity" / "decisions"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"decision_{moment:%Y%m%dT%H%M%S%f}.csv"
    making = path.with_suffix(".making")
    making.write_text(text.getvalue(), encoding="utf-8")
    making.replace(path)
    console.print(f"written: {path}", soft_wrap=True)
    console.print("it holds from the next `wellspring run`")


@commands.command()
def train(
    forget: Annotated[
        bool, typer.Option("--forget", help="Train anew in every build, as without this command.")
    ] = False,
) -> None:
    """Train the model on today's records, and accept it for all builds from now on.

    Weights then stay the same from day to day, and a build compares only records that are new or
    have changed. Train again when the population has changed: a new feed, a new region.
    """
    home = Home.from_env()
    if forget:
        home.identity_model.unlink(missing_ok=True)
        console.print("forgotten: from the next `wellspring run` every build trains its own model")
        return
    with _warehouse(home) as connection:
        tables = {
            name: connection.execute(f"select * from identity.{table}").to_arrow_table()
            for name, table in LINKED_FROM.items()
        }
        today = _clusters(connection)
    before = home.identity_model.is_file()
    with errors.status("training"):
        result = link_result(**tables)
    if result.reference is None:
        fail("there is nothing to train on (too few records)", "land more, then build")
    moved = _moved(today, result.clusters)
    result.reference.save(home.identity_model)
    console.print(
        f"trained on {result.reference.records:,} person records, "
        f"{int(result.counts['candidates']):,} pairs; "
        f"with it {moved:,} records are with others than in the last build"
    )
    console.print(
        f"accepted{', in place of the earlier one' if before else ''}: {home.identity_model}",
        soft_wrap=True,
    )
    console.print("it holds from the next `wellspring run`")


def _moved(before: pa.Table, after: pa.Table) -> int:
    """How many records have other company in `after` than in `before` (record_id, cluster_id)."""
    with session() as connection:
        connection.register("before", before)
        connection.register("after", after)
        company = (
            "select record_id, list(record_id order by record_id) over (partition by cluster_id) "
            "as company from {}"
        )
        return connection.execute(
            f"""
            select count(*)
            from ({company.format("before")}) as b
            inner join ({company.format("after")}) as a using (record_id)
            where a.company != b.company
            """
        ).fetchone()[0]


_BUCKET = 2
_PAIRS = """
    identity.int_person_links as links
    where links.record_id_l != links.record_id_r and links.outcome != 'model'
"""
_SYSTEM_PAIRS = """
    select
        least(l.source_system, r.source_system),
        greatest(l.source_system, r.source_system),
        count(*)
    from identity.int_person_links as links
    inner join identity.patient_xref as l on links.record_id_l = l.person_record_id
    inner join identity.patient_xref as r on links.record_id_r = r.person_record_id
    where links.outcome = '{outcome}' and links.record_id_l != links.record_id_r
    group by all
"""


@commands.command()
def report(
    out: Annotated[Path | None, typer.Option(help="Where to write the page.")] = None,
) -> None:
    """Write an HTML page: weights, outcomes, cluster sizes, links per pair of systems, truth."""
    home = Home.from_env()
    with _warehouse(home) as connection:
        rows = lambda sql: connection.execute(sql).fetchall()  # noqa: E731
        records, patients = rows(
            "select count(*), count(distinct patient_id) from identity.patient_xref"
        )[0]
        weights: dict[int, dict[str, int]] = {}
        for bucket, outcome, count in rows(
            f"""
            select
                floor(greatest(least(match_weight, 59), -20) / {_BUCKET})::int * {_BUCKET},
                outcome, count(*)
            from {_PAIRS} and match_weight is not null
            group by all order by all
            """
        ):
            weights.setdefault(bucket, {})[outcome] = count
        model = rows("select evidence from identity.int_person_links where outcome = 'model'")
        options = LinkageOptions()
        data = ReportData(
            records=records,
            patients=patients,
            as_of=str(
                rows("select max(last_recorded_at)::date from identity.int_person_records")[0][0]
            ),
            weights=weights,
            bucket=_BUCKET,
            thresholds={
                "review": odds(options.review_probability),
                "link": odds(options.link_probability),
            },
            sizes=rows(
                """
                select n, count(*)
                from (select count(*) as n from identity.patient_xref group by patient_id)
                group by n order by n
                """
            ),
            outcomes=rows(
                f"""
                select outcome, method, count(*) from {_PAIRS}
                group by all order by 3 desc, 1, 2
                """
            ),
            review_reasons=rows(
                f"""
                select coalesce(reason, 'not said'), count(*) from {_PAIRS} and outcome = 'review'
                group by all order by 2 desc, 1
                """
            ),
            review_systems=rows(_SYSTEM_PAIRS.format(outcome="review") + " order by 3 desc, 1, 2"),
            systems=rows(_SYSTEM_PAIRS.format(outcome="linked") + " order by all"),
            records_of=dict(
                rows("select source_system, count(*) from identity.patient_xref group by all")
            ),
            decisions=rows(
                """
                select status, count(*) from identity.identity_decisions
                group by all order by 2 desc, 1
                """
            ),
            measured=_against_truth(connection, home),
            model=Model.from_dict(json.loads(model[0][0])) if model else None,
            reach=_reach(connection, home),
        )
    out = out or home.warehouse / "identity" / "report.html"
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(render(data), encoding="utf-8")
    console.print(f"{records:,} person records → {patients:,} patients")
    if data.measured:
        console.print(_line(data.measured))
    if data.reach:
        console.print(
            f"{data.reach.missed:,} of {data.reach.pairs:,} pairs of one person are brought "
            "together by no blocking rule"
        )
    console.print(f"report: {out}", soft_wrap=True)


def _truth(connection: duckdb.DuckDBPyConnection, home: Home) -> pa.Table | None:
    """record_id, person_id of the synthetic hospital's records, where this home has them."""
    truth = home.synthetic / "truth" / "person_records.parquet"
    if not truth.is_file():
        return None
    return connection.execute(
        """
        select xref.person_record_id as record_id, truth.person_id
        from read_parquet($path) as truth
        inner join identity.patient_xref as xref using (source_system, id_authority, id_value)
        """,
        {"path": str(truth)},
    ).to_arrow_table()


def _clusters(connection: duckdb.DuckDBPyConnection) -> pa.Table:
    return connection.execute(
        "select person_record_id as record_id, patient_id as cluster_id from identity.patient_xref"
    ).to_arrow_table()


def _against_truth(connection: duckdb.DuckDBPyConnection, home: Home) -> Measured | None:
    labels = _truth(connection, home)
    return None if labels is None else pairwise(_clusters(connection), labels)


def _reach(connection: duckdb.DuckDBPyConnection, home: Home) -> Reach:
    records = connection.execute("select * from identity.int_person_records").to_arrow_table()
    people = _truth(connection, home)
    return measure_reach(to_records(records), _clusters(connection) if people is None else people)


def _line(measured: Measured) -> str:
    return f"precision {measured.precision:.6f} recall {measured.recall:.6f} f1 {measured.f1:.6f}"


@commands.command()
def evaluate(
    files: Annotated[list[Path], typer.Argument(help="Person files (CSV or Parquet).")],
    id_column: Annotated[str, typer.Option("--id", help="The column that identifies a row.")],
    truth: Annotated[
        str | None,
        typer.Option(help="The column that is the same for one person."),
    ] = None,
    truth_pattern: Annotated[
        str | None,
        typer.Option(
            help="A regular expression; its first group in the truth column is the person."
        ),
    ] = None,
    pairs: Annotated[
        Path | None, typer.Option(help="Labelled pairs instead of (or beside) the truth column.")
    ] = None,
    columns: Annotated[
        Path | None, typer.Option(help="YAML: which column is which field (default: by name).")
    ] = None,
) -> None:
    """Train the model anew on any person files and measure it against their truth."""
    if truth is None and pairs is None:
        fail("nothing to measure against", "give --truth COLUMN or --pairs FILE", code=Exit.USAGE)
    labels: pa.Table | None = None
    try:
        mapping = yaml.safe_load(columns.read_text(encoding="utf-8")) if columns else None
        # A file of labelled pairs may stand in the place of a column.
        if truth is not None and pairs is None and Path(truth).is_file():
            pairs, truth = Path(truth), None
        loaded = read_files(
            files,
            id_column=id_column,
            truth_column=truth,
            truth_pattern=truth_pattern,
            columns=mapping,
        )
        labels = (
            read_pairs(pairs, record_ids=loaded.records.column("record_id").to_pylist())
            if pairs
            else None
        )
    except (LinkageError, OSError, yaml.YAMLError, duckdb.Error) as error:
        kind = "" if isinstance(error, (LinkageError, OSError)) else "the files cannot be read: "
        fail(
            kind
            + (str(error) if isinstance(error, (LinkageError, OSError)) else type(error).__name__),
            "see wellspring identity evaluate --help",
            code=Exit.USAGE,
        )
    for name, count in loaded.counts.items():
        console.print(f"{name}: {count:,} records")
    with errors.status("linking"):
        result = link(loaded.records, attributes=loaded.attributes)
    if result.model is not None:
        filled = Table(title="What was compared")
        for column in ("field", "of one person the same", "of two the same"):
            filled.add_column(column, justify="right" if column != "field" else "left")
        for comparison in result.model.comparisons:
            top = comparison.levels[0]
            filled.add_row(comparison.name, f"{top.m:.3f}", f"{top.u:.2g}")
        console.print(filled)
    console.print(
        f"{result.clusters.num_rows:,} records, "
        f"{int(result.counts.get('candidates', 0)):,} pairs compared, "
        f"{len(set(result.clusters.column('cluster_id').to_pylist())):,} people; "
        f"{sum(o == 'review' for o in result.pairs.column('outcome').to_pylist()):,} to review"
    )
    is_labelled = labels is not None and labels.column("is_match").to_pylist().count(False) > 0
    known = loaded.truth if loaded.truth is not None else _of_links(result.clusters, labels)
    measured = (
        labelled_pairs(result.clusters, labels)
        if is_labelled and labels is not None
        else pairwise(result.clusters, known)
    )
    judged = _among(result.pairs, labels) if is_labelled and labels is not None else result.pairs
    _show_errors(errors_by_type(judged, result.clusters, known), measured)
    console.print(
        f"{measured.true_positive:,} pairs found, {measured.false_positive:,} wrong, "
        f"{measured.false_negative:,} missed"
    )
    console.print(_line(measured), soft_wrap=True)


def _show_errors(found: dict[str, dict[str, Counter]], measured: Measured) -> None:
    """The confusion by error type: what disagrees in the pairs that are missed or wrong."""
    totals = {"missed": measured.false_negative, "wrong": measured.false_positive}
    for kind, comparisons in found.items():
        rows = [
            (name, level, count)
            for name, levels in comparisons.items()
            for level, count in levels.most_common()
            if level not in ("same", "shared", "not known", "same postal code")
        ]
        if rows:
            shown = Table(title=f"Pairs {kind}, by what disagrees")
            for column in ("field", "finding", "pairs"):
                shown.add_column(column, justify="right" if column == "pairs" else "left")
            for name, level, count in sorted(rows, key=lambda r: (-r[2], r[0], r[1]))[:15]:
                shown.add_row(name, level, f"{count:,}")
            console.print(shown)
        weighed = max((sum(levels.values()) for levels in comparisons.values()), default=0)
        if rest := totals[kind] - weighed:
            said = (
                "more pairs missed: weighed below the review threshold, or never compared"
                if kind == "missed"
                else "more pairs wrong: through other records of their group"
            )
            console.print(f"{rest:,} {said}")


def _among(pairs: pa.Table, labels: pa.Table) -> pa.Table:
    """The rows of `pairs` that somebody labelled."""
    ids = ("record_id_l", "record_id_r")
    said = {frozenset(p) for p in zip(*(labels.column(c).to_pylist() for c in ids), strict=True)}
    own = zip(*(pairs.column(c).to_pylist() for c in ids), strict=True)
    return pairs.filter(pa.array([frozenset(p) in said for p in own], pa.bool_()))


def _of_links(clusters: pa.Table, labels: pa.Table | None) -> pa.Table:
    """The truth that a list of true pairs implies: who is not listed is somebody else."""
    person = {r: r for r in clusters.column("record_id").to_pylist()}

    def find(x: str) -> str:
        while person[x] != x:
            person[x] = person[person[x]]
            x = person[x]
        return x

    assert labels is not None
    for left, right, is_match in zip(
        *(labels.column(c).to_pylist() for c in ("record_id_l", "record_id_r", "is_match")),
        strict=True,
    ):
        if is_match and left in person and right in person:
            person[find(left)] = find(right)
    return pa.table(
        {"record_id": list(person), "person": [find(r) for r in person]},
        schema=pa.schema([("record_id", pa.string()), ("person", pa.string())]),
    )
