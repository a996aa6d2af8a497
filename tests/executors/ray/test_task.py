"""What a task tells before its trial's time begins."""

from __future__ import annotations

import itertools
from types import SimpleNamespace
from typing import Any

import pytest

from symbench.executors.limits import Limits
from symbench.executors.ray import task as ray_task
from symbench.executors.ray.task import RunSettings, Started, run_trial
from symbench.suite.resolve import Suite
from symbench.trial.execute import unexecuted
from symbench.trial.result import Status


class Clock:
    """Time passes when it is looked at."""

    def __init__(self, step: float) -> None:
        self._ticks, self._step = itertools.count(), step

    def monotonic(self) -> float:
        return next(self._ticks) * self._step

    def time(self) -> float:
        return 1e9 + self.monotonic()


@pytest.mark.parametrize(("step", "starts"), [(0.01, 1), (100.0, 2)])
def test_a_trial_begins_when_its_data_is_there(
    make_suite: Any, monkeypatch: pytest.MonkeyPatch, step: float, starts: int
) -> None:
    suite: Suite = make_suite("""
name: waiting
seeds: 1
discovery:
  - {task: tiny, train_sizes: [10], methods: [behave]}
""")
    (spec,) = suite.trials()
    here = SimpleNamespace(get_node_id=lambda: "n1")
    monkeypatch.setattr("ray.get_runtime_context", lambda: here)
    monkeypatch.setattr(ray_task, "time", Clock(step))
    monkeypatch.setattr(ray_task, "open_pool", lambda shared, limit: shared)
    ended = unexecuted(spec, Status.OK, "", "")
    monkeypatch.setattr(ray_task, "execute", lambda *arguments, **how: ended)
    *told, result = run_trial(spec, "pool", RunSettings((), Limits()))  # type: ignore[arg-type]
    assert result is ended
    assert [type(message) for message in told] == [Started] * starts
    times = [message.at for message in told if isinstance(message, Started)]
    assert times == sorted(set(times)), "the limit is counted from the last"
