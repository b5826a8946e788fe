"""837P from bronze to typed rows (parties, claims, lines, codes) beside Python's X12 readers.

pyx12 and x12sdk read a part of the same file on one core, as they are meant to be used: pyx12's
``X12ContextReader`` (loops by its maps, a few values of each), x12sdk's models. Ours are the
staging models of X12 as they are (compiled by dbt, run by DuckDB on two threads) with all their
values. Like the libraries' objects, the rows of the comparison are in memory; what a warehouse file
takes is measured beside it.
"""

from __future__ import annotations

import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ingest.bronze import ensure_layout, land, write_feed_registry
from ingest.home import Home
from ingest.sources import load_sources
from tests.bench.report import Figure
from tests.bench.staging import CORES, compiled, engine, seconds_of

CLAIMS = 60_000
CLAIMS_FOR_OTHERS = 400
CLAIMS_PER_SET = 500
#: As dbt builds them: one after another where one reads another, else two at a time.
WAVES = (
    ("stg_x12__segments",),
    ("stg_x12__transactions",),
    ("stg_x12__parties", "stg_x12__837_lines", "stg_x12__837_codes"),
    ("stg_x12__837_claims", "stg_x12__837_diagnoses"),
)
MODELS = [model for wave in WAVES for model in wave]
TARGET_TIMES_PYX12 = 50
#: What pyx12 is asked for: part of what our rows hold.
CLAIM_PATHS = (
    "CLM01",
    "CLM02",
    "CLM05-1",
    "CLM05-3",
    "HI01-2",
    "HI02-2",
    "2310B/NM103",
    "2310B/NM109",
)
LINE_PATHS = ("LX01", "SV101-2", "SV102", "SV104", "DTP[472]03", "REF[6R]02")

_HEAD = (
    "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       "
    "*260101*1200*^*00501*{control:09d}*0*P*:~\n"
    "GS*HC*SENDER*RECEIVER*20260101*1200*{control}*X*005010X222A1~\n"
)
_SET = (
    "ST*837*{number:04d}*005010X222A1~\nBHT*0019*00*{number}*20260101*1200*CH~\n"
    "NM1*41*2*EXCHANGE*****46*EXCHANGE~\nPER*IC*DESK*TE*2175550100~\nNM1*40*2*PAYER*****46*87726~\n"
    "HL*1**20*1~\nNM1*85*2*CLINIC*****XX*1234567893~\nN3*1 MAIN ST~\nN4*SPRINGFIELD*IL*627010001~\n"
    "REF*EI*361234567~\n"
)
_CLAIM = (
    "HL*{level}*1*22*0~\nSBR*P*18*GRP1******CI~\nNM1*IL*1*DOE*JANE****MI*M{claim:08d}~\n"
    "N3*2 OAK AVE~\nN4*SPRINGFIELD*IL*62702~\nDMG*D8*19800229*F~\nNM1*PR*2*PAYER*****PI*87726~\n"
    "CLM*C{claim:08d}*225***11:B:1*Y*A*Y*Y~\nHI*ABK:E119*ABF:I10~\n"
    "NM1*82*1*SMITH*ANN****XX*1234567893~\nPRV*PE*PXC*207Q00000X~\n"
    "LX*1~\nSV1*HC:99213*150*UN*1***1:2~\nDTP*472*D8*20260105~\nREF*6R*C{claim:08d}L1~\n"
    "LX*2~\nSV1*HC:83036*75*UN*1***1~\nDTP*472*D8*20260105~\nREF*6R*C{claim:08d}L2~\n"
)


def interchange(claims: int) -> str:
    """An 837P interchange of `claims` claims of two lines, `CLAIMS_PER_SET` to a set."""
    parts = [_HEAD.format(control=1)]
    sets = range(0, claims, CLAIMS_PER_SET)
    for number, first in enumerate(sets, start=1):
        body = _SET.format(number=number)
        size = min(CLAIMS_PER_SET, claims - first)
        body += "".join(
            _CLAIM.format(level=place + 2, claim=first + place) for place in range(size)
        )
        parts.append(f"{body}SE*{body.count('~') + 1}*{number:04d}~\n")
    parts.append(f"GE*{len(sets)}*1~\nIEA*1*000000001~\n")
    return "".join(parts)


def _seconds_of_ours(folder: Path) -> tuple[float, float]:
    """Seconds of all models into memory (the best of three), and into a warehouse file."""
    folder.mkdir(parents=True, exist_ok=True)
    home = Home(folder)
    sources = load_sources()
    ensure_layout(home, sources)
    write_feed_registry(home, sources)
    file = folder / "many.x12"
    file.write_text(interchange(CLAIMS))
    land(home=home, paths=[file], source="claims", feed="837p", sources=sources)
    queries = dict(zip(MODELS, compiled(home, MODELS), strict=True))
    in_memory = min(_seconds_of_models(queries, None) for _ in range(3))
    return in_memory, _seconds_of_models(queries, folder / "bench.duckdb")


def _seconds_of_models(queries: dict[str, str], file: Path | None) -> float:
    with engine(file) as connection, ThreadPoolExecutor(CORES) as pool:
        started = time.perf_counter()
        for wave in WAVES:
            list(pool.map(lambda name: seconds_of(connection.cursor(), name, queries[name]), wave))
        seconds = time.perf_counter() - started
        rows = connection.sql(
            """
            select count(claim_number), count(total_charge)
            from staging.stg_x12__837_claims
            """
        )
        assert rows.fetchone() == (CLAIMS, CLAIMS), "rows are missing"
    return seconds


def _seconds_of_pyx12(file: Path) -> float:
    import pyx12.error_handler
    import pyx12.params
    import pyx12.x12context

    start = time.perf_counter()
    with file.open() as stream:
        reader = pyx12.x12context.X12ContextReader(
            pyx12.params.params(), pyx12.error_handler.errh_null(), stream
        )
        for tree in reader.iter_segments("2300"):
            if tree.id != "2300":
                continue
            claim = [tree.get_value(path) for path in CLAIM_PATHS]
            assert claim[0], "pyx12 does not see the claim's number"
            for line in tree.select("2400"):
                assert [line.get_value(path) for path in LINE_PATHS][1], "nor the procedure"
    return time.perf_counter() - start


def _seconds_of_x12sdk(file: Path) -> float:
    from x12sdk.io import X12ModelReader

    start = time.perf_counter()
    with X12ModelReader(str(file)) as reader:
        for model in reader.models():
            for _ in model.claims():
                pass
    return time.perf_counter() - start


def bench() -> list[Figure]:
    """Claims a second of ours, pyx12 and x12sdk, and the ratios."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        small = folder / "few.x12"
        small.write_text(interchange(CLAIMS_FOR_OTHERS))
        pyx12 = CLAIMS_FOR_OTHERS / _seconds_of_pyx12(small)
        x12sdk = CLAIMS_FOR_OTHERS / _seconds_of_x12sdk(small)
        in_memory, written = _seconds_of_ours(folder / "home")
    ours = CLAIMS / in_memory
    what = f"837P of two lines; {CLAIMS:,} claims ours, {CLAIMS_FOR_OTHERS:,} the others'"
    return [
        Figure("x12_staging", "bronze to typed rows", ours, "claims/s", note=what),
        Figure("x12_staging", "written to a warehouse", CLAIMS / written, "claims/s"),
        Figure("x12_staging", "pyx12 context reader", pyx12, "claims/s"),
        Figure("x12_staging", "x12sdk models", x12sdk, "claims/s"),
        Figure("x12_staging", "ours to pyx12", ours / pyx12, "times", target=TARGET_TIMES_PYX12),
        Figure("x12_staging", "ours to x12sdk", ours / x12sdk, "times"),
    ]
