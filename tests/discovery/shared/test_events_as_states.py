"""Methods of trajectories on events: all are one trajectory, and those with permuted partners are not on it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from symbench.data.samples import InvariantSample
from symbench.discovery.base import DiscoveryMethod
from symbench.discovery.conservnet.method import ConservNet
from symbench.discovery.evaluate.run import evaluate
from symbench.discovery.poincare.method import Poincare1
from symbench.discovery.shared.events_as_states import with_permuted
from symbench.discovery.siamese.method import Siamese
from symbench.errors import IncompatibleError
from symbench.tasks.base import DataContext
from symbench.tasks.invariant.pairs import PairsOpeningAngle

TASK = PairsOpeningAngle(pairs=700, test_events=200)


def test_events_and_permuted_ones_are_states_with_the_same_vectors() -> None:
    x = np.random.default_rng(0).normal(size=(30, 2, 3))
    events, others = with_permuted(ConservNet(), InvariantSample(x), 2, seed=0).x
    np.testing.assert_array_equal(events, np.tile(x.reshape(30, 6), (2, 1)))
    assert not np.array_equal(others, events)
    for part in (slice(0, 3), slice(3, 6)):
        np.testing.assert_array_equal(np.sort(others[:30, part], axis=0), np.sort(events[:30, part], axis=0))


@pytest.mark.parametrize("method", [ConservNet(steps=300, width=24), Siamese(steps=300, width=24)])
def test_a_function_is_claimed_nearer_to_the_true_one_than_chance(method: DiscoveryMethod, tmp_path: Path) -> None:
    data = TASK.load(DataContext(tmp_path))
    claim = method.fit(TASK.sample(data.take(np.arange(500))), seed=0, budget=1.0)
    found = evaluate(claim, TASK, data.take(np.arange(500, 700)))
    assert found.metrics["functions_claimed"] == 1
    assert found.metrics["spread_max"] < 1
    assert found.metrics["f1_chance_corrected"] > 0.15


def test_a_count_is_the_claim_of_poincare_1(tmp_path: Path) -> None:
    data = TASK.load(DataContext(tmp_path))
    method = Poincare1(steps=150, width=24, starts=8, walkers=32)
    found = evaluate(method.fit(TASK.sample(data), seed=0, budget=1.0), TASK, data.take(np.arange(200)))
    assert found.metrics["count"] in (0, 1, 2)
    assert found.metrics["count_error"] == found.metrics["count"] - 1
    assert "f1" not in found.metrics


@pytest.mark.parametrize("method", [ConservNet(), Siamese(), Poincare1()])
def test_reactions_are_refused(method: DiscoveryMethod) -> None:
    with pytest.raises(IncompatibleError, match="not of reactions"):
        method.fit(InvariantSample(np.zeros((20, 2, 3)), "reactions"), seed=0, budget=0.01)
