"""The true functions of the invariant track: exact gradients, and symmetries that leave them unchanged."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from symbench.data.samples import ConservedQuantities
from symbench.metrics.fields import linear_fields
from symbench.tasks.base import DataContext, InvariantTask
from symbench.tasks.invariant.cms.leptons import ZPairs
from symbench.tasks.invariant.cms.ptetaphi import ZPairsPtEtaPhi
from symbench.tasks.invariant.pairs import PairsOpeningAngle, PairsRational, PairsSO22

TASKS = [PairsSO22(pairs=200), PairsRational(pairs=200), PairsOpeningAngle(pairs=200), ZPairsPtEtaPhi()]


def drawn(task: InvariantTask, folder: Path) -> np.ndarray:
    return task.scaled(task.load(DataContext(folder)))[:100]


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_gradients_are_those_of_the_values(task: InvariantTask, tmp_path: Path) -> None:
    x = drawn(task, tmp_path)
    states, functions = x.reshape(len(x), -1), task.invariants()
    assert isinstance(functions, ConservedQuantities)
    steps = 1e-6 * np.eye(states.shape[1])
    slopes = [(functions.values(states + h) - functions.values(states - h)) / 2e-6 for h in steps]
    np.testing.assert_allclose(functions.gradients(states), np.stack(slopes, axis=2), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("task", [PairsRational(pairs=200), ZPairsPtEtaPhi()], ids=lambda task: task.name)
def test_the_stated_algebra_leaves_the_functions_unchanged(task: InvariantTask, tmp_path: Path) -> None:
    x = drawn(task, tmp_path)
    functions, matrices = task.invariants(), task.truth()
    fields = task.truth_fields() if matrices is None else linear_fields(matrices)
    assert functions is not None
    assert fields is not None
    gradients, moved = functions.gradients(x.reshape(len(x), -1)), fields(x).reshape(-1, len(x), x[0].size)
    change = np.einsum("nkd,lnd->lnk", gradients, moved)
    assert np.abs(change).max() < 1e-9 * np.abs(gradients).max() * np.abs(moved).max()


@pytest.mark.parametrize("task", [PairsRational(pairs=300), PairsOpeningAngle(pairs=300)], ids=lambda task: task.name)
def test_toys_share_the_function_within_its_window(task: InvariantTask, tmp_path: Path) -> None:
    functions = task.invariants()
    assert functions is not None

    def inside(other: InvariantTask) -> float:
        x = other.scaled(other.load(DataContext(tmp_path)))
        values = functions.values(x.reshape(len(x), -1))
        return float(np.mean(np.abs(values / task.value - 1) < task.width_of_peak))  # type: ignore[attr-defined]

    assert inside(task) == 1.0
    assert inside(task.model_copy(update={"partners": "permuted"})) < 0.3


def test_the_function_in_other_coordinates_is_the_same_number(tmp_path: Path) -> None:
    """p₁·p₂ of the four-momenta, which have E from the mass of the muon."""
    values = []
    for task in (ZPairs(), ZPairsPtEtaPhi()):
        functions, x = task.invariants(), drawn(task, tmp_path)
        assert functions is not None
        values.append(functions.values(x.reshape(len(x), -1)))
    np.testing.assert_allclose(values[0], values[1], rtol=1e-9)
    control = ZPairsPtEtaPhi(partners="permuted")
    assert control.truth_fields() is None
    assert control.truth_name() == "none"
