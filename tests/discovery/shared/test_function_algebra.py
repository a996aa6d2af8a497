"""The algebra of functions whose gradients are known: closed forms, and what folds that disagree can claim."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from symbench.algebra.naming import name_of
from symbench.data.permuted import exchanged
from symbench.discovery.base import Symmetry
from symbench.discovery.shared.function_algebra import SpreadLimits, algebra_of
from symbench.tasks.base import DataContext, InvariantTask
from symbench.tasks.invariant.cms.ptetaphi import ZPairsPtEtaPhi
from symbench.tasks.invariant.pairs import PairsRational, PairsSO22, PairsU2

LIMITS = SpreadLimits(0.2, 0.95)
FOLDS = 3


def exact(task: InvariantTask, folder: Path, noise: float = 0.0, library: str = "linear") -> Symmetry:
    """The algebra of the true functions, with noise of the gradients that is another one in each fold."""
    x = task.scaled(task.load(DataContext(folder)))[:400]
    functions, rng = task.invariants(), np.random.default_rng(0)
    assert functions is not None
    values = functions.values(exchanged(x, rng, 4).reshape(len(x), -1))
    gradients = functions.gradients(x.reshape(len(x), -1)).reshape(len(x), functions.count, *x.shape[1:])
    errors = noise * rng.normal(size=(FOLDS, *gradients.shape)) * np.sqrt(np.mean(gradients**2))
    fold = rng.permutation(len(x)) % FOLDS
    return algebra_of(LIMITS, x, fold, np.stack([values] * FOLDS), gradients + errors, library)


@pytest.mark.parametrize("task", [PairsSO22(pairs=600), PairsU2(pairs=600), PairsRational(pairs=600)])
@pytest.mark.parametrize("noise", [0.0, 0.01])
def test_exact_gradients_name_the_stated_algebra(task: InvariantTask, noise: float, tmp_path: Path) -> None:
    assert name_of(exact(task, tmp_path, noise).generators) == task.truth_name()


def test_gradients_that_are_noise_leave_nothing(tmp_path: Path) -> None:
    assert not len(exact(PairsSO22(pairs=600), tmp_path, noise=1.0).generators)


def test_the_lorentz_fields_are_among_those_of_the_library(tmp_path: Path) -> None:
    task = ZPairsPtEtaPhi()
    found = exact(task, tmp_path, library="kinematic")
    assert found.fields is not None
    assert found.spectrum is not None
    assert len(found.confidence) >= 6
    assert found.spectrum[5] < 1e-2
