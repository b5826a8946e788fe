"""How long linkage takes, and on how much memory, for a region's worth of person records.

The people are drawn here, without messages: households with one name, address and telephone, each
person known to some systems with misspelt, shortened, missing and outdated details.
"""

from __future__ import annotations

import os
import resource
import shutil
import tempfile
import time
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
from faker.providers.person.en_US import Provider as Names

from ml.linkage import LinkageOptions, LinkageResult, link
from ml.linkage.measure import pairwise
from tests.bench.report import Figure

__all__ = ["bench", "draw_records"]

_SYSTEMS = ("ehr", "lab", "pharmacy", "claims", "scheduling", "billing", "public_health")
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def _misspelt(chance: Random, text: str) -> str:
    if len(text) < 3:
        return text
    at = chance.randrange(1, len(text) - 1)
    kind = chance.randrange(4)
    if kind == 0:
        return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    if kind == 1:
        return text[:at] + text[at + 1 :]
    if kind == 2:
        return text[:at] + chance.choice(_LETTERS) + text[at + 1 :]
    return text[:at] + chance.choice(_LETTERS) + text[at:]


def draw_records(
    people: int, *, seed: int = 1, rate: float = 1.0, systems: tuple[str, ...] = _SYSTEMS
) -> tuple[pa.Table, pa.Table]:
    """(person records as ``features.RECORD_SCHEMA`` wants them, truth: record_id, person)."""
    chance = Random(seed)
    given = {
        "M": [n.upper() for n in sorted(Names.first_names_male)],
        "F": [n.upper() for n in sorted(Names.first_names_female)],
    }
    family = [n.upper().replace("'", "") for n in sorted(Names.last_names)]
    weights = [Names.last_names[n] for n in sorted(Names.last_names)]
    streets = [f"{n} {k}" for n in family[:300] for k in ("ST", "AVE", "RD", "LN")]
    rows: list[dict] = []
    truth: list[tuple[str, int]] = []
    start = datetime(2025, 1, 1)
    person = 0
    while person < people:
        surname = chance.choices(family, weights)[0]
        address = f"{chance.randrange(1, 9999)} {chance.choice(streets)}"
        postal = f"{60000 + chance.randrange(900):05d}"
        phone = f"312{chance.randrange(10**7):07d}"
        twins_born: date | None = None
        for place in range(chance.choice((1, 1, 2, 2, 3, 4))):
            if person >= people:
                break
            sex = chance.choice("MF")
            first = chance.choice(given[sex])
            born = date(1930, 1, 1) + timedelta(days=chance.randrange(34000))
            if place >= 2 and twins_born and chance.random() < 0.1:
                born = twins_born
            twins_born = born
            ssn = f"{100000000 + person * 7919 % 560000000:09d}"
            mail = f"{first.lower()}.{surname.lower()}{person % 97}@example.com"
            own_phone = f"773{chance.randrange(10**7):07d}" if chance.random() < 0.6 else phone
            for system in systems:
                for copy in range(2 if chance.random() < 0.03 else 1):
                    if chance.random() > 0.96:
                        continue
                    record_id = f"{system}-{person}-{copy}"
                    birth = f"{born:%Y%m%d}"
                    if chance.random() < 0.008 * rate:
                        at = chance.randrange(2, 8)
                        birth = birth[:at] + str(chance.randrange(10)) + birth[at + 1 :]
                    name = first if chance.random() > 0.02 * rate else _misspelt(chance, first)
                    last = surname if chance.random() > 0.02 * rate else _misspelt(chance, surname)
                    if chance.random() < 0.004 * rate:
                        name, last = last, name
                    rows.append(
                        {
                            "record_id": record_id,
                            "source_system": system,
                            "id_authority": system.upper(),
                            "id_value": record_id,
                            "arrived_at": start + timedelta(minutes=chance.randrange(500_000)),
                            "given": name,
                            "family": last,
                            "birth_key": None
                            if system == "lab" and chance.random() < 0.03
                            else birth,
                            "sex": sex,
                            "ssn": ssn if chance.random() < 0.4 else None,
                            "phones": [own_phone] if chance.random() < 0.8 else [],
                            "emails": [mail] if chance.random() < 0.2 else [],
                            "address": address if chance.random() < 0.8 else None,
                            "postal_code": postal if chance.random() < 0.9 else None,
                        }
                    )
                    truth.append((record_id, person))
            person += 1
    return (
        pa.Table.from_pylist(rows),
        pa.table({"record_id": [r for r, _ in truth], "person": [p for _, p in truth]}),
    )


def bench() -> list[Figure]:
    """300,000 records of 45,000 people (``WELLSPRING_BENCH_PEOPLE`` varies it), then a day more.

    The day brings one record of a hundred; everything before it was linked with the model that is
    accepted by then.
    """
    people = int(os.environ.get("WELLSPRING_BENCH_PEOPLE", "45000"))
    records, truth = draw_records(people)
    full, result = _timed(records)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    measured = pairwise(result.clusters, truth)
    chance = Random(1)
    yesterday = records.filter(pa.array([chance.random() >= 0.01 for _ in range(len(records))]))
    with tempfile.TemporaryDirectory() as folder:
        index, today = Path(folder, "index.duckdb"), Path(folder, "today.duckdb")
        _timed(yesterday, reference=result.reference, index=index)
        days = []
        for _ in range(3):
            shutil.copyfile(index, today)
            days.append(_timed(records, reference=result.reference, index=today))
        day, by_day = min(days, key=lambda timed: timed[0])
    same = by_day.clusters.sort_by("record_id").equals(result.clusters.sort_by("record_id"))
    n = f"{records.num_rows:,} person records"
    goal = 180 if records.num_rows < 400_000 else 900
    return [
        Figure("linkage", "all linked", full, "s", goal, higher_is_better=False, note=n),
        Figure("linkage", "peak memory", peak, "GB", 4, higher_is_better=False),
        Figure("linkage", "pairwise precision", measured.precision, "", 0.999),
        Figure("linkage", "pairwise recall", measured.recall, "", 0.98),
        Figure(
            "linkage",
            "a day's 1 % / all",
            day / full,
            "",
            0.10,
            higher_is_better=False,
            note=f"{len(records) - len(yesterday):,} records in {day:.1f} s (best of three); "
            f"{'the same' if same else 'OTHER'} people as all at once",
        ),
    ]


def _timed(records: pa.Table, **known: Any) -> tuple[float, LinkageResult]:
    began = time.perf_counter()
    result = link(records, options=LinkageOptions(), **known)
    return time.perf_counter() - began, result
