"""What a driver has acknowledged stays in the journal: it may be killed at any step, and the power may fail then."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from symbench.driver.flow import run_suite
from symbench.journal.file import Journal
from symbench.plugins import Plugin
from symbench.suite.resolve import CheckedSuite
from symbench.trial.result import Status
from tests.conftest import ROOT
from tests.driver import killed
from tests.driver.test_flow import Silent
from tests.driver.test_scale import _NoTracker


def test_a_kill_at_any_step_loses_nothing_that_was_acknowledged(
    tmp_path: Path, make_suite: Callable[[str], CheckedSuite], behaviours: Plugin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("symbench.driver.flow.Tracker", _NoTracker)
    subprocess.run([sys.executable, "-m", "tests.driver.killed", tmp_path], cwd=ROOT, check=True, timeout=60)
    suite, ways = make_suite(killed.SUITE), set()
    for case in killed.CASES:
        steps = [json.loads(line) for line in killed.log(tmp_path, *case).read_text().splitlines()]
        assert len(steps) == case[1], "the driver was killed at this step"
        ways |= steps[-1].keys()
        acknowledged = [step["acknowledged"] for step in steps if "acknowledged" in step]
        on_disk = max((step["on_disk"] for step in steps if "on_disk" in step), default=0)
        home = killed.home(tmp_path, *case)
        path = home.journal("killed")
        held = path.read_bytes()
        assert {result.key for result in Journal(path).results()} >= set(acknowledged)
        path.write_bytes(held[:on_disk])  # the power failed as well
        assert [result.key for result in Journal(path).results()][: len(acknowledged)] == acknowledged
        path.write_bytes(held)
        observer = Silent()
        summary = run_suite(suite, killed.OneByOne, observer, home=home, plugins=[behaviours])
        assert summary.statuses == {Status.OK: 6}
        assert not {result.key for result in observer.results} & set(acknowledged), "none runs again"
        assert len(list(Journal(path).results())) == 6
    assert ways == {"torn", "written", "on_disk", "acknowledged"}
