"""Files of any maker: encodings, delimiters, headers, dates, labels."""

from __future__ import annotations

from pathlib import Path

import pytest

from ml.linkage import LinkageError
from ml.linkage.files import guess_columns, read_files, read_pairs
from ml.linkage.tables import date_form, read_table


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "cp1252", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_a_file_is_read_whatever_its_encoding_and_delimiter(
    tmp_path: Path, encoding: str, delimiter: str
) -> None:
    lines = [["Record ID", "Vorname", "Nachname"], ["1", " Jürgen ", "Müller"], ["2", "", "Øst"]]
    file = tmp_path / "people.txt"
    file.write_bytes("\r\n".join(delimiter.join(line) for line in lines).encode(
        encoding, errors="strict"
    ))  # fmt: skip
    assert read_table(file).to_pylist() == [
        {"Record ID": "1", "Vorname": "Jürgen", "Nachname": "Müller"},
        {"Record ID": "2", "Vorname": None, "Nachname": "Øst"},
    ]


def test_febrl_without_a_header_has_the_columns_of_its_authors(tmp_path: Path) -> None:
    file = tmp_path / "dataset4a.csv"
    file.write_text(
        "rec-1-org, ana, ruiz, 6, elm street, , aurora, 4011, wa, 19081209, 6988048\n"
        "rec-1-dup-0, anna, ruiz, 6, elm street, , aurora, 4011, wa, 19081209, 6988048\n"
    )
    loaded = read_files([file], id_column="rec_id", truth_column="rec_id")
    assert loaded.records.column("birth_key").to_pylist() == ["19081209"] * 2
    assert loaded.records.column("address").to_pylist() == ["6 ELM ST"] * 2
    assert loaded.truth is not None
    assert loaded.truth.column("person").to_pylist() == ["rec-1", "rec-1"]


@pytest.mark.parametrize(
    ("written", "stated"),
    [
        (["25/12/1980", "01/02/1975"], None),
        (["12/25/1980", "02/01/1975"], None),
        (["25.12.1980", "1.2.1975"], None),
        (["19801225", "19750201"], None),
        (["25121980", "1021975"], None),
        (["12251980", "2011975"], None),
        (["1980-25-12", "1975-01-02"], None),
        (["346550400", "160444800"], None),
        (["346550400000", "160444800000"], None),
        (["29580", "27426"], None),
        (["19801225.0", "19750201.0"], None),
        (["25-Dec-1980", "1 February 1975"], None),
        (["1980-12-25 00:00:00", "1975-02-01T00:00:00Z"], None),
        (["01/02/1975", "12/11/1980"], "dmy"),
        (["80|12|25", "75|02|01"], "%y|%m|%d"),
        (["346550400", "160444800"], "epoch"),
    ],
)
def test_dates_are_read_as_their_column_writes_them(
    tmp_path: Path, written: list[str], stated: str | None
) -> None:
    file = tmp_path / "a.csv"
    file.write_text("id;given;dob\n" + "".join(f"{i};ana;{d}\n" for i, d in enumerate(written)))
    columns = {"given": "given", "birth_date": {"column": "dob", "format": stated}}
    loaded = read_files([file], id_column="id", columns=columns if stated else None)
    expected = {"19801225", "19750201"} if "12/11/1980" not in written else {"19750201", "19801112"}
    assert set(loaded.records.column("birth_key").to_pylist()) == expected


def test_a_year_alone_is_a_year() -> None:
    form = date_form(["1950", "1961", "1972"])
    assert form.rewrite is not None
    assert form.rewrite("1950") == "1950"


@pytest.mark.parametrize(
    ("names", "fields"),
    [
        (["FirstName", "LastName", "DateOfBirth"], {"given", "family", "birth_date"}),
        (["PATIENT_FIRST_NAME", "pt surname", "Patient DOB"], {"given", "family", "birth_date"}),
        (["Vorname", "Nachname", "Geburtsdatum", "PLZ"], {"given", "family", "birth_date",
                                                          "postal_code"}),
        (["nombre", "apellidos", "fecha de nacimiento"], {"given", "family", "birth_date"}),
        (["midl_name", "name_sufx_cd", "res_city_desc", "zip_code"], {"middle", "suffix", "city",
                                                                      "postal_code"}),
        (["fname_c1", "lname_c1", "by", "bm", "bd"], {"given", "family", "birth_year",
                                                      "birth_month", "birth_day"}),
        (["full_name", "birth_place", "occupation"], {"name", "city", "attributes"}),
        (["cluster", "entity_id", "notes", "updated_at"], set()),
    ],
)  # fmt: skip
def test_columns_are_known_by_their_usual_names(names: list[str], fields: set[str]) -> None:
    assert set(guess_columns(names)) == fields


def test_the_truth_is_never_compared(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("id,given,ssn\n1,ana,123456780\n2,ana,123456780\n")
    loaded = read_files([file], id_column="id", truth_column="ssn")
    assert loaded.records.column("ssn").to_pylist() == [None, None]


def test_a_column_that_no_file_has_is_told(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("id,given\n1,ana\n")
    with pytest.raises(LinkageError, match="surnam"):
        read_files([file], id_column="id", columns={"given": "given", "family": "surnam"})


@pytest.mark.parametrize(
    "text",
    [
        "id_A,id_B,label\n1,1,match\n1,2,non-match\n",
        "1;1;1\n1;2;0\n",
        "label\tleft_id\tright_id\nTRUE\t1\t1\nFALSE\t1\t2\n".replace(
            "left_id\tright_id", "id_left\tid_right"
        ),
        "unique_id_l,unique_id_r,clerical_match_score\n1,1,0.9\n1,2,0.1\n",
        "a,b,what\n1,1,duplicate\n1,2,distinct\n",
    ],
)
def test_labelled_pairs_of_two_files_find_their_records(tmp_path: Path, text: str) -> None:
    for name in ("x.csv", "y.csv"):
        (tmp_path / name).write_text("id,given\n1,ana\n2,bo\n")
    loaded = read_files([tmp_path / "x.csv", tmp_path / "y.csv"], id_column="id")
    ids = loaded.records.column("record_id").to_pylist()
    file = tmp_path / "pairs.csv"
    file.write_text(text)
    assert read_pairs(file, record_ids=ids).to_pylist() == [
        {"record_id_l": "x.csv#1", "record_id_r": "y.csv#1", "is_match": True},
        {"record_id_l": "x.csv#1", "record_id_r": "y.csv#2", "is_match": False},
    ]


def test_pairs_of_other_records_are_told(tmp_path: Path) -> None:
    file = tmp_path / "pairs.csv"
    file.write_text("a,b\n7,8\n")
    with pytest.raises(LinkageError, match="no pair"):
        read_pairs(file, record_ids=["1", "2"])
