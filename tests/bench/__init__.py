"""Benchmarks: ours beside the library that users would otherwise pick, in one run, as ratios.

Each module here has ``bench() -> list[Figure]`` and runs alone too. Never a timed test: figures
are printed and written, nothing is asserted. ``make bench`` runs them all.
"""
