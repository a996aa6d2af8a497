"""Disks that are too small, full, slow or read-only: a clear end, and nothing acknowledged is lost."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from symbench import cli
from symbench.journal.file import Journal
from tests.conftest import BEHAVIOURS
from tests.driver_process import Drivers


def mount(folder: Path, options: str) -> None:
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], capture_output=True, text=True)
    if made.returncode:
        pytest.skip(f"a file system of its own needs the right to mount one: {made.stderr.strip()}")


@pytest.fixture
def small_home(tmp_path: Path) -> Iterator[Callable[[str], Drivers]]:
    """A home on a file system of this size, which can be mounted anew with other options."""
    drivers = Drivers(tmp_path, seeds=3)

    def make(size: str) -> Drivers:
        drivers.home.root.mkdir()
        mount(drivers.home.root, f"size={size}")
        return drivers

    yield make
    subprocess.run(["umount", "-l", drivers.home.root], check=False, capture_output=True)


def remount(drivers: Drivers, options: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{options}", drivers.home.root], check=True)


SIZES = [
    "16k",
    pytest.param("40k", marks=pytest.mark.slow),
    "300k",
    pytest.param("1000k", marks=pytest.mark.slow),
    pytest.param("1400k", marks=pytest.mark.slow),
    pytest.param("2m", marks=pytest.mark.slow),
]


@pytest.mark.parametrize("size", SIZES)
def test_a_home_on_a_small_disk_ends_clearly_and_completes_when_there_is_room(
    small_home: Callable[[str], Drivers], size: str
) -> None:
    drivers = small_home(size)
    drivers.environment = {"SYMBENCH_TRACKING_WAIT": "3"}
    driver = drivers.start()
    _, said = driver.communicate(timeout=200)
    assert "Traceback" not in said
    if driver.returncode == 3:
        assert str(drivers.home.root) in said
        assert "No space left on device" in said
    else:  # there was room for all but MLflow, which waits
        assert driver.returncode == 0, said
        assert size in ("1000k", "1400k", "2m")
    acknowledged = list(drivers.journal.results())
    remount(drivers, "size=64m")
    drivers.environment = {}
    drivers.run()
    drivers.assert_each_once()
    assert list(drivers.journal.results())[: len(acknowledged)] == acknowledged
    assert (drivers.home.report("flow") / "report.html").exists()


def test_a_home_that_is_read_only(small_home: Callable[[str], Drivers]) -> None:
    """A run ends at once; what only reads still reads."""
    drivers = small_home("64m")
    drivers.run()
    lines = drivers.journal.path.read_bytes()
    remount(drivers, "ro")
    said = drivers.run("--fresh", code=3)
    assert f"cannot write {drivers.journal.path}: Read-only file system" in said
    assert "Traceback" not in said
    command = [sys.executable, "-m", "symbench.cli", "leaderboard", str(drivers.suite), "--plugin", str(BEHAVIOURS)]
    read = subprocess.run(
        [*command, "--home", str(drivers.home.root)], capture_output=True, text=True, timeout=100, check=False
    )
    assert read.returncode == 0, read.stderr
    assert "behave" in read.stdout
    command[3] = "sync"
    synced = subprocess.run(
        [*command, "--home", str(drivers.home.root)], capture_output=True, text=True, timeout=100, check=False
    )
    assert synced.returncode == 3, synced.stderr
    assert str(drivers.home.root) in synced.stderr
    assert "Traceback" not in synced.stderr
    remount(drivers, "rw")
    assert drivers.journal.path.read_bytes() == lines
    drivers.run()
    drivers.assert_each_once()


# --- every write in turn


class FullAt:
    """`os.fsync` that finds no room the n-th time that it is called."""

    def __init__(self, nth: int, fsync: Callable[[int], None]) -> None:
        self.left, self._fsync = nth, fsync

    def __call__(self, descriptor: int) -> None:
        self.left -= 1
        if self.left == 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._fsync(descriptor)


@pytest.mark.parametrize("every", [pytest.param(1, marks=pytest.mark.slow), 3])
def test_a_disk_that_is_full_at_any_write(
    tmp_path: Path, empty_store: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], every: int
) -> None:
    """Of the files that the home keeps, each in turn: the journal, the suite, the marker, the pages of the report."""
    fsync = os.fsync
    said = ""
    for nth in range(1, 60, every):
        folder = tmp_path / str(nth)
        folder.mkdir()
        drivers = Drivers(folder, seeds=1)
        drivers.home.root.mkdir()
        (drivers.home.root / "mlflow.db").write_bytes(empty_store.read_bytes())
        command = ["symbench", "run", str(drivers.suite), "--plugin", str(BEHAVIOURS), "--executor", "local"]
        monkeypatch.setattr(sys, "argv", [*command, "--home", str(drivers.home.root)])
        full = FullAt(nth, fsync)
        code, text = run_here(monkeypatch, capfd, full)
        said += text
        assert "Traceback" not in text
        assert not [path for path in drivers.home.root.rglob(".*") if path.is_file()], "no half file is left"
        if code == 3:
            assert "No space left on device" in text
            assert str(drivers.home.root) in text
            acknowledged = list(drivers.journal.results())
            assert run_here(monkeypatch, capfd, fsync)[0] == 0
            assert list(drivers.journal.results())[: len(acknowledged)] == acknowledged
        else:  # a file that the run can do without, or no such write
            assert code == 0, text
        drivers.assert_each_once()
        if full.left > 0:
            break
    else:
        raise AssertionError("the writes never ended")
    assert all(f"/{name}" in said for name in ("journal.jsonl", "report"))


def run_here(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], fsync: Callable[[int], None]
) -> tuple[int, str]:
    """Exit code and standard error of the command line in this process, with this `os.fsync`."""
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", fsync)
        try:
            cli.command()
            code = 0
        except SystemExit as ended:
            code = int(ended.code or 0)
    return code, capfd.readouterr().err


# --- a slow one

SLOW = """
import os, sys, time
fsync = os.fsync
def slow(descriptor):
    time.sleep(2.0)
    fsync(descriptor)
os.fsync = slow
from symbench.cli import main
main()
"""


@pytest.mark.slow
def test_a_disk_that_takes_two_seconds_to_confirm(tmp_path: Path, empty_store: Path) -> None:
    """What is reported as finished is on the disk, when the driver is killed at any moment."""
    drivers = Drivers(tmp_path, seeds=1)
    drivers.home.root.mkdir()
    (drivers.home.root / "mlflow.db").write_bytes(empty_store.read_bytes())
    command = [sys.executable, "-c", SLOW, "run", str(drivers.suite), "--plugin", str(BEHAVIOURS)]
    command += ["--executor", "local", "--home", str(drivers.home.root)]
    driver = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    drivers.until(driver, 2)
    driver.send_signal(signal.SIGKILL)
    driver.communicate()
    before = list(Journal(drivers.journal.path).results())
    assert 1 <= len(before) < drivers.trials
    ran = subprocess.run(command, capture_output=True, text=True, timeout=200, check=False)
    assert ran.returncode == 0, ran.stderr
    drivers.assert_each_once()
    assert list(drivers.journal.results())[: len(before)] == before
