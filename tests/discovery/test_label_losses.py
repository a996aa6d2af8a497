"""Labels that are classes, and labels with heavy tails: what methods find, and what they do not claim."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.special import expit

from symbench.algebra.bases import so
from symbench.algebra.subspace import overlap
from symbench.data.samples import FunctionSample
from symbench.discovery.base import DiscoveryMethod, Symmetry
from symbench.discovery.nullspace.method import Nullspace
from symbench.discovery.oracle.method import Oracle
from symbench.discovery.polynomial.method import Polynomial
from symbench.discovery.quadratic.method import Quadratic
from symbench.tasks.function.discrete_only import DiscreteOnly
from symbench.tasks.function.random_function import RandomFunction

POLYNOMIALS = [Quadratic(), Polynomial()]


def fit(method: DiscoveryMethod, x: np.ndarray, y: np.ndarray, kind: str = "number", seed: int = 0) -> Symmetry:
    sample = FunctionSample(x, y, "class" if kind == "class" else "number")
    return method.fit(sample, seed=seed, budget=1.0)


def normal(events: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.random.Generator]:
    """x (N, 1, 3), its squares, and the generator."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((events, 1, 3))
    return x, np.sum(x**2, axis=(1, 2)), rng


def expect_rotations(found: Symmetry, degrees: float) -> None:
    assert len(found.generators) == 3
    assert np.degrees(np.max(overlap(found.generators, so(3)).angles)) < degrees


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("method", POLYNOMIALS, ids=lambda m: m.name)
def test_rotations_of_a_step_on_a_sphere(method: DiscoveryMethod, seed: int) -> None:
    x, square, _ = normal(1_000, seed)
    found = fit(method, x, (square > 2.366).astype(np.float64), seed=seed)
    expect_rotations(found, 3)
    assert found.notes["label_map"] == "log-odds"


@pytest.mark.parametrize(
    "method",
    [Nullspace(steps=15, width=32), pytest.param(Oracle(), marks=pytest.mark.slow)],
    ids=lambda m: m.name,
)
def test_networks_do_not_take_the_place_of_log_odds_that_are_a_polynomial(method: DiscoveryMethod) -> None:
    x, square, _ = normal(500, 1)
    found = fit(method, x, (square > 2.366).astype(np.float64), seed=1)
    expect_rotations(found, 6)
    assert found.scalars["polynomial"] == 1


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize(("method", "events"), [(Quadratic(), 5_000), (Polynomial(), 8_000)], ids=["quadratic", "all"])
def test_rotations_of_two_classes_that_overlap(method: DiscoveryMethod, events: int, seed: int) -> None:
    x, square, rng = normal(events, seed)
    found = fit(method, x, (rng.random(events) < expit(square - 2.366)).astype(np.int64), "class", seed)
    expect_rotations(found, 6)
    assert found.limit is not None
    assert 0.05 < found.limit < 0.5


@pytest.mark.parametrize("method", POLYNOMIALS, ids=lambda m: m.name)
def test_classes_of_functions_without_a_symmetry_are_not_claimed(method: DiscoveryMethod) -> None:
    """Five functions and their classes, nearly without overlap and with much of it."""
    for seed in range(5):
        task = RandomFunction(function_seed=seed)
        rng = np.random.default_rng(seed)
        x = task.inputs(rng, 1_000)
        value = task.formula()(torch.from_numpy(x)).numpy()
        value = (value - value.mean()) / value.std()
        for sharpness in (2.5, 20.0):
            y = (rng.random(len(x)) < expit(sharpness * value)).astype(np.int64)
            assert len(fit(method, x, y, "class", seed).generators) == 0


@pytest.mark.parametrize("method", POLYNOMIALS, ids=lambda m: m.name)
def test_classes_in_random_order_and_rare_classes_are_not_learnt(method: DiscoveryMethod) -> None:
    x, square, rng = normal(1_000, 0)
    for y in (rng.permutation(square > 2.366), np.arange(1_000) < 3, rng.permutation(np.arange(1_000) < 100)):
        found = fit(method, x, y.astype(np.int64), "class")
        assert len(found.generators) == 0
        assert found.scalars["learnt"] == 0


@pytest.mark.parametrize("method", POLYNOMIALS, ids=lambda m: m.name)
def test_tails_hide_no_lack_of_symmetry(method: DiscoveryMethod) -> None:
    for seed in range(2):
        x, square, rng = normal(300, seed)
        waves = np.sin(2 * x[:, 0, 0] + x[:, 0, 1]) + 0.6 * np.sin(2 * x[:, 0, 2]) + 0.3 * x[:, 0, 1]
        assert len(fit(method, x, waves + 0.05 * rng.standard_cauchy(300), seed=seed).generators) == 0
        bent = square + 1.5 * waves + 0.05 * square.std() * rng.standard_cauchy(300)
        assert len(fit(method, x, bent, seed=seed).generators) < 3
        noise = rng.permutation(square) + 0.05 * rng.standard_cauchy(300)
        assert fit(method, x, noise, seed=seed).scalars["learnt"] == 0


@pytest.mark.parametrize("method", POLYNOMIALS, ids=lambda m: m.name)
def test_large_errors_of_a_fit_are_not_taken_for_tails_of_the_label(method: DiscoveryMethod) -> None:
    """A label without noise that no polynomial of the family is: what is left has tails, and is structure."""
    task = DiscreteOnly()
    for seed in (0, 2):
        x = task.inputs(np.random.default_rng(seed), 400)
        y = task.formula()(torch.from_numpy(x)).numpy()
        assert len(fit(method, x, y, seed=seed).generators) == 0
