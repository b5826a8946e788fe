"""``make bench``: run every benchmark of this folder, or those named on the command line."""

from __future__ import annotations

import argparse
import importlib
from pathlib import Path

from ingest.home import Home
from tests.bench.report import Figure, write

HERE = Path(__file__).parent
BENCHES = sorted(
    path.stem
    for path in HERE.glob("*.py")
    if path.stem not in {"__init__", "__main__", "report", "staging"}
)


def main() -> None:
    """Run the chosen benchmarks one after another and report them together."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("benches", nargs="*", default=BENCHES, help=f"of {', '.join(BENCHES)}")
    chosen = parser.parse_args().benches
    figures: list[Figure] = []
    for name in chosen:
        figures += importlib.import_module(f"tests.bench.{name}").bench()
    write(figures, path=Home.from_env().root / "bench" / "results.json")


if __name__ == "__main__":
    main()
