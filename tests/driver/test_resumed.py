"""A run that was ended goes on, by the same command, where its trainings were."""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np
import pytest

from symbench.driver import flow
from symbench.driver.flow import run_suite
from symbench.executors import LocalExecutor
from symbench.home import Home
from symbench.plugins import load_plugins, read_plugin
from symbench.suite.resolve import CheckedSuite, parse_suite
from symbench.trial.checkpoints import CheckpointFolder
from symbench.trial.result import Status
from tests.conftest import ROOT
from tests.driver.test_flow import Silent


def suite_of(how: str, folder: Path) -> CheckedSuite:
    entry = f"{{name: accident, params: {{min_steps: 0, epochs: 3, how: {how}, at: 10, trace: {folder}}}}}"
    text = f"""
name: resumed
seeds: 1
classification:
  - {{task: toy-jets, train_sizes: [200], methods: [{entry}], operations: [rotation]}}
"""
    return parse_suite(text, folder=folder)


@pytest.mark.parametrize("fresh", [False, True])
def test_an_interrupted_run_goes_on_where_its_training_was(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fresh: bool
) -> None:
    """7 steps an epoch, and Ctrl-C in the second; a run that is asked to begin afresh does."""
    monkeypatch.setattr(flow, "CheckpointFolder", functools.partial(CheckpointFolder, every_s=0.0))
    plugin = read_plugin(ROOT / "tests" / "plugins" / "jets.py")
    load_plugins([plugin])
    suite = suite_of("interrupt", tmp_path)
    folder = home.checkpoints("resumed")
    stray = CheckpointFolder(folder).of("0" * 64)
    stray.save(b"of a trial that the suite has no more")
    with pytest.raises(KeyboardInterrupt):
        run_suite(suite, LocalExecutor, Silent(), home=home, plugins=[plugin])
    assert [path.name for path in folder.iterdir()] == [spec.key for spec in suite.trials()]
    summary = run_suite(suite, LocalExecutor, Silent(), home=home, plugins=[plugin], fresh=fresh)
    (result,) = summary.results
    assert result.status is Status.OK, result.error
    assert ("resumed" in result.notes) is not fresh
    assert not folder.exists(), "nothing is left of a run whose trials have all ended"
    if not fresh:
        assert "resumed at step 7" in result.notes["resumed"]
        other = run_suite(suite_of("well", tmp_path), LocalExecutor, Silent(), home=home, plugins=[plugin])
        (undisturbed,) = other.results
        for name in ("train_loss", "validation_loss", "test_scores"):
            np.testing.assert_array_equal(result.array(name), undisturbed.array(name))
