"""What is meant to be valid passes the validators of others; sizes are small, they are slow."""

from __future__ import annotations

import csv
import io
import json
import logging
import random
from collections import defaultdict
from typing import TYPE_CHECKING

import pytest
from fhir.resources.R4B import get_fhir_model_class
from hl7apy.consts import VALIDATION_LEVEL
from hl7apy.parser import parse_message

from ingest.synthetic.files import _HEADERS

if TYPE_CHECKING:
    from conftest import Landed

HL7_FEEDS = {
    "ehr/adt": {
        "ADT^A01^ADT_A01",
        "ADT^A03^ADT_A03",
        "ADT^A04^ADT_A01",
        "ADT^A08^ADT_A01",
        "ADT^A28^ADT_A05",
        "ADT^A31^ADT_A05",
    },
    "ehr/oru_vitals": {"ORU^R01^ORU_R01"},
    "ehr/mdm": {"MDM^T02^MDM_T02"},
    "lab/oru": {"ORU^R01^ORU_R01"},
    "pharmacy/rde": {"RDE^O11^RDE_O11"},
    "pharmacy/rds": {"RDS^O13^RDS_O13"},
    "public_health/vxu": {"VXU^V04^VXU_V04"},
    "scheduling/siu": {
        "SIU^S12^SIU_S12",
        "SIU^S13^SIU_S12",
        "SIU^S14^SIU_S12",
        "SIU^S15^SIU_S12",
        "SIU^S26^SIU_S12",
    },
    "billing/dft": {"DFT^P03^DFT_P03"},
}
PER_KIND = 4


@pytest.mark.parametrize("feed", sorted(HL7_FEEDS))
def test_messages_pass_hl7apy(landed: Landed, feed: str) -> None:
    broken = landed.broken()
    by_kind: dict[str, list[str]] = defaultdict(list)
    for _, message in landed.messages(feed):
        fields = message.split("\r")[0].split("|")
        if fields[9] not in broken:
            by_kind[fields[8]].append(message)
    assert set(by_kind) >= HL7_FEEDS[feed]
    chance = random.Random(1)
    for messages in by_kind.values():
        for message in chance.sample(messages, min(PER_KIND, len(messages))):
            parse_message(
                message, validation_level=VALIDATION_LEVEL.STRICT, find_groups=True
            ).validate()


def test_a_laboratory_file_counts_its_batches_and_messages(landed: Landed) -> None:
    for path in landed.files("lab/oru"):
        lines = path.read_bytes().decode("latin-1").split("\r")
        assert lines[0].startswith("FHS|^~\\&|")
        assert lines[-2].split("|")[1] == str(sum(line.startswith("BHS|") for line in lines))
        counted = sum(int(line.split("|")[1]) for line in lines if line.startswith("BTS|"))
        assert counted == sum(line.startswith("MSH|") for line in lines)


@pytest.mark.parametrize("feed", ["claims/834", "claims/835", "claims/837i", "claims/837p"])
def test_interchanges_pass_pyx12(landed: Landed, feed: str) -> None:
    import pyx12.params
    import pyx12.x12n_document

    logging.getLogger("pyx12").setLevel(logging.CRITICAL)
    checked = 0
    for _, text in landed.interchanges(feed):
        sets = text.count("\nST*")
        if text.count("\nSE*") != sets:
            continue  # a transaction that was cut on purpose
        if checked >= 12:
            break
        checked += 1
        valid = pyx12.x12n_document.x12n_document(
            pyx12.params.params(), io.StringIO(text), None, None, None
        )
        assert valid, f"an interchange of {feed} is not valid"
    assert checked >= 3


def cents(text: str) -> int:
    return round(float(text or 0) * 100)


def test_remittances_balance(landed: Landed) -> None:
    """TR3 005010X221A1 1.10.2: lines, claims and the payment each balance."""
    for _, text in landed.interchanges("claims/835"):
        for body in text.split("\nST*")[1:]:
            segments = [line.rstrip("~").split("*") for line in body.split("\n")]
            payment = next(cents(one[2]) for one in segments if one[0] == "BPR")
            carried = sum(cents(one[4]) for one in segments if one[0] == "PLB")
            claims = [one for one in segments if one[0] == "CLP"]
            assert payment == sum(cents(one[4]) for one in claims) - carried
            claim: list[str] = []
            adjusted: dict[str, int] = defaultdict(int)
            for one in segments:
                if one[0] == "CLP":
                    claim = one
                elif one[0] == "CAS":
                    adjusted[claim[1]] += sum(cents(one[at]) for at in range(3, len(one), 3))
            for one in claims:
                assert cents(one[3]) - cents(one[4]) == adjusted[one[1]]


def test_resources_pass_fhir_resources(landed: Landed) -> None:
    broken = landed.broken()
    seen: dict[str, int] = defaultdict(int)
    for path in landed.files("ehr/fhir"):
        for line in path.read_text(encoding="utf-8").splitlines():
            try:
                resource = json.loads(line)
            except ValueError:
                continue
            kind = resource["resourceType"]
            assert path.name.startswith(f"{kind}.")
            if f"{kind}/{resource['id']}" in broken or seen[kind] >= 60:
                continue
            seen[kind] += 1
            get_fhir_model_class(kind).model_validate(resource)
    assert len(seen) == 7


@pytest.mark.parametrize("feed", sorted(_HEADERS))
def test_tables_have_their_columns(landed: Landed, feed: str) -> None:
    broken = landed.broken()
    rows = short = 0
    for path in landed.files(feed):
        with path.open(encoding="utf-8-sig", newline="") as source:
            reader = csv.reader(source)
            assert ",".join(next(reader)) == _HEADERS[feed]
            width = len(_HEADERS[feed].split(","))
            for row in reader:
                rows += 1
                short += len(row) != width
    assert rows
    assert short <= len(broken)


def test_data_points_follow_open_mhealth(landed: Landed) -> None:
    names = set()
    for path in landed.files("wearables/omh"):
        text = path.read_text(encoding="utf-8")
        points = []
        if text.startswith("["):
            points = json.loads(text)
        else:
            for line in text.splitlines():
                try:
                    points.append(json.loads(line))
                except ValueError:
                    continue
        for point in points:
            schema = point["header"]["schema_id"]
            assert schema["namespace"] == "omh"
            names.add(schema["name"])
            assert schema["name"].replace("-", "_").split("_")[0] in " ".join(point["body"])
            assert "effective_time_frame" in point["body"]
    assert names >= {"step-count", "heart-rate", "sleep-duration", "body-weight", "blood-pressure"}
