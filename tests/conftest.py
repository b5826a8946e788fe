"""Fixtures that every test may use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the repository."""
    return REPOSITORY


@pytest.fixture(scope="session")
def shared_samples() -> Path:
    """Outside data that nobody here wrote; never copied into the project.

    Located by ``WELLSPRING_SHARED`` (default: ``../shared`` beside the repository). Without it the
    test is skipped on a laptop and fails in CI.
    """
    shared = Path(os.environ.get("WELLSPRING_SHARED") or REPOSITORY.parent / "shared")
    samples = shared / "samples"
    if not samples.is_dir():
        reason = f"outside samples not found in {shared}; set WELLSPRING_SHARED to their folder"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return samples
