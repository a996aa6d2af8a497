"""The file of the SQLite store: whole or not there, whatever kills the process that makes it."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from symbench.leaderboard import leaderboard
from symbench.tracking import Store, SyncMarker, sync
from symbench.tracking.client import open_client
from symbench.tracking.sqlite_store import number_of
from symbench.trial.result import TrialResult
from tests.servers import wait_for
from tests.tracking.conftest import identities, once_each

# Opens a store in a process of its own for each line that it reads: with MLflow imported, only the tables take time.
OPENER = """
import os, sys
from symbench.tracking.client import open_client
open_client("sqlite:///" + sys.argv[1] + "/warm.db")
for line in sys.stdin:
    child = os.fork()
    if not child:
        open_client("sqlite:///" + sys.argv[1] + "/mlflow.db")
        os._exit(0)
    print(child, flush=True)
    print(os.waitpid(child, 0)[1], flush=True)
"""


class Opener:
    """Opens `mlflow.db` of a folder in processes that can be killed."""

    def __init__(self, folder: Path) -> None:
        self.store = folder / "mlflow.db"
        self._process = subprocess.Popen(
            [sys.executable, "-c", OPENER, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def open(self, kill_at: float | None = None) -> None:
        """Open the store in a new process, and kill it when the file has so many bytes."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        before = set(self.in_work())
        self._process.stdin.write("open\n")
        self._process.stdin.flush()
        pid = int(self._process.stdout.readline())
        if kill_at is not None:
            wait_for(lambda: self.store.exists() or self._bytes(before) >= kill_at, "so much of a store", poll=0.001)
            with contextlib.suppress(ProcessLookupError):  # it may be complete
                os.kill(pid, signal.SIGKILL)
        assert int(self._process.stdout.readline()) in (0, signal.SIGKILL)

    def _bytes(self, before: set[Path]) -> int:
        with contextlib.suppress(FileNotFoundError):
            return sum(path.stat().st_size for path in self.in_work() if path not in before)
        return -1

    def in_work(self) -> list[Path]:
        """The files of a store that is being made, or was when its process was killed."""
        return list(self.store.parent.glob(".mlflow.db.*"))

    def close(self) -> None:
        self._process.communicate()


@pytest.fixture
def opener(tmp_path: Path) -> Iterator[Opener]:
    opened = Opener(tmp_path)
    yield opened
    opened.close()


def test_a_kill_at_any_moment_of_table_making_leaves_no_broken_store(
    opener: Opener, tmp_path: Path, results: list[TrialResult]
) -> None:
    """Twelve moments, by how much of the file there is."""
    opener.open()
    whole = opener.store.stat().st_size
    opener.store.unlink()
    killed = 0
    for moment in range(12):
        opener.open(kill_at=whole * moment / 12)
        killed += not opener.store.exists()
        opener.store.unlink(missing_ok=True)
    assert killed >= 10
    assert opener.in_work()
    uri = f"sqlite:///{opener.store}"
    assert sync(uri, "killed", results, leaderboard(results)) == len(results)
    assert identities(uri, "killed") == once_each(results)
    assert not opener.in_work(), "what was left is removed"
    assert not list(tmp_path.glob("*.broken-*"))


def half_made(file: Path) -> None:
    """MLflow's first tables, without the others."""
    from mlflow.store.tracking.dbmodels.initial_models import Base
    from sqlalchemy import create_engine

    engine = create_engine(f"sqlite:///{file}")
    Base.metadata.create_all(engine)
    engine.dispose()


def half_migrated(file: Path) -> None:
    half_made(file)
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
        connection.execute("INSERT INTO alembic_version VALUES ('451aebb31d03')")
        connection.commit()


def zeros(file: Path) -> None:
    """A file system after a power failure: the length was written, the content was not."""
    file.write_bytes(bytes(20_000))


def overwritten(file: Path) -> None:
    open_client(f"sqlite:///{file}")
    content = bytearray(file.read_bytes())
    content[100:30_000] = b"\xff" * 29_900
    file.write_bytes(content)


@pytest.mark.parametrize("breaks", [half_made, half_migrated, zeros, overwritten])
def test_a_broken_store_is_set_aside_and_filled_from_the_results(
    tmp_path: Path, results: list[TrialResult], caplog: pytest.LogCaptureFixture, breaks: Callable[[Path], None]
) -> None:
    file = tmp_path / "mlflow.db"
    breaks(file)
    broken = file.read_bytes()
    uri = f"sqlite:///{file}"
    assert sync(uri, "s", results, leaderboard(results)) == len(results)
    assert identities(uri, "s") == once_each(results)
    (aside,) = tmp_path.glob("mlflow.db.broken-*")
    assert aside.read_bytes() == broken
    assert f"the MLflow store {file} is broken" in caplog.text
    assert aside.name in caplog.text


def a_table(file: Path) -> None:
    file.write_text("a,b\n1,2\n" * 100)


def another_program(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE notes (text TEXT)")
        connection.commit()


@pytest.mark.parametrize("write", [a_table, another_program])
def test_files_of_other_programs_are_left_alone(tmp_path: Path, write: Callable[[Path], None]) -> None:
    file = tmp_path / "table.csv"
    write(file)
    content = file.read_bytes()
    with pytest.raises(sqlite3.DatabaseError, match=r"no SQLite file|another program"):
        open_client(f"sqlite:///{file}")
    assert file.read_bytes() == content
    assert not list(tmp_path.glob("*.broken-*"))


def test_an_empty_file_becomes_a_store(tmp_path: Path) -> None:
    file = tmp_path / "mlflow.db"
    file.touch()
    assert Store(f"sqlite:///{file}", "s").keys() == set()
    assert not list(tmp_path.glob("*.broken-*"))


def test_the_marker_does_not_hold_for_a_store_that_was_made_anew(tmp_path: Path, empty_store: Path) -> None:
    file, journal = tmp_path / "mlflow.db", tmp_path / "journal.jsonl"
    journal.write_text("{}\n")
    open_client(f"sqlite:///{file}")
    marker = SyncMarker(tmp_path, f"sqlite:///{file}", journal, "suite")
    marker.mark_current()
    assert marker.is_current()
    shutil.copy(file, tmp_path / "copy.db")
    assert number_of(file) == number_of(tmp_path / "copy.db")
    file.unlink()
    assert not marker.is_current()
    open_client(f"sqlite:///{file}")
    assert not marker.is_current()
    shutil.move(tmp_path / "copy.db", file)
    assert marker.is_current()
    half_made(tmp_path / "half.db")
    shutil.move(tmp_path / "half.db", file)
    assert not marker.is_current()
