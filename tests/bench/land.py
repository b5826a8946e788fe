"""Landing: megabytes a second and peak memory by format, and whether time grows with volume only.

``WELLSPRING_BENCH_MB`` sets the size of the files (default 1000), ``WELLSPRING_BENCH_LARGE_MB`` the
size of the large HL7 v2 and CSV files whose peak memory is measured too (default 4000; 0 leaves it
out). Each landing runs in a process of its own.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.bench.report import Figure

MEGABYTES = int(os.environ.get("WELLSPRING_BENCH_MB", "1000"))
LARGE = int(os.environ.get("WELLSPRING_BENCH_LARGE_MB", "4000"))
TARGETS = {"hl7v2": 60.0, "x12": 60.0, "fhir": 60.0, "csv": 100.0}


def _hl7v2(number: int) -> bytes:
    observations = b"".join(
        b"OBX|%d|NM|CODE%d^Analyte %d^L|1|%d.%d|mg/dL|3.0-9.0|N|||F|||20260601080000\r"
        % (each, each, each, (number + each) % 300, each % 10)
        for each in range(1, 21)
    )
    return (
        b"MSH|^~\\&|LIS|REFLAB|EHR|NORTHSIDE|20260601080000||ORU^R01^ORU_R01|%09d|P|2.5.1\r"
        b"PID|1||L%07d^^^REFLAB^PI||FAMILY%d^GIVEN^M||19%02d0101|F|||1 MAIN ST^^SPRINGFIELD^IL\r"
        b"ORC|RE|P%09d|F%09d|||||20260601080000\r"
        b"OBR|1|P%09d|F%09d|PANEL^Panel^L|||20260601073000|||||||||||||||20260601080000|||F\r"
        % (number, number % 50_000, number % 9_000, number % 90 + 10, *([number] * 4))
    ) + observations


def _csv(number: int) -> bytes:
    return (
        b"A%09d,SCH%06d,FAMILY%d,GIVEN,19%02d-01-01,F,217-555-%04d,1234567893,PROVIDER NAME,"
        b"CARDIOLOGY,MAIN CAMPUS,FOLLOW UP,2026-06-01 08:%02d,30,BOOKED,2026-05-01 10:00,,,"
        b"2026-05-02 10:00\n"
        % (number, number % 60_000, number % 9_000, number % 90 + 10, number % 10_000, number % 60)
    )


CSV_HEADER = (
    b"appointment_id,patient_number,last_name,first_name,dob,sex,phone,provider_npi,provider_name,"
    b"department,location,appointment_type,start_local,duration_minutes,status,booked_at,"
    b"cancelled_at,cancel_reason,updated_at\n"
)


def _fhir(number: int) -> bytes:
    return (
        json.dumps(
            {
                "resourceType": "Observation",
                "id": f"o{number}",
                "status": "final",
                "category": [{"coding": [{"system": "urn:x:category", "code": "laboratory"}]}],
                "code": {
                    "coding": [{"system": "http://loinc.org", "code": "2345-7"}],
                    "text": "Glucose",
                },
                "subject": {"reference": f"Patient/p{number % 50_000}"},
                "encounter": {"reference": f"Encounter/e{number % 90_000}"},
                "effectiveDateTime": "2026-06-01T07:30:00-05:00",
                "valueQuantity": {"value": number % 300, "unit": "mg/dL", "code": "mg/dL"},
            },
            separators=(",", ":"),
        ).encode()
        + b"\n"
    )


def _x12(number: int) -> bytes:
    claim = (
        f"ST*837*{number:09d}*005010X222A1~BHT*0019*00*{number}*20260601*0800*CH~"
        "NM1*41*2*CLINIC*****46*12345~PER*IC*OFFICE*TE*2175550100~NM1*40*2*PAYER*****46*67890~"
        "HL*1**20*1~NM1*85*2*CLINIC*****XX*1234567893~N3*1 MAIN ST~N4*SPRINGFIELD*IL*62701~"
        "REF*EI*123456789~HL*2*1*22*0~SBR*P*18*******CI~"
        f"NM1*IL*1*FAMILY{number % 9000}*GIVEN****MI*M{number}~"
        "N3*2 OAK ST~N4*SPRINGFIELD*IL*62701~DMG*D8*19700101*F~NM1*PR*2*PAYER*****PI*67890~"
        f"CLM*C{number}*150***11:B:1*Y*A*Y*Y~HI*ABK:E119*ABF:I10~LX*1~"
        "SV1*HC:G0463*100*UN*1***1~DTP*472*D8*20260601~LX*2~SV1*HC:G0008*50*UN*1***2~"
        "DTP*472*D8*20260601~"
    )
    return (claim + f"SE*{claim.count('~') + 1}*{number:09d}~").encode()


X12_HEADER = (
    b"ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *260601*0800*^*00501"
    b"*000000001*0*P*:~GS*HC*S*R*20260601*0800*1*X*005010X222A1~"
)

MAKERS: dict[str, tuple[str, str, bytes, Callable[[int], bytes]]] = {
    "hl7v2": ("lab", "oru", b"", _hl7v2),
    "x12": ("claims", "837p", X12_HEADER, _x12),
    "fhir": ("ehr", "fhir", b"", _fhir),
    "csv": ("scheduling", "appointments", CSV_HEADER, _csv),
}


def _pieces(format: str, megabytes: float) -> Iterator[bytes]:
    _, _, header, make = MAKERS[format]
    yield header
    left, number = megabytes * 1e6 - len(header), 0
    while left > 0:
        piece = b"".join(make(each) for each in range(number, number + 2_000))
        if len(piece) > left:  # whole records only
            few = max(1, int(left / (len(piece) / 2_000)))
            piece = b"".join(make(each) for each in range(number, number + few))
        number += 2_000
        left -= len(piece)
        yield piece
    if format == "x12":
        yield b"GE*1*1~IEA*1*000000001~"


CHILD = """
import json, resource, sys, time
from pathlib import Path
from ingest import bronze
from ingest.home import Home
from ingest.sources import load_sources
home = Home(Path(sys.argv[1]))
bronze.ensure_layout(home, load_sources())
started = time.perf_counter()
report = bronze.land(home=home, paths=[Path(sys.argv[2])], source=sys.argv[3], feed=sys.argv[4])
seconds = time.perf_counter() - started
[file] = report.files
assert file.outcome == "landed" and not file.quarantined, file.outcome
print(json.dumps({"seconds": seconds, "records": file.landed,
    "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
"""


def _measure(format: str, megabytes: float, folder: Path) -> dict[str, float]:
    source, feed, _, _ = MAKERS[format]
    path = folder / f"bench.{format}"
    with path.open("wb") as out:
        for piece in _pieces(format, megabytes):
            out.write(piece)
    # Another settle time than none would be measured with the landing.
    os.utime(path, (time.time() - 60, time.time() - 60))
    home = folder / "home"
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(home), str(path), source, feed],
        capture_output=True,
        text=True,
        check=True,
    )
    size = path.stat().st_size / 1e6
    shutil.rmtree(home)
    path.unlink()
    return {"megabytes": size, **json.loads(done.stdout)}


def bench() -> list[Figure]:
    """Throughput, peak memory and linearity of landing."""
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="wellspring-bench-") as name:
        folder = Path(name)
        for format, target in TARGETS.items():
            small = _measure(format, MEGABYTES / 10, folder)
            whole = _measure(format, MEGABYTES, folder)
            note = f"{whole['megabytes']:,.0f} MB, {whole['records']:,.0f} records"
            figures += [
                Figure(
                    "land", format, whole["megabytes"] / whole["seconds"], "MB/s", target, note=note
                ),
                Figure("land", f"{format} peak memory", whole["peak_mb"], "MB", 1000, False, note),
                Figure(
                    "land",
                    f"{format} time per record, 10 times the volume",
                    (whole["seconds"] / whole["records"]) / (small["seconds"] / small["records"]),
                    "×",
                    1.1,
                    False,
                ),
            ]
        for format in ("hl7v2", "csv") if LARGE else ():
            large = _measure(format, LARGE, folder)
            note = f"{large['megabytes']:,.0f} MB, {large['records']:,.0f} records"
            figures += [
                Figure(
                    "land",
                    f"{format}, large",
                    large["megabytes"] / large["seconds"],
                    "MB/s",
                    TARGETS[format],
                    note=note,
                ),
                Figure(
                    "land",
                    f"{format}, large, peak memory",
                    large["peak_mb"],
                    "MB",
                    1000,
                    False,
                    note,
                ),
            ]
    return figures
