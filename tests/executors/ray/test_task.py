"""What a task tells before its trial's time begins."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from symbench.executors.limits import Limits
from symbench.executors.ray import task as ray_task
from symbench.executors.ray.settings import RunSettings
from symbench.executors.ray.task import Started, run_trial
from symbench.suite.blocks import CheckedSuite
from symbench.trial.execute import unexecuted
from symbench.trial.result import Status


@pytest.mark.parametrize("at_hand", [True, False])
def test_a_trial_begins_when_its_data_is_there(make_suite: Any, monkeypatch: pytest.MonkeyPatch, at_hand: bool) -> None:
    suite: CheckedSuite = make_suite("""
name: waiting
seeds: 1
discovery:
  - {task: tiny, train_sizes: [10], methods: [behave]}
""")
    (spec,) = suite.trials()
    here = SimpleNamespace(get_node_id=lambda: "n1")
    monkeypatch.setattr("ray.get_runtime_context", lambda: here)
    monkeypatch.setattr(ray_task, "open_at_once", lambda shared: shared if at_hand else None)
    monkeypatch.setattr(ray_task, "open_pool", lambda shared, limit: shared)
    ended = unexecuted(spec, Status.OK, "", "")
    monkeypatch.setattr(ray_task, "execute", lambda *arguments, **how: ended)
    *told, result = run_trial(spec, "pool", RunSettings((), Limits()))  # type: ignore[arg-type]
    assert result is ended
    assert [message.has_data for message in told if isinstance(message, Started)] == (
        [True] if at_hand else [False, True]
    )
    assert len(told) == 2 - at_hand
