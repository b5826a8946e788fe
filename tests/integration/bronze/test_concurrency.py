"""Landers at the same time, and disks that refuse: each file lands exactly once all the same."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest import bronze
from ingest.errors import BronzeError
from ingest.home import Home

from .conftest import (
    assert_exactly_once,
    environment,
    fill_landing,
    hl7,
    start_lander,
)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_landers_at_once_land_everything_once(new_home: Callable[[str], Home], seed: int) -> None:
    home = new_home("home")
    written = fill_landing(home, seed=seed, files=40, records=200)
    landers = [start_lander(home, received_at="clock") for _ in range(3)]
    for lander in landers:
        _, errors = lander.communicate(timeout=120)
        assert lander.returncode in (0, 3), errors.decode()
    assert_exactly_once(home, written)


def test_landers_with_other_declarations_at_once_land_everything_once(
    new_home: Callable[[str], Home], tmp_path: Path
) -> None:
    """Each would write other bytes: the first entry decides, and nothing of the other stays."""
    home = new_home("home")
    written = fill_landing(home, seed=9, files=30, records=100)
    declaration = tmp_path / "sources.yml"
    declaration.write_text(
        "version: 1\nsources:\n  ehr:\n    owner: someone\n    feeds:\n"
        "      adt: {format: hl7v2, max_record_bytes: 50000}\n"
    )
    landers = [
        start_lander(home, received_at="clock", WELLSPRING_SOURCES=path)
        for path in ("", str(declaration), "")
    ]
    for lander in landers:
        _, errors = lander.communicate(timeout=120)
        assert lander.returncode in (0, 3), errors.decode()
    bronze.land(home=home)
    assert_exactly_once(home, written)


LIMITED = """
import resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, ({bytes}, {bytes}))
"""


@pytest.mark.parametrize("limit", [100, 1500, 6000])
def test_a_disk_that_takes_no_more_costs_nothing(
    new_home: Callable[[str], Home], limit: int
) -> None:
    """The kernel refuses to let any file grow beyond ``limit``: what fits lands, the rest waits."""
    home = new_home("home")
    written = fill_landing(home, seed=4, files=12, records=400)
    lander = start_lander(home, before=LIMITED.format(bytes=limit))
    _, errors = lander.communicate(timeout=120)
    assert lander.returncode == 1, errors.decode()
    assert b"TESTER" not in errors
    check = bronze.verify(home)
    assert check.problems == []
    report = bronze.land(home=home, received_at="mtime")
    assert report.count("failed") == 0
    assert_exactly_once(home, written)


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EIO, errno.EDQUOT])
@pytest.mark.parametrize("call", ["fsync", "link"])
def test_an_error_of_the_disk_is_told_and_the_file_stays(
    new_home: Callable[[str], Home], monkeypatch: pytest.MonkeyPatch, code: int, call: str
) -> None:
    home = new_home("home")
    path = home.landing / "ehr/adt/a.hl7"
    path.parent.mkdir(parents=True)
    path.write_bytes(hl7(3))

    def refuse(*_: object, **__: object) -> None:
        raise OSError(code, os.strerror(code))

    with monkeypatch.context() as patch:
        patch.setattr(f"ingest.bronze.store.os.{call}", refuse)
        report = bronze.land(home=home)
    assert report.exit_code == 1
    assert os.strerror(code) in report.files[0].message
    assert path.read_bytes() == hl7(3)
    assert not list(home.bronze.glob("ehr/adt/received_date=*/*.tmp"))
    assert bronze.land(home=home).landed == 3
    assert bronze.verify(home).problems == []


def test_a_bronze_folder_that_cannot_be_written_is_told_before_anything_is_read(
    new_home: Callable[[str], Home], monkeypatch: pytest.MonkeyPatch
) -> None:
    home = new_home("home")
    fill_landing(home, seed=1, files=2)

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(home.bronze))

    monkeypatch.setattr("ingest.bronze.store.Path.mkdir", refuse)
    with pytest.raises(BronzeError, match="Read-only file system"):
        bronze.land(home=home)


def test_a_landing_folder_that_cannot_be_written_keeps_its_originals(
    new_home: Callable[[str], Home], monkeypatch: pytest.MonkeyPatch
) -> None:
    home = new_home("home")
    path = home.landing / "ehr/adt/a.hl7"
    path.parent.mkdir(parents=True)
    path.write_bytes(hl7(3))

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    with monkeypatch.context() as patch:
        patch.setattr("ingest.bronze.intake.Path.rename", refuse)
        report = bronze.land(home=home)
    assert (report.landed, report.exit_code) == (3, 0)
    assert "could not be moved away" in report.files[0].warnings[0]
    assert path.exists()
    again = bronze.land(home=home)
    assert again.files[0].outcome == "already_landed"
    assert not path.exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes to read-only folders")
def test_a_read_only_folder_as_the_kernel_sees_it(new_home: Callable[[str], Home]) -> None:
    home = new_home("home")
    fill_landing(home, seed=1, files=2)
    for folder in (home.bronze, home.bronze / "_pending"):
        folder.mkdir(exist_ok=True)
        folder.chmod(0o555)
    try:
        with pytest.raises(BronzeError):
            bronze.land(home=home)
    finally:
        for folder in (home.bronze, home.bronze / "_pending"):
            folder.chmod(0o755)


def test_a_file_that_another_process_is_writing_lands_whole_in_the_end(
    new_home: Callable[[str], Home],
) -> None:
    home = new_home("home")
    folder = home.landing / "ehr/adt"
    folder.mkdir(parents=True)
    writer = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys, time\n"
            "with open(sys.argv[1], 'wb') as out:\n"
            "    for _ in range(10):\n"
            "        out.write(sys.argv[2].encode()); out.flush(); time.sleep(0.1)\n",
            str(folder / "slow.hl7"),
            hl7(1).decode(),
        ],
        env=environment(home),
    )
    landed = 0
    while writer.poll() is None:
        landed += bronze.land(home=home).landed
    assert landed in (0, 10)
    landed += bronze.land(home=home).landed
    assert landed == 10
    assert bronze.verify(home).files == 1
