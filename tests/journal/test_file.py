"""The journal keeps what was written, through torn lines, full disks and rivals."""

from __future__ import annotations

import contextlib
import errno
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from symbench.errors import JournalError
from symbench.journal.file import Journal
from symbench.suite.resolve import CheckedSuite
from symbench.trial.arrays import encode_array
from symbench.trial.result import Status, TrialResult

SUITE = """
name: j
seeds: 3
discovery:
  - {task: tiny, train_sizes: [10], methods: [behave]}
"""


@pytest.fixture
def results(make_suite: Callable[[str], CheckedSuite]) -> list[TrialResult]:
    array = encode_array(np.arange(6, dtype=np.float32).reshape(2, 3))
    return [
        TrialResult(key=s.key, spec=s, status=Status.OK, metrics={"f1": 0.5}, arrays={"a": array}, finished_at=1.0)
        for s in make_suite(SUITE).trials()
    ]


def test_reads_back_what_was_written(tmp_path: Path, results: list[TrialResult]) -> None:
    path = tmp_path / "deep" / "journal.jsonl"
    with Journal(path) as journal:
        for result in results:
            journal.append(result)
    read = list(Journal(path).results())
    assert read == results
    array = read[0].array("a")
    assert array is not None
    assert array.tolist() == [[0, 1, 2], [3, 4, 5]]
    assert array.dtype == np.float32


def test_the_newest_result_of_a_key_counts(tmp_path: Path, results: list[TrialResult]) -> None:
    failed = results[0].model_copy(update={"status": Status.FAILED})
    with Journal(tmp_path / "j") as journal:
        journal.append(failed)
        journal.append(results[0])
    assert Journal(tmp_path / "j").latest()[results[0].key].status is Status.OK


@pytest.mark.parametrize("cut", [1, 40, 5000])
def test_a_torn_last_line_is_cut_and_the_rest_stays(tmp_path: Path, results: list[TrialResult], cut: int) -> None:
    path = tmp_path / "j"
    with Journal(path) as journal:
        for result in results:
            journal.append(result)
    whole = path.read_bytes()
    last = whole.rstrip(b"\n").rfind(b"\n") + 1
    path.write_bytes(whole[: max(last + 1, len(whole) - cut)])
    assert list(Journal(path).results()) == results[:2]
    with Journal(path) as journal:
        journal.append(results[2])
    assert list(Journal(path).results()) == results


def test_damage_elsewhere_is_said_not_skipped(tmp_path: Path, results: list[TrialResult]) -> None:
    path = tmp_path / "j"
    with Journal(path) as journal:
        for result in results:
            journal.append(result)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + b"garbage\n" + lines[2])
    with pytest.raises(JournalError, match="line 2 is damaged"):
        list(Journal(path).results())
    path.write_bytes(lines[0].replace(b'"journal":1', b'"journal":9'))
    with pytest.raises(JournalError, match="format 9"):
        list(Journal(path).results())


def test_a_second_writer_is_told_who_holds_it(tmp_path: Path) -> None:
    path = tmp_path / "j"
    with Journal(path):
        code = (
            "import sys; from pathlib import Path; from symbench.journal.file import Journal\n"
            "try:\n    Journal(Path(sys.argv[1])).__enter__()\n"
            "except Exception as e:\n    print(type(e).__name__, e)"
        )
        told = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    assert "JournalError" in told.stdout
    assert f"process {os.getpid()}" in told.stdout
    with Journal(path):
        pass


def test_a_full_disk_is_an_error_and_leaves_whole_lines(
    tmp_path: Path, results: list[TrialResult], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "j"
    with Journal(path) as journal:
        journal.append(results[0])

        def full(descriptor: int) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        with monkeypatch.context() as patched:
            patched.setattr(os, "fsync", full)
            with pytest.raises(JournalError, match="No space left"):
                journal.append(results[1])
        journal.append(results[2])
    assert [r.key for r in Journal(path).results()] == [results[0].key, results[2].key]


def test_a_failed_sync_leaves_what_was_on_the_disk_before(
    tmp_path: Path, results: list[TrialResult], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Results that were written and not forced to the disk were never acknowledged: they go together."""
    path = tmp_path / "j"
    with Journal(path) as journal:
        journal.append(results[0])
        journal.write(results[1])
        journal.write(results[2])

        def broken(descriptor: int) -> None:
            raise OSError(errno.EIO, "Input/output error")

        with monkeypatch.context() as patched:
            patched.setattr(os, "fsync", broken)
            with pytest.raises(JournalError, match="Input/output error"):
                journal.sync()
        assert list(Journal(path).results()) == results[:1]
        held = journal.append(results[2])
        assert held.whole() == results[2]
    assert list(Journal(path).results()) == [results[0], results[2]]


def test_closing_a_journal_forces_it_to_the_disk(
    tmp_path: Path, results: list[TrialResult], monkeypatch: pytest.MonkeyPatch
) -> None:
    path, force, forced = tmp_path / "j", os.fsync, [0]

    def watched(descriptor: int) -> None:
        force(descriptor)
        if os.path.samestat(os.fstat(descriptor), path.stat()):
            forced.append(os.fstat(descriptor).st_size)

    monkeypatch.setattr(os, "fsync", watched)
    with contextlib.suppress(KeyboardInterrupt), Journal(path) as journal:
        journal.write(results[0])
        assert journal.on_disk == forced[-1] == 0
        raise KeyboardInterrupt
    assert forced[-1] == path.stat().st_size > 0


def test_nothing_is_written_after_a_torn_line_that_cannot_be_removed(
    tmp_path: Path, results: list[TrialResult], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A line behind it would be part of a damaged line."""
    path = tmp_path / "j"

    def broken(*arguments: object) -> int:
        raise OSError(errno.EIO, "Input/output error")

    with Journal(path) as journal:
        journal.append(results[0])
        journal.write(results[1])
        with monkeypatch.context() as patched:
            patched.setattr(os, "fsync", broken)
            patched.setattr(os, "ftruncate", broken)
            with pytest.raises(JournalError, match="Input/output error"):
                journal.sync()
        with pytest.raises(JournalError, match="not open for writing"):
            journal.append(results[2])
    assert list(Journal(path).results()) == results[:2]
