"""A driver that is killed in the middle of a search on Ray: the next one trains what is missing, and nothing else."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from symbench.home import Home
from symbench.journal.file import Journal
from symbench.trial.result import Status, TrialResult
from tests.conftest import ROOT

SUITE = """
name: killed
seeds: 1
tune: {search: random, trials: 4, train_size: 40}
timeout: 10 min
classification:
  - task: toy-jets
    train_sizes: [40]
    operations: [rotation]
    methods:
      - {name: mlp, label: mlp, params: {width: 4, epochs: 2, min_steps: 0}}
      - {name: accident, params: {width: 4, epochs: 1, min_steps: 0, how: slow}}
"""


def _start(suite: Path, home: Path, log: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "symbench.cli", "run", str(suite), "--cpus", "2"]
    command += ["--plugin", str(ROOT / "tests" / "plugins" / "jets.py")]
    environment = {**os.environ, "SYMBENCH_HOME": str(home), "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    with log.open("ab") as out:
        return subprocess.Popen(command, env=environment, stdout=out, stderr=subprocess.STDOUT, cwd=ROOT)


def _results(home: Path) -> list[TrialResult]:
    return list(Journal(Home(home).journal("killed")).results())


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_killed_driver_loses_what_was_in_flight_and_nothing_else(tmp_path: Path) -> None:
    suite, home, log = tmp_path / "killed.yaml", tmp_path / "home", tmp_path / "log"
    suite.write_text(SUITE)
    driver = _start(suite, home, log)
    try:
        deadline = time.monotonic() + 300
        while not _results(home):
            assert driver.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
    finally:
        driver.send_signal(signal.SIGKILL)
        driver.wait(60)
    before = _results(home)
    assert len(before) < 8, "the search had ended before it was interrupted"
    driver = _start(suite, home, log)
    try:
        assert driver.wait(500) == 0, log.read_text()
    finally:
        driver.kill()
    after = _results(home)
    assert [r.key for r in after[: len(before)]] == [r.key for r in before], "what was done is kept"
    assert set(Counter(r.key for r in after).values()) == {1}, "nothing was trained twice"
    assert Counter(r.spec.configuration is not None for r in after) == {True: 8, False: 2}
    assert {r.status for r in after} == {Status.OK}
