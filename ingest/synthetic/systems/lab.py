"""The reference laboratory: ORU^R01 in batch files, HL7 v2.5.1, Latin-1, New York time without
offset.

Names in capitals, its own patient numbers, its own test codes with LOINC beside them in some
messages, SI units from the outreach site, corrections (OBX-11 C) and cancellations (X) as later
messages.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from ingest.synthetic.drop import Fact
from ingest.synthetic.model import LabOrder, Result
from ingest.synthetic.systems.desk import Context, pid
from ingest.synthetic.wire.hl7 import comp, esc, message, msh, segment
from ingest.synthetic.wire.times import NEW_YORK, hl7_time


def result_key(order: LabOrder, result: Result) -> str:
    """The fact of a result: accession and LOINC."""
    return f"{order.filler}|{result.test.loinc}"


def shown_value(order: LabOrder, result: Result, value: float) -> tuple[str, str]:
    """The number and unit the laboratory prints for a value in the canonical unit."""
    test = result.test
    si_units = order.ifcc if test.code == "A1C" else order.si_units
    if test.alternative and si_units:
        unit, factor, offset, decimals = test.alternative
        return f"{value * factor + offset:.{decimals}f}", unit
    return f"{value:.{test.decimals}f}", test.unit


class Lab:
    """Writes one person's results."""

    def __init__(self, context: Context) -> None:
        self.network, self.desk, self.drop = context.network, context.desk, context.drop
        self.chance = context.chance("lab")
        self._count = 0

    def write(self, facts: dict[str, Fact]) -> None:
        """All result messages, in the order in which the laboratory sends them."""
        for order in self.desk.life.orders:
            sent = order.resulted_at + timedelta(minutes=self.chance.randrange(2, 40))
            if any(result.preliminary for result in order.results):
                early = order.collected_at + (order.resulted_at - order.collected_at) * 0.5
                self._message(order, early, "P", facts)
            if order.late_days:
                sent += timedelta(days=order.late_days)
                self.drop.flaw(
                    "late", "lab", "lab/oru", locator=order.filler, detail=f"{order.late_days} days"
                )
            cancelled = all(result.cancelled for result in order.results)
            self._message(order, sent, "X" if cancelled else "F", facts)
            if cancelled:
                self.drop.flaw("cancelled_result", "lab", "lab/oru", locator=order.filler)
            if order.corrected_at:
                self._message(order, max(order.corrected_at, sent + timedelta(hours=1)), "C", facts)
                self.drop.flaw("corrected_result", "lab", "lab/oru", locator=order.filler)

    def _message(
        self, order: LabOrder, sent: datetime, status: str, facts: dict[str, Fact]
    ) -> None:
        self._count += 1
        control = f"RL{self.desk.person.number:06d}{self._count:04d}"
        record, seen = self.desk.at("lab", order.collected_at)
        doctor = order.practitioner
        provider = comp(
            doctor.npi,
            esc(doctor.family.upper()),
            esc(doctor.given.upper()),
            "",
            "",
            "",
            "",
            "",
            "NPI",
        )
        alternate = (
            comp(seen.mrn, "", "", "NORTHSIDE", "MR")
            if (seen.mrn and order.facility == "NORTHSIDE")
            else ""
        )
        collected = hl7_time(order.collected_at, NEW_YORK)
        reported = hl7_time(sent, NEW_YORK)
        panel = order.panel
        service = comp(
            panel.code,
            esc(panel.name),
            "L",
            *((panel.loinc, esc(panel.name), "LN") if order.has_loinc else ()),
        )
        code = {"P": "P", "F": "F", "C": "C", "X": "X"}[status]
        segments = [
            msh(
                application="REFLAB",
                facility="EASTREF",
                receiver=("WELLSPRING", "WELLSPRING"),
                sent=reported,
                kind="ORU^R01^ORU_R01",
                control_id=control,
                charset="8859/1",
            ),
            pid(
                self.desk.person,
                seen,
                ids=[comp(record.number, "", "", "REFLAB", "PI")],
                second_id=alternate if self.chance.random() < 0.5 else "",
                alternate_id="",
                upper=True,
                phone_style="old",
                ssn_in_field=True,
            ),
        ]
        if alternate and not segments[1].split("|")[2]:
            parts = segments[1].split("|")
            parts[4] = alternate
            segments[1] = "|".join(parts)
        segments += [
            segment(
                "ORC",
                {
                    1: "RE",
                    2: comp(order.placer, "EHR"),
                    3: comp(order.filler, "REFLAB"),
                    9: hl7_time(order.ordered_at, NEW_YORK),
                    12: provider,
                },
            ),
            segment(
                "OBR",
                {
                    1: "1",
                    2: comp(order.placer, "EHR"),
                    3: comp(order.filler, "REFLAB"),
                    4: service,
                    7: collected,
                    14: hl7_time(order.collected_at + timedelta(hours=1), NEW_YORK),
                    16: provider,
                    22: reported,
                    24: "LAB",
                    25: code,
                },
            ),
        ]
        carried: list[tuple[Fact, dict[str, Any]]] = []
        comments: list[str] = []
        for place, result in enumerate(order.results, start=1):
            if status == "C" and result.wrong_value is None:
                continue
            fields, known = self._observation(order, result, status)
            fields[1], fields[14] = str(place), collected
            fields[15] = comp("33D0000001", "EASTERN REFERENCE LABORATORY", "CLIA")
            segments.append(segment("OBX", fields))
            if status == "C":
                comments = ["CORRECTED RESULT. PREVIOUSLY REPORTED VALUE WAS IN ERROR."]
            fact = facts[result_key(order, result)]
            carried.append((fact, known))
        word = {"P": "preliminary", "F": "final", "C": "corrected", "X": "cancelled"}[status]
        report = self.drop.told(
            "report", order.filler, code=panel.loinc, occurred_at=order.collected_at
        )
        carried.append((report, {"status": word}))
        if status == "X":
            comments = ["TEST NOT PERFORMED: SPECIMEN UNSUITABLE."]
        segments += [
            segment("NTE", {1: str(place), 2: "L", 3: text})
            for place, text in enumerate(comments, start=1)
        ]
        self.drop.send(
            "lab/oru",
            sent,
            message(segments),
            facts=carried,
            locator=control,
            who=[("REFLAB", record.number)],
        )

    def _observation(
        self, order: LabOrder, result: Result, status: str
    ) -> tuple[dict[int, str], dict[str, Any]]:
        test = result.test
        identifier = comp(
            test.code,
            esc(test.name),
            "L",
            *((test.loinc, esc(test.name), "LN") if order.has_loinc else ()),
        )
        fields = {3: identifier, 11: status}
        if status == "X":
            fields[2] = "NM" if result.value is not None else "ST"
            return fields, {"status": "cancelled"}
        word = {"P": "preliminary", "F": "final", "C": "corrected"}[status]
        if result.value is None:
            fields[2], fields[5] = "ST", result.text.upper()
            fields[8] = result.interpretation
            return fields, {"status": word, "value": result.text}
        value = result.value
        if result.wrong_value is not None and status != "C":
            value = result.wrong_value
        number, unit = shown_value(order, result, value)
        if result.text == "<":
            fields[2], fields[5] = "SN", f"<^{number}"
        else:
            fields[2], fields[5] = "NM", number
        fields[6] = comp(unit, "", "UCUM")
        fields[7] = _range(order, result)
        fields[8] = result.interpretation
        known = {
            "status": word,
            "value": f"{result.text}{value:.{test.decimals}f}",
            "unit": test.unit,
        }
        return fields, known


def _range(order: LabOrder, result: Result) -> str:
    test = result.test
    low = shown_value(order, result, test.low)[0] if test.low is not None else None
    high = shown_value(order, result, test.high)[0] if test.high is not None else None
    if low is not None and high is not None:
        return f"{low}-{high}"
    if high is not None:
        return f"<{high}"
    return f">{low}" if low is not None else ""
