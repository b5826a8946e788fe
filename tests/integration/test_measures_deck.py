"""The measures' published test cases, by the command that users run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.ready.measures_deck import Cell, compare, shifted

#: Expected out of the numerator, though what its data say is in it: see the measures' README.
CONTRADICTS_ITS_DEFINITION = "52d1f4f3"


def test_every_case_agrees_but_the_one_that_contradicts_its_definition(
    shared_samples: Path, tmp_path: Path
) -> None:
    deck = shared_samples.parent / "decks" / "ecqm"
    result = tmp_path / "result.json"
    done = subprocess.run(
        [
            *(sys.executable, "-m", "tests.ready.measures_deck", "--deck", str(deck)),
            *("--valuesets", str(deck / "valuesets.ndjson"), "--out", str(result)),
        ],
        env={**os.environ, "WELLSPRING_HOME": str(tmp_path / "home")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.is_file(), done.stdout[-3000:] + done.stderr[-3000:]
    outcome = json.loads(result.read_text(encoding="utf-8"))
    differing = {
        (measure["measure"], one["case"][:8])
        for measure in outcome["measures"]
        for one in measure["differing"]
    }
    assert differing <= {("CMS131", CONTRADICTS_ITS_DEFINITION)}
    assert outcome["cases"] == 516
    last = done.stdout.strip().splitlines()[-1]
    assert last == f"{outcome['agreeing']} of {outcome['cases']} cases agree"


def test_a_case_differs_when_one_population_of_one_group_does(tmp_path: Path) -> None:
    measure = tmp_path / "CMS1"
    wanted = {
        Cell("CMS1", "same", 1, "numerator"): (1, True),
        Cell("CMS1", "other", 1, "numerator"): (0, True),
        Cell("CMS1", "other", 2, "numerator"): (1, True),
        Cell("CMS1", "not graded", 1, "numerator"): (1, False),
    }
    have = {Cell("CMS1", "same", 1, "numerator"): 1}
    (outcome,) = compare(wanted, have, [measure])
    assert (outcome.cases, outcome.agreeing) == (2, 1)
    assert (outcome.positive, outcome.positive_agreeing) == (2, 1)
    assert [(one["case"], one["group"]) for one in outcome.differing] == [("other", 2)]


def test_shifting_moves_dates_and_renames_ids_but_no_codes() -> None:
    case = {
        "id": "7a4c9f0e-1111-4222-8333-444455556666",
        "birthDate": "2004-02-29",
        "effectivePeriod": {"start": "2026-01-01T00:00:00.000Z", "end": "2026-12"},
        "code": {"coding": [{"system": "http://loinc.org", "code": "2026-1"}]},
    }
    moved = shifted(case, 1)
    assert moved["birthDate"] == "2005-02-28"
    assert moved["effectivePeriod"] == {"start": "2027-01-01T00:00:00.000Z", "end": "2027-12"}
    assert moved["code"] == case["code"]
    assert moved["id"] != case["id"]
    assert moved["id"] == shifted(case, 1)["id"]
