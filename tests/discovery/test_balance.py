"""`balance`: the sums that blocks conserve."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from symbench.data.samples import InvariantSample
from symbench.data.splits import split
from symbench.discovery.balance.method import Balance
from symbench.discovery.evaluate.run import run_discovery
from symbench.tasks.base import DataContext
from symbench.tasks.invariant.event_balance import EventBalance

FAST = Balance(starts=4, most=3)


def test_transverse_momenta_of_a_recorded_layout_balance(tmp_path: Path) -> None:
    """Two sums of the muon pair, the jets and the missing momentum, and nothing longitudinal."""
    task = EventBalance()
    data = task.load(DataContext(tmp_path))
    events = split(data, task.sizes(), train_size=600, seed=0)
    outcome = run_discovery(FAST, task, events, seed=0, budget=1.0, device="cpu")
    assert outcome.metrics["count"] == 2
    assert outcome.metrics["f1"] > 0.97
    coefficients = outcome.arrays["coefficients"]
    assert np.abs(coefficients[:, :2, [0, 3]]).max() < 0.1 * np.abs(coefficients).max()


def test_permuted_blocks_balance_nothing(tmp_path: Path) -> None:
    task = EventBalance(partners="permuted")
    x = task.scaled(task.load(DataContext(tmp_path)))[:400]
    assert not len(FAST.fit(InvariantSample(x, "blocks"), seed=0, budget=1.0).confidence)


@pytest.mark.slow
@pytest.mark.parametrize(("source", "count"), [("pp", 2), ("ee", 4)])
def test_generated_collisions_conserve_what_is_measured(source: str, count: int, tmp_path: Path) -> None:
    pytest.importorskip("pythia8mc")
    task = EventBalance(events_of=source)
    events = split(task.load(DataContext(tmp_path)), task.sizes(), train_size=900, seed=0)
    outcome = run_discovery(Balance(), task, events, seed=0, budget=1.0, device="cpu")
    assert outcome.metrics["count"] == count
    assert outcome.metrics["f1"] > 0.99
