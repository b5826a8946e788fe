"""The clearing house: X12 005010 837P, 837I, 835 and 834.

A person's segments are written here without envelopes and hierarchical numbers; `assemble_*` puts
the claims of a file into transactions by provider and payer, payments into remittances by day,
payer and payee, and members into enrolment files by payer. Guides: 837P X222A1, 837I X223A2, 835
X221A1, 834 X220A1 (with their errata).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any

from ingest.synthetic.catalogue import SERVICES
from ingest.synthetic.drop import Fact
from ingest.synthetic.finance import Bill, Claim
from ingest.synthetic.parameters import parameters
from ingest.synthetic.people import Person, Registration
from ingest.synthetic.providers import Facility, Network
from ingest.synthetic.systems.desk import Context, Desk, day8
from ingest.synthetic.systems.ehr import told_diagnosis
from ingest.synthetic.wire.times import CHICAGO, at, to_local
from ingest.synthetic.wire.x12 import interchange, money, plain, seg, transaction

_FILING = {"commercial": "CI", "medicare": "MB", "medicaid": "MC"}
_VERSION = {
    "837p": "005010X222A1",
    "837i": "005010X223A2",
    "835": "005010X221A1",
    "834": "005010X220A1",
}


def claim_identity(person: Person, seen: Registration) -> tuple[str, str]:
    """(payer, member number) of a subscriber; dependants add birth date and first name as sent."""
    payer = str(person.payer["id"]) if person.payer else ""
    if person.relationship == "18":
        return payer, person.member_id
    return payer, f"{person.member_id}|{day8(seen.birth_date)}|{plain(seen.given)}"


class Claims:
    """Writes one person's coverage, claims and payments."""

    def __init__(self, context: Context, *, subscriber: Desk) -> None:
        self.network, self.desk, self.drop = context.network, context.desk, context.drop
        self.subscriber = subscriber
        self.chance = context.chance("claims")

    def write(self, bills: list[Bill], facts: dict[str, Fact]) -> None:
        """Enrolment, claims and remittances of an insured person."""
        if not self.desk.person.payer:
            return
        self._enrol()
        for bill in bills:
            for claim in bill.claims:
                fact = facts[claim.number]
                if not self._submit(claim, fact):
                    continue
                replaced = [one for one in bill.claims if one.replaced_by == claim.number]
                # a payer reverses what it paid: the original claim, its own number and amounts
                self._remit(claim, replaced[0] if claim.reversal else claim)
                for original in replaced if fact.systems else ():
                    if facts[original.number].systems:
                        facts[original.number].status = "cancelled"
            for claim in bill.claims:
                if facts[claim.number].systems and facts[claim.number].status == "active":
                    self._tell(claim)

    def _tell(self, claim: Claim) -> None:
        """What a claim in force says of the visit: its diagnoses and services."""
        encounter = claim.encounter
        day = f"{to_local(encounter.start, CHICAGO):%Y-%m-%d}"
        told = [told_diagnosis(self.drop, encounter, one.code) for one in encounter.diagnoses[:12]]
        told += [
            self.drop.told("procedure", line.code, day, code=line.code) for line in claim.lines
        ]
        for fact in told:
            if "claims" not in fact.systems:
                fact.systems.append("claims")

    # -- people ---------------------------------------------------------------------------------

    def _who(self, seen: Registration) -> list[tuple[str, str]]:
        return [claim_identity(self.desk.person, seen)]

    @staticmethod
    def _name(entity: str, seen: Registration, number: str = "", qualifier: str = "MI") -> str:
        return seg(
            "NM1",
            entity,
            "1",
            plain(seen.family),
            plain(seen.given),
            plain(seen.middle),
            "",
            plain(seen.suffix),
            qualifier if number else "",
            number,
        )

    @staticmethod
    def _place(seen: Registration) -> list[str]:
        home = seen.address
        if home is None:
            return []
        return [
            seg("N3", plain(home.line)),
            seg("N4", plain(home.city), home.state, home.postal_code),
        ]

    @staticmethod
    def _birth(seen: Registration) -> str:
        return seg("DMG", "D8", day8(seen.birth_date), seen.sex or "U")

    # -- 834 ------------------------------------------------------------------------------------

    def _enrol(self) -> None:
        person, calendar = self.desk.person, self.drop.calendar
        record = self.desk.records("claims")[0]
        start = calendar.start
        begun = start.replace(month=1, day=1)
        if begun >= start:
            begun = begun.replace(year=begun.year - 1)
        born = person.birth_date
        moment = at(start, 5)
        if born > start:
            begun, moment = born, at(born + timedelta(days=9), 5)
        gap = self.chance.random() < parameters().payers.coverage_gap_per_year
        self._member("030" if born <= start else "021", moment, record.first, begun, None)
        if record.later and record.updated_on:
            self._member("001", max(at(record.updated_on, 5), moment), record.later, begun, None)
        if gap:
            ended = start + timedelta(days=self.chance.randrange(60, 400))
            ended = (ended.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)
            if ended <= calendar.until and ended > begun:
                self._member("024", at(ended, 5), record.on(ended), begun, ended)
        elif person.deceased:
            self._member(
                "024",
                at(person.deceased + timedelta(days=12), 5),
                record.on(person.deceased),
                begun,
                person.deceased,
            )

    def _member(
        self, change: str, moment: datetime, seen: Registration, begun: date, ended: date | None
    ) -> None:
        person = self.desk.person
        payer = person.payer
        assert payer is not None
        is_subscriber = person.relationship == "18"
        reason = {
            "030": "XN",
            "021": "02" if not is_subscriber else "28",
            "001": "25",
            "024": "03" if person.deceased else "14",
        }[change]
        insured = [
            seg(
                "INS",
                "Y" if is_subscriber else "N",
                person.relationship,
                change,
                reason,
                "A",
                "",
                "",
                "FT" if is_subscriber else "",
                "",
                "Y" if person.deceased and ended else "N",
                *(("D8", f"{person.deceased:%Y%m%d}") if person.deceased and ended else ()),
            ),
            seg("REF", "0F", person.member_id),
            seg("REF", "1L", f"GRP{payer['id']}"),
            seg("DTP", "336" if is_subscriber else "356", "D8", f"{begun:%Y%m%d}"),
            self._name("IL", seen, seen.ssn, "34"),
        ]
        communications = []
        if seen.phone:
            communications += ["HP", seen.phone]
        if seen.email:
            communications += ["EM", seen.email]
        if communications:
            insured.append(seg("PER", "IP", "", *communications))
        insured += [*self._place(seen), self._birth(seen)]
        insured.append(
            seg(
                "HD",
                "024" if change == "024" else change,
                "",
                "HLT",
                f"{payer['prefix']} {payer['kind'].upper()}",
                "IND" if is_subscriber else "FAM",
            )
        )
        insured.append(seg("DTP", "348", "D8", f"{begun:%Y%m%d}"))
        if ended:
            insured.append(seg("DTP", "349", "D8", f"{ended:%Y%m%d}"))
        payload = (payer["id"], change == "030", person.subscriber_number, insured, False)
        self.drop.send(
            "claims/834",
            moment,
            payload,
            facts=[
                (
                    self.drop.told("coverage", person.member_id, code=payer["id"]),
                    {
                        "value": f"{begun:%Y-%m-%d}/" + (f"{ended:%Y-%m-%d}" if ended else ""),
                        "status": "active",
                    },
                )
            ],
            who=self._who(seen),
            locator=person.member_id,
            whole=True,
        )

    # -- 837 ------------------------------------------------------------------------------------

    def _submit(self, claim: Claim, fact: Fact) -> bool:
        person = self.desk.person
        payer = person.payer
        assert payer is not None
        record = self.desk.records("claims")[0]
        seen = record.on(claim.submitted_at.date())
        holder = self.subscriber.records("claims")[0].on(claim.submitted_at.date())
        is_subscriber = person.relationship == "18"
        subscriber = [
            seg(
                "SBR",
                "P",
                "18" if is_subscriber else "",
                f"GRP{payer['id']}",
                "",
                "",
                "",
                "",
                "",
                _FILING[payer["kind"]],
            ),
            self._name("IL", holder, person.member_id),
        ]
        patient: list[str] | None = None
        payer_name = seg("NM1", "PR", "2", plain(payer["name"]), "", "", "", "", "PI", payer["id"])
        if is_subscriber:
            subscriber += [*self._place(seen), self._birth(seen)]
        else:
            patient = [
                seg("PAT", person.relationship),
                self._name("QC", seen),
                *self._place(seen),
                self._birth(seen),
            ]
            subscriber += [*self._place(holder), self._birth(holder)]
        subscriber.append(payer_name)
        body = (
            self._institutional(claim, seen)
            if claim.use == "I"
            else self._professional(claim, seen)
        )
        payload = (payer["id"], claim.encounter.facility, subscriber, patient, body, False)
        feed = "claims/837i" if claim.use == "I" else "claims/837p"
        status = "cancelled" if claim.frequency == "8" else "active"
        who = self._who(seen)
        return self.drop.send(
            feed,
            claim.submitted_at,
            payload,
            facts=[(fact, {"status": status})],
            who=who,
            locator=claim.number,
        )

    def _references(self, claim: Claim, seen: Registration) -> list[str]:
        out = []
        if claim.original_payer_number:
            out.append(seg("REF", "F8", claim.original_payer_number))
        # the clearing house keeps the hospital's account number as its own reference
        out.append(seg("REF", "D9", claim.encounter.account))
        if seen.mrn and claim.encounter.facility == "NORTHSIDE":
            out.append(seg("REF", "EA", seen.mrn))
        return out

    @staticmethod
    def _icd(code: str) -> str:
        return code.replace(".", "")

    def _professional(self, claim: Claim, seen: Registration) -> list[str]:
        encounter = claim.encounter
        doctor = encounter.practitioner
        place = {"AMB": "11", "EMER": "23", "IMP": "21"}[encounter.kind]
        if encounter.video:
            place = "10"
        day = f"{to_local(encounter.start, CHICAGO):%Y%m%d}"
        out = [
            seg(
                "CLM",
                claim.number,
                money(claim.total),
                "",
                "",
                f"{place}:B:{claim.frequency}",
                "Y",
                "A",
                "Y",
                "Y",
            )
        ]
        if encounter.kind == "IMP":
            out.append(seg("DTP", "435", "D8", day))
        out += self._references(claim, seen)
        codes = [
            f"{'ABK' if place_ == 0 else 'ABF'}:{self._icd(one.code)}"
            for place_, one in enumerate(encounter.diagnoses[:12])
        ]
        out.append(seg("HI", *codes))
        out.append(
            seg(
                "NM1",
                "82",
                "1",
                plain(doctor.family),
                plain(doctor.given),
                "",
                "",
                "",
                "XX",
                doctor.npi,
            )
        )
        out.append(seg("PRV", "PE", "PXC", doctor.taxonomy))
        pointers = ":".join(str(at_ + 1) for at_ in range(min(len(codes), 4)))
        for number, line in enumerate(claim.lines, start=1):
            out += [
                seg("LX", str(number)),
                seg(
                    "SV1",
                    f"HC:{line.code}",
                    money(line.charge),
                    "UN",
                    str(line.quantity),
                    "",
                    "",
                    pointers,
                ),
                seg("DTP", "472", "D8", day),
                seg("REF", "6R", line.item),
            ]
        return out

    def _institutional(self, claim: Claim, seen: Registration) -> list[str]:
        encounter = claim.encounter
        begin, end = to_local(encounter.start, CHICAGO), to_local(encounter.end, CHICAGO)
        inpatient = encounter.kind == "IMP"
        out = [
            seg(
                "CLM",
                claim.number,
                money(claim.total),
                "",
                "",
                f"{'11' if inpatient else '13'}:A:{claim.frequency}",
                "",
                "A",
                "Y",
                "Y",
            ),
            seg("DTP", "434", "RD8", f"{begin:%Y%m%d}-{end:%Y%m%d}"),
        ]
        if inpatient:
            out.insert(1, seg("DTP", "096", "TM", f"{end:%H%M}"))
            out.append(seg("DTP", "435", "DT", f"{begin:%Y%m%d%H%M}"))
        out.append(
            seg(
                "CL1",
                "1" if inpatient else "2" if encounter.kind == "EMER" else "3",
                encounter.admit_source if encounter.admit_source in "12" else "1",
                encounter.disposition,
            )
        )
        out += self._references(claim, seen)
        codes = [self._icd(one.code) for one in encounter.diagnoses]
        out.append(seg("HI", f"ABK:{codes[0]}" + (":::::::Y" if inpatient else "")))
        if inpatient:
            out.append(seg("HI", f"ABJ:{codes[0]}"))
        elif encounter.kind == "EMER":
            out.append(seg("HI", f"APR:{codes[0]}"))
        if len(codes) > 1:
            out.append(
                seg(
                    "HI",
                    *(f"ABF:{code}" + (":::::::Y" if inpatient else "") for code in codes[1:12]),
                )
            )
        doctor = encounter.practitioner
        out.append(
            seg(
                "NM1",
                "71",
                "1",
                plain(doctor.family),
                plain(doctor.given),
                "",
                "",
                "",
                "XX",
                doctor.npi,
            )
        )
        for number, line in enumerate(claim.lines, start=1):
            service = SERVICES[line.code]
            out += [
                seg("LX", str(number)),
                seg(
                    "SV2",
                    service.revenue,
                    f"HC:{line.code}",
                    money(line.charge),
                    "DA" if line.code in ("WS301", "WS302") else "UN",
                    str(line.quantity),
                ),
                seg("DTP", "472", "D8", f"{begin:%Y%m%d}"),
                seg("REF", "6R", line.item),
            ]
        return out

    # -- 835 ------------------------------------------------------------------------------------

    def _remit(self, decided: Claim, claim: Claim) -> None:
        person = self.desk.person
        payer = person.payer
        assert payer is not None and decided.paid_on is not None
        # payers settle on Wednesdays
        paid_on = decided.paid_on + timedelta(days=(2 - decided.paid_on.weekday()) % 7)
        record = self.desk.records("claims")[0]
        seen = record.on(paid_on)
        sign = -1 if decided.reversal else 1
        total = sum(line.charge for line in claim.lines)
        paid = sum(line.paid for line in claim.lines)
        patient = sum(line.deductible + line.coinsurance + line.copay for line in claim.lines)
        status = "22" if decided.reversal else "4" if claim.is_denied else "1"
        place = {"AMB": "11", "EMER": "23", "IMP": "21"}[claim.encounter.kind]
        if claim.use == "I":
            place = "11" if claim.encounter.kind == "IMP" else "13"
        filing = {
            "commercial": "12",
            "medicare": "MB" if claim.use == "P" else "MA",
            "medicaid": "MC",
        }[payer["kind"]]
        day = f"{to_local(claim.encounter.start, CHICAGO):%Y%m%d}"
        last = f"{to_local(claim.encounter.end, CHICAGO):%Y%m%d}"
        out = [
            seg(
                "CLP",
                claim.number,
                status,
                money(sign * total),
                money(sign * paid),
                money(patient) if patient and not decided.reversal else "",
                filing,
                claim.payer_number,
                place,
                decided.frequency,
            ),
            self._name("QC", seen, person.member_id),
            seg(
                "NM1",
                "82",
                "1",
                plain(claim.encounter.practitioner.family),
                plain(claim.encounter.practitioner.given),
                "",
                "",
                "",
                "XX",
                claim.encounter.practitioner.npi,
            ),
            seg("DTM", "232", day),
            seg("DTM", "233", last),
            seg("DTM", "050", f"{to_local(decided.submitted_at, CHICAGO):%Y%m%d}"),
        ]
        for line in claim.lines:
            out.append(
                seg(
                    "SVC",
                    f"HC:{line.code}",
                    money(sign * line.charge),
                    money(sign * line.paid),
                    SERVICES[line.code].revenue if claim.use == "I" else "",
                    str(line.quantity),
                )
            )
            out.append(seg("DTM", "472", day))
            if line.contractual:
                out.append(seg("CAS", "CO", "45", money(sign * line.contractual)))
            if line.denied:
                reasons = parameters().claims.carcs_of_denials
                reason = reasons[int(claim.number[1:7]) % len(reasons)]
                out.append(seg("CAS", "CO", reason, money(sign * line.denied)))
            shares = [
                (code, amount)
                for code, amount in (
                    ("1", line.deductible),
                    ("2", line.coinsurance),
                    ("3", line.copay),
                )
                if amount
            ]
            if shares:
                parts: list[str] = []
                for code, amount in shares:
                    parts += [code, money(sign * amount), ""]
                out.append(seg("CAS", "PR", *parts))
            out.append(seg("REF", "6R", line.item))
            allowed = line.charge - line.contractual - line.denied
            if allowed:
                out.append(seg("AMT", "B6", money(sign * allowed)))
        payload = (
            payer["id"],
            claim.encounter.facility,
            f"{paid_on:%Y%m%d}",
            sign * paid,
            out,
            False,
        )
        self.drop.send(
            "claims/835",
            at(paid_on, 18),
            payload,
            facts=[
                (
                    self.drop.told(
                        "benefit",
                        claim.number,
                        value=f"{paid / 100:.2f}",
                        unit="USD",
                        occurred_at=datetime.combine(paid_on, time()),
                    ),
                    {"status": "cancelled" if decided.reversal else "active"},
                )
            ],
            locator=claim.number,
            whole=True,
            who=self._who(seen),
        )


# -- files -------------------------------------------------------------------------------------


def _payers() -> dict[str, Any]:
    return {payer["id"]: payer for payer in parameters().payers.list}


def _cut(text: str) -> str:
    """A transaction that broke off: no SE, half of the claim missing."""
    lines = text.split("\n")
    return "\n".join(lines[: max(len(lines) * 2 // 3, 4)]) + "\n"


def _billing_provider(facility: Facility) -> list[str]:
    return [
        seg("NM1", "85", "2", plain(facility.name), "", "", "", "", "XX", facility.npi),
        seg("N3", plain(facility.address)),
        seg("N4", plain(facility.city), facility.state, facility.postal_code + "0001"),
        seg("REF", "EI", facility.tax_id),
    ]


def _claim_sets(
    feed: str,
    payer: Any,
    facility: Facility,
    claims: list[tuple[Any, ...]],
    first: int,
    moment: datetime,
) -> list[str]:
    per_set = parameters().claims.claims_per_transaction
    whole = [claim for claim in claims if not claim[-1]]
    groups = [whole[at_ : at_ + per_set] for at_ in range(0, len(whole), per_set)]
    groups += [[claim] for claim in claims if claim[-1]]
    out = []
    for offset, group in enumerate(groups):
        number = first + offset
        body = [
            seg(
                "BHT",
                "0019",
                "00",
                f"B{moment:%y%m%d}{number:05d}",
                f"{moment:%Y%m%d}",
                f"{moment:%H%M}",
                "CH",
            ),
            seg("NM1", "41", "2", "PRAIRIE CLAIMS EXCHANGE", "", "", "", "", "46", "PRAIRIECH"),
            seg("PER", "IC", "CLAIMS DESK", "TE", facility.phone),
            seg("NM1", "40", "2", plain(payer["name"]), "", "", "", "", "46", payer["id"]),
            seg("HL", "1", "", "20", "1"),
            *_billing_provider(facility),
        ]
        level = 1
        for _, _, subscriber, patient, claim, _ in group:
            level += 1
            body.append(seg("HL", str(level), "1", "22", "1" if patient else "0"))
            body += subscriber
            if patient:
                level += 1
                body.append(seg("HL", str(level), str(level - 1), "23", "0"))
                body += patient
            body += claim
        version = _VERSION[feed]
        text = transaction("837", number, version, body)
        out.append(_cut(text) if group[0][-1] else text)
    return out


def assemble_claims(
    feed: str, payloads: Iterable[tuple[Any, ...]], network: Network, moment: datetime
) -> str:
    """An 837 file: one interchange per payer, transactions by billing provider."""
    by_payer: dict[str, dict[str, list[tuple[Any, ...]]]] = {}
    for payload in payloads:
        by_payer.setdefault(payload[0], {}).setdefault(payload[1], []).append(payload)
    payers = _payers()
    out = []
    for place, payer_id in enumerate(sorted(by_payer)):
        sets: list[str] = []
        for facility in sorted(by_payer[payer_id]):
            sets += _claim_sets(
                feed,
                payers[payer_id],
                network.facilities[facility],
                by_payer[payer_id][facility],
                len(sets) + 1,
                moment,
            )
        control = int(f"{moment:%y%m%d}{'12'[feed == '837i']}{place + 1:02d}")
        out.append(
            interchange(
                sender="PRAIRIECH",
                receiver=payer_id,
                functional="HC",
                version=_VERSION[feed],
                moment=moment,
                control=control,
                transactions=sets,
            )
        )
    return "".join(out)


def assemble_remittances(
    payloads: Iterable[tuple[Any, ...]], network: Network, moment: datetime
) -> str:
    """An 835 file: one interchange per payer, a transaction per payment day and payee."""
    by_payer: dict[str, dict[tuple[str, str], list[tuple[Any, ...]]]] = {}
    for payload in payloads:
        by_payer.setdefault(payload[0], {}).setdefault((payload[2], payload[1]), []).append(payload)
    payers = _payers()
    out = []
    for place, payer_id in enumerate(sorted(by_payer)):
        payer = payers[payer_id]
        sets = []
        for number, (day, key) in enumerate(sorted(by_payer[payer_id]), start=1):
            group = by_payer[payer_id][day, key]
            facility = network.facilities[key]
            paid = sum(payload[3] for payload in group)
            check = f"{payer['prefix']}{day}{number:03d}"
            body = [
                seg(
                    "BPR",
                    "I" if paid > 0 else "H",
                    money(max(paid, 0)),
                    "C",
                    *(
                        (
                            "ACH",
                            "CCP",
                            "01",
                            "071000013",
                            "DA",
                            "1234567",
                            f"1{payer['id']:0>9}",
                            "",
                            "01",
                            "071000505",
                            "DA",
                            "7654321",
                        )
                        if paid > 0
                        else ("NON", "", "", "", "", "", "", "", "", "", "", "")
                    ),
                    day,
                ),
                seg("TRN", "1", check, f"1{payer['id']:0>9}"),
                seg("DTM", "405", day),
                seg("N1", "PR", plain(payer["name"]), "XV", payer["id"]),
                seg("N3", "1 PAYER PLAZA"),
                seg("N4", "LAKEMONT", "IL", "60101"),
                seg("PER", "BL", "PROVIDER LINE", "TE", "2925550100"),
                seg("N1", "PE", plain(facility.name), "XX", facility.npi),
                seg("REF", "TJ", facility.tax_id),
                seg("LX", "1"),
            ]
            for payload in group:
                body += payload[4]
            if paid < 0:
                # a negative payment is carried forward (1.10.2.12): FB
                body.append(seg("PLB", facility.npi, f"{day[:4]}1231", f"FB:{check}", money(paid)))
            sets.append(transaction("835", number, "", body))
        control = int(f"{moment:%y%m%d}3{place + 1:02d}")
        out.append(
            interchange(
                sender=payer_id,
                receiver="PRAIRIECH",
                functional="HP",
                version=_VERSION["835"],
                moment=moment,
                control=control,
                transactions=sets,
            )
        )
    return "".join(out)


def assemble_enrolment(payloads: Iterable[tuple[Any, ...]], moment: datetime) -> str:
    """An 834 file: one interchange per payer; first the full roster, later changes only."""
    by_payer: dict[str, dict[bool, list[tuple[Any, ...]]]] = {}
    for payload in payloads:
        by_payer.setdefault(payload[0], {}).setdefault(payload[1], []).append(payload)
    payers = _payers()
    out = []
    for place, payer_id in enumerate(sorted(by_payer)):
        payer = payers[payer_id]
        sets = []
        number = 0
        for full in (True, False):
            members = by_payer[payer_id].get(full, [])
            # a subscriber stands before the dependants (1.4.3); the sort is stable
            members = sorted(members, key=lambda one: (one[2], one[3][0].split("*")[1] == "N"))
            if not members:
                continue
            for at_ in range(0, len(members), 500):
                number += 1
                body = [
                    seg(
                        "BGN",
                        "00",
                        f"{payer['prefix']}{moment:%y%m%d}{number:03d}",
                        f"{moment:%Y%m%d}",
                        f"{moment:%H%M}",
                        "",
                        "",
                        "",
                        "4" if full else "2",
                    ),
                    seg("N1", "P5", "REGIONAL EMPLOYERS TRUST", "FI", "361234567"),
                    seg("N1", "IN", plain(payer["name"]), "XV", payer_id),
                ]
                for member in members[at_ : at_ + 500]:
                    body += member[3]
                sets.append(transaction("834", number, _VERSION["834"], body))
        control = int(f"{moment:%y%m%d}4{place + 1:02d}")
        out.append(
            interchange(
                sender="ENROLLHUB",
                receiver=payer_id,
                functional="BE",
                version=_VERSION["834"],
                moment=moment,
                control=control,
                transactions=sets,
            )
        )
    return "".join(out)
