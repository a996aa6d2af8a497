"""Broken symmetries: nothing of them is left, and the breaking has the size that is stated."""

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy.linalg import eigvalsh

from symbench.algebra.label_spread import central_events, label_spread_forms, label_spreads
from symbench.metrics.label import label_gradient
from symbench.tasks.base import DataContext
from symbench.tasks.function.broken import Broken, BrokenForm
from symbench.tasks.function.lorentz import Lorentz, LorentzBroken
from symbench.tasks.function.smooth import KINDS, MARGIN, smallest_spread, smooth_function
from symbench.tasks.function.so import So3, So3Broken
from symbench.tasks.function.toy import Toy
from symbench.tasks.function.weakly_broken import WeaklyBroken

SEEDS = st.integers(0, 10**6)
FORMS = pytest.mark.parametrize("form", [So3Broken, LorentzBroken])


def normal(dimension: int, count: int = 1_000, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((count, 1, dimension))


def smallest(task: Toy, x: np.ndarray) -> float:
    """The smallest σ_L of all generators of the task's exact label."""
    f = task.formula()
    variance = float(f(torch.from_numpy(x)).var())
    return float(np.sqrt(max(eigvalsh(*label_spread_forms(label_gradient(f, x), x, variance))[0], 0.0)))


def spreads(task: Broken, x: np.ndarray) -> np.ndarray:
    f = task.formula()
    return label_spreads(task.unbroken(), label_gradient(f, x), x, float(f(torch.from_numpy(x)).var()))


@FORMS
@settings(max_examples=12, deadline=None)
@given(seed=SEEDS, epsilon=st.floats(0.003, 0.6))
def test_no_symmetry_is_left_however_small_the_breaking(form: type[BrokenForm], seed: int, epsilon: float) -> None:
    """On a finite sample a symmetry would have σ = 0 to rounding; what is left of it grows with ε."""
    task = form(breaking_seed=seed, epsilon=epsilon)
    assert len(task.truth()) == 0
    assert task.truth_name() == "none"
    assert smallest(task, normal(task.dimension)) > 0.05 * epsilon


@FORMS
def test_epsilon_is_the_ratio_of_standard_deviations(form: type[BrokenForm]) -> None:
    """Against the closed form: the variance of Σ ± xᵢ² is 2d for x ~ N(0, 1), and b is orthogonal to it."""
    x = torch.from_numpy(normal(form.dimension, 40_000))
    exact = form.exact().formula()(x)
    for seed in range(len(KINDS)):
        term = form(epsilon=0.2, breaking_seed=seed).formula()(x) - exact
        assert float(term.std()) == pytest.approx(0.2 * np.sqrt(2 * form.dimension), rel=0.1)
        assert abs(float(torch.corrcoef(torch.stack([term, exact]))[0, 1])) < 0.1


@FORMS
@pytest.mark.parametrize("hidden_basis", [None, 4])
def test_the_unbroken_algebra_is_that_of_the_exact_toy(form: type[BrokenForm], hidden_basis: int | None) -> None:
    task = form(epsilon=0.003, hidden_basis=hidden_basis)
    exact = form.exact(hidden_basis=hidden_basis)
    assert np.array_equal(task.unbroken(), exact.truth())
    assert task.unbroken_name() == exact.truth_name()
    assert exact.unbroken() is None
    x = normal(task.dimension)
    assert np.all(spreads(task, x) < 0.02)
    assert np.max(label_spreads(task.unbroken(), label_gradient(exact.formula(), x), x, 1.0)) < 1e-12


@FORMS
def test_the_label_spread_of_the_unbroken_algebra_is_proportional_to_epsilon(form: type[BrokenForm]) -> None:
    x = normal(form.dimension)
    weak, strong = (spreads(form(epsilon=e, breaking_seed=5), x) for e in (0.004, 0.012))
    assert np.allclose(strong / weak, 3, rtol=0.02)


@pytest.mark.parametrize("epsilon", [0.01, 0.1])
def test_weakly_broken_is_as_weak_as_its_docstring_says(epsilon: float, tmp_path: Path) -> None:
    """σ² = 40.5 ε² (i² + j²)/(6 + 210 ε²), from the moments of N(0, 1) up to the sixth."""
    data = WeaklyBroken(epsilon=epsilon, events=200_000).load(DataContext(tmp_path))
    rotations = So3().truth()
    weights = np.arange(1, 4)
    planes = [weights[np.any(L != 0, axis=1)] for L in rotations]
    expected = np.sqrt([40.5 * epsilon**2 * np.sum(pair**2) / (6 + 210 * epsilon**2) for pair in planes])
    task = WeaklyBroken(epsilon=epsilon)
    assert np.array_equal(task.unbroken(), rotations)
    assert spreads(task, data.vectors) == pytest.approx(expected, rel=0.03)


def test_the_term_and_its_size_are_part_of_the_data() -> None:
    tasks = [So3(), So3Broken(), So3Broken(breaking_seed=1), So3Broken(epsilon=0.05), Lorentz(), LorentzBroken()]
    assert len({task.digest for task in tasks}) == len(tasks)


@pytest.mark.parametrize("epsilon", [0.0, 0.002, 0.7, float("nan")])
def test_a_breaking_outside_the_stated_range_is_refused(epsilon: float) -> None:
    with pytest.raises(ValidationError):
        So3Broken(epsilon=epsilon)


@settings(max_examples=12, deadline=None)
@given(seed=SEEDS, dimension=st.integers(2, 5), breaking=st.booleans())
def test_a_random_function_has_no_symmetry_on_other_events_either(seed: int, dimension: int, breaking: bool) -> None:
    f = smooth_function(dimension, seed, breaking=breaking)
    x = normal(dimension, 4_000, seed=1)
    assert smallest_spread(f, x) > 0.6 * MARGIN
    values = f(torch.from_numpy(x[:, 0]))
    assert abs(float(values.mean())) < 0.25
    assert 0.7 < float(values.std()) < 1.4


@pytest.mark.parametrize("seed", range(8))
def test_a_control_has_no_symmetry_in_the_domain_of_a_claim_either(seed: int) -> None:
    x = normal(4, 8_000, seed=2)
    assert smallest_spread(smooth_function(4, seed), x[central_events(x)]) > 0.8 * MARGIN


def test_a_function_with_a_symmetry_is_recognised_as_such() -> None:
    """The check that rejects draws: it must see that a function of two of three components has symmetries."""
    from dataclasses import replace

    f = smooth_function(3, 0)
    assert smallest_spread(replace(f, directions=f.directions * [1.0, 1.0, 0.0]), normal(3)) < 1e-6
