"""The population as a whole: files, time, sameness, people."""

from __future__ import annotations

import hashlib
import json
import stat
from collections import Counter
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
import pytest

from ingest.synthetic import SyntheticError, generate, window_start
from ingest.synthetic.drop import FILES
from ingest.synthetic.people import household_sizes
from ingest.synthetic.providers import build_network, check_digit

if TYPE_CHECKING:
    from conftest import Landed


def fingerprints(folder: Path) -> dict[str, tuple[str, float]]:
    return {
        str(path.relative_to(folder)): (
            hashlib.sha256(path.read_bytes()).hexdigest(),
            path.stat().st_mtime if "landing" in path.parts else 0.0,
        )
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_same_seed_gives_same_bytes_whatever_the_number_of_processes(tmp_path: Path) -> None:
    options = {"patients": 300, "months": 1, "until": date(2026, 3, 31)}
    generate(out=tmp_path / "one", seed=5, processes=1, **options)
    generate(out=tmp_path / "two", seed=5, processes=2, **options)
    generate(out=tmp_path / "other", seed=6, processes=1, **options)
    one = fingerprints(tmp_path / "one")
    assert one == fingerprints(tmp_path / "two")
    assert one != fingerprints(tmp_path / "other")


def test_every_feed_has_files_by_month_and_by_day(landed: Landed) -> None:
    assert set(landed.population.files) == set(FILES)
    for feed in ("ehr/adt", "lab/oru", "pharmacy/dispenses", "claims/837p", "wearables/omh"):
        periods = [path.stem.split("_")[-1] for path in landed.files(feed)]
        assert {len(period) for period in periods} == {6, 8}, feed
        assert "202603" in periods, feed
        days = [period for period in periods if len(period) == 8]
        assert all("20260617" <= day <= "20260630" for day in days), feed
    fhir = {path.name.split(".")[0] for path in landed.files("ehr/fhir")}
    assert fhir == {
        "Patient",
        "Encounter",
        "Condition",
        "AllergyIntolerance",
        "Procedure",
        "MedicationRequest",
        "Observation",
    }


def test_a_file_arrives_after_the_period_it_covers(landed: Landed) -> None:
    for feed in FILES:
        for path in landed.files(feed):
            period = path.stem.replace(".", "_").split("_")[-1]
            arrived = datetime.utcfromtimestamp(path.stat().st_mtime)
            if len(period) == 8:
                assert arrived.date() > datetime.strptime(period, "%Y%m%d").date()
            else:
                assert arrived.strftime("%Y%m") >= period


def test_files_are_private_enough_to_read_but_not_to_run(landed: Landed) -> None:
    for path in landed.files("ehr/adt"):
        assert not path.stat().st_mode & stat.S_IXUSR


def test_population_json_tells_what_was_made(landed: Landed) -> None:
    path = landed.population.out / "synthetic" / "population.json"
    told = json.loads(path.read_text(encoding="utf-8"))
    assert told["patients"] == landed.population.patients
    assert told["start"] == "2026-03-01"
    assert told["records"] == landed.population.records


def test_households_hold_exactly_the_people_asked_for() -> None:
    for patients in (1, 2, 17, 1000):
        assert sum(size for _, size in household_sizes(3, patients)) == patients


@pytest.mark.parametrize(
    ("until", "months", "start"),
    [
        (date(2026, 6, 30), 12, date(2025, 7, 1)),
        (date(2026, 6, 30), 6, date(2026, 1, 1)),
        (date(2026, 3, 14), 1, date(2026, 2, 15)),
        (date(2026, 1, 31), 1, date(2026, 1, 1)),
    ],
)
def test_the_window_is_whole_months(until: date, months: int, start: date) -> None:
    assert window_start(until, months) == start


@pytest.mark.parametrize(("patients", "months", "seed"), [(0, 1, 1), (1, 0, 1), (1, 1, -1)])
def test_an_impossible_population_is_refused(
    tmp_path: Path, patients: int, months: int, seed: int
) -> None:
    with pytest.raises(SyntheticError):
        generate(out=tmp_path, patients=patients, months=months, seed=seed)


def test_a_second_population_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    generate(out=tmp_path, patients=3, months=1, seed=1, processes=1)
    before = fingerprints(tmp_path)
    generate(out=tmp_path, patients=3, months=1, seed=1, processes=1)
    assert fingerprints(tmp_path) == before
    with pytest.raises(SyntheticError, match="seed 1, not 2"):
        generate(out=tmp_path, patients=3, months=1, seed=2, processes=1)


def test_provider_numbers_have_right_check_digits() -> None:
    # 1234567893 is the example of the NPI check digit in CMS's own description
    assert check_digit("123456789") == "3"
    network = build_network(4, 5000)
    numbers = [person.npi for person in network.all()]
    assert len(set(numbers)) == len(numbers) > 20
    assert all(check_digit(number[:9]) == number[9] for number in numbers)


def test_there_are_twins_and_fathers_with_their_sons_name(tmp_path: Path) -> None:
    generate(out=tmp_path, patients=600, months=1, seed=2, processes=1)
    people = pq.read_table(tmp_path / "synthetic/truth/persons.parquet").to_pylist()
    by_id = {person["person_id"]: person for person in people}
    twins = [person for person in people if person["twin_of"]]
    assert twins
    for person in twins:
        other = by_id[person["twin_of"]]
        assert other["birth_date"] == person["birth_date"]
        assert other["address_line"] == person["address_line"]
        assert other["given"] != person["given"]
    juniors = [person for person in people if person["suffix"] == "Jr"]
    assert juniors
    names = Counter((person["family"], person["given"]) for person in people)
    assert all(names[person["family"], person["given"]] >= 2 for person in juniors)


def test_each_system_knows_a_realistic_part_of_the_people(landed: Landed) -> None:
    known: dict[str, set[object]] = {}
    for row in landed.truth("person_records"):
        known.setdefault(str(row["source_system"]), set()).add(row["person_id"])
    shares = {system: len(people) / landed.population.patients for system, people in known.items()}
    assert set(shares) == {
        "ehr",
        "lab",
        "pharmacy",
        "claims",
        "wearables",
        "public_health",
        "scheduling",
        "billing",
    }
    assert shares["ehr"] > 0.97
    assert 0.08 < shares["wearables"] < 0.35
    assert all(share > 0.2 for system, share in shares.items() if system != "wearables")


def test_a_record_number_belongs_to_one_person(landed: Landed) -> None:
    owners: dict[tuple[object, ...], set[object]] = {}
    for row in landed.truth("person_records"):
        key = (row["source_system"], row["id_authority"], row["id_value"])
        owners.setdefault(key, set()).add(row["person_id"])
    assert all(len(people) == 1 for people in owners.values())
