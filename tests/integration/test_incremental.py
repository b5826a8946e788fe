"""What is built batch by batch, in any order and with repeats, equals a full refresh row for row.

``WELLSPRING_INCREMENTAL_SEED`` replays a run or tries another; `make incremental` is larger.
"""

from __future__ import annotations

import os
from pathlib import Path

from tests.ready.incremental import Size, run

SEED = int(os.environ.get("WELLSPRING_INCREMENTAL_SEED") or 20260630)


def test_any_batches_in_any_order_with_repeats_equal_a_full_refresh(tmp_path: Path) -> None:
    outcome = run(tmp_path, Size(patients=40, months=3, batches=2), SEED, thorough=False)
    assert outcome.relations > 200 and outcome.rows > 20_000, "too little was compared"
    assert not outcome.reordered, (
        f"seed {SEED}: what grew in batches is not what another order gives in one build\n"
        + "\n".join(map(str, outcome.reordered))
    )
