"""The laws behind docs/scale.md: what is held of a large plan, and of a long run, does not grow with what passes."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from symbench.data.splits import Pool
from symbench.driver.flow import run_suite
from symbench.driver.plan import Plan
from symbench.executors import LocalExecutor
from symbench.executors.base import SourceGenerators, no_source, no_work
from symbench.home import Home
from symbench.journal.file import Journal
from symbench.plugins import Plugin
from symbench.suite.resolve import CheckedSuite
from symbench.trial.arrays import encode_array
from symbench.trial.checkpoints import CheckpointFolder
from symbench.trial.result import Status, TrialResult
from symbench.trial.spec import TrialSpec
from tests.driver.test_flow import Silent

MakeSuite = Callable[[str], CheckedSuite]


def _suite(seeds: int, methods: int = 1) -> str:
    entries = ", ".join(f"{{name: behave, label: m{i}, params: {{seconds: {i}}}}}" for i in range(methods))
    return f"name: scale\nseeds: {seeds}\ndiscovery:\n  - {{task: tiny, train_sizes: [10], methods: [{entries}]}}\n"


def _peak_kib(work: Callable[[], object]) -> float:
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1] / 1024
    finally:
        tracemalloc.stop()


def test_a_plan_holds_no_trials(make_suite: MakeSuite) -> None:
    small, large = (make_suite(_suite(200, methods)) for methods in (10, 100))
    small_kib, large_kib = (_peak_kib(Plan(suite, {}).summary) for suite in (small, large))
    assert sum(row.states.total() for row in Plan(large, {}).summary()) == 20_000
    assert (large_kib - small_kib) / 18_000 < 0.05  # 50 bytes a trial: what 90 more entries need, not 18,000 trials


class _Bulky(LocalExecutor):
    """Gives results with arrays of 100 kB each, and watches what it is given."""

    def run(
        self,
        specs: Iterable[TrialSpec | None],
        pools: Mapping[str, Pool],
        plugins: Sequence[Plugin] = (),
        source_generators: SourceGenerators = no_source,
        checkpoints: CheckpointFolder | None = None,
        before_waiting: Callable[[], None] = no_work,
    ) -> Generator[TrialResult, None, None]:
        assert iter(specs) is specs, "the specs come one by one, not in a list"
        array = np.zeros(12_500)
        for spec in specs:
            assert spec is not None
            arrays: dict[str, Any] = {"scores": encode_array(array + spec.seed)}
            yield TrialResult(key=spec.key, spec=spec, status=Status.OK, metrics={"f1": 0.5}, arrays=arrays)


class _Forgetful(Silent):
    def finished(self, result: TrialResult) -> None:
        return None


def test_a_run_holds_results_without_their_arrays(
    make_suite: MakeSuite, tmp_path: Path, behaviours: Plugin, monkeypatch: pytest.MonkeyPatch
) -> None:
    """100 kB a trial pass through; what stays is a few kilobytes."""
    monkeypatch.setattr("symbench.driver.flow.Tracker", _NoTracker)
    peaks: dict[int, float] = {}
    for trials in (50, 400):
        home = Home(tmp_path / f"home{trials}")
        suite = make_suite(_suite(5, trials // 5))

        def go(suite: CheckedSuite = suite, home: Home = home) -> None:
            run_suite(suite, _Bulky, _Forgetful(), home=home, plugins=[behaviours])

        if not peaks:
            go()
            home.journal("scale").unlink()
        peaks[trials] = _peak_kib(go)
        assert len(Journal(home.journal("scale")).latest()) == trials
    assert (peaks[400] - peaks[50]) / 350 < 10.0
    held = Journal(home.journal("scale")).latest().values()
    assert all(float(h.array("scores")[0]) == h.spec.seed for h in held)  # type: ignore[index]


class _NoTracker:
    failure = None

    def __init__(self, *arguments: object, **options: object) -> None: ...
    def __enter__(self) -> _NoTracker:
        return self

    def __exit__(self, *arguments: object) -> None: ...
    def begin(self, *arguments: object) -> None: ...
    def trial(self, *arguments: object) -> None: ...
    def trials(self, *arguments: object) -> None: ...
    def finish(self, *arguments: object) -> None: ...
