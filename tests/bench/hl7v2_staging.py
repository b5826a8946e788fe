"""HL7 v2 from bronze to typed staging rows, against the parsers that Python has.

The same ORU messages of 20 OBX are landed, staged by the dbt models as they are (compiled by dbt,
run by DuckDB on two threads), and parsed by the libraries, which are asked for the same: for every
OBX its code, value, unit, status and time. Like the libraries' objects, the rows of the comparison
are in memory; what a warehouse file takes is measured beside it, for the four models of a message.

``WELLSPRING_BENCH_MESSAGES`` sets how many messages are staged (default 100000); the libraries get
as many as they can do in a few seconds, on one core, and their figure is given for two.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from ingest import bronze
from ingest.home import Home
from ingest.sources import load_sources
from tests.bench.report import Figure
from tests.bench.staging import CORES, compiled, engine, seconds_of

MESSAGES = int(os.environ.get("WELLSPRING_BENCH_MESSAGES", "100000"))
# What an ORU message becomes: header, patient, report, observations.
MODELS = ("messages", "pid", "obr", "obx")
OBX = "stg_hl7v2__obx"
# Values of OBX that everyone must deliver.
WANTED = (3, 5, 6, 11, 14)
CODES = (
    "GLU^Glucose^L^2345-7^Glucose^LN",
    "NA^Sodium^L^2951-2^Sodium^LN",
    "K^Potassium^L",
    "CRE^Creatinine^L^2160-0^Creatinine^LN",
    "HGB^Haemoglobin^L^718-7^Haemoglobin^LN",
)


def message(number: int) -> str:
    """The `number`th ORU^R01 with 20 OBX, about 1.9 kB, segments ended by CR."""
    at = f"2026{number % 6 + 1:02d}{number % 28 + 1:02d}{number % 24:02d}{number % 60:02d}"
    segments = [
        f"MSH|^~\\&|LIS|REFLAB|WELL|NORTH|{at}||ORU^R01^ORU_R01|M{number:08d}|P|2.5.1",
        f"PID|1||LAB{number % 50_000:06d}^^^REFLAB^PI||DOE^JANE^Q||19700101|F|||"
        "12 MAIN ST^^SPRINGFIELD^IL^62701||(217)555-0101",
        f"OBR|1|P{number}|A{number:09d}^REFLAB|BMP^Basic^L|||{at}|||||||||"
        f"1234567893^SMITH^ANN||||||{at}|||F",
    ]
    segments += [
        f"OBX|{each}|NM|{CODES[each % 5]}||{(number * each) % 2000 / 10}|mg/dL|70-100|N|||F|||{at}"
        for each in range(1, 21)
    ]
    return "\r".join(segments) + "\r"


def _staged(folder: Path) -> tuple[float, dict[str, float]]:
    """Seconds from bronze to OBX rows in memory, and of each model to a warehouse file."""
    home = Home(folder)
    landing = folder / "landing" / "lab" / "oru"
    landing.mkdir(parents=True)
    per_file = 25_000
    for first in range(0, MESSAGES, per_file):
        numbers = range(first, min(first + per_file, MESSAGES))
        text = "".join(map(message, numbers))
        (landing / f"oru_{first:09d}.hl7").write_text(text, newline="")
    sources = load_sources()
    bronze.ensure_layout(home, sources)
    bronze.land(home=home, received_at="clock", sources=sources)
    bronze.write_feed_registry(home, sources)

    names = [f"stg_hl7v2__{model}" for model in MODELS]
    queries = dict(zip(names, compiled(home, names, built_first=names[:1]), strict=True))
    with engine() as connection:
        # The best of three: the libraries are warm too.
        in_memory = min(seconds_of(connection, OBX, queries[OBX]) for _ in range(3))
        rows = connection.sql(f"select count(observed_at), count(value_number) from staging.{OBX}")
        assert rows.fetchone() == (20 * MESSAGES, 20 * MESSAGES), "rows are missing"
    with engine(folder / "bench.duckdb") as connection:
        written = {name: seconds_of(connection, name, query) for name, query in queries.items()}
    return in_memory, written


def _with_hl7apy(text: str) -> list[tuple[str, ...]]:
    from hl7apy.parser import parse_message

    parsed = parse_message(text, find_groups=False, force_validation=False)
    return [
        tuple(getattr(segment, f"obx_{field}").to_er7() for field in WANTED)
        for segment in parsed.children
        if segment.name == "OBX"
    ]


def _with_hl7(text: str) -> list[tuple[str, ...]]:
    import hl7

    return [tuple(str(segment(field)) for field in WANTED) for segment in hl7.parse(text)["OBX"]]


def _with_medforge(text: str) -> list[tuple[str, ...]]:
    import medforge

    return [
        tuple(str(segment[field]) for field in WANTED)
        for segment in medforge.parse(text).segments_by_name("OBX")
    ]


def _rate(parse: Callable[[str], list[tuple[str, ...]]], *, seconds: float = 4.0) -> float:
    """Messages a second on one core."""
    assert len(parse(message(1))) == 20, "the library does not see 20 OBX"
    started = time.perf_counter()
    number = 0
    while time.perf_counter() - started < seconds:
        parse(message(number))
        number += 1
    return number / (time.perf_counter() - started)


def bench() -> list[Figure]:
    """Messages a second of ours and of the libraries, and the ratios."""
    with tempfile.TemporaryDirectory() as folder:
        in_memory, written = _staged(Path(folder))
    name = "hl7v2_staging"
    ours = MESSAGES / in_memory
    figures = [
        Figure(
            name,
            "typed OBX rows from bronze",
            ours,
            "messages/s",
            target=60_000,
            note="20 OBX each, 2 cores",
        ),
        Figure(
            name,
            "OBX written to a warehouse",
            MESSAGES / written[OBX],
            "messages/s",
            note="2 cores",
        ),
        Figure(
            name,
            "MSH, PID, OBR, OBX written",
            MESSAGES / sum(written.values()),
            "messages/s",
            note="four models, 2 cores",
        ),
    ]
    for library, parse, target in (
        ("hl7apy", _with_hl7apy, 1000.0),
        ("hl7", _with_hl7, 20.0),
        ("medforge", _with_medforge, 1.0),
    ):
        rate = _rate(parse) * CORES
        figures += [
            Figure(name, library, rate, "messages/s", note="one core, times two"),
            Figure(name, f"ours over {library}", ours / rate, "times", target=target),
        ]
    return figures
