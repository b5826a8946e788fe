"""The EHR of Riverside: FHIR R4 bulk exports (NDJSON), one file per resource type and period.

Riverside's laboratory results are copies of the reference laboratory's, with its accession number.
"""

from __future__ import annotations

import json
import uuid
from datetime import datetime, timedelta
from typing import Any

from ingest.synthetic.catalogue import (
    ALLERGIES,
    DIAGNOSES,
    LAB_TESTS,
    RACES,
    SERVICES,
    UPKEEP,
    VITALS,
)
from ingest.synthetic.drop import Fact
from ingest.synthetic.model import Encounter, LabOrder, Prescription
from ingest.synthetic.parameters import parameters
from ingest.synthetic.people import Record, Registration
from ingest.synthetic.providers import Practitioner
from ingest.synthetic.systems.desk import RIVERSIDE_OID, Context, iso, phone_text
from ingest.synthetic.systems.ehr import (
    told_allergy,
    told_diagnosis,
    told_procedure,
    told_upkeep,
    told_vitals,
)
from ingest.synthetic.systems.lab import result_key, shown_value
from ingest.synthetic.systems.pharmacy import told_prescription
from ingest.synthetic.wire.times import CHICAGO, at, iso_time

_SPACE = uuid.UUID("5d1f9c52-3f0a-4a66-9d7e-3d3f0f5b8a11")
_TERM = "http://terminology.hl7.org/CodeSystem/"
_LOINC = "http://loinc.org"
_HCPCS = "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"
_ICD10 = "http://hl7.org/fhir/sid/icd-10-cm"
_RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
_UCUM = "http://unitsofmeasure.org"
_CLASS = {"AMB": "ambulatory", "EMER": "emergency", "IMP": "inpatient encounter"}
_LOCAL = "urn:riverside:codes"


def _id(*parts: str) -> str:
    return str(uuid.uuid5(_SPACE, "/".join(parts)))


def _coding(system: str, code: str, display: str = "") -> dict[str, Any]:
    coding = {"system": system, "code": code}
    if display:
        coding["display"] = display
    return coding


class Fhir:
    """Writes one person's Riverside records."""

    def __init__(self, context: Context) -> None:
        self.network, self.desk, self.drop = context.network, context.desk, context.drop
        self.chance = context.chance("fhir")

    def write(self, facts: dict[str, Fact], results: dict[str, Fact]) -> None:
        """All resources of the person, if Riverside knows them."""
        life = self.desk.life
        if not life.riverside:
            return
        first = at(self.drop.calendar.start, 3) + timedelta(hours=self.chance.randrange(28 * 24))
        if self.desk.person.birth_date > self.drop.calendar.start:
            first = at(self.desk.person.birth_date + timedelta(days=2), 4)
        for record in self.desk.records("fhir"):
            self._patient(record, record.first, first)
            if record.later and record.updated_on:
                self._patient(record, record.later, max(at(record.updated_on, 22), first))
            died = life.person.deceased
            if died and not record.duplicate:
                self._patient(record, record.on(died), at(died, 23) + timedelta(days=1), dead=True)
        main = self.desk.records("fhir")[0]
        for place, (which, onset) in enumerate(life.allergies):
            self._allergy(main, place, which, onset, first)
        for condition in life.conditions:
            if condition.onset <= self.drop.calendar.until:
                moment = max(first, at(condition.onset, 20))
                self._condition(main, condition.code, condition.group, condition.onset, moment)
        for encounter in life.encounters:
            if encounter.facility == "RIVERSIDE":
                self._encounter(encounter, facts[encounter.visit_number])
        for prescription in life.prescriptions:
            if prescription.facility == "RIVERSIDE":
                self._medication(prescription)
        for order in life.orders:
            if order.facility == "RIVERSIDE":
                self._copies(order, results)

    # -- parts ----------------------------------------------------------------------------------

    def _send(
        self,
        resource: dict[str, Any],
        moment: datetime,
        record: Record | None,
        facts: list[tuple[Fact, dict[str, Any]]] | None = None,
    ) -> None:
        resource["meta"] = {"lastUpdated": iso_time(moment, CHICAGO)}
        line = json.dumps(resource, ensure_ascii=False, separators=(",", ":")) + "\n"
        self.drop.send(
            "ehr/fhir",
            moment,
            line,
            part=resource["resourceType"],
            facts=facts or (),
            locator=f"{resource['resourceType']}/{resource['id']}",
            who=[(RIVERSIDE_OID, record.number)] if record else [],
        )

    def _subject(self, record: Record) -> dict[str, str]:
        return {"reference": f"Patient/{_id('Patient', record.number)}"}

    def _doctor(self, doctor: Practitioner) -> dict[str, Any]:
        return {
            "identifier": {"system": "http://hl7.org/fhir/sid/us-npi", "value": doctor.npi},
            "display": f"{doctor.given} {doctor.family}",
        }

    def _patient(
        self, record: Record, seen: Registration, moment: datetime, *, dead: bool = False
    ) -> None:
        person = self.desk.person
        name: dict[str, Any] = {
            "use": "official",
            "family": seen.family,
            "given": [seen.given, *([seen.middle] if seen.middle else [])],
        }
        if seen.suffix:
            name["suffix"] = [seen.suffix]
        identifiers: list[dict[str, Any]] = [
            {
                "use": "usual",
                "type": {"coding": [_coding(_TERM + "v2-0203", "MR")]},
                "system": RIVERSIDE_OID,
                "value": record.number,
            }
        ]
        if seen.ssn:
            identifiers.append(
                {
                    "type": {"coding": [_coding(_TERM + "v2-0203", "SS")]},
                    "system": "http://hl7.org/fhir/sid/us-ssn",
                    "value": seen.ssn,
                }
            )
        if seen.member_id and person.payer:
            identifiers.append(
                {
                    "type": {"coding": [_coding(_TERM + "v2-0203", "MB")]},
                    "system": f"urn:payer:{person.payer['id']}",
                    "value": seen.member_id,
                }
            )
        us_core = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-"
        ethnicity = (
            ("2135-2", "Hispanic or Latino")
            if person.hispanic
            else ("2186-5", "Not Hispanic or Latino")
        )
        resource: dict[str, Any] = {
            "resourceType": "Patient",
            "id": _id("Patient", record.number),
            "extension": [
                {
                    "url": us_core + "race",
                    "extension": [
                        {
                            "url": "ombCategory",
                            "valueCoding": _coding(
                                "urn:oid:2.16.840.1.113883.6.238", person.race, RACES[person.race]
                            ),
                        },
                        {"url": "text", "valueString": RACES[person.race]},
                    ],
                },
                {
                    "url": us_core + "ethnicity",
                    "extension": [
                        {
                            "url": "ombCategory",
                            "valueCoding": _coding("urn:oid:2.16.840.1.113883.6.238", *ethnicity),
                        },
                        {"url": "text", "valueString": ethnicity[1]},
                    ],
                },
            ],
            "identifier": identifiers,
            "active": True,
            "name": [name],
            "gender": {"M": "male", "F": "female"}.get(seen.sex, "unknown"),
        }
        if (
            person.former_family
            and person.former_family != seen.family
            and self.chance.random() < parameters().flaws.former_name_told
        ):
            resource["name"].append({"use": "maiden", "family": person.former_family})
        telecom = []
        if seen.phone:
            telecom.append({"system": "phone", "value": phone_text(seen.phone), "use": "home"})
        if seen.email:
            telecom.append({"system": "email", "value": seen.email})
        if telecom:
            resource["telecom"] = telecom
        if seen.birth_date:
            resource["birthDate"] = iso(seen.birth_date)
        if dead and person.deceased:
            resource["deceasedDateTime"] = iso(person.deceased)
        if seen.address:
            resource["address"] = [
                {
                    "use": "home",
                    "line": [seen.address.line],
                    "city": seen.address.city,
                    "state": seen.address.state,
                    "postalCode": seen.address.postal_code,
                    "country": "US",
                }
            ]
        resource["maritalStatus"] = {
            "coding": [_coding(_TERM + "v3-MaritalStatus", person.marital)]
        }
        resource["communication"] = [
            {
                "language": {"coding": [_coding("urn:ietf:bcp:47", person.language)]},
                "preferred": True,
            }
        ]
        self._send(resource, moment, record)

    def _allergy(
        self, record: Record, place: int, which: int, onset: Any, moment: datetime
    ) -> None:
        allergy = ALLERGIES[which]
        codings = [_coding(_LOCAL, allergy.code, allergy.name)]
        if allergy.rxcui:
            codings.insert(0, _coding(_RXNORM, allergy.rxcui, allergy.name))
        self._send(
            {
                "resourceType": "AllergyIntolerance",
                "id": _id("Allergy", record.number, str(place)),
                "clinicalStatus": {
                    "coding": [_coding(_TERM + "allergyintolerance-clinical", "active")]
                },
                "verificationStatus": {
                    "coding": [_coding(_TERM + "allergyintolerance-verification", "confirmed")]
                },
                "category": [allergy.category],
                "criticality": "high" if allergy.reaction == "Throat swelling" else "low",
                "code": {"coding": codings, "text": allergy.name},
                "patient": self._subject(record),
                "onsetDateTime": iso(onset),
                "recordedDate": iso(onset),
                "reaction": [{"manifestation": [{"text": allergy.reaction}]}],
            },
            moment,
            record,
            [(told_allergy(self.drop, which, onset), {})],
        )

    def _condition(
        self,
        record: Record,
        code: str,
        group: str,
        onset: Any,
        moment: datetime,
        encounter: Encounter | None = None,
    ) -> None:
        category = "encounter-diagnosis" if encounter else "problem-list-item"
        key = encounter.visit_number if encounter else "problem"
        resource: dict[str, Any] = {
            "resourceType": "Condition",
            "id": _id("Condition", record.number, key, group or code),
            "clinicalStatus": {"coding": [_coding(_TERM + "condition-clinical", "active")]},
            "verificationStatus": {
                "coding": [_coding(_TERM + "condition-ver-status", "confirmed")]
            },
            "category": [{"coding": [_coding(_TERM + "condition-category", category)]}],
            "code": {"coding": [_coding(_ICD10, code, DIAGNOSES[code])], "text": DIAGNOSES[code]},
            "subject": self._subject(record),
        }
        if encounter:
            resource["encounter"] = {"reference": f"Encounter/{_id('Enc', key)}"}
            resource["recordedDate"] = iso_time(encounter.start, CHICAGO)
        else:
            resource["onsetDateTime"] = iso(onset)
            resource["recordedDate"] = iso(onset)
        fact = (
            told_diagnosis(self.drop, encounter, code)
            if encounter
            else self.drop.told("condition", code, "problem", iso(onset), code=code)
        )
        self._send(resource, moment, record, [(fact, {})])

    def _encounter(self, encounter: Encounter, fact: Fact) -> None:
        record, _ = self.desk.at("fhir", encounter.start)
        ended = encounter.end < self.drop.window_end - timedelta(hours=7)
        moment = encounter.end + timedelta(hours=self.chance.randrange(1, 7))
        if not ended:
            moment = encounter.start + timedelta(minutes=30)
        status = "finished" if ended else "in-progress"
        if encounter.cancelled:
            status = "cancelled"
        identity = _id("Enc", encounter.visit_number)
        period = {"start": iso_time(encounter.start, CHICAGO)}
        if ended:
            period["end"] = iso_time(encounter.end, CHICAGO)
        resource: dict[str, Any] = {
            "resourceType": "Encounter",
            "id": identity,
            "identifier": [
                {
                    "type": {"coding": [_coding(_TERM + "v2-0203", "VN")]},
                    "system": "urn:id:riverside:visit",
                    "value": encounter.visit_number,
                },
                {
                    "type": {"coding": [_coding(_TERM + "v2-0203", "AN")]},
                    "system": "urn:id:riverside:account",
                    "value": encounter.account,
                },
            ],
            "status": status,
            "class": _coding(_TERM + "v3-ActCode", encounter.kind, _CLASS[encounter.kind]),
            "type": [{"text": encounter.reason}],
            "subject": self._subject(record),
            "participant": [{"individual": self._doctor(encounter.practitioner)}],
            "period": period,
            "serviceProvider": {
                "display": self.network.facilities["RIVERSIDE"].name,
                "identifier": {
                    "system": "http://hl7.org/fhir/sid/us-npi",
                    "value": self.network.facilities["RIVERSIDE"].npi,
                },
            },
            "location": [{"location": {"display": encounter.department}}],
        }
        if encounter.diagnoses:
            code = encounter.diagnoses[0].code
            resource["reasonCode"] = [{"coding": [_coding(_ICD10, code, DIAGNOSES[code])]}]
        if ended and encounter.kind != "AMB":
            codes = {
                "01": "home",
                "03": "snf",
                "06": "home",
                "07": "aadvice",
                "09": "other-hcf",
                "20": "exp",
            }
            resource["hospitalization"] = {
                "dischargeDisposition": {
                    "coding": [
                        _coding(
                            _TERM + "discharge-disposition", codes.get(encounter.disposition, "oth")
                        )
                    ]
                }
            }
        self._send(resource, moment, record, [(fact, {"status": status})])
        if encounter.cancelled or not ended:
            return
        for diagnosis in encounter.diagnoses:
            self._condition(record, diagnosis.code, "", None, moment, encounter)
        for place, done in enumerate(encounter.procedures):
            self._send(
                {
                    "resourceType": "Procedure",
                    "id": _id("Procedure", encounter.visit_number, str(place)),
                    "status": "completed",
                    "code": {
                        "coding": [
                            _coding(
                                _LOCAL if done.code.startswith("WS") else _HCPCS,
                                done.code,
                                SERVICES[done.code].name,
                            )
                        ]
                    },
                    "subject": self._subject(record),
                    "encounter": {"reference": f"Encounter/{identity}"},
                    "performedDateTime": iso_time(done.performed_at, CHICAGO),
                    "performer": [{"actor": self._doctor(encounter.practitioner)}],
                },
                moment,
                record,
                [(told_procedure(self.drop, done), {})],
            )
        self._vitals(encounter, record, identity, moment)

    def _vitals(
        self, encounter: Encounter, record: Record, identity: str, moment: datetime
    ) -> None:
        taken = iso_time(encounter.start + timedelta(minutes=6), CHICAGO)
        base: dict[str, Any] = {
            "resourceType": "Observation",
            "status": "final",
            "subject": self._subject(record),
            "encounter": {"reference": f"Encounter/{identity}"},
            "effectiveDateTime": taken,
            "issued": iso_time(moment, CHICAGO),
        }
        pressures: dict[str, float] = {}
        told = {one.keys[0]: one for one in told_vitals(self.drop, encounter)}
        for code, value, unit in encounter.vitals:
            vital = VITALS[code]
            if code.startswith("VS-BP"):
                pressures[code] = value
                if code == "VS-BP-DIA":
                    resource = dict(base)
                    resource["id"] = _id("Obs", encounter.visit_number, "BP")
                    resource["category"] = [
                        {"coding": [_coding(_TERM + "observation-category", "vital-signs")]}
                    ]
                    resource["code"] = {"coding": [_coding(_LOINC, "85354-9", "Blood pressure")]}
                    resource["component"] = [
                        {
                            "code": {
                                "coding": [_coding(_LOINC, VITALS[part].loinc, VITALS[part].name)]
                            },
                            "valueQuantity": _quantity(pressures[part], "mm[Hg]"),
                        }
                        for part in ("VS-BP-SYS", "VS-BP-DIA")
                    ]
                    self._send(
                        resource,
                        moment,
                        record,
                        [
                            (told[VITALS[part].loinc], {"status": "final"})
                            for part in ("VS-BP-SYS", "VS-BP-DIA")
                        ],
                    )
                continue
            resource = dict(base)
            resource["id"] = _id("Obs", encounter.visit_number, code)
            category = (
                "survey"
                if code == "VS-PHQ9"
                else "social-history"
                if code == "VS-SMOKE"
                else "vital-signs"
            )
            resource["category"] = [{"coding": [_coding(_TERM + "observation-category", category)]}]
            resource["code"] = {
                "coding": [
                    _coding(_LOINC, vital.loinc, vital.name),
                    _coding(_LOCAL, code, vital.name),
                ]
            }
            if code == "VS-SMOKE":
                words = "Current smoker" if value else "Not a smoker"
                answer = "LA18976-3" if value else "LA18978-9"
                resource["valueCodeableConcept"] = {
                    "coding": [_coding(_LOINC, answer, words)],
                    "text": words,
                }
            else:
                resource["valueQuantity"] = _quantity(value, unit)
            self._send(resource, moment, record, [(told[vital.loinc], {"status": "final"})])

        self._upkeep(encounter, base, record, moment)

    def _upkeep(
        self, encounter: Encounter, base: dict[str, Any], record: Record, moment: datetime
    ) -> None:
        for one, fact in zip(encounter.upkeep, told_upkeep(self.drop, encounter), strict=True):
            item = UPKEEP[one.code]
            system = _LOINC if item.system == "LN" else _HCPCS
            value: dict[str, Any] = {"valueString": item.result}
            if item.kind == "NM":
                value = {"valueQuantity": _quantity(one.value or 0, item.result)}
            elif item.kind == "CWE":
                coding = _coding("http://snomed.info/sct", item.result)
                value = {"valueCodeableConcept": {"coding": [coding]}}
            self._send(
                {
                    **base,
                    "id": _id("Obs", encounter.visit_number, item.code),
                    "category": [
                        {"coding": [_coding(_TERM + "observation-category", item.category)]}
                    ],
                    "code": {
                        "coding": [
                            _coding(system, item.standard, item.name),
                            _coding(_LOCAL, item.code, item.name),
                        ]
                    },
                    "effectiveDateTime": one.done_on.isoformat(),
                    **value,
                },
                moment,
                record,
                [(fact, {"status": "final"})],
            )

    def _medication(self, prescription: Prescription) -> None:
        moment = prescription.written_at
        record, _ = self.desk.at("fhir", moment)
        drug = prescription.drug
        resource: dict[str, Any] = {
            "resourceType": "MedicationRequest",
            "id": _id("MedReq", prescription.order_number),
            "identifier": [
                {"system": "urn:id:riverside:order", "value": prescription.order_number}
            ],
            "status": "active" if prescription.chronic else "completed",
            "intent": "order",
            "medicationCodeableConcept": {
                "coding": [_coding(_RXNORM, drug.rxcui, drug.name)],
                "text": drug.name,
            },
            "subject": self._subject(record),
            "authoredOn": iso_time(moment, CHICAGO),
            "requester": self._doctor(prescription.practitioner),
            "dosageInstruction": [{"text": drug.sig}],
            "dispenseRequest": {
                "numberOfRepeatsAllowed": prescription.refills,
                "quantity": {"value": prescription.quantity, "unit": drug.form},
                "expectedSupplyDuration": {
                    "value": prescription.days,
                    "unit": "days",
                    "system": _UCUM,
                    "code": "d",
                },
            },
        }
        if prescription.visit_number:
            resource["encounter"] = {
                "reference": f"Encounter/{_id('Enc', prescription.visit_number)}"
            }
        self._send(
            resource,
            moment + timedelta(hours=1),
            record,
            [(told_prescription(self.drop, prescription), {})],
        )

    def _copies(self, order: LabOrder, facts: dict[str, Fact]) -> None:
        """Riverside's copies of the reference laboratory's results."""
        if self.chance.random() >= parameters().results.ehr_copy:
            return
        record, _ = self.desk.at("fhir", order.ordered_at)
        for final in (False, True):
            if final and order.corrected_at is None:
                continue
            moment = order.corrected_at if final and order.corrected_at else order.resulted_at
            moment = moment + timedelta(hours=3 + order.late_days * 24)
            for result in order.results:
                if final and result.wrong_value is None:
                    continue
                test = LAB_TESTS[result.test.code]
                status = "final"
                if result.cancelled:
                    status = "cancelled"
                elif final:
                    status = "corrected"
                resource: dict[str, Any] = {
                    "resourceType": "Observation",
                    "id": _id("Obs", order.filler, test.code),
                    "identifier": [{"system": "urn:id:reflab:accession", "value": order.filler}],
                    "basedOn": [
                        {"identifier": {"system": "urn:id:riverside:order", "value": order.placer}}
                    ],
                    "status": status,
                    "category": [
                        {"coding": [_coding(_TERM + "observation-category", "laboratory")]}
                    ],
                    "code": {"coding": [_coding(_LOINC, test.loinc, test.name)], "text": test.name},
                    "subject": self._subject(record),
                    "encounter": {"reference": f"Encounter/{_id('Enc', order.visit_number)}"},
                    "effectiveDateTime": iso_time(order.collected_at, CHICAGO),
                    "issued": iso_time(moment, CHICAGO),
                }
                known: dict[str, Any] = {"status": status}
                if result.cancelled:
                    resource["dataAbsentReason"] = {
                        "coding": [_coding(_TERM + "data-absent-reason", "not-performed")]
                    }
                elif result.value is None:
                    resource["valueCodeableConcept"] = {"text": result.text}
                    known["value"] = result.text
                else:
                    wrong = result.wrong_value is not None and not final
                    value = result.wrong_value if wrong else result.value
                    assert value is not None
                    number, unit = shown_value(order, result, value)
                    resource["valueQuantity"] = _quantity(float(number), unit)
                    if result.text == "<":
                        resource["valueQuantity"]["comparator"] = "<"
                    known["value"] = f"{result.text}{value:.{test.decimals}f}"
                if result.interpretation and not result.cancelled:
                    resource["interpretation"] = [
                        {
                            "coding": [
                                _coding(
                                    _TERM + "v3-ObservationInterpretation", result.interpretation
                                )
                            ]
                        }
                    ]
                self._send(resource, moment, record, [(facts[result_key(order, result)], known)])


def _quantity(value: float, unit: str) -> dict[str, Any]:
    number = int(value) if float(value).is_integer() else value
    return {"value": number, "unit": unit, "system": _UCUM, "code": unit}
