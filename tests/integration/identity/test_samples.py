"""The model on data that nobody here made, by the command that anybody would use."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.ready.documentation_model import documentation_model

FEBRL = {
    "given": "given_name",
    "family": "surname",
    "birth_date": "date_of_birth",
    "ssn": "soc_sec_id",
    "address": ["street_number", "address_1"],
    "city": "suburb",
    "postal_code": "postcode",
    "state": "state",
    "attributes": ["address_2"],
}


def evaluate(*arguments: str) -> tuple[float, float, float]:
    command = Path(sys.executable).with_name("wellspring")
    done = subprocess.run(
        [str(command), "identity", "evaluate", *arguments], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
    last = done.stdout.strip().splitlines()[-1]
    found = re.fullmatch(r"precision (\S+) recall (\S+) f1 (\S+)", last)
    assert found, last
    return tuple(map(float, found.groups()))  # type: ignore[return-value]


@pytest.mark.parametrize("number", [1, 2])
def test_febrl_is_linked_almost_without_error(
    shared_samples: Path, tmp_path: Path, number: int
) -> None:
    import yaml

    columns = tmp_path / "map.yml"
    columns.write_text(yaml.safe_dump(FEBRL), encoding="utf-8")
    precision, _, f1 = evaluate(
        str(shared_samples / "matching" / "febrl" / f"dataset{number}.csv"),
        *("--id", "rec_id", "--truth", "rec_id", "--truth-pattern", "rec-([0-9]+)"),
        *("--columns", str(columns)),
    )
    assert precision >= 0.99
    assert f1 >= 0.99


def test_fake_1000_beats_the_model_of_splinks_documentation(shared_samples: Path) -> None:
    file = shared_samples / "matching" / "fake_1000" / "fake_1000.csv"
    _, _, f1 = evaluate(str(file), "--id", "unique_id", "--truth", "cluster")
    assert f1 >= documentation_model(file)
