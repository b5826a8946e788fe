"""The pharmacy chain: RDE^O11 for orders, RDS^O13 for dispensings, and its daily dispense CSV
by NDC.

HL7 v2.4: from 2.5 on RDE_O11 wants a second timing group, which hl7apy cannot find.

Chicago time without offset; hyphenated NDCs in some rows; fill 0 is the first fill everywhere.
"""

from __future__ import annotations

from datetime import timedelta

from ingest.synthetic.catalogue import Drug
from ingest.synthetic.drop import Drop, Fact
from ingest.synthetic.model import Fill, Prescription
from ingest.synthetic.parameters import parameters
from ingest.synthetic.people import Registration
from ingest.synthetic.systems.desk import Context, phone_text, pid
from ingest.synthetic.systems.ehr import xcn
from ingest.synthetic.wire.csv import row
from ingest.synthetic.wire.hl7 import comp, esc, message, msh, segment
from ingest.synthetic.wire.times import CHICAGO, hl7_time, to_local

HEADER = (
    "rx_number,fill_number,patient_number,last_name,first_name,dob,sex,phone,address,city,state,zip,"
    "member_id,prescriber_npi,prescriber_name,ndc,drug_name,quantity,days_supply,written_date,"
    "fill_date,sold_at,pharmacy_npi,status,copay"
)
_ROUTE = {"INH": ("IH", "Inhalation"), "TAB": ("PO", "Oral"), "CAP": ("PO", "Oral")}


def ndc_text(ndc: str, *, hyphens: bool) -> str:
    """11 digits, or 5-4-2."""
    return f"{ndc[:5]}-{ndc[5:9]}-{ndc[9:]}" if hyphens else ndc


def told_prescription(drop: Drop, prescription: Prescription) -> Fact:
    """A prescription, by the prescriber's order number."""
    return drop.told(
        "prescription",
        prescription.order_number,
        value=f"{prescription.quantity:g}",
        code=prescription.drug.rxcui,
        occurred_at=prescription.written_at,
    )


class Pharmacy:
    """Writes one person's prescriptions and fills."""

    def __init__(self, context: Context) -> None:
        self.network, self.desk, self.drop = context.network, context.desk, context.drop
        self.chance = context.chance("pharmacy")
        self._count = 0

    def write(self, facts: dict[str, Fact]) -> None:
        """Orders and fills at this pharmacy."""
        for prescription in self.desk.life.prescriptions:
            if not prescription.at_pharmacy:
                continue
            self._order(prescription)
            for fill in prescription.fills:
                fact = facts[f"{prescription.rx_number}|{fill.number}"]
                self._dispense(prescription, fill, fact)
                self._row(prescription, fill, fact)

    def _head(self, kind: str, sent_text: str) -> tuple[str, str]:
        self._count += 1
        control = f"RX{self.desk.person.number:06d}{self._count:04d}"
        return msh(
            application="CORNERRX",
            facility="CORNER",
            sent=sent_text,
            kind=kind,
            receiver=("WELLSPRING", "WELLSPRING"),
            control_id=control,
            version="2.4",
        ), control

    def _pid(self, seen: Registration, number: str) -> str:
        ids = [comp(number, "", "", "CORNERRX", "PI")]
        if seen.member_id and self.desk.person.payer:
            ids.append(comp(seen.member_id, "", "", self.desk.person.payer["id"], "MI"))
        return pid(self.desk.person, seen, ids=ids, phone_style="old")

    def _rxe(self, prescription: Prescription, drug: Drug) -> str:
        written = hl7_time(prescription.written_at, CHICAGO)
        return segment(
            "RXE",
            {
                1: comp("1", "", f"D{prescription.days}", written),
                2: comp(drug.ndc, esc(drug.name), "NDC", drug.rxcui, esc(drug.name), "RXNORM"),
                3: f"{prescription.quantity:g}",
                5: comp(drug.form, "", "HL70292"),
                7: comp("", esc(drug.sig)),
                10: f"{prescription.quantity:g}",
                11: comp(drug.form),
                12: str(prescription.refills),
                15: prescription.rx_number,
            },
        )

    def _order(self, prescription: Prescription) -> None:
        sent = prescription.written_at + timedelta(minutes=self.chance.randrange(3, 45))
        record, seen = self.desk.at("pharmacy", sent)
        head, control = self._head("RDE^O11^RDE_O11", hl7_time(sent, CHICAGO))
        drug = prescription.drug
        written = hl7_time(prescription.written_at, CHICAGO)
        segments = [
            head,
            self._pid(seen, record.number),
            segment(
                "ORC",
                {
                    1: "NW",
                    2: comp(prescription.order_number, "EHR"),
                    3: comp(prescription.rx_number, "CORNERRX"),
                    5: "IP",
                    9: written,
                    12: xcn(prescription.practitioner),
                },
            ),
            self._rxe(prescription, drug),
            segment("RXR", {1: comp(*_ROUTE[drug.form], "HL70162")}),
        ]
        self.drop.send(
            "pharmacy/rde",
            sent,
            message(segments),
            locator=control,
            who=[("CORNERRX", record.number)],
            facts=[(told_prescription(self.drop, prescription), {})],
        )

    def _dispense(self, prescription: Prescription, fill: Fill, fact: Fact) -> None:
        sent = (fill.sold_at or fill.filled_at) + timedelta(minutes=self.chance.randrange(1, 9))
        if fill.reversed:
            return  # returned to stock before anything was handed over: only the CSV tells
        record, seen = self.desk.at("pharmacy", sent)
        head, control = self._head("RDS^O13^RDS_O13", hl7_time(sent, CHICAGO))
        drug = prescription.drug
        handed = hl7_time(fill.sold_at or fill.filled_at, CHICAGO)
        segments = [
            head,
            self._pid(seen, record.number),
            segment(
                "ORC",
                {
                    1: "RE",
                    2: comp(prescription.order_number, "EHR"),
                    3: comp(prescription.rx_number, "CORNERRX"),
                    5: "CM",
                    9: hl7_time(fill.filled_at, CHICAGO),
                    12: xcn(prescription.practitioner),
                },
            ),
            self._rxe(prescription, drug),
            segment("RXR", {1: comp(*_ROUTE[drug.form], "HL70162")}),
            segment(
                "RXD",
                {
                    1: str(fill.number),
                    2: comp(drug.ndc, esc(drug.name), "NDC", drug.rxcui, esc(drug.name), "RXNORM"),
                    3: handed,
                    4: f"{fill.quantity:g}",
                    5: comp(drug.form, "", "HL70292"),
                    7: prescription.rx_number,
                    8: str(prescription.refills - fill.number),
                    9: f"DAYS SUPPLY {fill.days}",
                    12: comp(f"{drug.units_per_day:g}", drug.form),
                },
            ),
            segment("RXR", {1: comp(*_ROUTE[drug.form], "HL70162")}),
        ]
        self.drop.send(
            "pharmacy/rds",
            sent,
            message(segments),
            locator=control,
            facts=[(fact, {"status": "completed", "occurred_at": fill.sold_at})],
            who=[("CORNERRX", record.number)],
        )

    def _row(self, prescription: Prescription, fill: Fill, fact: Fact) -> None:
        sent = fill.filled_at + timedelta(hours=8)
        record, seen = self.desk.at("pharmacy", fill.filled_at)
        drug = prescription.drug
        hyphens = self.chance.random() < parameters().flaws.ndc_hyphenated
        doctor = prescription.practitioner
        home = seen.address
        pharmacy = self.network.facilities[
            "CORNERRX" if record.number[-1] in "0123456" else "CORNERRX2"
        ]
        price = fill.quantity * drug.cents_per_unit / 100
        cells = [
            prescription.rx_number,
            str(fill.number),
            record.number,
            seen.family,
            seen.given,
            f"{seen.birth_date:%m/%d/%Y}" if seen.birth_date else "",
            seen.sex,
            phone_text(seen.phone),
            home.line if home else "",
            home.city if home else "",
            home.state if home else "",
            home.postal_code if home else "",
            seen.member_id,
            doctor.npi,
            f"{doctor.family}, {doctor.given}",
            ndc_text(drug.ndc, hyphens=hyphens),
            drug.name,
            f"{fill.quantity:g}",
            str(fill.days),
            f"{to_local(prescription.written_at, CHICAGO):%m/%d/%Y}",
            f"{to_local(fill.filled_at, CHICAGO):%m/%d/%Y}",
            f"{to_local(fill.sold_at, CHICAGO):%m/%d/%Y %H:%M}" if fill.sold_at else "",
            pharmacy.npi,
            "REVERSED" if fill.reversed else "SOLD",
            f"{min(price * 0.2, 45):.2f}" if seen.member_id else f"{price:.2f}",
        ]
        known = {
            "status": "cancelled" if fill.reversed else "completed",
            "occurred_at": fill.sold_at or fill.filled_at,
        }
        self.drop.send(
            "pharmacy/dispenses",
            sent,
            row(cells),
            facts=[(fact, known)],
            who=[("CORNERRX", record.number)],
            locator=f"{prescription.rx_number}/{fill.number}",
        )
