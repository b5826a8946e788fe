"""Where records go: which file, on which day, whole or broken, once or twice; and what is true
of them.

Systems hand their records to a `Drop` in the order of their lives. It decides the file (a month
of history or one of the last fourteen days), breaks and repeats some at the documented rates, and
notes for every fact which system carried it intact. A chunk of patients is written to one shard;
`files.py` puts the shards together.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from ingest.synthetic.parameters import parameters

LIVE_DAYS = 14

# feed -> (folder, file name by period)
FILES: dict[str, str] = {
    "ehr/adt": "ehr/adt/northside_adt_{period}.hl7",
    "ehr/oru_vitals": "ehr/oru_vitals/northside_vitals_{period}.hl7",
    "ehr/mdm": "ehr/mdm/northside_notes_{period}.hl7",
    "ehr/fhir": "ehr/fhir/{part}.{period}.ndjson",
    "lab/oru": "lab/oru/reflab_oru_{period}.hl7",
    "pharmacy/rde": "pharmacy/rde/orders_{period}.hl7",
    "pharmacy/rds": "pharmacy/rds/dispenses_{period}.hl7",
    "pharmacy/dispenses": "pharmacy/dispenses/daily_dispense_{period}.csv",
    "claims/837p": "claims/837p/837p_{period}.x12",
    "claims/837i": "claims/837i/837i_{period}.x12",
    "claims/835": "claims/835/835_{period}.x12",
    "claims/834": "claims/834/834_{period}.x12",
    "wearables/omh": "wearables/omh/datapoints_{period}.json",
    "wearables/daily_activity": "wearables/daily_activity/activity_{period}.csv",
    "public_health/vxu": "public_health/vxu/iis_vxu_{period}.hl7",
    "public_health/sdoh_screening": "public_health/sdoh_screening/sdoh_{period}.csv",
    "public_health/county_svi": "public_health/county_svi/county_svi_{period}.csv",
    "scheduling/siu": "scheduling/siu/siu_{period}.hl7",
    "scheduling/appointments": "scheduling/appointments/appointments_{period}.csv",
    "billing/dft": "billing/dft/dft_{period}.hl7",
    "billing/statements": "billing/statements/statements_{period}.csv",
}
HL7_FEEDS = frozenset(feed for feed, name in FILES.items() if name.endswith(".hl7"))
CSV_FEEDS = frozenset(feed for feed, name in FILES.items() if name.endswith(".csv"))


class Calendar:
    """The simulated window and the files that cover it."""

    def __init__(self, *, start: date, until: date) -> None:
        self.start = start
        self.until = until
        self.live_from = max(until - timedelta(days=LIVE_DAYS - 1), start)

    def period(self, day: date) -> str:
        """`202507` for history, `20260617` for the live days."""
        return f"{day:%Y%m%d}" if day >= self.live_from else f"{day:%Y%m}"

    def arrival(self, period: str) -> datetime:
        """When the file of a period reaches the landing folder (naive UTC)."""
        if len(period) == 8:
            last = datetime.strptime(period, "%Y%m%d")
        else:
            first = datetime.strptime(period, "%Y%m")
            following = (first + timedelta(days=32)).replace(day=1)
            border = datetime.combine(self.live_from, datetime.min.time())
            last = min(following, border) - timedelta(days=1)
        return last + timedelta(days=1, hours=10)


@dataclass(slots=True)
class Fact:
    """Something true, which systems may tell of."""

    kind: str
    fact_id: str
    person_id: str
    keys: tuple[str, str, str]
    status: str = ""
    value: str = ""
    unit: str = ""
    code: str = ""
    occurred_at: datetime | None = None
    systems: list[str] = field(default_factory=list)
    broken: bool = False

    def row(self) -> tuple[Any, ...]:
        """The row of truth/facts."""
        # the messages tell seconds, no more
        occurred = self.occurred_at.isoformat(timespec="seconds") if self.occurred_at else ""
        return (
            self.kind,
            self.fact_id,
            self.person_id,
            *self.keys,
            list(self.systems),
            self.status,
            self.value,
            self.unit,
            self.code,
            occurred,
            not self.systems and self.broken,
        )


class Drop:
    """The outbox of one chunk of patients."""

    def __init__(self, calendar: Calendar) -> None:
        self.calendar = calendar
        self.window_end = datetime.combine(calendar.until, datetime.min.time()) + timedelta(days=1)
        self.window_start = datetime.combine(calendar.start, datetime.min.time())
        self.records: dict[tuple[str, str, str], list[tuple[Any, ...]]] = {}
        self.facts: list[Fact] = []
        self.people: list[tuple[str, ...]] = []
        self.mentions: dict[tuple[str, str, str, str], None] = {}
        self.flaws: list[tuple[str, ...]] = []
        self.person_no = 0
        self.person_id = ""
        self.chance = Random(0)
        self._sequence = 0
        self._told: dict[tuple[str, ...], Fact] = {}
        flaw_rates = parameters().flaws
        self._malformed: float = flaw_rates.malformed
        self._resent: float = flaw_rates.malformed_resent
        self._repeated: float = flaw_rates.repeated
        self._repeated_days: list[int] = flaw_rates.repeated_days

    def begin(self, number: int, person_id: str, chance: Random) -> None:
        """The records that follow are of this person."""
        self.person_no, self.person_id, self.chance = number, person_id, chance
        self._sequence = 0
        self._told.clear()

    def fact(self, fact: Fact) -> Fact:
        """Registers a fact; it counts once a record carries it."""
        self.facts.append(fact)
        return fact

    def told(
        self,
        kind: str,
        *keys: str,
        value: str = "",
        unit: str = "",
        code: str = "",
        occurred_at: datetime | None = None,
    ) -> Fact:
        """The fact of this person with these keys, registered when a record first tells of it."""
        known = self._told.get((kind, *keys))
        if known is None:
            name = "/".join((kind, self.person_id, *keys))
            one, two, three = (*keys, "", "")[:3]
            known = self.fact(
                Fact(
                    kind,
                    name,
                    self.person_id,
                    (one, two, three),
                    value=value,
                    unit=unit,
                    code=code,
                    occurred_at=occurred_at,
                )
            )
            self._told[kind, *keys] = known
        return known

    def flaw(
        self,
        kind: str,
        system: str,
        feed: str = "",
        file_name: str = "",
        locator: str = "",
        fact_id: str = "",
        detail: str = "",
    ) -> None:
        """Notes a flaw for truth/flaws."""
        self.flaws.append((kind, system, feed, file_name, locator, self.person_id, fact_id, detail))

    def file_name(self, feed: str, period: str, part: str = "") -> str:
        """Path of a file below the landing folder."""
        return FILES[feed].format(period=period, part=part)

    def _put(self, feed: str, sent: datetime, payload: Any, part: str) -> str:
        period = self.calendar.period(sent.date())
        self._sequence += 1
        self.records.setdefault((feed, period, part), []).append(
            (
                int(sent.timestamp() if sent.tzinfo else (sent - _EPOCH).total_seconds()),
                self.person_no,
                self._sequence,
                payload,
            )
        )
        return self.file_name(feed, period, part)

    def send(
        self,
        feed: str,
        sent: datetime,
        payload: Any,
        *,
        facts: Sequence[tuple[Fact, dict[str, Any]]] = (),
        who: Iterable[tuple[str, str]] = (),
        locator: str = "",
        part: str = "",
        whole: bool = False,
    ) -> bool:
        """Hands over a record that its system sends at `sent`; False when that is after the window.

        `facts` are the facts it carries with what is known once it has arrived; `who` the
        (authority, number) pairs of the people it names; `whole` keeps it from being broken.
        """
        if sent >= self.window_end:
            return False
        sent = max(sent, self.window_start)
        chance = self.chance
        system = feed.split("/", 1)[0]
        roll = chance.random()
        # a broken point inside a JSON array would spoil the whole month of points
        in_array = feed == "wearables/omh" and sent.date() < self.calendar.live_from
        if roll < self._malformed and not whole and not in_array:
            broken, kind = self._break(feed, payload)
            name = self._put(feed, sent, broken, part)
            self.flaw(
                "malformed", system, feed, name, locator, facts[0][0].fact_id if facts else "", kind
            )
            for fact, _ in facts:
                fact.broken = True
            if chance.random() >= self._resent:
                return True
            sent = sent + timedelta(days=chance.randrange(1, 4))
            if sent >= self.window_end:
                return True
        name = self._put(feed, sent, payload, part)
        for authority, number in who:
            self.mentions[system, authority, number, self.person_id] = None
        for fact, known in facts:
            if system not in fact.systems:
                fact.systems.append(system)
            if _RANK.get(known.get("status", ""), 9) < _RANK.get(fact.status, 0):
                continue  # an earlier state that another system tells later
            for key, value in known.items():
                setattr(fact, key, value)
        if roll > 1.0 - self._repeated and not whole:
            again = sent + timedelta(days=chance.randrange(*self._repeated_days))
            if again < self.window_end and self.calendar.period(
                again.date()
            ) != self.calendar.period(sent.date()):
                second = self._put(feed, again, payload, part)
                self.flaw(
                    "repeated",
                    system,
                    feed,
                    second,
                    locator,
                    facts[0][0].fact_id if facts else "",
                    f"first sent in {name}",
                )
        return True

    def _break(self, feed: str, payload: Any) -> tuple[Any, str]:
        chance = self.chance
        if feed in HL7_FEEDS:
            kinds = ["header_cut", "message_cut", "no_message_type"]
            if feed != "lab/oru":  # every byte is a character in Latin-1
                kinds.append("not_decodable")
            kind = chance.choice(kinds)
            lines = payload.split("\r")
            head = lines[0].split("|")
            if kind == "header_cut":
                return "|".join(head[:4]) + "\r", kind
            if kind == "no_message_type":
                head[8] = ""
                return "|".join(head) + "\r", kind
            at = next((place for place, line in enumerate(lines) if line.startswith("PID|")), None)
            if kind == "message_cut" or at is None:
                stop = 1 if at is None else at
                kept = lines[:stop]
                if at is not None:
                    kept.append("|".join(lines[at].split("|")[:4]))
                return "\r".join(kept) + "\r", "message_cut"
            fields = lines[at].split("|")
            if len(fields) > 5:
                fields[5] = "\udcff\udcfe" + fields[5]
            lines[at] = "|".join(fields)
            return "\r".join(lines), kind
        if feed in CSV_FEEDS:
            cells = payload.rstrip("\n").split(",")
            return ",".join(cells[: max(len(cells) // 2, 2)]) + "\n", "row_cut"
        if feed.startswith("claims/"):
            return (*payload[:-1], True), "transaction_cut"
        return payload[: len(payload) * 3 // 5].rstrip("\n") + "\n", "json_cut"


_EPOCH = datetime(1970, 1, 1)
# how far a laboratory result has come, whoever tells it
_RANK = {"preliminary": 1, "final": 2, "corrected": 3, "cancelled": 3}
