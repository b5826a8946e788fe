"""What happens in a person's life with the health system: plain records, no formats, times
naive UTC.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from ingest.synthetic.catalogue import Drug, LabTest, Panel, Vaccine
from ingest.synthetic.people import Person
from ingest.synthetic.providers import Practitioner


@dataclass(slots=True)
class Condition:
    """A chronic disease of a person."""

    group: str
    code: str
    onset: date


@dataclass(slots=True)
class Diagnosis:
    """A diagnosis made at an encounter, the first being the principal one."""

    code: str
    chronic: bool


@dataclass(slots=True)
class Done:
    """A procedure that was done."""

    code: str
    performed_at: datetime


@dataclass(slots=True)
class Kept:
    """An entry of the health-maintenance list: what was done on which day (`UPKEEP`), its value."""

    code: str
    done_on: date
    value: float | None = None


@dataclass(slots=True)
class Result:
    """One analyte of an order: value in the canonical unit, and what went wrong with it."""

    test: LabTest
    value: float | None
    text: str
    interpretation: str
    wrong_value: float | None = None
    cancelled: bool = False
    preliminary: bool = False


@dataclass(slots=True)
class LabOrder:
    """An order of a panel, its specimen and its results."""

    placer: str
    filler: str
    panel: Panel
    ordered_at: datetime
    collected_at: datetime
    resulted_at: datetime
    corrected_at: datetime | None
    late_days: int
    practitioner: Practitioner
    facility: str
    visit_number: str
    si_units: bool
    ifcc: bool
    has_loinc: bool
    results: list[Result]


@dataclass(slots=True)
class Fill:
    """A dispensing: 0 is the first fill."""

    number: int
    filled_at: datetime
    sold_at: datetime | None
    quantity: float
    days: int
    reversed: bool


@dataclass(slots=True)
class Prescription:
    """A prescription and its fills."""

    order_number: str
    rx_number: str
    drug: Drug
    written_at: datetime
    practitioner: Practitioner
    facility: str
    visit_number: str
    quantity: float
    days: int
    refills: int
    chronic: bool
    at_pharmacy: bool
    fills: list[Fill] = field(default_factory=list)


@dataclass(slots=True)
class Encounter:
    """A visit or a stay."""

    visit_number: str
    account: str
    facility: str
    kind: str  # AMB, EMER, IMP
    department: str
    practitioner: Practitioner
    start: datetime
    end: datetime
    reason: str
    diagnoses: list[Diagnosis] = field(default_factory=list)
    vitals: list[tuple[str, float, str]] = field(default_factory=list)
    procedures: list[Done] = field(default_factory=list)
    upkeep: list[Kept] = field(default_factory=list)
    charges: list[tuple[str, int]] = field(default_factory=list)
    disposition: str = "01"
    admit_source: str = "1"
    appointment_id: str = ""
    cancelled: bool = False
    has_note: bool = False
    video: bool = False
    readmission: bool = False


@dataclass(slots=True)
class Appointment:
    """A booked slot and what became of it, as changes in time: (when, event, start)."""

    number: str
    practitioner: Practitioner
    facility: str
    kind: str
    minutes: int
    booked_at: datetime
    start: datetime
    status: str
    cancelled_at: datetime | None = None
    cancel_reason: str = ""
    rescheduled_at: datetime | None = None
    first_start: datetime | None = None
    deleted: bool = False


@dataclass(slots=True)
class Dose:
    """A vaccine dose."""

    vaccine: Vaccine
    given_on: date
    given_at: datetime
    lot: str
    historical: bool
    refused: bool
    site: str
    practitioner: Practitioner


@dataclass(slots=True)
class Screening:
    """A social-needs screening: (question index, answer index)."""

    number: str
    screened_at: datetime
    organization: str
    answers: list[tuple[int, int]]


@dataclass(slots=True)
class Life:
    """Everything that happened to one person inside the window."""

    person: Person
    conditions: list[Condition]
    smoker: bool
    allergies: list[tuple[int, date]]
    pcp: Practitioner
    northside: bool
    riverside: bool
    height_cm: float
    encounters: list[Encounter] = field(default_factory=list)
    orders: list[LabOrder] = field(default_factory=list)
    prescriptions: list[Prescription] = field(default_factory=list)
    appointments: list[Appointment] = field(default_factory=list)
    doses: list[Dose] = field(default_factory=list)
    screenings: list[Screening] = field(default_factory=list)
