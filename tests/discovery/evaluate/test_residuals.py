"""What a trial keeps of single test events, from a method's claim to the table in Python."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from symbench.api.results import Trial
from symbench.component import Component
from symbench.data.splits import Pool, split
from symbench.errors import UnknownNameError
from symbench.registry import find_discovery_method, find_task
from symbench.tasks.base import DataContext
from symbench.trial.context import TrialContext
from symbench.trial.execute import execute
from symbench.trial.result import Status
from symbench.trial.spec import ComponentSpec, TrialSpec
from tests.factories import trial


def _spec(task: str, method: str) -> TrialSpec:
    def part(cls: type[Component]) -> ComponentSpec:
        made = cls()
        return ComponentSpec(name=made.name, parameters=made.parameters(), version=made.version)

    found = find_task(task)
    return TrialSpec(
        track=found.track,
        task=part(found),
        method=part(find_discovery_method(method)),
        train_size=40,
        seed=0,
        data_digest="0" * 64,
        metrics_version="1",
        task_label=task,
        method_label=method,
    )


@pytest.mark.parametrize(("task", "dimension"), [("lorentz", 6), ("harmonic-1d", 1)])
def test_the_truth_has_no_residuals_and_the_events_are_those_of_the_test(
    task: str, dimension: int, tmp_path: Path
) -> None:
    loaded = find_task(task)()
    pool = Pool(loaded.load(DataContext(tmp_path)), loaded.sizes())
    result = execute(_spec(task, "truth"), TrialContext(pool))
    assert result.status is Status.OK, result.error
    table = Trial(result).residuals()
    test = split(pool.data, pool.sizes, train_size=40, seed=0, validation_size=0).test
    assert table.index.tolist() == test.event_id[:1_000].tolist()
    assert table.columns.to_numpy().tolist() == list(range(1, dimension + 1))
    assert np.abs(table.to_numpy()).max() < 1e-5


def test_a_random_claim_has_large_ones_and_no_claim_has_none(tmp_path: Path) -> None:
    loaded = find_task("lorentz")()
    pool = Pool(loaded.load(DataContext(tmp_path)), loaded.sizes())
    table = Trial(execute(_spec("lorentz", "random"), TrialContext(pool))).residuals()
    assert np.sqrt(np.mean(table.to_numpy() ** 2)) > 0.3
    with pytest.raises(UnknownNameError, match="unknown array 'residuals'"):
        Trial(trial()).residuals()
