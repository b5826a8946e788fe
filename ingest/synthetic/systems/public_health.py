"""The state's registry (VXU^V04), the health department's social-needs screenings and county
index.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from ingest.synthetic.catalogue import QUESTIONS
from ingest.synthetic.drop import Fact
from ingest.synthetic.model import Dose, Screening
from ingest.synthetic.parameters import parameters
from ingest.synthetic.systems.desk import Context, iso, phone_text, pid
from ingest.synthetic.systems.ehr import xcn
from ingest.synthetic.wire.csv import row
from ingest.synthetic.wire.hl7 import comp, esc, message, msh, segment
from ingest.synthetic.wire.times import CHICAGO, at, hl7_time, to_local

SDOH_HEADER = (
    "screening_id,registry_id,last_name,first_name,middle_name,dob,sex,address,city,county_fips,state,"
    "zip,phone,screened_at,instrument,question_code,question_text,answer_code,answer_text,"
    "screener_org"
)
SVI_HEADER = (
    "county_fips,county_name,state,svi_overall,svi_socioeconomic,svi_household,svi_minority,"
    "svi_housing_transport,release_year"
)


class PublicHealth:
    """Writes one person's doses and screenings."""

    def __init__(self, context: Context) -> None:
        self.network, self.desk, self.drop = context.network, context.desk, context.drop
        self.chance = context.chance("public_health")
        self._count = 0

    def write(self, facts: dict[str, Fact]) -> None:
        """Doses, if the registry knows the person, and screenings."""
        life, calendar = self.desk.life, self.drop.calendar
        share = parameters().coverage.registry[
            "child" if life.person.age_on(calendar.until) < 18 else "adult"
        ]
        if self.chance.random() < share:
            # doses given before the window come as one history when the registry first reports
            loaded = at(calendar.start, 4) + timedelta(minutes=self.chance.randrange(60 * 24 * 27))
            earlier = [dose for dose in life.doses if dose.given_on < calendar.start]
            if earlier:
                self._vxu(earlier, loaded, facts)
            by_day: dict[date, list[Dose]] = {}
            for dose in life.doses:
                if dose.given_on >= calendar.start:
                    by_day.setdefault(dose.given_on, []).append(dose)
            for doses in by_day.values():
                self._vxu(
                    doses, doses[0].given_at + timedelta(hours=self.chance.randrange(1, 40)), facts
                )
        for screening in life.screenings:
            self._screening(screening)

    def _vxu(self, doses: list[Dose], sent: datetime, facts: dict[str, Fact]) -> None:
        self._count += 1
        control = f"PH{self.desk.person.number:06d}{self._count:04d}"
        record, seen = self.desk.at("public_health", sent)
        segments = [
            msh(
                application="STATEIIS",
                facility="STATEIIS",
                receiver=("WELLSPRING", "WELLSPRING"),
                sent=hl7_time(sent, CHICAGO, offset=True),
                kind="VXU^V04^VXU_V04",
                control_id=control,
            ),
            pid(
                self.desk.person,
                seen,
                rich=True,
                ids=[comp(record.number, "", "", "STATEIIS", "SR")]
                + ([comp(seen.ssn, "", "", "USSSA", "SS")] if seen.ssn else []),
            ),
            segment("PD1", {12: "N", 16: "A"}),
        ]
        carried = []
        for place, dose in enumerate(doses, start=1):
            vaccine = dose.vaccine
            segments.append(
                segment(
                    "ORC",
                    {
                        1: "RE",
                        3: comp(f"IZ{control[2:]}{place:02d}", "STATEIIS"),
                        12: "" if dose.historical else xcn(dose.practitioner),
                    },
                )
            )
            given = f"{dose.given_on:%Y%m%d}"
            rxa = {
                1: "0",
                2: "1",
                3: given,
                4: given,
                5: comp(vaccine.cvx, esc(vaccine.name), "CVX"),
                6: "999" if dose.historical or dose.refused else vaccine.dose,
                7: "" if dose.historical or dose.refused else comp("mL", "", "UCUM"),
                9: comp("01", "Historical record", "NIP001")
                if dose.historical
                else comp("00", "New record", "NIP001"),
                20: "RE" if dose.refused else "CP",
                21: "A",
            }
            if dose.refused:
                rxa[18] = comp("00", "Parental or patient decision", "NIP002")
            elif not dose.historical:
                rxa[15] = dose.lot
                rxa[17] = comp(vaccine.mvx, esc(vaccine.maker), "MVX")
            segments.append(segment("RXA", rxa))
            if not dose.historical and not dose.refused:
                segments.append(
                    segment(
                        "RXR",
                        {
                            1: comp("C28161", "Into the muscle", "NCIT"),
                            2: comp(dose.site, "", "HL70163"),
                        },
                    )
                )
                segments.append(
                    segment(
                        "OBX",
                        {
                            1: "1",
                            2: "CE",
                            3: comp("64994-7", "Funding eligibility", "LN"),
                            4: "1",
                            5: comp("V01", "Not eligible", "HL70064"),
                            11: "F",
                            14: given,
                        },
                    )
                )
            fact = facts[f"{vaccine.cvx}|{given}"]
            carried.append((fact, {"status": "not-done" if dose.refused else "completed"}))
        self.drop.send(
            "public_health/vxu",
            sent,
            message(segments),
            facts=carried,
            locator=control,
            who=[("STATEIIS", record.number)],
        )

    def _screening(self, screening: Screening) -> None:
        record, seen = self.desk.at("public_health", screening.screened_at)
        home = seen.address
        local = to_local(screening.screened_at, CHICAGO)
        for place, (which, answer) in enumerate(screening.answers):
            question = QUESTIONS[which]
            code, text, _ = question.answers[answer]
            cells = [
                screening.number,
                record.number,
                seen.family,
                seen.given,
                seen.middle,
                iso(seen.birth_date),
                seen.sex,
                home.line if home else "",
                home.city if home else "",
                home.county_fips if home else "",
                home.state if home else "",
                home.postal_code if home else "",
                phone_text(seen.phone),
                f"{local:%Y-%m-%d %H:%M:%S}",
                "AHC-HRSN",
                question.code,
                question.text,
                code,
                text,
                screening.organization,
            ]
            self.drop.send(
                "public_health/sdoh_screening",
                screening.screened_at + timedelta(hours=5),
                row(cells),
                locator=f"{screening.number}/{place + 1}",
                facts=[
                    (
                        self.drop.told(
                            "screening_answer",
                            question.code,
                            code,
                            screening.screened_at.isoformat(timespec="seconds"),
                            value=text,
                            code=question.code,
                            occurred_at=screening.screened_at,
                        ),
                        {"status": "final"},
                    )
                ],
                who=[("STATEIIS", record.number)],
            )


def county_rows(year: int) -> str:
    """The index of every county."""
    lines = [SVI_HEADER + "\n"]
    for county in parameters().counties:
        scores = [f"{score:.4f}" for score in county.svi]
        lines.append(row([county.fips, county.name, county.state, *scores, str(year)]))
    return "".join(lines)
