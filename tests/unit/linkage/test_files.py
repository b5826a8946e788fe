"""Any person files: other columns, other dates, several files, clusters or labelled pairs."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from ml.linkage import LinkageError
from ml.linkage.files import read_files, read_pairs
from ml.linkage.measure import labelled_pairs, pairwise


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_columns_are_found_by_the_names_that_files_give_them(tmp_path: Path) -> None:
    file = write(tmp_path / "a.csv", "id, First_Name, surname, DOB\n1, Ana , Ruiz,1975-03-12\n")
    row = read_files([file], id_column="id").records.to_pylist()[0]
    assert (row["given"], row["family"], row["birth_key"]) == ("ANA", "RUIZ", "19750312")


def test_files_of_different_columns_and_date_formats_come_together(tmp_path: Path) -> None:
    first = write(
        tmp_path / "a.csv", 'id,name,born,who\n1,"Ruiz, Ana",12/03/1975,x\n2,Bo Lind,25/12/1980,y\n'
    )
    second = write(tmp_path / "b.csv", "id,fore,sur,y,m,d,who\n1,Ana,Ruiz,1975,3,12,x\n")
    loaded = read_files(
        [first, second],
        id_column="id",
        truth_column="who",
        columns={
            "files": {
                "a.csv": {"name": "name", "birth_date": "born"},
                "b.csv": {
                    "given": "fore",
                    "family": "sur",
                    "birth_year": "y",
                    "birth_month": "m",
                    "birth_day": "d",
                },
            }
        },
    )
    rows = loaded.records.to_pylist()
    assert [r["birth_key"] for r in rows] == ["19750312", "19801225", "19750312"]
    assert [r["family"] for r in rows] == ["RUIZ", "LIND", "RUIZ"]
    assert len({r["record_id"] for r in rows}) == 3
    assert loaded.truth.column("person").to_pylist() == ["x", "y", "x"]


def test_a_map_may_be_written_either_way_round(tmp_path: Path) -> None:
    file = write(tmp_path / "a.csv", "key,fn,ln\n1,Ana,Ruiz\n")
    one = read_files([file], id_column="key", columns={"given": "fn", "family": "ln"})
    other = read_files([file], id_column="key", columns={"fn": "given", "ln": "family"})
    assert one.records.equals(other.records)


def test_the_truth_may_be_part_of_a_column(tmp_path: Path) -> None:
    file = write(tmp_path / "a.csv", "rec_id,surname\nrec-7-org,Ruiz\nrec-7-dup-0,Ruis\n")
    loaded = read_files(
        [file], id_column="rec_id", truth_column="rec_id", truth_pattern=r"rec-(\d+)"
    )
    assert loaded.truth.column("person").to_pylist() == ["7", "7"]


@pytest.mark.parametrize(
    ("text", "id_column", "columns", "says"),
    [
        ("id,surname\n1,Ruiz\n", "key", None, "no column 'key'"),
        ("id,colour\n1,red\n", "id", None, "known as a field"),
        ("id,surname\n1,Ruiz\n", "id", {"shoe": "colour"}, "does not exist"),
    ],
)
def test_what_cannot_be_used_says_what_to_change(
    tmp_path: Path, text: str, id_column: str, columns: dict | None, says: str
) -> None:
    file = write(tmp_path / "a.csv", text)
    with pytest.raises(LinkageError, match=says):
        read_files([file], id_column=id_column, columns=columns)


def test_labelled_pairs_count_only_what_was_labelled(tmp_path: Path) -> None:
    pairs = read_pairs(write(tmp_path / "p.csv", "id_l,id_r,match\n1,2,1\n1,3,0\n2,4,1\n"))
    clusters = pa.table({"record_id": ["1", "2", "3", "4"], "cluster_id": ["a", "a", "a", "d"]})
    measured = labelled_pairs(clusters, pairs)
    assert (measured.precision, measured.recall) == (0.5, 0.5)


def test_pairs_are_counted_within_clusters() -> None:
    clusters = pa.table({"record_id": list("abcd"), "cluster_id": [1, 1, 1, 2]})
    truth = pa.table({"record_id": list("abcd"), "person": ["x", "x", "y", "y"]})
    measured = pairwise(clusters, truth)
    assert (measured.true_positive, measured.false_positive, measured.false_negative) == (1, 2, 1)
