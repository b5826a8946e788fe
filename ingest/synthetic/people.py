"""Who lives in the region: households, persons, and how a system's registration wrote them
down.

A household is the unit of generation: couples at one address, twins, a father and a son with one
name must be made together. What a system believes about a person (`Registration`) is the truth
with that system's gaps and flaws; nothing here knows a message format.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import accumulate
from random import Random
from typing import Any

from faker import Faker
from faker.providers.person.en_US import Provider as Names

from ingest.synthetic.parameters import parameters
from ingest.synthetic.randomness import Weighted, stream

NICKNAMES: dict[str, tuple[str, ...]] = {
    "William": ("Bill", "Will"),
    "Robert": ("Bob", "Rob"),
    "James": ("Jim", "Jimmy"),
    "John": ("Jack", "Johnny"),
    "Michael": ("Mike",),
    "Richard": ("Rick", "Dick"),
    "Thomas": ("Tom",),
    "Charles": ("Charlie", "Chuck"),
    "Joseph": ("Joe",),
    "Christopher": ("Chris",),
    "Daniel": ("Dan", "Danny"),
    "Matthew": ("Matt",),
    "Anthony": ("Tony",),
    "Donald": ("Don",),
    "Steven": ("Steve",),
    "Andrew": ("Andy", "Drew"),
    "Kenneth": ("Ken",),
    "Joshua": ("Josh",),
    "Edward": ("Ed", "Ted"),
    "Timothy": ("Tim",),
    "Ronald": ("Ron",),
    "Jeffrey": ("Jeff",),
    "Gregory": ("Greg",),
    "Benjamin": ("Ben",),
    "Samuel": ("Sam",),
    "Patrick": ("Pat",),
    "Alexander": ("Alex",),
    "Nicholas": ("Nick",),
    "Jonathan": ("Jon",),
    "Nathaniel": ("Nate",),
    "Zachary": ("Zach",),
    "Lawrence": ("Larry",),
    "Elizabeth": ("Liz", "Beth", "Betty"),
    "Jennifer": ("Jen", "Jenny"),
    "Patricia": ("Pat", "Patty"),
    "Margaret": ("Maggie", "Peggy"),
    "Katherine": ("Kate", "Kathy"),
    "Kathleen": ("Kathy",),
    "Deborah": ("Debbie", "Deb"),
    "Rebecca": ("Becky",),
    "Susan": ("Sue",),
    "Barbara": ("Barb",),
    "Jessica": ("Jess",),
    "Christina": ("Tina", "Chris"),
    "Victoria": ("Vicky",),
    "Samantha": ("Sam",),
    "Amanda": ("Mandy",),
    "Pamela": ("Pam",),
    "Cynthia": ("Cindy",),
    "Theresa": ("Terry",),
    "Melissa": ("Mel",),
    "Alexandra": ("Alex",),
    "Stephanie": ("Steph",),
    "Kimberly": ("Kim",),
    "Jacqueline": ("Jackie",),
    "Abigail": ("Abby",),
    "Catherine": ("Cathy",),
}
_ACCENTED = {
    "F": ("María", "Sofía", "Zoë", "Renée", "Inés", "Lucía", "Chloé", "Noémi"),
    "M": ("José", "Jesús", "André", "Björn", "Raúl", "Ángel", "Jürgen", "Víctor"),
    "family": ("Muñoz", "García", "Núñez", "Peña", "Müller", "Gutiérrez", "Lefèvre", "Søndergaard"),
}
_STREET_WORDS = {
    "Street": "St",
    "Avenue": "Ave",
    "Road": "Rd",
    "Drive": "Dr",
    "Lane": "Ln",
    "Court": "Ct",
    "Boulevard": "Blvd",
    "Place": "Pl",
    "Square": "Sq",
    "Terrace": "Ter",
    "Circle": "Cir",
    "Parkway": "Pkwy",
    "Highway": "Hwy",
}
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


@dataclass(slots=True)
class Address:
    """A home."""

    line: str
    city: str
    state: str
    postal_code: str
    county_fips: str


@dataclass(slots=True)
class Person:
    """One true person. Dates of change lie inside the simulated window or are None."""

    number: int
    person_id: str
    household_id: str
    family: str
    given: str
    middle: str
    suffix: str
    former_family: str
    birth_date: date
    sex: str
    ssn: str
    address: Address
    phone: str
    work_phone: str
    email: str
    race: str
    hispanic: bool
    language: str
    marital: str
    payer: dict[str, Any] | None
    member_id: str
    subscriber_number: int
    relationship: str
    deprivation: float
    twin_of: str = ""
    lives_alone: bool = False
    moved_on: date | None = None
    new_address: Address | None = None
    renamed_on: date | None = None
    new_family: str = ""
    rephoned_on: date | None = None
    new_phone: str = ""
    deceased: date | None = None

    def age_on(self, day: date) -> int:
        """Completed years on a day."""
        before = (day.month, day.day) < (self.birth_date.month, self.birth_date.day)
        return day.year - self.birth_date.year - before


@dataclass(slots=True)
class Registration:
    """What a system has written down about a person."""

    family: str
    given: str
    middle: str
    suffix: str
    birth_date: date | None
    sex: str
    ssn: str
    phone: str
    email: str
    address: Address | None
    member_id: str
    mrn: str


@dataclass(slots=True)
class Record:
    """A person's record in a system: its number, what it said before and after an update."""

    number: str
    first: Registration
    later: Registration | None = None
    updated_on: date | None = None
    duplicate: bool = False
    merged_into: str = ""
    merged_on: date | None = None
    extra: dict[str, str] = field(default_factory=dict)

    def on(self, day: date) -> Registration:
        """What the system believed on a day."""
        if self.later is not None and self.updated_on is not None and day >= self.updated_on:
            return self.later
        return self.first


class NamePool:
    """First and last names with their frequencies (Faker's), streets and cities, built once."""

    def __init__(self, seed: int) -> None:
        numbers = parameters()
        fake = Faker("en_US")
        fake.seed_instance(stream(seed, "places").randrange(2**31))
        self.given = {
            "M": Weighted(sorted(Names.first_names_male.items())),
            "F": Weighted(sorted(Names.first_names_female.items())),
        }
        self.family = Weighted(sorted(Names.last_names.items()))
        self.streets = [fake.street_name() for _ in range(numbers.streets)]
        self.counties = numbers.counties
        bounds = list(accumulate(county.share for county in self.counties))
        self._county_bounds = bounds
        self.cities = {
            county.fips: [
                (fake.city(), f"{county.zip}{place * 40 + index * 9 + 101:03d}")
                for index in range(numbers.cities_per_county)
            ]
            for place, county in enumerate(self.counties)
        }

    def county(self, chance: Random) -> Any:
        """A county by share of the population."""
        at = bisect(self._county_bounds, chance.random() * self._county_bounds[-1])
        return self.counties[min(at, len(self.counties) - 1)]

    def address(self, chance: Random, county: Any) -> Address:
        """A home in a county, one in four with a unit."""
        city, postal_code = chance.choice(self.cities[county.fips])
        line = f"{chance.randrange(1, 9900)} {chance.choice(self.streets)}"
        if chance.random() < parameters().population.flat:
            line += f" Apt {chance.randrange(1, 40)}{chance.choice('ABC')}"
        return Address(line, city, county.state, postal_code, county.fips)

    def phone(self, chance: Random, county: Any) -> str:
        """Ten digits in an area code that no region has (N9X codes are held for expansion)."""
        return f"{county.area}{chance.randrange(2, 10)}{chance.randrange(10**6):06d}"

    def given_name(self, chance: Random, sex: str) -> str:
        """A first name by frequency."""
        if chance.random() < parameters().population.accented_name:
            return chance.choice(_ACCENTED[sex])
        return self.given[sex].draw(chance)

    def family_name(self, chance: Random) -> str:
        """A last name by frequency."""
        if chance.random() < parameters().population.accented_name:
            return chance.choice(_ACCENTED["family"])
        return self.family.draw(chance)


def household_sizes(seed: int, patients: int) -> list[tuple[str, int]]:
    """(kind, size) of the households that together have exactly `patients` people."""
    numbers = parameters().population
    kinds = Weighted(numbers.household_kinds)
    children = Weighted(numbers.children_in_family)
    chance = stream(seed, "households")
    households: list[tuple[str, int]] = []
    left = patients
    while left > 0:
        kind = kinds.draw(chance)
        more = children.draw(chance)
        size = {
            "single": 1,
            "couple": 2,
            "elders": 2,
            "family": 2 + more,
            "single_parent": 1 + more,
            "father_son": 2,
            "twins": 4,
        }[kind]
        size = min(size, left)
        households.append((kind, size))
        left -= size
    return households


def _birth_date(chance: Random, until: date, youngest: int, oldest: int) -> date:
    days = chance.randrange(youngest * 365 + 40, (oldest + 1) * 365)
    return until - timedelta(days=days)


def _adult_birth_date(chance: Random, until: date) -> date:
    bands = parameters().population.adult_age
    band = Weighted([((low, high), share) for low, high, share in bands]).draw(chance)
    return _birth_date(chance, until, band[0], band[1])


def _ssn(number: int, seed: int) -> str:
    """A number no one can hold (area 9xx, group 01-49, neither SSN nor ITIN); unique by person."""
    scrambled = (number * 7919 + seed * 104729 + 12345) % 48_999_951
    area, rest = divmod(scrambled, 49 * 9999)
    group, serial = divmod(rest, 9999)
    return f"{900 + area % 100}{group + 1:02d}{serial + 1:04d}"


def build_household(
    *,
    pool: NamePool,
    seed: int,
    index: int,
    kind: str,
    size: int,
    first_number: int,
    start: date,
    until: date,
) -> list[Person]:
    """The people of a household, numbered from `first_number`."""
    numbers = parameters().population
    chance = stream(seed, "household", index)
    county = pool.county(chance)
    home = pool.address(chance, county)
    svi = county.svi[0]
    deprivation = min(max(chance.gauss(svi, numbers.deprivation_spread), 0.0), 1.0)
    surname = pool.family_name(chance)
    home_phone = pool.phone(chance, county)
    race = Weighted(numbers.race).draw(chance)
    hispanic = chance.random() < numbers.hispanic
    household_id = f"H{index + 1:07d}"
    people: list[Person] = []

    def add(
        *,
        sex: str,
        born: date,
        family: str = surname,
        given: str = "",
        suffix: str = "",
        former: str = "",
        marital: str = "S",
        twin_of: str = "",
    ) -> Person:
        number = first_number + len(people)
        adult = (until - born).days > 18 * 365
        given = given or pool.given_name(chance, sex)
        while any(given == other.given and not suffix for other in people):
            given = pool.given_name(chance, sex)
        middle = pool.given[sex].draw(chance) if chance.random() < numbers.middle_name else ""
        ascii_name = fold(f"{given}.{family}").lower().replace(" ", "").replace("'", "")
        has_email = adult and chance.random() < numbers.email
        person = Person(
            number=number,
            person_id=f"P{number:07d}",
            household_id=household_id,
            family=family,
            given=given,
            middle=middle,
            suffix=suffix,
            former_family=former,
            birth_date=born,
            sex=sex,
            ssn=_ssn(number, seed),
            address=home,
            phone=pool.phone(chance, county)
            if adult and chance.random() < numbers.own_telephone
            else home_phone,
            work_phone=pool.phone(chance, county)
            if adult and chance.random() < numbers.second_phone
            else "",
            email=f"{ascii_name}{number % 9973}@example.{chance.choice(('com', 'net', 'org'))}"
            if has_email
            else "",
            race=race,
            hispanic=hispanic,
            language="es" if hispanic and chance.random() < numbers.spanish_of_hispanic else "en",
            marital=marital,
            payer=None,
            member_id="",
            subscriber_number=number,
            relationship="18",
            deprivation=deprivation,
            twin_of=twin_of,
        )
        if chance.random() > numbers.ssn_known_to_somebody:
            person.ssn = ""
        people.append(person)
        return person

    def sex_of() -> str:
        return "F" if chance.random() < numbers.female else "M"

    def wife_names() -> tuple[str, str]:
        own = pool.family_name(chance)
        if chance.random() < numbers.same_surname_couple:
            kept = own if chance.random() < numbers.former_surname_of_married_women else ""
            return surname, kept
        return own, ""

    if kind == "single":
        person = add(sex=sex_of(), born=_adult_birth_date(chance, until))
        person.lives_alone = True
    elif kind in ("couple", "elders"):
        born = (
            _adult_birth_date(chance, until)
            if kind == "couple"
            else _birth_date(chance, until, *numbers.elder_age)
        )
        add(sex="M", born=born, marital="M")
        if size > 1:
            family, former = wife_names()
            latest = until - timedelta(days=18 * 365 + 30)
            other = min(born + timedelta(days=chance.randrange(-2200, 2200)), latest)
            add(sex="F", born=other, family=family, former=former, marital="M")
    elif kind == "father_son":
        born = _birth_date(chance, until, 46, 80)
        father = add(sex="M", born=born, suffix="Sr")
        if size > 1:
            son = born + timedelta(days=chance.randrange(20 * 365, 33 * 365))
            son = min(son, until - timedelta(days=30))
            add(sex="M", born=son, given=father.given, suffix="Jr")
    else:
        mother_born = _birth_date(chance, until, *numbers.parent_age)
        family, former = wife_names() if kind != "single_parent" else (surname, "")
        add(
            sex="F",
            born=mother_born,
            family=family,
            former=former,
            marital="D" if kind == "single_parent" else "M",
        )
        if kind != "single_parent" and len(people) < size:
            add(
                sex="M",
                born=mother_born + timedelta(days=chance.randrange(-2500, 1200)),
                marital="M",
            )
        youngest_parent = (until - mother_born).days // 365
        while len(people) < size:
            oldest = max(min(youngest_parent - 20, 17), 1)
            born = until - timedelta(days=chance.randrange(20, oldest * 365 + 20))
            if kind == "twins" and len(people) + 2 <= size:
                sex = sex_of()
                first = add(sex=sex, born=born)
                second_sex = sex if chance.random() < numbers.twins_of_same_sex else sex_of()
                given = ""
                if chance.random() < numbers.twins_with_same_initial:
                    alike = (pool.given_name(chance, second_sex) for _ in range(40))
                    given = next(
                        (
                            name
                            for name in alike
                            if name[0] == first.given[0] and name != first.given
                        ),
                        "",
                    )
                second = add(sex=second_sex, born=born, given=given, twin_of=first.person_id)
                first.twin_of = second.person_id
            else:
                add(sex=sex_of(), born=born)
    _insure(people, chance, until, deprivation)
    _change(people, pool, chance, county, start, until)
    return people


def _insure(people: list[Person], chance: Random, until: date, deprivation: float) -> None:
    numbers = parameters().payers
    by_kind: dict[str, Weighted[int]] = {}
    for kind in ("commercial", "medicare", "medicaid"):
        by_kind[kind] = Weighted(
            [(at, payer.share) for at, payer in enumerate(numbers.list) if payer.kind == kind]
        )
    family_kind = ""
    subscriber: Person | None = None
    for person in people:
        age = person.age_on(until)
        if age >= 66:
            kind = Weighted(numbers.senior).draw(chance)
        elif family_kind:
            kind = family_kind
            if age < 18 and kind == "none":
                kind = Weighted(numbers.child).draw(chance)
        elif age < 18:
            kind = Weighted(numbers.child).draw(chance)
        else:
            shift = deprivation - 0.5
            kind = Weighted(
                {
                    name: max(share + numbers.adult_per_deprivation[name] * shift, 0.01)
                    for name, share in numbers.adult.items()
                }
            ).draw(chance)
            family_kind = kind
        if kind == "none":
            continue
        if kind == "commercial" and subscriber is not None:
            adult_child = age >= 26 and person.marital != "M"
            if not adult_child:
                person.payer = subscriber.payer
                person.subscriber_number = subscriber.number
                person.relationship = "01" if person.marital == "M" else "19"
                person.member_id = subscriber.member_id
                continue
        person.payer = numbers.list[by_kind[kind].draw(chance)]
        person.member_id = f"{person.payer['prefix']}{300000000 + person.number * 3571 % 699999953}"
        if kind == "commercial" and subscriber is None:
            subscriber = person


def _change(
    people: list[Person], pool: NamePool, chance: Random, county: Any, start: date, until: date
) -> None:
    """Moves, new names, new telephones and deaths inside the window."""
    numbers = parameters().population
    days = (until - start).days
    years = days / 365.0
    if chance.random() < numbers.move_per_year * years:
        moved_on = start + timedelta(days=chance.randrange(days))
        new_county = (
            county if chance.random() < numbers.moves_within_county else pool.county(chance)
        )
        home = pool.address(chance, new_county)
        for person in people:
            person.moved_on = moved_on
            person.new_address = home
    for person in people:
        age = person.age_on(until)
        if (
            person.sex == "F"
            and 20 <= age < 60
            and chance.random() < numbers.surname_change_per_year * years
        ):
            person.renamed_on = start + timedelta(days=chance.randrange(days))
            person.new_family = pool.family_name(chance)
        if age >= 18 and chance.random() < numbers.phone_change_per_year * years:
            person.rephoned_on = start + timedelta(days=chance.randrange(days))
            person.new_phone = pool.phone(chance, county)


def fold(text: str) -> str:
    """Text without accents (`ø` becomes `o`)."""
    text = text.replace("ø", "o").replace("Ø", "O")
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def typo(chance: Random, text: str) -> str:
    """One slip of the fingers: a letter swapped, dropped, doubled or replaced."""
    if len(text) < 4:
        return text
    at = chance.randrange(1, len(text) - 1)
    kind = chance.randrange(4)
    if kind == 0:
        return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    if kind == 1:
        return text[:at] + text[at + 1 :]
    if kind == 2:
        return text[:at] + text[at] + text[at:]
    return text[:at] + chance.choice(_LETTERS) + text[at + 1 :]


class Registrar:
    """Writes people down as a system would, and tells which flaws it made."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def register(
        self, person: Person, system: str, *, number: str, mrn: str = "", copy: int = 0
    ) -> tuple[Record, list[tuple[str, str]]]:
        """A record of a person in a system, and the flaws (type, detail) it has."""
        numbers = parameters()
        asks = numbers.evidence[system]
        rates = numbers.flaws
        chance = stream(self._seed, "register", system, person.number, copy)
        flaws: list[tuple[str, str]] = []
        family, given = person.family, person.given
        if person.former_family and chance.random() < rates.maiden_name:
            family = person.former_family
            flaws.append(("maiden_name", "former surname registered"))
        if given in NICKNAMES and chance.random() < rates.nickname:
            given = chance.choice(NICKNAMES[given])
            flaws.append(("nickname", "short form of the first name"))
        if chance.random() < rates.typo_in_name:
            if chance.random() < 0.5:
                family = typo(chance, family)
            else:
                given = typo(chance, given)
            flaws.append(("typo", "name"))
        if chance.random() < rates.swapped_names:
            family, given = given, family
            flaws.append(("swapped_names", "first and last name swapped"))
        born: date | None = person.birth_date
        if chance.random() > asks.birth_date:
            born = None
            flaws.append(("missing_birth_date", "no birth date"))
        elif chance.random() < rates.birth_date_typo and born is not None:
            born = born + timedelta(days=chance.choice((-10, -1, 1, 10, 366, -365)))
            flaws.append(("typo", "birth date"))
        elif (
            chance.random() < rates.birth_day_month_swapped
            and born is not None
            and born.day <= 12
            and born.day != born.month
        ):
            born = born.replace(month=born.day, day=born.month)
            flaws.append(("typo", "day and month of birth swapped"))
        phone = person.phone if chance.random() < asks.phone else ""
        if phone and chance.random() < rates.phone_typo:
            at = chance.randrange(4, 10)
            phone = (
                phone[:at] + str((int(phone[at]) + 1 + chance.randrange(8)) % 10) + phone[at + 1 :]
            )
            flaws.append(("typo", "telephone"))
        address: Address | None = None
        if chance.random() < asks.address:
            address = self._write_address(chance, person.address, flaws)
        middle = person.middle if chance.random() < asks.middle else ""
        if middle and chance.random() < rates.middle_initial_only:
            middle = middle[0]
        sex = person.sex
        if chance.random() < rates.sex_missing:
            sex = ""
            flaws.append(("missing_sex", "no sex"))
        first = Registration(
            family=family,
            given=given,
            middle=middle,
            suffix=person.suffix if chance.random() >= rates.suffix_left_out else "",
            birth_date=born,
            sex=sex,
            ssn=person.ssn if chance.random() < asks.ssn else "",
            phone=phone,
            email=person.email if chance.random() < asks.email else "",
            address=address,
            member_id=person.member_id if chance.random() < asks.get("member", 0.0) else "",
            mrn=mrn if chance.random() < asks.get("mrn", 0.0) else "",
        )
        record = Record(number=number, first=first, duplicate=copy > 0)
        changes = [day for day in (person.moved_on, person.renamed_on, person.rephoned_on) if day]
        if changes and chance.random() < rates.learns_of_move[system]:
            later = replace(first)
            if person.new_address is not None and address is not None:
                later.address = self._write_address(chance, person.new_address, flaws)
            if person.new_family:
                later.family = person.new_family
            if person.new_phone and later.phone:
                later.phone = person.new_phone
            record.later = later
            record.updated_on = max(changes) + timedelta(
                days=chance.randrange(*rates.learns_within_days)
            )
        return record, flaws

    def _write_address(
        self, chance: Random, home: Address, flaws: list[tuple[str, str]]
    ) -> Address:
        rates = parameters().flaws
        line = home.line
        if chance.random() < rates.street_abbreviated:
            words = line.split(" ")
            line = " ".join(_STREET_WORDS.get(word, word) for word in words)
        if chance.random() < rates.typo_in_street:
            line = line[:4] + typo(chance, line[4:])
            flaws.append(("typo", "street"))
        return Address(line, home.city, home.state, home.postal_code, home.county_fips)
