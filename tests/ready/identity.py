"""``make identity``: every figure that identity is held to, beside its target.

A synthetic population is made, landed and linked under ``WELLSPRING_HOME/identity_check``; the
outside samples are read where ``WELLSPRING_SHARED`` says they are. The speed is that of
``make bench``.

Exit code: 0 every target is met, 1 one is not.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from xml.etree import ElementTree

import duckdb
import yaml
from rich.console import Console
from rich.table import Table

from ingest.bronze.registry import write_feed_registry
from ingest.home import Home
from ingest.sources import load_sources
from ml.linkage.measure import pairwise
from tests.bench.linkage import bench
from tests.bench.report import Figure
from tests.ready.documentation_model import documentation_model

REPOSITORY = Path(__file__).resolve().parents[2]
CONSOLE = Console(highlight=False)
FEBRL = {
    "given": "given_name", "family": "surname", "birth_date": "date_of_birth",
    "ssn": "soc_sec_id", "address": ["street_number", "address_1"], "city": "suburb",
    "postal_code": "postcode", "state": "state", "attributes": ["address_2"],
}  # fmt: skip


def main() -> None:
    """Measure, print, and say by the exit code whether all targets are met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--patients", type=int, default=10_000)
    parser.add_argument("--months", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    figures = synthetic(patients=chosen.patients, months=chosen.months, seed=chosen.seed)
    figures += samples()
    figures += properties()
    CONSOLE.print("300,000 person records, and a day more …")
    figures += bench()
    shown = Table(title="Identity")
    for column in ("", "figure", "target", "", "note"):
        shown.add_column(column, justify="right" if column in ("figure", "target") else "left")
    for figure in figures:
        sign = "≥" if figure.higher_is_better else "≤"
        shown.add_row(
            figure.name,
            f"{figure.value:,.6g}{' ' + figure.unit if figure.unit else ''}",
            "" if figure.target is None else f"{sign} {figure.target:,.6g}",
            {True: "met", False: "NOT MET", None: ""}[figure.is_met],
            figure.note,
        )
    CONSOLE.print(shown)
    sys.exit(any(figure.is_met is False for figure in figures))


def run(command: str, *arguments: str, home: Path) -> str:
    """The output of a command of this environment against `home`; its errors end us."""
    done = subprocess.run(
        [str(Path(sys.executable).with_name(command)), *arguments],
        env={**os.environ, "WELLSPRING_HOME": str(home), "NO_COLOR": "1", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    # 3: landed, but whole files were unusable, as some of the synthetic ones are meant to be.
    if done.returncode not in (0, 3):
        sys.exit(f"{command} {arguments[0]} failed:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
    return done.stdout


def synthetic(*, patients: int, months: int, seed: int) -> list[Figure]:
    """Precision, recall and the false merges of a population with documented flaws."""
    home = Home(Home.from_env().root / "identity_check")
    shutil.rmtree(home.root, ignore_errors=True)
    CONSOLE.print(f"{patients:,} patients, {months} months: making, landing, linking …")
    size = ("--patients", str(patients), "--months", str(months), "--seed", str(seed))
    run("wellspring", "synth", *size, home=home.root)
    run("wellspring", "land", "--received-at", "mtime", home=home.root)
    write_feed_registry(home, load_sources())
    target = str(home.warehouse / "dbt")
    run(
        "dbt",
        "build",
        *("--select", "+patient_xref", "+identity_review_queue"),
        *("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"),
        *("--project-dir", str(REPOSITORY / "dbt_project")),
        *("--profiles-dir", str(REPOSITORY / "profiles"), "--target-path", target),
        *("--log-path", target),
        home=home.root,
    )
    with duckdb.connect(str(home.database), read_only=True) as connection:
        truth = home.synthetic / "truth"
        connection.execute(
            f"""
            create temp table labelled as
            select xref.*, truth.person_id, length(records.birth_key) as birth_digits
            from identity.patient_xref as xref
            inner join identity.int_person_records as records using (person_record_id)
            inner join '{truth}/person_records.parquet' as truth
                on xref.source_system = truth.source_system
                and xref.id_authority = truth.id_authority and xref.id_value = truth.id_value
            """
        )
        connection.execute(f"create temp view persons as from '{truth}/persons.parquet'")
        measured = pairwise(
            connection.execute(
                "select person_record_id as record_id, patient_id as cluster_id from labelled"
            ).to_arrow_table(),
            labels_table := labels_of(connection),
        )
        merges = false_merges(connection)
        undated, undated_linked = connection.execute(
            """
            select count(*), count(*) filter (
                exists (
                    select 1 from labelled as other
                    where other.patient_id = labelled.patient_id
                        and other.person_id = labelled.person_id
                        and other.person_record_id != labelled.person_record_id
                )
            )
            from labelled where source_system = 'lab' and birth_digits is null
            """
        ).fetchone()
    list_merges(merges)
    note = f"{labels_table.num_rows:,} person records of {patients:,} patients"
    return [
        Figure("identity", "synthetic: pairwise precision", measured.precision, "", 0.999,
               note=f"{note}; {measured.false_positive:,} wrong pairs"),
        Figure("identity", "synthetic: pairwise recall", measured.recall, "", 0.98,
               note=f"{measured.false_negative:,} missed pairs"),
        Figure("identity", "synthetic: people falsely merged", len(merges), "pairs",
               note="listed above, each explained"),
        Figure("identity", "synthetic: lab records without birth date", undated, "records",
               note=f"included above; {undated_linked:,} linked to another record of the person"),
    ]  # fmt: skip


def labels_of(connection: duckdb.DuckDBPyConnection):
    """record_id, person_id of what the truth knows."""
    return connection.execute(
        "select person_record_id as record_id, person_id from labelled"
    ).to_arrow_table()


def false_merges(connection: duckdb.DuckDBPyConnection) -> list[tuple]:
    """(how the two are related, pairs of records, systems, method, evidence) per two people."""
    return connection.execute(
        """
        with pairs as (
            select
                l.person_id as person_l, r.person_id as person_r,
                l.source_system || ' / ' || r.source_system as systems,
                l.person_record_id as record_l, r.person_record_id as record_r
            from labelled as l
            inner join labelled as r
                on l.patient_id = r.patient_id and l.person_id < r.person_id
        ),

        links as (
            select * from identity.int_person_links
            where outcome = 'linked' and record_id_l != record_id_r
        )

        select
            case
                when l.twin_of = r.person_id or r.twin_of = l.person_id then 'twins'
                when l.household_id = r.household_id and upper(l.given) = upper(r.given)
                    then 'one household, one given name'
                when l.household_id = r.household_id then 'one household'
                when upper(l.family) = upper(r.family) and upper(l.given) = upper(r.given)
                    then 'strangers of one name'
                else 'strangers'
            end as related,
            pairs.person_l || ' and ' || pairs.person_r as people,
            count(*) as n,
            string_agg(distinct pairs.systems, ', ' order by pairs.systems) as systems,
            arg_max(links.method, links.match_weight) as method,
            max(links.match_weight) as weight,
            arg_max(links.evidence, links.match_weight) as evidence
        from pairs
        inner join persons as l on pairs.person_l = l.person_id
        inner join persons as r on pairs.person_r = r.person_id
        left join links
            on least(pairs.record_l, pairs.record_r) = links.record_id_l
            and greatest(pairs.record_l, pairs.record_r) = links.record_id_r
        group by all
        order by related, people
        """
    ).fetchall()


def list_merges(merges: list[tuple]) -> None:
    """Print every two people that were taken for one, with what spoke for it."""
    shown = Table(title=f"False merges: {len(merges)}")
    for column in ("people", "they are", "pairs", "systems", "tied by", "what was found"):
        shown.add_column(column)
    for related, people, count, systems, method, weight, evidence in merges:
        found = "through other records of the group"
        if evidence:
            said = {k: v for k, v in json.loads(evidence).items() if v != "not known"}
            found = "; ".join(f"{k} {v}" for k, v in said.items())
        tied = "" if method is None else f"{method}, {weight:+.1f} bits"
        shown.add_row(people, related, str(count), systems, tied, found)
    CONSOLE.print(shown)


def samples() -> list[Figure]:
    """FEBRL 1 and 2, and fake_1000 beside the model of Splink's documentation."""
    shared = Path(os.environ.get("WELLSPRING_SHARED") or REPOSITORY.parent / "shared")
    matching = shared / "samples" / "matching"
    if not matching.is_dir():
        CONSOLE.print("no outside samples: set WELLSPRING_SHARED to the folder that holds them")
        return []
    figures = []
    with tempfile.TemporaryDirectory() as folder:
        columns = Path(folder) / "febrl.yml"
        columns.write_text(yaml.safe_dump(FEBRL), encoding="utf-8")
        for number in (1, 2):
            precision, recall, f1 = evaluate(
                matching / "febrl" / f"dataset{number}.csv",
                *("--id", "rec_id", "--truth", "rec_id", "--truth-pattern", "rec-([0-9]+)"),
                *("--columns", str(columns)),
            )
            figures.append(
                Figure("identity", f"FEBRL {number}: F1", f1, "", 0.99,
                       note=f"precision {precision:.4f}, recall {recall:.4f}")
            )  # fmt: skip
    file = matching / "fake_1000" / "fake_1000.csv"
    precision, recall, f1 = evaluate(file, "--id", "unique_id", "--truth", "cluster")
    figures.append(
        Figure("identity", "fake_1000: F1", f1, "", documentation_model(file),
               note=f"target: the best that Splink's documentation model reaches; precision "
                    f"{precision:.4f}, recall {recall:.4f}")
    )  # fmt: skip
    return figures


def evaluate(file: Path, *arguments: str) -> tuple[float, float, float]:
    """Precision, recall and F1 by the command that anybody would use."""
    said = run("wellspring", "identity", "evaluate", str(file), *arguments, home=file.parent)
    found = re.fullmatch(r"precision (\S+) recall (\S+) f1 (\S+)", said.strip().splitlines()[-1])
    assert found, "evaluate ends with its figures"
    return float(found[1]), float(found[2]), float(found[3])


def properties() -> list[Figure]:
    """How many of the property tests of linkage and ids pass."""
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder) / "results.xml"
        command = ["-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={told}"]
        subprocess.run(
            [sys.executable, *command, "tests/unit/linkage"],
            cwd=REPOSITORY,
            capture_output=True,
            check=False,
        )
        suite = ElementTree.parse(told).getroot().find("testsuite")
    assert suite is not None, "pytest writes what it ran"
    total = int(suite.get("tests", 0))
    bad = sum(int(suite.get(kind, 0)) for kind in ("failures", "errors", "skipped"))
    return [
        Figure("identity", "property tests that pass", total - bad, "", max(total, 1),
               note="order of arrival, unrelated people, stewards, ids: tests/unit/linkage")
    ]  # fmt: skip


if __name__ == "__main__":
    main()
