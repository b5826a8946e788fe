"""The EHR of the main campus: HL7 v2.5.1 ADT, vital signs (ORU) and documents (MDM), UTF-8.

Its interface sends local times with an offset, mostly (the flaw `offset_missing_in_ehr_time`).
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from ingest.synthetic.catalogue import ALLERGIES, DIAGNOSES, SERVICES, UPKEEP, VITALS
from ingest.synthetic.drop import Drop, Fact
from ingest.synthetic.model import Done, Encounter
from ingest.synthetic.parameters import parameters
from ingest.synthetic.people import Record, Registration
from ingest.synthetic.providers import Practitioner
from ingest.synthetic.systems.desk import Context, day8, pid
from ingest.synthetic.wire.hl7 import comp, esc, message, msh, segment
from ingest.synthetic.wire.times import CHICAGO, at, hl7_time, to_local

_CLASS = {"AMB": "O", "EMER": "E", "IMP": "I"}
_STRUCTURE = {
    "A01": "ADT_A01",
    "A03": "ADT_A03",
    "A04": "ADT_A01",
    "A08": "ADT_A01",
    "A11": "ADT_A09",
    "A28": "ADT_A05",
    "A31": "ADT_A05",
    "A40": "ADT_A39",
}


def xcn(doctor: Practitioner) -> str:
    """XCN with the NPI."""
    return comp(
        doctor.npi,
        esc(doctor.family),
        esc(doctor.given),
        "",
        "",
        "",
        "",
        "",
        "NPI",
        "L",
        "",
        "",
        "NPI",
    )


def local_day(moment: datetime) -> str:
    """The day on the hospital's wall."""
    return f"{to_local(moment, CHICAGO):%Y-%m-%d}"


def told_allergy(drop: Drop, which: int, onset: date) -> Fact:
    """An allergy of the person, by substance."""
    allergy = ALLERGIES[which]
    return drop.told("allergy", allergy.name, code=allergy.rxcui)


def told_diagnosis(drop: Drop, encounter: Encounter, code: str) -> Fact:
    """A diagnosis made at a visit."""
    return drop.told("condition", code, encounter.visit_number, code=code)


def told_procedure(drop: Drop, done: Done) -> Fact:
    """A procedure done on a day."""
    return drop.told("procedure", done.code, local_day(done.performed_at), code=done.code)


def told_vitals(drop: Drop, encounter: Encounter) -> list[Fact]:
    """What was measured at a visit, as the device showed it."""
    taken = encounter.start + timedelta(minutes=6)
    return [
        drop.told(
            "vital_sign",
            VITALS[code].loinc,
            taken.isoformat(timespec="seconds"),
            value=("Current smoker" if value else "Not a smoker")
            if code == "VS-SMOKE"
            else f"{value:g}",
            unit="" if code == "VS-SMOKE" else unit,
            code=VITALS[code].loinc,
            occurred_at=taken,
        )
        for code, value, unit in encounter.vitals
    ]


def told_upkeep(drop: Drop, encounter: Encounter) -> list[Fact]:
    """What the health-maintenance list says was done, known to the day."""
    return [
        drop.told(
            "vital_sign",
            (item := UPKEEP[one.code]).standard,
            moment.isoformat(timespec="seconds"),
            value=item.result if one.value is None else f"{one.value:g}",
            unit=item.result if item.kind == "NM" else "",
            code=item.standard,
            occurred_at=moment,
        )
        for one in encounter.upkeep
        for moment in (datetime.combine(one.done_on, time()),)
    ]


class Ehr:
    """Writes one person's main-campus records."""

    def __init__(self, context: Context) -> None:
        self.network, self.desk, self.drop = context.network, context.desk, context.drop
        self.chance = context.chance("ehr")
        self.upkeep_chance = context.chance("ehr upkeep")
        told = self.chance.random() < parameters().flaws.former_name_told
        self.former = self.desk.person.former_family if told else ""
        self._count = 0

    def write(self, facts: dict[str, Fact]) -> None:
        """All messages of the person, if the main campus knows them."""
        life = self.desk.life
        if not life.northside:
            return
        calendar = self.drop.calendar
        loaded = at(calendar.start, 2) + timedelta(minutes=self.chance.randrange(60 * 30))
        born = self.desk.person.birth_date
        if born > calendar.start:
            loaded = at(born + timedelta(days=1), 8)
        for record in self.desk.records("ehr"):
            moment = (
                loaded
                if not record.duplicate
                else loaded + timedelta(days=self.chance.randrange(1, 60))
            )
            self._person_message("A28", record, record.first, moment)
            if record.later and record.updated_on:
                when = at(record.updated_on, 9 + self.chance.random() * 7)
                self._person_message("A31", record, record.later, max(when, moment))
            if record.merged_on:
                self._merge(record)
        for encounter in life.encounters:
            if encounter.facility == "NORTHSIDE":
                self._encounter(encounter, facts[encounter.visit_number])
        if life.person.deceased and not any(one.disposition == "20" for one in life.encounters):
            when = at(life.person.deceased, 12) + timedelta(days=self.chance.randrange(2, 9))
            record, seen = self.desk.at("ehr", when)
            self._person_message("A31", record, seen, when, dead=True)

    # -- parts ----------------------------------------------------------------------------------

    def _time(self, moment: datetime) -> str:
        with_offset = self.chance.random() >= parameters().flaws.offset_missing_in_ehr_time
        return hl7_time(moment, CHICAGO, offset=with_offset)

    def _head(self, kind: str, sent: datetime, structure: str, application: str) -> tuple[str, str]:
        self._count += 1
        control = f"NS{self.desk.person.number:06d}{self._count:04d}"
        text = msh(
            application=application,
            facility="NORTHSIDE",
            receiver=("WELLSPRING", "WELLSPRING"),
            sent=self._time(sent),
            kind=f"{kind}^{structure}",
            control_id=control,
            charset="UNICODE UTF-8",
        )
        return text, control

    def _pid(
        self,
        record: Record,
        seen: Registration,
        account: str = "",
        *,
        dead: bool = False,
        rich: bool = True,
    ) -> str:
        ids = [comp(record.number, "", "", "NORTHSIDE", "MR")]
        if seen.ssn and self.chance.random() < 0.5:
            ids.append(comp(seen.ssn, "", "", "USSSA", "SS"))
            in_field = False
        else:
            in_field = True
        if seen.member_id and self.desk.person.payer:
            ids.append(comp(seen.member_id, "", "", self.desk.person.payer["id"], "MI"))
        text = pid(
            self.desk.person, seen, ids=ids, account=account, rich=rich, ssn_in_field=in_field
        )
        if dead and self.desk.person.deceased:
            parts = text.split("|")
            parts += [""] * (31 - len(parts))
            parts[29] = f"{self.desk.person.deceased:%Y%m%d}"
            parts[30] = "Y"
            text = "|".join(parts)
        return text

    def _known_allergies(self) -> list[tuple[Fact, dict[str, Any]]]:
        return [
            (told_allergy(self.drop, which, onset), {}) for which, onset in self.desk.life.allergies
        ]

    def _known_clinical(self, encounter: Encounter) -> list[tuple[Fact, dict[str, Any]]]:
        return [
            *((told_diagnosis(self.drop, encounter, one.code), {}) for one in encounter.diagnoses),
            *((told_procedure(self.drop, one), {}) for one in encounter.procedures),
        ]

    def _allergies(self) -> list[str]:
        out = []
        for place, (which, onset) in enumerate(self.desk.life.allergies, start=1):
            allergy = ALLERGIES[which]
            kind = {"medication": "DA", "food": "FA", "environment": "EA"}[allergy.category]
            out.append(
                segment(
                    "AL1",
                    {
                        1: str(place),
                        2: comp(kind, "", "HL70127"),
                        3: comp(
                            allergy.code,
                            esc(allergy.name),
                            "99ALG",
                            allergy.rxcui,
                            esc(allergy.name) if allergy.rxcui else "",
                            "RXNORM" if allergy.rxcui else "",
                        ),
                        4: comp(
                            "SV" if allergy.reaction == "Throat swelling" else "MO", "", "HL70128"
                        ),
                        5: esc(allergy.reaction),
                        6: day8(onset),
                    },
                )
            )
        return out

    def _insurance(self, seen: Registration) -> list[str]:
        payer = self.desk.person.payer
        if not payer or not seen.member_id:
            return []
        return [
            segment(
                "IN1",
                {
                    1: "1",
                    2: comp(payer["kind"].upper()[:3], payer["kind"].title()),
                    3: comp(payer["id"], "", "", "NAIC", "NIIP"),
                    4: esc(payer["name"].title()),
                    36: seen.member_id,
                    17: comp(
                        {"18": "SEL", "01": "SPO", "19": "CHD"}[self.desk.person.relationship],
                        "",
                        "HL70063",
                    ),
                },
            )
        ]

    def _person_message(
        self,
        event: str,
        record: Record,
        seen: Registration,
        moment: datetime,
        *,
        dead: bool = False,
    ) -> None:
        head, control = self._head(f"ADT^{event}", moment, _STRUCTURE[event], "EHR")
        segments = [
            head,
            segment("EVN", {1: event, 2: self._time(moment)}),
            self._pid(record, seen, dead=dead),
            segment("PV1", {1: "1", 2: "N", 8: xcn(self.desk.life.pcp)}),
            *self._allergies(),
            *self._insurance(seen),
        ]
        # PD1 stands between PID and PV1 (3.3.28)
        segments.insert(3, segment("PD1", {4: xcn(self.desk.life.pcp)}))
        self.drop.send(
            "ehr/adt",
            moment + timedelta(seconds=20),
            message(segments),
            who=[("NORTHSIDE", record.number)],
            locator=control,
            facts=self._known_allergies(),
        )

    def _merge(self, record: Record) -> None:
        assert record.merged_on is not None
        moment = at(record.merged_on, 10 + self.chance.random() * 6)
        main = self.desk.records("ehr")[0]
        seen = main.on(record.merged_on)
        head, control = self._head("ADT^A40", moment, "ADT_A39", "EHR")
        gone = record.on(record.merged_on)
        segments = [
            head,
            segment("EVN", {1: "A40", 2: self._time(moment)}),
            self._pid(main, seen),
            segment(
                "MRG",
                {
                    1: comp(record.number, "", "", "NORTHSIDE", "MR"),
                    7: comp(esc(gone.family), esc(gone.given)),
                },
            ),
        ]
        if self.drop.send(
            "ehr/adt",
            moment,
            message(segments),
            locator=control,
            whole=True,
            who=[("NORTHSIDE", main.number), ("NORTHSIDE", record.number)],
        ):
            self.drop.flaw(
                "merged",
                "ehr",
                "ehr/adt",
                locator=control,
                detail=f"{record.number} into {main.number}",
            )

    def _visit(self, encounter: Encounter, *, ended: bool) -> list[str]:
        doctor = encounter.practitioner
        bed = f"{self.chance.randrange(100, 420)}" if encounter.kind == "IMP" else ""
        pv1 = {
            1: "1",
            2: _CLASS[encounter.kind],
            3: comp(esc(encounter.department), bed, "A" if bed else "", "NORTHSIDE"),
            4: {"AMB": "R", "EMER": "E", "IMP": "U" if encounter.admit_source == "7" else "R"}[
                encounter.kind
            ],
            7: xcn(doctor),
            10: {"IMP": "MED", "EMER": "EMR"}.get(encounter.kind, "AMB"),
            14: encounter.admit_source if encounter.kind == "IMP" else "",
            17: xcn(doctor) if encounter.kind == "IMP" else "",
            19: comp(encounter.visit_number, "", "", "NORTHSIDE", "VN"),
            44: hl7_time(encounter.start, CHICAGO, offset=True),
        }
        if ended:
            pv1[36] = encounter.disposition
            pv1[45] = hl7_time(encounter.end, CHICAGO, offset=True)
        pv2 = {3: comp("", esc(encounter.reason))}
        return [segment("PV1", pv1), segment("PV2", pv2)]

    def _clinical(self, encounter: Encounter) -> tuple[list[str], list[str]]:
        diagnoses = [
            segment(
                "DG1",
                {
                    1: str(place),
                    3: comp(one.code, esc(DIAGNOSES[one.code]), "I10C"),
                    5: hl7_time(encounter.start, CHICAGO, seconds=False),
                    6: "F",
                    15: "1" if place == 1 else "2",
                    16: xcn(encounter.practitioner),
                },
            )
            for place, one in enumerate(encounter.diagnoses, start=1)
        ]
        procedures = [
            segment(
                "PR1",
                {
                    1: str(place),
                    3: comp(
                        done.code,
                        esc(SERVICES[done.code].name),
                        "99WSP" if done.code.startswith("WS") else "HCPCS",
                    ),
                    5: hl7_time(done.performed_at, CHICAGO, offset=True),
                    6: "D",
                    11: xcn(encounter.practitioner),
                },
            )
            for place, done in enumerate(encounter.procedures, start=1)
        ]
        return diagnoses, procedures

    def _adt(
        self,
        event: str,
        encounter: Encounter,
        moment: datetime,
        fact: Fact,
        *,
        status: str,
        full: bool,
        ended: bool,
    ) -> None:
        record, seen = self.desk.at("ehr", encounter.start)
        head, control = self._head(f"ADT^{event}", moment, _STRUCTURE[event], "EHR")
        segments = [
            head,
            segment("EVN", {1: event, 2: self._time(moment)}),
            self._pid(
                record, seen, encounter.account, dead=ended and encounter.disposition == "20"
            ),
        ]
        segments += self._visit(encounter, ended=ended)
        if event != "A11":
            diagnoses, procedures = self._clinical(encounter) if full else ([], [])
            insurance = self._insurance(seen)
            if event == "A03":
                # ADT_A03: AL1, DG1, PR1, OBX, GT1, IN1 (3.3.3)
                segments += [*self._allergies(), *diagnoses, *procedures, *insurance]
            else:
                segments += [*self._allergies(), *diagnoses, *procedures, *insurance]
        self.drop.send(
            "ehr/adt",
            moment,
            message(segments),
            locator=control,
            who=[("NORTHSIDE", record.number)],
            facts=[
                (fact, {"status": status}),
                *(self._known_allergies() if event != "A11" else ()),
                *(self._known_clinical(encounter) if event != "A11" and full else ()),
            ],
        )

    def _encounter(self, encounter: Encounter, fact: Fact) -> None:
        start, end, chance = encounter.start, encounter.end, self.chance
        begin_event = "A01" if encounter.kind == "IMP" else "A04"
        self._adt(
            begin_event,
            encounter,
            start + timedelta(minutes=1),
            fact,
            status="in-progress",
            full=False,
            ended=False,
        )
        if encounter.cancelled:
            self._adt(
                "A11",
                encounter,
                start + timedelta(minutes=35),
                fact,
                status="cancelled",
                full=False,
                ended=False,
            )
            return
        if encounter.kind == "AMB":
            self._adt(
                "A08",
                encounter,
                end + timedelta(minutes=chance.randrange(3, 90)),
                fact,
                status="finished",
                full=True,
                ended=True,
            )
        else:
            if encounter.kind == "IMP" and chance.random() < 0.5:
                middle = start + (end - start) / 2
                self._adt(
                    "A08", encounter, middle, fact, status="in-progress", full=True, ended=False
                )
            self._adt(
                "A03",
                encounter,
                end + timedelta(minutes=2),
                fact,
                status="finished",
                full=True,
                ended=True,
            )
        if encounter.vitals:
            self._vitals(encounter)
        if encounter.upkeep:
            self._upkeep(encounter)
        if encounter.has_note and end < self.drop.window_end:
            self._note(encounter)

    def _vitals(self, encounter: Encounter) -> None:
        moment = encounter.start + timedelta(minutes=6)
        sent = moment + timedelta(minutes=self.chance.randrange(1, 30))
        record, seen = self.desk.at("ehr", encounter.start)
        head, control = self._head("ORU^R01", sent, "ORU_R01", "EHR-VITALS")
        order = f"VS{encounter.visit_number}"
        taken = hl7_time(moment, CHICAGO, offset=True)
        visit = self._visit(encounter, ended=False)[0]
        segments = [
            head,
            self._pid(record, seen, encounter.account, rich=False),
            visit,
            segment(
                "OBR",
                {
                    1: "1",
                    2: comp(order, "EHR"),
                    3: comp(order, "EHR"),
                    4: comp("VITALS", "Vital signs", "99EHR", "85353-1", "Vital signs", "LN"),
                    7: taken,
                    16: xcn(encounter.practitioner),
                    22: taken,
                    25: "F",
                },
            ),
        ]
        for place, (code, value, unit) in enumerate(encounter.vitals, start=1):
            vital = VITALS[code]
            identifier = comp(code, esc(vital.name), "99EHR")
            if code == "VS-SMOKE":
                segments.append(
                    segment(
                        "OBX",
                        {
                            1: str(place),
                            2: "CWE",
                            3: identifier,
                            5: comp("Y", "Current smoker", "99EHR")
                            if value
                            else comp("N", "Not a smoker", "99EHR"),
                            11: "F",
                            14: taken,
                        },
                    )
                )
                continue
            shown = "F" if unit == "[degF]" else "lb" if unit == "[lb_av]" else unit
            segments.append(
                segment(
                    "OBX",
                    {
                        1: str(place),
                        2: "NM",
                        3: identifier,
                        5: f"{value:g}",
                        6: comp(
                            unit if shown == unit else shown,
                            "",
                            "UCUM" if shown == unit else "99EHR",
                        ),
                        11: "F",
                        14: taken,
                    },
                )
            )
        self.drop.send(
            "ehr/oru_vitals",
            sent,
            message(segments),
            locator=control,
            who=[("NORTHSIDE", record.number)],
            facts=[
                (
                    self.drop.told("report", order, "", code="85353-1", occurred_at=moment),
                    {"status": "final"},
                ),
                *((one, {"status": "final"}) for one in told_vitals(self.drop, encounter)),
            ],
        )

    def _upkeep(self, encounter: Encounter) -> None:
        """The health-maintenance list: an order group for each line, with the day it was done."""
        sent = encounter.start + timedelta(minutes=self.upkeep_chance.randrange(8, 40))
        record, seen = self.desk.at("ehr", encounter.start)
        head, control = self._head("ORU^R01", sent, "ORU_R01", "EHR-HM")
        segments = [
            head,
            self._pid(record, seen, encounter.account, rich=False),
            self._visit(encounter, ended=False)[0],
        ]
        reports = []
        for place, one in enumerate(encounter.upkeep, start=1):
            item, order = UPKEEP[one.code], f"HM{encounter.visit_number}{place}"
            name = comp(item.code, esc(item.name), "99EHR", item.standard, item.name, item.system)
            day = day8(one.done_on)
            if item.category == "procedure":
                # What is to be done about something is ordered; all else is only written down.
                ordered = self._time(encounter.start)
                doctor = xcn(encounter.practitioner)
                numbers = comp(order, "EHR")
                segments.append(
                    segment("ORC", {1: "NW", 2: numbers, 3: numbers, 9: ordered, 12: doctor})
                )
            segments.append(
                segment(
                    "OBR",
                    {
                        1: str(place),
                        2: comp(order, "EHR"),
                        3: comp(order, "EHR"),
                        4: name,
                        7: day,
                        16: xcn(encounter.practitioner),
                        22: self._time(sent),
                        24: item.section,
                        25: "F",
                    },
                )
            )
            value = {"CWE": comp(item.result, "", "SCT"), "NM": f"{one.value or 0:g}"}
            segments.append(
                segment(
                    "OBX",
                    {
                        1: "1",
                        2: item.kind,
                        3: name,
                        5: value.get(item.kind, esc(item.result)),
                        6: comp(item.result, "", "UCUM") if item.kind == "NM" else "",
                        11: "F",
                        14: day,
                    },
                )
            )
            reports.append(
                self.drop.told(
                    "report",
                    order,
                    "",
                    code=item.standard,
                    occurred_at=datetime.combine(one.done_on, time()),
                )
            )
        self.drop.send(
            "ehr/oru_vitals",
            sent,
            message(segments),
            locator=control,
            who=[("NORTHSIDE", record.number)],
            facts=[
                (one, {"status": "final"}) for one in (*reports, *told_upkeep(self.drop, encounter))
            ],
        )

    def _note(self, encounter: Encounter) -> None:
        sent = encounter.end + timedelta(minutes=self.chance.randrange(20, 900))
        record, seen = self.desk.at("ehr", encounter.start)
        head, control = self._head("MDM^T02", sent, "MDM_T02", "EHR-NOTES")
        kind = (
            comp("DS", "Discharge summary", "HL70270")
            if encounter.kind == "IMP"
            else comp("PN", "Progress note", "HL70270")
        )
        moment = hl7_time(encounter.end, CHICAGO, offset=True)
        doctor = xcn(encounter.practitioner)
        lines = [f"Seen for: {encounter.reason.lower()}."]
        lines += [f"Assessment: {DIAGNOSES[one.code]} ({one.code})." for one in encounter.diagnoses]
        lines.append("H&P reviewed | plan discussed with the patient; see orders.")
        segments = [
            head,
            segment("EVN", {1: "T02", 2: self._time(sent)}),
            self._pid(record, seen, encounter.account, rich=False),
            self._visit(encounter, ended=True)[0],
            segment(
                "TXA",
                {
                    1: "1",
                    2: kind.split("^")[0],
                    3: "TX",
                    4: moment,
                    5: doctor,
                    6: hl7_time(sent, CHICAGO, offset=True),
                    9: doctor,
                    12: comp(f"DOC{encounter.visit_number}", "NORTHSIDE"),
                    17: "AU",
                    19: "AV",
                },
            ),
        ]
        for place, line in enumerate(lines, start=1):
            segments.append(
                segment(
                    "OBX",
                    {
                        1: str(place),
                        2: "TX",
                        3: comp("NOTE", "Note text", "99EHR"),
                        4: str(place),
                        5: esc(line),
                        11: "F",
                    },
                )
            )
        self.drop.send(
            "ehr/mdm", sent, message(segments), locator=control, who=[("NORTHSIDE", record.number)]
        )
