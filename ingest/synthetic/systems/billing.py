"""Patient accounting: DFT^P03 charges and the monthly statements CSV; half of it in capitals."""

from __future__ import annotations

from datetime import datetime, timedelta

from ingest.synthetic.catalogue import CHARGE_CODES, DIAGNOSES, SERVICES
from ingest.synthetic.drop import Fact
from ingest.synthetic.finance import Bill, charge_number
from ingest.synthetic.model import Encounter
from ingest.synthetic.people import fold
from ingest.synthetic.systems.desk import Context, day8, number_in, pid
from ingest.synthetic.systems.ehr import told_diagnosis, xcn
from ingest.synthetic.wire.csv import row
from ingest.synthetic.wire.hl7 import comp, esc, message, msh, segment
from ingest.synthetic.wire.times import CHICAGO, hl7_time, to_local

HEADER = (
    "statement_id,account_number,guarantor_number,patient_number,last_name,first_name,dob,address,"
    "city,state,zip,statement_date,service_from,service_to,total_charges,insurance_paid,adjustments,"
    "patient_paid,balance_due,payer_name,member_id"
)


class Billing:
    """Writes one person's charges and statements."""

    def __init__(self, context: Context) -> None:
        self.network, self.desk, self.drop = context.network, context.desk, context.drop
        self.chance = context.chance("billing")
        self.upper = self.chance.random() < 0.5
        self._count = 0

    def write(self, bills: list[Bill], encounters: dict[str, Fact], items: dict[str, Fact]) -> None:
        """All charges and statements."""
        for bill in bills:
            if bill.encounter.charges:
                self._charges(bill.encounter, encounters[bill.encounter.visit_number], items)
            for statement in bill.statements:
                self._statement(bill, statement)

    def _charges(self, encounter: Encounter, fact: Fact, items: dict[str, Fact]) -> None:
        sent = encounter.end + timedelta(hours=self.chance.randrange(8, 60))
        self._count += 1
        control = f"BL{self.desk.person.number:06d}{self._count:04d}"
        record, seen = self.desk.at("billing", encounter.start)
        person = self.desk.person
        ids = [comp(record.number, "", "", "BILLING", "PI")]
        if seen.mrn and encounter.facility == "NORTHSIDE":
            ids.append(comp(seen.mrn, "", "", "NORTHSIDE", "MR"))
        visit = segment(
            "PV1",
            {
                1: "1",
                2: {"AMB": "O", "EMER": "E", "IMP": "I"}[encounter.kind],
                3: comp(esc(encounter.department), "", "", encounter.facility),
                7: xcn(encounter.practitioner),
                19: comp(encounter.visit_number, "", "", encounter.facility, "VN"),
                44: hl7_time(encounter.start, CHICAGO),
                45: hl7_time(encounter.end, CHICAGO),
            },
        )
        moment = hl7_time(sent, CHICAGO)
        segments = [
            msh(
                application="PATACCT",
                facility="LEDGER",
                receiver=("WELLSPRING", "WELLSPRING"),
                sent=moment,
                kind="DFT^P03^DFT_P03",
                control_id=control,
            ),
            segment("EVN", {1: "P03", 2: moment}),
            pid(
                person,
                seen,
                ids=ids,
                account=encounter.account,
                upper=self.upper,
                phone_style="old",
                ssn_in_field=True,
            ),
            visit,
        ]
        carried = []
        diagnoses = "~".join(
            comp(one.code, esc(DIAGNOSES[one.code]), "I10C") for one in encounter.diagnoses[:4]
        )
        for place, (code, quantity) in enumerate(encounter.charges, start=1):
            service = SERVICES[code]
            number = charge_number(encounter, place)
            amount = f"{service.cents * quantity / 100:.2f}"
            segments.append(
                segment(
                    "FT1",
                    {
                        1: str(place),
                        2: number,
                        4: hl7_time(encounter.start, CHICAGO),
                        5: moment,
                        6: "CG",
                        7: comp(CHARGE_CODES[code], esc(service.name), "99CDM"),
                        10: str(quantity),
                        11: amount,
                        12: f"{service.cents / 100:.2f}",
                        16: comp(esc(encounter.department), "", "", encounter.facility),
                        19: diagnoses,
                        20: xcn(encounter.practitioner),
                        25: comp(
                            code, esc(service.name), "99WSP" if code.startswith("WS") else "HCPCS"
                        ),
                    },
                )
            )
            item = items.get(number)
            if item:
                carried.append((item, {"status": "billable", "value": amount}))
        segments += [
            segment(
                "DG1", {1: str(place), 3: comp(one.code, esc(DIAGNOSES[one.code]), "I10C"), 6: "F"}
            )
            for place, one in enumerate(encounter.diagnoses, start=1)
        ]
        segments.append(
            segment(
                "GT1",
                {
                    1: "1",
                    2: number_in("billing", person.subscriber_number),
                    3: comp(esc(seen.family), esc(seen.given)),
                    11: comp("SEL" if person.relationship == "18" else "PAR", "", "HL70063"),
                },
            )
        )
        if seen.member_id and person.payer:
            segments.append(
                segment(
                    "IN1",
                    {
                        1: "1",
                        2: comp(person.payer["kind"].upper()[:3], ""),
                        3: comp(person.payer["id"], "", "", "NAIC", "NIIP"),
                        4: esc(person.payer["name"]),
                        36: seen.member_id,
                    },
                )
            )
        # a charge message proves the visit, but its status is the EHR's to tell, if it told
        self.drop.send(
            "billing/dft",
            sent,
            message(segments),
            locator=control,
            who=[("BILLING", record.number)],
            facts=[
                (fact, {"status": fact.status or "finished"}),
                *carried,
                *(
                    (told_diagnosis(self.drop, encounter, one.code), {})
                    for one in encounter.diagnoses
                ),
            ],
        )

    def _statement(self, bill: Bill, statement: tuple[datetime, int, int, int, int]) -> None:
        moment, insurance, adjustments, paid, balance = statement
        encounter = bill.encounter
        record, seen = self.desk.at("billing", encounter.start)
        person, home = self.desk.person, seen.address
        name = (
            (fold(seen.family).upper(), fold(seen.given).upper())
            if self.upper
            else (seen.family, seen.given)
        )
        local = to_local(moment, CHICAGO)

        def dollars(cents: int) -> str:
            return f"{cents / 100:.2f}"

        cells = [
            f"ST{encounter.account[1:]}{local:%y%m%d}",
            encounter.account,
            number_in("billing", person.subscriber_number),
            record.number,
            *name,
            day8(seen.birth_date),
            home.line if home else "",
            home.city if home else "",
            home.state if home else "",
            home.postal_code if home else "",
            f"{local:%Y%m%d}",
            f"{to_local(encounter.start, CHICAGO):%Y%m%d}",
            f"{to_local(encounter.end, CHICAGO):%Y%m%d}",
            dollars(bill.total),
            dollars(insurance),
            dollars(adjustments),
            dollars(paid),
            dollars(balance),
            person.payer["name"] if person.payer else "SELF PAY",
            seen.member_id,
        ]
        self.drop.send(
            "billing/statements",
            moment,
            row(cells),
            locator=cells[0],
            who=[("BILLING", record.number)],
        )
