"""Money: claims, what payers decide, and what patients are billed, from the charges of
encounters.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from ingest.synthetic.catalogue import SERVICES
from ingest.synthetic.model import Encounter, Life
from ingest.synthetic.parameters import parameters
from ingest.synthetic.randomness import stream
from ingest.synthetic.wire.times import at


@dataclass(slots=True)
class Line:
    """A service line: code, quantity, money in cents, and the charge (FT1-2) that it bills."""

    code: str
    quantity: int
    charge: int
    item: str
    contractual: int = 0
    deductible: int = 0
    coinsurance: int = 0
    copay: int = 0
    denied: int = 0

    @property
    def paid(self) -> int:
        """What the payer pays."""
        return (
            self.charge
            - self.contractual
            - self.deductible
            - self.coinsurance
            - self.copay
            - self.denied
        )


@dataclass(slots=True)
class Claim:
    """A claim as sent, and its remittance."""

    number: str
    use: str  # P professional, I institutional
    encounter: Encounter
    lines: list[Line]
    submitted_at: datetime
    frequency: str = "1"
    original_payer_number: str = ""
    payer_number: str = ""
    paid_on: date | None = None
    is_denied: bool = False
    replaced_by: str = ""
    reversal: bool = False

    @property
    def total(self) -> int:
        return sum(line.charge for line in self.lines)


@dataclass(slots=True)
class Bill:
    """An account: encounter, charges, claims, statements (when, insurance, adj, paid, due)."""

    encounter: Encounter
    total: int
    claims: list[Claim] = field(default_factory=list)
    statements: list[tuple[datetime, int, int, int, int]] = field(default_factory=list)


def charge_number(encounter: Encounter, place: int) -> str:
    """Patient accounting's number of an encounter's charge, counted from 1 (FT1-2)."""
    return f"T{encounter.account[1:]}{place:02d}"


def settle(life: Life, *, seed: int, until: date) -> list[Bill]:
    """Bills, claims and payments of everything that was charged to a person."""
    p = parameters()
    person = life.person
    chance = stream(seed, "finance", person.number)
    payer = person.payer
    kind = payer["kind"] if payer else ""
    deductible = 0
    if payer:
        low, high = p.claims.deductible_left[kind]
        deductible = int((low + chance.random() * (high - low)) * 100)
    bills = []
    count = 0
    for encounter in life.encounters:
        if encounter.cancelled or not encounter.charges:
            continue
        total = sum(SERVICES[code].cents * quantity for code, quantity in encounter.charges)
        bill = Bill(encounter, total)
        bills.append(bill)
        if encounter.end.date() > until:
            continue
        groups: list[tuple[str, list[Line]]] = []
        lines = [
            Line(code, quantity, SERVICES[code].cents * quantity, charge_number(encounter, place))
            for place, (code, quantity) in enumerate(encounter.charges, start=1)
        ]
        if encounter.kind == "AMB":
            groups.append(("P", lines))
        else:
            # the doctor bills apart: the daily care of a stay, a share of an emergency visit
            institutional, professional = [], []
            for one in lines:
                fee = 0
                if one.code == "WS303":
                    fee = one.charge
                elif one.code in ("WS201", "WS202", "WS203"):
                    fee = int(one.charge * p.claims.professional_share)
                if fee:
                    professional.append(Line(one.code, one.quantity, fee, f"{one.item}P"))
                if one.charge > fee:
                    institutional.append(Line(one.code, one.quantity, one.charge - fee, one.item))
            groups += [("I", institutional), ("P", professional)]
        for use, members in groups:
            if not payer or not members:
                continue
            count += 1
            number = f"C{person.number:06d}{count:03d}"
            submitted = at(
                encounter.end.date() + timedelta(days=chance.randrange(*p.claims.submit_days)),
                17 + chance.random() * 4,
            )
            claim = Claim(number, use, encounter, members[:48], submitted)
            roll = chance.random()
            claim.is_denied = roll < p.claims.denied
            deductible = _adjudicate(claim, kind, deductible, chance.random())
            claim.payer_number = f"{payer['prefix']}{person.number:06d}{count:03d}00"
            claim.paid_on = submitted.date() + timedelta(days=chance.randrange(*p.claims.pay_days))
            bill.claims.append(claim)
            again = claim.is_denied and chance.random() < p.claims.denied_then_replaced
            again = again or (not claim.is_denied and chance.random() < p.claims.replaced_otherwise)
            void = not again and not claim.is_denied and chance.random() < p.claims.voided
            if again or void:
                later = claim.paid_on + timedelta(days=chance.randrange(*p.claims.replaced_days))
                second = Claim(
                    f"{number}{'R' if again else 'V'}1",
                    use,
                    encounter,
                    [Line(one.code, one.quantity, one.charge, one.item) for one in claim.lines],
                    at(later, 17 + chance.random() * 4),
                    frequency="7" if again else "8",
                    original_payer_number=claim.payer_number,
                    payer_number=f"{payer['prefix']}{person.number:06d}{count:03d}01",
                )
                deductible = _adjudicate(second, kind, deductible, chance.random())
                second.reversal = void
                second.paid_on = later + timedelta(days=chance.randrange(*p.claims.pay_days))
                claim.replaced_by = second.number
                bill.claims.append(second)
        _statements(bill, chance.random(), chance.random(), until)
    return bills


def _adjudicate(claim: Claim, kind: str, deductible: int, roll: float) -> int:
    """Splits each charge between payer, contract and patient; returns the deductible left."""
    c = parameters().claims
    least, most = c.allowed_spread
    if claim.is_denied:
        for line in claim.lines:
            line.denied = line.charge
        return deductible
    copay_left = c.copay_cents[kind] if claim.use == "P" and claim.encounter.kind == "AMB" else 0
    for line in claim.lines:
        allowed = int(line.charge * c.allowed_share[kind] * (least + (most - least) * roll))
        line.contractual = line.charge - allowed
        preventive = line.code in ("G0439", "G0438", "WS104", "G0121", "WS405", "G0444")
        if preventive:
            continue
        line.deductible = min(deductible, allowed)
        deductible -= line.deductible
        allowed -= line.deductible
        line.copay = min(copay_left, allowed)
        copay_left -= line.copay
        allowed -= line.copay
        line.coinsurance = int(allowed * c.coinsurance[kind])
    return deductible


def _statements(bill: Bill, roll: float, share: float, until: date) -> None:
    """Statements every thirty days while a balance is due."""
    b = parameters().billing
    paid = 0
    moment = bill.encounter.end + timedelta(days=21)
    for number in range(b.most_statements):
        if moment.date() > until:
            return
        insurance = adjustments = 0
        for claim in bill.claims:
            if (
                claim.paid_on
                and claim.paid_on <= moment.date()
                and not claim.reversal
                and not (claim.replaced_by and claim.is_denied)
            ):
                insurance += sum(line.paid for line in claim.lines)
                adjustments += sum(line.contractual for line in claim.lines)
        balance = max(bill.total - insurance - adjustments - paid, 0)
        if number and paid == 0 and balance:
            if roll < b.paid_in_full and insurance + adjustments:
                paid = balance
            elif roll < b.paid_in_full + b.part_paid:
                paid = int(balance * (b.part[0] + (b.part[1] - b.part[0]) * share))
            balance = max(bill.total - insurance - adjustments - paid, 0)
        bill.statements.append((at(moment.date(), 20), insurance, adjustments, paid, balance))
        if not balance:
            return
        moment += timedelta(days=b.statement_cycle_days)
