# ruff: noqa: E501 (a segment a line)
"""What a field of HL7 v2 says stands in the element of FHIR that HL7's Version 2 to FHIR names for it.

Fields that few senders fill, each in a message about a person of its own; all in one build. What most messages say
is tested by the models' own tests.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb
import pytest

from ingest.bronze.registry import write_feed_registry
from ingest.home import Home
from ingest.sources import load_sources
from ingest.synthetic.wire.hl7 import message, msh
from tests.run_dbt import MODELS_ALONE, run_dbt

from .conftest import wellspring

SENT = datetime(2026, 3, 2, 8, 0)
V2 = "http://terminology.hl7.org/CodeSystem/v2-"
CORE = "http://hl7.org/fhir/StructureDefinition/"


@dataclass(frozen=True)
class Case:
    """``path`` is where ``expected`` stands in the one resource of ``table`` that ``segments`` tell of; `{n}` in them is
    the case's own number, and a reference that is found is read as the name (or number) of what it names.
    """

    name: str
    trigger: str
    segments: tuple[str, ...]
    table: str
    path: str
    expected: Any


def pid(**fields: str) -> str:
    """A PID; `_10` is PID-10."""
    values = {
        "_1": "1",
        "_3": "M{n}^^^ORD^MR",
        "_5": "{family}^{given}",
        "_7": "{birth}",
        "_8": "F",
        **fields,
    }
    return "|".join(["PID", *(values.get(f"_{place}", "") for place in range(1, 41))]).rstrip("|")


def pv1(**fields: str) -> str:
    """A PV1, likewise."""
    values = {"_1": "1", "_2": "I", "_19": "V{n}^^^ORD", **fields}
    return "|".join(["PV1", *(values.get(f"_{place}", "") for place in range(1, 46))]).rstrip("|")


SCH = "SCH|P{n}^ORD|S{n}^ORD|||||||30|MIN|^^^20260401090000"


def oru(*observations: str) -> tuple[str, ...]:
    return (pid(), "OBR|1|O{n}^ORD|F{n}^ORD|71020^Chest X-ray^L|||20260301", *observations)


CASES = (
    Case(
        "equipment of an appointment",
        "SIU^S12",
        (SCH, pid(), "AIG|1||5001^Endoscope^L|101^Equipment^L||||20260401091500|||1|HR||Pending"),
        "appointment",
        "participant.1",
        {
            "type": [
                {
                    "coding": [{"system": "urn:id:ord:L", "code": "101", "display": "Equipment"}],
                    "text": "Equipment",
                }
            ],
            "actor": {
                "identifier": {"system": "urn:id:ord:L", "value": "5001"},
                "display": "Endoscope",
            },
            "status": "tentative",
            "period": {"start": "2026-04-01T09:15:00Z", "end": "2026-04-01T10:15:00Z"},
        },
    ),
    Case(
        "a length that is none",
        "SIU^S12",
        (SCH, pid(), "AIG|1||5001^Endoscope^L|||||20260401091500|||NaN|HR"),
        "appointment",
        "participant.1.period",
        {"start": "2026-04-01T09:15:00Z"},
    ),
    Case(
        "every place of an appointment",
        "SIU^S12",
        (SCH, pid(), "AIL|1||3W^301^^ORD", "AIL|2||4E^^^ORD"),
        "appointment",
        "participant.*.actor",
        [{"reference": "Patient"}, {"reference": "301"}, {"reference": "4E"}],
    ),
    Case(
        "somebody without a number at an appointment",
        "SIU^S12",
        (SCH, pid(), "AIP|1||^Byrd^Ann^^^Dr"),
        "appointment",
        "participant.1.actor",
        {"display": "Dr Ann Byrd"},
    ),
    Case(
        "an impression by its suffix",
        "ORU^R01",
        oru(
            "OBX|1|TX|71020&GDT^Chest X-ray^L||Lungs are clear.||||||F",
            "OBX|2|TX|71020&IMP^Chest X-ray^L||Nothing found.||||||F",
            "OBX|3|TX|71020&IMP^Chest X-ray^L||No follow-up.||||||F",
        ),
        "diagnostic_report",
        "conclusion",
        "Nothing found.\nNo follow-up.",
    ),
    Case(
        "an impression by its LOINC code",
        "ORU^R01",
        oru("OBX|1|TX|19005-8^Impression^LN||Nothing found.||||||F"),
        "diagnostic_report",
        "conclusion",
        "Nothing found.",
    ),
    Case(
        "who carried a study out and who wrote its report down",
        "ORU^R01",
        (
            pid(),
            "|".join(
                [
                    "OBR|1|O{n}^ORD|F{n}^ORD|71020^Chest X-ray^L|||20260301",
                    *[""] * 26,
                    "80{n}&Cole&Bea&&&&&&ORD",
                    "81{n}&Dale&Cy&&&&&&ORD",
                ]
            ),
        ),
        "diagnostic_report",
        "performer.*.reference",
        ["Cole", "Dale"],
    ),
    Case(
        "a report that is a file",
        "ORU^R01",
        oru(
            "OBX|1|ED|PDF^Report as sent^L||^application^pdf^Base64^JVBERg==||||||F",
            "OBX|2|RP|IMG^Image^L||https://images.example.org/1^^image^jpeg||||||F",
            "OBX|3|ED|OLD^Taken back^L||^application^pdf^Base64^JVBERg==||||||D",
        ),
        "diagnostic_report",
        "presentedForm",
        [
            {"contentType": "image/jpeg", "url": "https://images.example.org/1", "title": "Image"},
            {"contentType": "application/pdf", "data": "JVBERg==", "title": "Report as sent"},
        ],
    ),
    Case(
        "a telephone number with its parts, its order and its time",
        "ADT^A28",
        (pid(_13="^PRS^CP^^1^312^5550142^7^^^^13125550142^20250101^20261231^^^^2"),),
        "patient",
        "telecom",
        [
            {
                "extension": [
                    {"url": CORE + "contactpoint-country", "valueString": "1"},
                    {"url": CORE + "contactpoint-area", "valueString": "312"},
                    {"url": CORE + "contactpoint-local", "valueString": "5550142"},
                    {"url": CORE + "contactpoint-extension", "valueString": "7"},
                ],
                "system": "phone",
                "value": "13125550142 x7",
                "use": "mobile",
                "rank": 2,
                "period": {"start": "2025-01-01", "end": "2026-12-31"},
            }
        ],
    ),
    Case(
        "words for what a number is for",
        "ADT^A28",
        (
            pid(
                _13="3125550143^HOME~3125550144^MOBILE~3125550145^BPN~https://ivy.example.org^NET^Internet"
            ),
        ),
        "patient",
        "telecom",
        [
            {"system": "phone", "value": "3125550143", "use": "home"},
            {"system": "phone", "value": "3125550144", "use": "mobile"},
            {"system": "pager", "value": "3125550145"},
            {"system": "url", "value": "https://ivy.example.org"},
        ],
    ),
    Case(
        "when a name was somebody's",
        "ADT^A28",
        (pid(_5="{family}^{given}^^^^^L^^^^^201506~Elm^{given}^^^^^M^^^1970&20150531"),),
        "patient",
        "name.*.period",
        [{"start": "2015-06"}, {"start": "1970", "end": "2015-05-31"}],
    ),
    Case(
        "an end before its beginning",
        "ADT^A28",
        (pid(_11="1 Elm St^^Aurora^IL^60505^^H^^^^^^20250101^20240101"),),
        "patient",
        "address.0.period",
        {"start": "2025-01-01"},
    ),
    Case(
        "who issued a number and for when",
        "ADT^A28",
        (pid(_3="M{n}^^^ORD^MR^Northside&1.2.3&ISO^20200101^20291231"),),
        "patient",
        "identifier.0",
        {
            "type": {"coding": [{"system": V2 + "0203", "code": "MR"}]},
            "system": "urn:id:ord",
            "value": "M{n}",
            "period": {"start": "2020-01-01", "end": "2029-12-31"},
            "assigner": {"display": "Northside"},
        },
    ),
    Case(
        "more than one race",
        "ADT^A28",
        (pid(_10="2106-3^White^HL70005~2028-9^Asian^HL70005~2040-4^Korean^CDCREC"),),
        "patient",
        "extension.0.extension",
        [
            {
                "url": "ombCategory",
                "valueCoding": {
                    "system": "urn:oid:2.16.840.1.113883.6.238",
                    "code": "2106-3",
                    "display": "White",
                },
            },
            {
                "url": "ombCategory",
                "valueCoding": {
                    "system": "urn:oid:2.16.840.1.113883.6.238",
                    "code": "2028-9",
                    "display": "Asian",
                },
            },
            {
                "url": "detailed",
                "valueCoding": {"system": "urn:oid:2.16.840.1.113883.6.238", "code": "2040-4"},
            },
            {"url": "text", "valueString": "White, Asian, 2040-4"},
        ],
    ),
    Case(
        "one ethnicity of two categories",
        "ADT^A28",
        (pid(_22="N^Not Hispanic^HL70189~2135-2^Hispanic^CDCREC~2148-5^Mexican^CDCREC"),),
        "patient",
        "extension.0.extension.*.valueCoding.code",
        ["2186-5", "2148-5"],
    ),
    Case(
        "citizenships and nationality",
        "ADT^A28",
        (pid(_26="US^United States^ISO3166~CA^Canada^ISO3166", _28="US^United States^ISO3166"),),
        "patient",
        "extension.*.url",
        [CORE + "patient-citizenship", CORE + "patient-citizenship", CORE + "patient-nationality"],
    ),
    Case(
        "a citizenship",
        "ADT^A28",
        (pid(_26="CA^Canada^L"),),
        "patient",
        "extension.0.extension",
        [
            {
                "url": "code",
                "valueCodeableConcept": {
                    "coding": [{"system": "urn:id:ord:L", "code": "CA", "display": "Canada"}],
                    "text": "Canada",
                },
            }
        ],
    ),
    Case(
        "the time of birth",
        "ADT^A28",
        (pid(_7="197001012315"),),
        "patient",
        "_birthDate.extension",
        [{"url": CORE + "patient-birthTime", "valueDateTime": "1970-01-01T23:15:00Z"}],
    ),
    Case(
        "a birth date filled up",
        "ADT^A28",
        (pid(_7="19700101000000"),),
        "patient",
        "_birthDate",
        None,
    ),
    Case(
        "everyone who performed an observation",
        "ORU^R01",
        (
            *oru(),
            "|".join(
                [
                    "OBX|1|NM|2345-7^Glucose^LN||90|mg/dL^^UCUM|||||F|||20260301",
                    "P{n}^Producer^CLIA",
                    "7{n}^Byrd^Ann^^^^^^ORD~8{n}^Cole^Bea^^^^^^ORD",
                    "|||||",
                    "Performer^^^^^CLIA^^^^Q{n}",
                    "1 Elm St^^Aurora^IL",
                    "9{n}^Dale^Cy^^^^^^ORD",
                ]
            ),
        ),
        "observation",
        "performer.*.reference",
        ["Byrd", "Producer", "Performer", "Cole", "Dale"],
    ),
    Case(
        "numbers and language of next of kin",
        "ADT^A28",
        (
            pid(),
            "|".join(
                [
                    "NK1|1|Oak{n}^Max|SPO^Spouse^HL70063",
                    *[""] * 16,
                    "es^Spanish^L",
                    *[""] * 12,
                    "K{n}^^^ORD^PI^^20200101",
                    *[""] * 3,
                    "123-45-6789",
                ]
            ),
        ),
        "related_person",
        "identifier",
        [
            {
                "type": {"coding": [{"system": V2 + "0203", "code": "PI"}]},
                "system": "urn:id:ord",
                "value": "K{n}",
                "period": {"start": "2020-01-01"},
            },
            {
                "type": {"coding": [{"system": V2 + "0203", "code": "SS"}]},
                "system": "http://hl7.org/fhir/sid/us-ssn",
                "value": "123-45-6789",
            },
        ],
    ),
    Case(
        "everyone whom next of kin names, and how to reach them",
        "ADT^A28",
        (
            pid(),
            "|".join(
                [
                    "NK1|1|Oak{n}^Max|SPO^Spouse^HL70063|1 Elm St^^Aurora^IL|3125550146",
                    *[""] * 24,
                    "Fir^Kim",
                    "3125550147^WPN^PH",
                    "2 Elm St^^Aurora^IL",
                ]
            ),
        ),
        "related_person",
        "telecom.*.value",
        ["3125550146", "3125550147"],
    ),
    Case(
        "the name of a contact person",
        "ADT^A28",
        (
            pid(),
            "|".join(
                [
                    "NK1|1|Oak{n}^Max|SPO^Spouse^HL70063|1 Elm St^^Aurora^IL|3125550148",
                    *[""] * 24,
                    "Fir^Kim",
                    "",
                    "2 Elm St^^Aurora^IL",
                ]
            ),
        ),
        "related_person",
        "name.*.family",
        ["Oak{n}", "Fir"],
    ),
    Case(
        "the practice that cares for a patient",
        "ADT^A28",
        (pid(), "PD1|||Elm Street Practice^^PR{n}|70{n}^Dale^Cy^^^^^^ORD"),
        "patient",
        "generalPractitioner.*.reference",
        ["Elm Street Practice", "Dale"],
    ),
    Case(
        "a disability and a congregation",
        "ADT^A28",
        (pid(), "PD1||||||W^Wheelchair^L||||||||St. Ann"),
        "patient",
        "extension.*.url",
        [CORE + "patient-disability", CORE + "patient-congregation"],
    ),
    Case(
        "who sent a patient (PV2-13)",
        "ADT^A01",
        (pid(), pv1(_3="3W^301^A^ORD"), "PV2|||||||||||||82{n}^Elm^Di^^^^^^ORD"),
        "encounter",
        "participant.*.individual.reference",
        ["Elm"],
    ),
    Case(
        "how to call back who ordered",
        "ORM^O01",
        (
            pid(),
            "|".join(
                [
                    "ORC|NW|O{n}^ORD",
                    *[""] * 9,
                    "83{n}^Fir^Ed^^^^^^ORD",
                    "",
                    "3125550149^WPN^PH",
                    *[""] * 6,
                    "Clinic {n}^^^^^^^^^L{n}",
                ]
            ),
            "OBR|1|O{n}^ORD||71020^Chest X-ray^L",
        ),
        "practitioner_role",
        "telecom",
        [{"system": "phone", "value": "3125550149", "use": "work"}],
    ),
    Case(
        "where somebody is for a while, and will be",
        "ADT^A15",
        (pid(), pv1(_3="3W^301^A^ORD", _11="XR^^^ORD", _42="4E^402^B^ORD")),
        "encounter",
        "location.*.location.reference",
        ["A", "XR", "B"],
    ),
    Case(
        "what a place is to a visit",
        "ADT^A15",
        (pid(), pv1(_3="3W^301^A^ORD", _11="XR^^^ORD", _42="4E^402^B^ORD", _43="CT^^^ORD")),
        "encounter",
        "location.*.status",
        ["active", "active", "reserved", "completed"],
    ),
    Case(
        "the language of next of kin",
        "ADT^A28",
        (pid(), "|".join(["NK1|1|Oak{n}^Max|SPO^Spouse^HL70063", *[""] * 16, "es^Spanish^L"])),
        "related_person",
        "communication.0.language.text",
        "Spanish",
    ),
)

TABLES = sorted({case.table for case in CASES})


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    home = Home(tmp_path_factory.mktemp("fields"))
    path = home.landing / "ord" / "messages" / "fields.hl7"
    path.parent.mkdir(parents=True)
    path.write_bytes("".join(sent(number, case) for number, case in enumerate(CASES)).encode())
    wellspring("land", home=home.root)
    write_feed_registry(home, load_sources())
    run_dbt(
        home,
        "build",
        "--select",
        *(f"+{name}" for name in TABLES),
        "+practitioner",
        "+organization",
        "+location",
        *MODELS_ALONE,
    )
    with duckdb.connect(str(home.database), read_only=True) as connection:
        yield connection


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_field_stands_in_its_element(warehouse: duckdb.DuckDBPyConnection, case: Case) -> None:
    number = str(CASES.index(case))
    of_case = (
        "patient_id in (select patient_id from identity.patient_xref where id_value = 'M' || $1)"
        if case.table != "practitioner_role"
        else "organization_id in (select organization_id from silver.organization where name = 'Clinic ' || $1)"
    )
    found = warehouse.execute(
        f"select fhir_json from silver.{case.table} where {of_case}", [number]
    ).fetchall()
    assert len(found) == 1
    told = at(json.loads(found[0][0]), case.path.split("."))
    assert named(warehouse, told) == json.loads(json.dumps(case.expected).replace("{n}", number))


def sent(number: int, case: Case) -> str:
    header = msh(
        application="ORD", facility="ORD", receiver=("WELLSPRING", "WELLSPRING"), sent=f"{SENT:%Y%m%d%H%M%S}",
        kind=case.trigger, control_id=f"C{number}",
    )  # fmt: skip
    # Names that nobody takes for each other.
    letters = (
        hashlib.sha256(case.name.encode())
        .hexdigest()
        .translate(str.maketrans("0123456789", "ghijklmnop"))
    )
    words = {
        "{n}": str(number),
        "{family}": letters[:9].title(),
        "{given}": letters[9:16].title(),
        "{birth}": f"{1930 + 2 * number}{number % 12 + 1:02d}{number % 28 + 1:02d}",
    }
    text = message([header, *case.segments])
    for word, meaning in words.items():
        text = text.replace(word, meaning)
    return text


def at(element: Any, steps: list[str]) -> Any:
    """What stands at a path: names, places in lists, `*` for what each of a list has there."""
    for place, step in enumerate(steps):
        if step == "*":
            each = [at(one, steps[place + 1 :]) for one in element or []]
            return [one for one in each if one is not None]
        if isinstance(element, list):
            element = element[int(step)] if int(step) < len(element) else None
        else:
            element = (element or {}).get(step)
    return element


def named(warehouse: duckdb.DuckDBPyConnection, told: Any) -> Any:
    """``told`` with names for references."""
    if isinstance(told, dict):
        return {key: named(warehouse, each) for key, each in told.items()}
    if isinstance(told, list):
        return [named(warehouse, each) for each in told]
    kind, _, key = told.partition("/") if isinstance(told, str) else ("", "", "")
    if kind == "Patient":
        return kind
    if kind in ("Practitioner", "Organization", "Location"):
        name = "family" if kind == "Practitioner" else "name"
        row = warehouse.execute(
            f"select {name} from silver.{kind.lower()} where {kind.lower()}_id = $1", [key]
        ).fetchone()
        return row[0] if row else told
    return told
