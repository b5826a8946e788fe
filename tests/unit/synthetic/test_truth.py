"""The truth agrees with what the files say, read here by other means than they were written."""

from __future__ import annotations

import csv
import json
import re
from collections import defaultdict
from typing import TYPE_CHECKING

from ingest.synthetic.catalogue import LAB_TESTS

if TYPE_CHECKING:
    from conftest import Landed

# What is identified by what it says of a person, not by a number that somebody issued.
KEYED_WITHIN_PERSON = {
    "activity",
    "allergy",
    "condition",
    "coverage",
    "immunization",
    "procedure",
    "reading",
    "screening_answer",
    "vital_sign",
}


def facts(landed: Landed, kind: str) -> dict[tuple[object, object], dict[str, object]]:
    return {
        (row["key_1"], row["key_2"]): row
        for row in landed.truth("facts")
        if row["fact_type"] == kind
    }


def test_facts_have_unique_natural_keys(landed: Landed) -> None:
    seen = set()
    for row in landed.truth("facts"):
        key = (row["fact_type"], row["key_1"], row["key_2"], row["key_3"])
        if row["fact_type"] in KEYED_WITHIN_PERSON:
            key += (row["person_id"],)
        assert key not in seen
        seen.add(key)


def test_a_fact_is_carried_by_a_system_or_corrupted(landed: Landed) -> None:
    for row in landed.truth("facts"):
        assert bool(row["systems"]) != row["is_corrupted"]


def test_results_are_as_the_laboratory_last_said(landed: Landed) -> None:
    last: dict[tuple[str, str], tuple[str, str, str, str]] = {}
    for _, message in landed.messages("lab/oru"):
        lines = [line.split("|") for line in message.split("\r")]
        filler = next((line[3].split("^")[0] for line in lines if line[0] == "OBR"), "")
        sent = lines[0][6]
        for line in lines:
            if line[0] != "OBX":
                continue
            loinc = LAB_TESTS[line[3].split("^")[0]].loinc
            found = (sent, line[11], line[5], line[6].split("^")[0])
            if (filler, loinc) not in last or last[filler, loinc][0] <= sent:
                last[filler, loinc] = found
    truth = facts(landed, "lab_result")
    only_copied = 0
    compared = 0
    for key, row in truth.items():
        if "lab" not in row["systems"]:
            only_copied += 1
            continue
        _, status, value, unit = last[key]
        words = {"P": "preliminary", "F": "final", "C": "corrected", "X": "cancelled"}
        if "ehr" not in row["systems"]:
            assert words[status] == row["status"]
        if (
            status != "X"
            and row["value"]
            and unit == row["unit"]
            and words[status] == row["status"]
        ):
            compared += 1
            assert value.replace("<^", "<").upper() == str(row["value"]).upper()
    assert compared > 500
    assert {row["status"] for row in truth.values()} >= {"final", "corrected", "cancelled"}


def test_no_result_of_the_laboratory_is_missing_from_the_truth(landed: Landed) -> None:
    truth = facts(landed, "lab_result")
    for _, message in landed.messages("lab/oru"):
        match = re.search(r"\rOBR\|[^|]*\|[^|]*\|([^|^]+)", message)
        if not match:
            continue
        for code in re.findall(r"\rOBX\|\d+\|\w+\|([^|^]+)", message):
            assert (match.group(1), LAB_TESTS[code].loinc) in truth


def test_visits_fills_appointments_and_claims_are_in_the_files(landed: Landed) -> None:
    visits: dict[str, set[str]] = defaultdict(set)
    for feed, system in (("ehr/adt", "ehr"), ("billing/dft", "billing")):
        for _, message in landed.messages(feed):
            for visit in re.findall(r"\rPV1\|(?:[^|]*\|){18}(V\d+)\^", message):
                visits[visit].add(system)
    for path in landed.files("ehr/fhir"):
        if path.name.startswith("Encounter."):
            for line in path.read_text(encoding="utf-8").splitlines():
                if line.endswith("}"):
                    visits[json.loads(line)["identifier"][0]["value"]].add("ehr")
    for (visit, _), row in facts(landed, "encounter").items():
        assert set(row["systems"]) <= visits[visit] or row["is_corrupted"]
        if row["is_corrupted"]:
            assert visit not in visits
    fills = set()
    for path in landed.files("pharmacy/dispenses"):
        with path.open(encoding="utf-8-sig", newline="") as source:
            fills |= {
                (row["rx_number"], row["fill_number"])
                for row in csv.DictReader(source)
                if row["copay"]
            }
    for _, message in landed.messages("pharmacy/rds"):
        for line in message.split("\r"):
            if line.startswith("RXD|"):
                fields = line.split("|")
                fills.add((fields[7], fields[1]))
    truth = facts(landed, "fill")
    assert fills == {key for key, row in truth.items() if not row["is_corrupted"]}
    claims = set()
    for feed in ("claims/837p", "claims/837i"):
        for _, text in landed.interchanges(feed):
            for body in text.split("\nST*")[1:]:
                if "\nSE*" in body:
                    claims |= set(re.findall(r"\nCLM\*([^*]+)\*", body))
    truth = facts(landed, "claim")
    assert claims == {key[0] for key, row in truth.items() if not row["is_corrupted"]}
    states = {}
    for path in landed.files("scheduling/appointments"):
        with path.open(encoding="utf-8", newline="") as source:
            for row in csv.DictReader(source):
                if row["updated_at"]:
                    states.setdefault(row["appointment_id"], []).append(
                        (row["updated_at"], row["status"])
                    )
    words = {
        "Scheduled": "booked",
        "Canceled": "cancelled",
        "No Show": "noshow",
        "Completed": "fulfilled",
        "Deleted": "entered-in-error",
    }
    truth = facts(landed, "appointment")
    same = sum(
        words[max(rows)[1]] == truth[number, None]["status"] for number, rows in states.items()
    )
    assert same > 0.99 * len(states)


def test_every_record_number_in_the_truth_is_in_a_file(landed: Landed) -> None:
    texts: dict[str, str] = defaultdict(str)
    for feed in landed.population.files:
        system = feed.split("/")[0]
        for path in landed.files(feed):
            texts[system] += path.read_bytes().decode("latin-1")
    for row in landed.truth("person_records"):
        number = str(row["id_value"]).split("|")[0]
        assert number in texts[str(row["source_system"])]


def test_flaws_are_of_every_kind_that_is_promised(landed: Landed) -> None:
    kinds = {row["flaw_type"] for row in landed.truth("flaws")}
    assert kinds >= {
        "typo",
        "nickname",
        "missing_birth_date",
        "duplicate_record",
        "late",
        "corrected_result",
        "cancelled_result",
        "malformed",
        "repeated",
    }


def test_a_repeated_message_is_the_same_message_in_another_file(landed: Landed) -> None:
    files: dict[str, set[str]] = defaultdict(set)
    texts: dict[str, set[str]] = defaultdict(set)
    for path, message in landed.messages("ehr/adt"):
        control = message.split("|")[9]
        files[control].add(path.name)
        texts[control].add(message)
    repeated = [
        str(row["record_locator"])
        for row in landed.truth("flaws")
        if row["flaw_type"] == "repeated" and row["feed"] == "ehr/adt"
    ]
    assert repeated
    for control in repeated:
        assert len(files[control]) == 2
        assert len(texts[control]) == 1


def test_the_laboratory_lacks_about_three_percent_of_birth_dates(landed: Landed) -> None:
    missing = sum(
        row["flaw_type"] == "missing_birth_date" and row["source_system"] == "lab"
        for row in landed.truth("flaws")
    )
    known = sum(row["source_system"] == "lab" for row in landed.truth("person_records"))
    assert missing / known < 0.12
