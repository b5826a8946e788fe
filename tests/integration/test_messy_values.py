"""Messages that are whole but say nonsense: whatever their values, the rest is built and published.

Every outside sample, and copies of it in which fields, elements and attributes hold what a field of
that kind never should (words for dates, codes of no code system, nulls, foreign delimiters, numbers
that overflow), goes from the landing folder to a published version.
WELLSPRING_MESSY_COPIES sets how many copies of each file (default 1).
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingest.home import Home
from tests.ready.coverage import TABLE, coverage
from tests.ready.fhir_validators import validate

from .conftest import wellspring

COPIES = int(os.environ.get("WELLSPRING_MESSY_COPIES") or 1)
#: One value in so many is spoiled.
ONE_IN = 12
#: Larger bundles say no more than smaller ones.
LARGEST = 400_000

NONSENSE = (
    "", '""', "ZZZ", "-1", "0", "99999999999999999999", "1e400", "NaN", "20201345", "2020-02-30",
    "00000000", "19000101", "99991231", "2020-13-45T99:99:99Z", "20200101250000-9900", "~~",
    "^^^", "&", "\\X41\\", "\\X0D\\", "\\", "é≠漢", " ", "null", "true", "%s", "'; drop", '"', "{",
    "a" * 300,
)  # fmt: skip


def _delimited(text: str, chance: random.Random, *, separator: str, ends: str, keep: int) -> str:
    """Spoil elements of segments; the first `keep` elements of each, and envelopes, stay."""
    segments = text.split(ends)
    for place, segment in enumerate(segments):
        elements = segment.split(separator)
        if elements[0].strip() in ENVELOPES:
            continue
        for at in range(keep, len(elements)):
            if chance.randrange(ONE_IN) == 0:
                elements[at] = chance.choice(NONSENSE).replace(separator, "").replace(ends, "")
        segments[place] = separator.join(elements)
    return ends.join(segments)


ENVELOPES = {"MSH", "FHS", "BHS", "BTS", "FTS", "ISA", "GS", "ST", "SE", "GE", "IEA"}


def _hl7v2(data: bytes, chance: random.Random) -> bytes:
    text = data.decode("latin-1")
    ends = "\r" if "\r" in text else "\n"
    return _delimited(text, chance, separator="|", ends=ends, keep=1).encode("latin-1", "replace")


def _x12(data: bytes, chance: random.Random) -> bytes:
    text = data.decode("latin-1")
    if not text.startswith("ISA") or len(text) < 106:
        return data
    return _delimited(text, chance, separator=text[3], ends=text[105], keep=1).encode(
        "latin-1", "replace"
    )


def _json_value(value: Any, chance: random.Random) -> Any:
    if isinstance(value, dict):
        return {
            key: each if key == "resourceType" else _json_value(each, chance)
            for key, each in value.items()
        }
    if isinstance(value, list):
        return [_json_value(each, chance) for each in value]
    if chance.randrange(ONE_IN):
        return value
    return chance.choice([*NONSENSE, None, 0, -1.5, True, [], {}, {"value": "ZZZ"}, ["ZZZ"]])


def _fhir(data: bytes, chance: random.Random) -> bytes:
    def spoiled(text: bytes) -> bytes:
        return json.dumps(_json_value(json.loads(text), chance)).encode()

    try:
        return spoiled(data)
    except ValueError:
        return b"\n".join(spoiled(line) for line in data.splitlines() if line.strip()) + b"\n"


KINDS: dict[str, Callable[[bytes, random.Random], bytes]] = {
    "hl7v2": _hl7v2,
    "x12": _x12,
    "fhir": _fhir,
}


def _vendor_payloads(home: Home) -> None:
    """A day that the platform's extract tells of one user, and a vendor's payload of two."""
    folder = home.landing / "wearables"
    for user in ("V100", "V200"):
        payload = folder / "vendor_payloads" / user / "steps.json"
        payload.parent.mkdir(parents=True)
        payload.write_text('{"activities-steps": [{"dateTime": "2026-03-01", "value": "5000"}]}')
    extract = folder / "daily_activity" / "days.csv"
    extract.parent.mkdir()
    extract.write_text(
        "device_user_id,first_name,last_name,dob,activity_date,steps,updated_at\n"
        "V100,Ada,Veen,1980-01-01,2026-03-01,4800,2026-03-02T00:00:00Z\n"
        "V200,Bo,Wolf,1981-01-01,2026-03-02,100,2026-03-03T00:00:00Z\n"
    )


@pytest.fixture(scope="module")
def published(shared_samples: Path, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The home after a run over every sample and its spoiled copies."""
    home = Home(tmp_path_factory.mktemp("messy"))
    for kind, spoil in KINDS.items():
        for path in sorted((shared_samples / kind).rglob("*")):
            if not path.is_file():
                continue
            data = path.read_bytes()
            relative = path.relative_to(shared_samples / kind)
            target = home.landing / f"sample_{kind}" / "_".join(relative.parts)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
            for copy in range(COPIES if len(data) <= LARGEST else 0):
                chance = random.Random(f"{path.name} {copy}")
                target.with_name(f"{copy}_{target.name}").write_bytes(spoil(data, chance))
    for path in sorted((shared_samples / "wearables").rglob("*")):
        if path.is_file():
            relative = path.relative_to(shared_samples / "wearables")
            target = home.landing / "sample_wearables" / "_".join(relative.parts)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
            # Apart, so that a spoiled copy is no newer word on the same measurement.
            spoiled = home.landing / "spoiled_wearables" / target.name
            spoiled.parent.mkdir(exist_ok=True)
            is_payload = relative.parts[0] == "vendors" and path.suffix == ".json"
            for copy in range(COPIES if is_payload else 0):
                data = _fhir(path.read_bytes(), random.Random(f"{path.name} {copy}"))
                spoiled.with_name(f"{copy}_{target.name}").write_bytes(data)
    _vendor_payloads(home)
    done = wellspring("run", "--as-of", "2026-06-30", home=home.root, check=False)
    assert (home.published / "gold.duckdb").exists(), done.stdout + done.stderr
    return home


def test_nothing_is_lost(published: Home) -> None:
    done = wellspring("verify", home=published.root)
    assert done.stdout.rstrip().endswith("0 problems")


@pytest.mark.parametrize("source", [f"sample_{kind}" for kind in KINDS])
def test_every_format_reaches_gold(published: Home, source: str) -> None:
    with duckdb.connect(str(published.published / "gold.duckdb"), read_only=True) as gold:
        found = gold.execute(
            "select count(*) from patient_360 where list_contains(source_systems, $1)", [source]
        ).fetchone()
    assert found is not None
    assert found[0] > 10


def test_every_sample_record_reaches_silver_or_has_a_listed_reason(
    published: Home, shared_samples: Path, repository: Path
) -> None:
    files = {
        hashlib.sha256(path.read_bytes()).hexdigest()
        for kind in (*KINDS, "wearables")
        for path in (shared_samples / kind).rglob("*")
        if path.is_file()
    }
    with (repository / TABLE).open(encoding="utf-8", newline="") as lines:
        listed = {
            (row["format"], row["type"]): row for row in csv.DictReader(lines, delimiter="\t")
        }
    found = coverage(published, files=files)
    assert len(found) > 60
    unexplained = [
        kind
        for kind, row in listed.items()
        if int(row["in_silver"]) < int(row["messages"]) and not row["reason"]
    ]
    assert unexplained == []
    worse = [
        (row["format"], row["type"], row["in_silver"], row["messages"])
        for row in found
        if (row["format"], row["type"]) not in listed
        # A spoiled copy of the same number may have taken the place of one or two.
        or row["in_silver"] < int(listed[(row["format"], row["type"])]["in_silver"]) * 0.8 - 2
    ]
    assert worse == [], f"lost since `make coverage` wrote {TABLE}"


def test_a_wearable_payload_is_of_the_user_in_whose_folder_it_came(published: Home) -> None:
    with duckdb.connect(str(published.database), read_only=True) as connection:
        found = connection.execute(
            """
            select
                upper(patient.family),
                observation.value_quantity,
                len(observation.source_record_ids)
            from silver.observation
            inner join silver.patient on observation.patient_id = patient.patient_id
            where observation.source_system = 'wearables' and effective_at = '2026-03-01'
            order by all
            """
        ).fetchall()
    assert found == [("VEEN", 5000.0, 2), ("WOLF", 5000.0, 1)]


#: File, LOINC code, value, unit and effective time of a value that it holds.
WEARABLE_VALUES = [
    ("ihealth-bp", "8867-4", 100, "/min", "2015-09-17T20:04:23Z"),
    ("ihealth-glucose", "2339-0", 60, "mg/dL", "2015-09-17T20:03:27Z"),
    ("ihealth-weight", "29463-7", 77.5643875134944, "kg", "2015-09-17T20:04:09Z"),
    ("ihealth-spo2", "59408-5", 99, "%", "2015-09-23T21:46:00Z"),
    ("ihealth-sleep", "93832-4", 345, "min", "2015-11-15T08:51:00Z/2015-11-15T16:16:00Z"),
    ("ihealth-activity", "55423-8", 21, "{steps}", "2015-11-16"),
    ("withings-body-measures", "29463-7", 74.126, "kg", "2015-05-31T06:06:23Z"),
    ("withings-body-measures", "8302-2", 1.93, "m", "2015-02-23T19:24:49Z"),
    ("withings-activity-measures", "55423-8", 2934, "{steps}", "2015-06-18"),
    (
        "withings-intraday-activity",
        "55423-8",
        21,
        "{steps}",
        "2015-06-20T00:04:00Z/2015-06-20T00:05:00Z",
    ),
    ("withings-sleep-summary", "93832-4", 11160, "s", "2017-09-01T23:15:00Z/2017-09-02T02:25:00Z"),
    ("googlefit-merge-weight", "29463-7", 72.0999984741211, "kg", "2015-02-13T00:00:00.000Z"),
    ("googlefit-merge-height", "8302-2", 1.8287990093231201, "m", "2015-07-08T03:17:06.030Z"),
    (
        "googlefit-merge-step-deltas",
        "55423-8",
        4146,
        "{steps}",
        "2015-02-02T22:49:39.811Z/2015-02-02T23:25:20.811Z",
    ),
    ("fitbit-activities-heart-1d-1m-intraday", "8867-4", 63, "/min", "2015-08-21T00:02:00Z"),
    ("fitbit-activities-steps-timeseries", "55423-8", 2937, "{steps}", "2015-08-24"),
    ("fitbit-body-log-weight", "29463-7", 56.7, "kg", "2015-05-13T18:28:59Z"),
    (
        "fitbit-sleep-date",
        "93832-4",
        112,
        "min",
        "2016-12-13T01:16:00.000Z/2016-12-13T03:14:00.000Z",
    ),
    ("fitbit-activities-date-empty-activities-list", "55423-8", 12517, "{steps}", None),
    ("jawbone-heartrates", "40443-4", 55, "/min", "2014-12-10"),
    ("jawbone-body-events", "29463-7", 74.5, "kg", "2015-10-06T01:52:52Z"),
    ("jawbone-sleeps", "93832-4", 10356, "s", "2015-08-05T04:48:51Z/2015-08-05T07:58:35Z"),
    ("misfit-sessions", "55430-3", 0.9371, "[mi_i]", "2015-04-13T18:46:00Z/2015-04-13T19:05:00Z"),
    ("misfit-sleeps", "93832-4", 10140, "s", "2015-02-24T02:40:59Z/2015-02-24T05:53:59Z"),
    (
        "moves-user-activities-daily",
        "55423-8",
        1353,
        "{steps}",
        "2012-12-12T05:14:30Z/2012-12-12T05:27:32Z",
    ),
    (
        "runkeeper-fitness-activities",
        "41981-2",
        210.796359954334,
        "kcal",
        "2014-10-19T11:17:27Z/2014-10-19T12:30:11Z",
    ),
    ("garmin_fenix_7s__rhr", "40443-4", 77, "/min", "2022-03-01"),
    ("garmin_fenix_7s__hr", "8867-4", 156, "/min", "2022-03-01T07:00:00Z"),
    (
        "garmin_fenix_7s__floors",
        "100304-5",
        3,
        "{flights}",
        "2022-03-01T07:00:00Z/2022-03-01T07:15:00Z",
    ),
    (
        "fitbit_fitbit_charge_6__intraday_breath_rate",
        "9279-1",
        14.919644278258573,
        "/min",
        "2024-01-01",
    ),
    (
        "withings_bodyplus__measurements",
        "41982-0",
        26.42252034813543,
        "%",
        "2021-06-01T17:29:07.850Z",
    ),
]


def _wearables(shared_samples: Path) -> dict[str, str]:
    """{digest: path} of the vendors' samples."""
    return {
        hashlib.sha256(path.read_bytes()).hexdigest(): path.relative_to(shared_samples).as_posix()
        for folder in ("vendors", "garmin_fitbit_apple")
        for path in sorted((shared_samples / "wearables" / folder).rglob("*.json"))
    }


def test_every_value_of_the_wearables_vendors_reaches_silver(
    published: Home, shared_samples: Path
) -> None:
    names = _wearables(shared_samples)
    with duckdb.connect(str(published.database), read_only=True) as connection:
        rows = connection.execute(
            """
            select
                source_record_ids,
                code,
                component_code,
                value_quantity,
                value_unit,
                coalesce(
                    fhir_json ->> '$.effectiveDateTime',
                    (fhir_json ->> '$.effectivePeriod.start') || '/'
                    || (fhir_json ->> '$.effectivePeriod.end')
                )
            from silver.observation
            where source_system = 'sample_wearables'
            """
        ).fetchall()
    counts = dict.fromkeys(names.values(), 0)
    values = set()
    for records, code, component, value, unit, effective in rows:
        for digest in {record.split(":")[0] for record in records} & names.keys():
            counts[names[digest]] += 1
            if component is None:
                values.add((Path(names[digest]).stem, code, value, unit, effective))
    assert [one for one in WEARABLE_VALUES if one not in values] == []
    with (Path(__file__).parent / "samples_wearables.tsv").open(encoding="utf-8") as lines:
        expected = {
            row["file"]: int(row["observations"]) for row in csv.DictReader(lines, delimiter="\t")
        }
    assert counts == expected


def test_a_blood_pressure_of_a_vendor_is_one_observation_with_two_components(
    published: Home,
) -> None:
    with duckdb.connect(str(published.database), read_only=True) as connection:
        panel, parts = connection.execute(
            """
            with pressures as (
                select * from silver.observation
                where
                    source_system = 'sample_wearables' and effective_at = '2015-09-17 20:04:23'
                    and code in ('85354-9', '8480-6', '8462-4')
            )

            select
                max(fhir_json ->> '$.component[*].valueQuantity.value') filter (
                    where code = '85354-9'
                ),
                list(value_quantity order by code) filter (
                    where component_code is not null and fhir_json is null
                )
            from pressures
            """
        ).fetchall()[0]
    assert panel == ["120", "90"]
    assert parts == [90.0, 120.0]


def test_observations_of_wearables_vendors_are_valid_fhir(
    published: Home, validators: tuple[str, ...]
) -> None:
    with duckdb.connect(str(published.database), read_only=True) as connection:
        rows = connection.execute(
            """
            select 'Observation', fhir_json
            from silver.observation
            where
                source_system in ('sample_wearables', 'spoiled_wearables')
                and fhir_json is not null
            qualify row_number() over (
                partition by code, source_code, effective_at_precision
                order by observation_id
            ) <= 3
            """
        ).fetchall()
    report = validate(rows, only=validators)
    assert report.rows.total() > 200
    assert {name: dict(faults) for name, faults in report.faults.items() if faults} == {}
    assert report.invalid == set()
