"""Organizations, sites and practitioners of the region, with their panels."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from faker import Faker

from ingest.synthetic.catalogue import SPECIALTIES
from ingest.synthetic.parameters import parameters
from ingest.synthetic.randomness import stream


def npi(chance: Random) -> str:
    """Ten digits whose check digit is right (Luhn over the prefix 80840, 45 CFR 162.406)."""
    body = "1" + "".join(str(chance.randrange(10)) for _ in range(8))
    return body + check_digit(body)


def check_digit(body: str) -> str:
    """Luhn check digit of an NPI's first nine digits."""
    total = 24
    for place, char in enumerate(reversed(body)):
        digit = int(char)
        if place % 2 == 0:
            digit *= 2
            digit = digit - 9 if digit > 9 else digit
        total += digit
    return str(-total % 10)


@dataclass(frozen=True, slots=True)
class Facility:
    """A hospital of the group, a laboratory or a pharmacy."""

    key: str
    name: str
    npi: str
    tax_id: str
    address: str
    city: str
    state: str
    postal_code: str
    phone: str


@dataclass(frozen=True, slots=True)
class Practitioner:
    """A doctor: NPI, name, specialty, the hospital they work for."""

    npi: str
    family: str
    given: str
    specialty: str
    taxonomy: str
    department: str
    facility: str


@dataclass(frozen=True, slots=True)
class Network:
    """Everybody who gives care."""

    facilities: dict[str, Facility]
    by_specialty: dict[tuple[str, str], list[Practitioner]]

    def pick(self, chance: Random, facility: str, specialty: str) -> Practitioner:
        """A practitioner of a specialty at a hospital."""
        return chance.choice(self.by_specialty[facility, specialty])

    def all(self) -> list[Practitioner]:
        """Every practitioner, in a fixed order."""
        return [person for group in self.by_specialty.values() for person in group]


_FACILITIES = (
    ("NORTHSIDE", "Northside Medical Center"),
    ("RIVERSIDE", "Riverside Community Hospital"),
    ("REFLAB", "Eastern Reference Laboratory"),
    ("CORNERRX", "Corner Pharmacy"),
    ("CORNERRX2", "Corner Pharmacy West"),
)


def build_network(seed: int, patients: int) -> Network:
    """The network for a population of a size: at least two of each specialty at each hospital."""
    numbers = parameters().providers
    chance = stream(seed, "network")
    fake = Faker("en_US")
    fake.seed_instance(chance.randrange(2**31))
    counties = parameters().counties
    facilities = {}
    for place, (key, name) in enumerate(_FACILITIES):
        county = counties[place % len(counties)]
        facilities[key] = Facility(
            key=key,
            name=name,
            npi=npi(chance),
            tax_id=f"36{chance.randrange(10**7):07d}",
            address=f"{chance.randrange(100, 9900)} {fake.street_name()}",
            city=fake.city(),
            state=county.state,
            postal_code=f"{county.zip}{chance.randrange(1000):03d}",
            phone=f"{county.area}{chance.randrange(2, 10)}{chance.randrange(10**6):06d}",
        )
    by_specialty: dict[tuple[str, str], list[Practitioner]] = {}
    main = numbers.main_campus_share
    for facility, share in (("NORTHSIDE", main), ("RIVERSIDE", 1 - main)):
        for specialty, (taxonomy, department) in SPECIALTIES.items():
            if specialty in ("Family Medicine", "Internal Medicine", "Pediatrics"):
                count = max(
                    round(numbers.pcps_per_1000_patients / 3 * patients / 1000 * share),
                    numbers.least_pcps // 3,
                )
            else:
                count = max(round(numbers.per_specialty_per_1000 * patients / 1000 * share), 2)
            by_specialty[facility, specialty] = [
                Practitioner(
                    npi(chance),
                    fake.last_name(),
                    fake.first_name(),
                    specialty,
                    taxonomy,
                    department,
                    facility,
                )
                for _ in range(count)
            ]
    return Network(facilities, by_specialty)
