"""Networks of any group are equivariant to rounding, and closed forms are exact."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import expm

from symbench.algebra.bases import so
from symbench.algebra.representations import direct_sum_power
from symbench.classifiers.training.jets import Jets
from symbench.classifiers.training.loop import train
from symbench.data.signature import Signature
from symbench.data.splits import Split, split
from symbench.errors import IncompatibleError
from symbench.regressors.base import Regressor
from symbench.regressors.emlp import EquivariantMLP
from symbench.regressors.evaluate.run import run_regression
from symbench.regressors.mlp import AugmentedPerceptron, ComponentPerceptron
from symbench.regressors.scalars import InnerProducts
from symbench.tasks.base import DataContext
from symbench.tasks.regression.inertia import MomentOfInertia
from symbench.tasks.regression.lorentz_amplitude import LorentzAmplitude
from symbench.tasks.regression.o5 import O5Function
from symbench.tasks.regression.sampled import SampledTarget

SMALL = {"events": 400, "validation_events": 60, "test_events": 300}


def parts_of(task: SampledTarget, train_size: int) -> Split:
    return split(task.load(DataContext(Path())), task.sizes(), train_size=train_size, seed=0)


def nested(matrices: np.ndarray) -> tuple[tuple[tuple[float, ...], ...], ...]:
    return tuple(tuple(map(tuple, matrix)) for matrix in matrices.tolist())


@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), target=st.sampled_from([(0,), (1,), (2,), (1, 0, 1)]))
def test_emlp_of_a_discovered_group_is_equivariant(seed: int, target: tuple[int, ...]) -> None:
    """so(1,2) in a random basis, as a discovery would return it; the error is one of float64."""
    rng = np.random.default_rng(seed)
    change = np.linalg.qr(rng.normal(size=(3, 3)))[0] @ np.diag(rng.uniform(0.7, 1.4, 3))
    generators = np.einsum("kl,lij->kij", rng.normal(size=(3, 3)), np.linalg.inv(change) @ so(1, 2) @ change)
    signature = Signature(vectors=2, dimension=3, scalars=1, target=target)
    torch.manual_seed(seed % 1000)
    net = EquivariantMLP(symmetry=nested(generators), width=40, layers=2, products=3).build(signature).double()
    x, s = rng.normal(size=(5, 2, 3)), rng.normal(size=(5, 2, 1))
    unit = generators / np.linalg.norm(generators, axis=(1, 2), keepdims=True)
    element = expm(np.einsum("k,kij->ij", rng.uniform(-0.5, 0.5, 3), unit))
    mask, scalars = torch.ones(5, 2, dtype=torch.bool), torch.from_numpy(s)
    y = net(torch.from_numpy(x), mask, scalars).detach().numpy()
    moved = net(torch.from_numpy(x @ element.T), mask, scalars).detach().numpy()
    wanted = y @ direct_sum_power(element[None], target)[0].T
    assert y.shape == (5, signature.outputs)
    assert np.abs(moved - wanted).max() <= 1e-8 * max(1.0, np.abs(wanted).max())
    assert np.abs(moved - y).max() > 1e-6 or target == (0,)


def test_parity_removes_the_cross_product() -> None:
    """Under SO(3) the function x × y is possible in one bilinear layer; under O(3) a pseudovector is not."""
    x = torch.randn(6, 2, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    mask = torch.ones(6, 2, dtype=torch.bool)
    for name, odd in (("o", True), ("so", False)):
        torch.manual_seed(1)
        net = EquivariantMLP(symmetry=name, width=30, layers=2).build(Signature(2, 3, target=(1,))).double()
        reflected = net(-x, mask)
        assert torch.allclose(reflected, -net(x, mask), atol=1e-10) is odd


def test_generators_that_are_too_inexact_are_refused() -> None:
    rng = np.random.default_rng(0)
    noise = rng.normal(size=(6, 4, 4))
    generators = so(1, 3) + 0.1 * np.sqrt(2) * noise / np.linalg.norm(noise, axis=(1, 2), keepdims=True)
    with pytest.raises(IncompatibleError, match="cannot be counted"):
        EquivariantMLP(symmetry=nested(generators)).build(Signature(4, 4))


def test_a_group_that_allows_only_constants_is_refused() -> None:
    """A dilation: every T_r grows by its own factor, so that no vector enters an invariant."""
    with pytest.raises(IncompatibleError, match="constant"):
        EquivariantMLP(symmetry=nested(np.eye(4)[None])).build(Signature(4, 4))


def test_the_dimension_of_a_symmetry_is_checked_at_plan_time() -> None:
    assert EquivariantMLP(symmetry="o13").incompatibility(MomentOfInertia()) is not None
    assert EquivariantMLP(symmetry="o13").incompatibility(LorentzAmplitude()) is None
    assert AugmentedPerceptron(symmetry=nested(so(4))).incompatibility(MomentOfInertia()) is not None


def test_augmented_events_still_obey_the_formula() -> None:
    """y = f(x) becomes ρ(g) y = f(gx): the target's formula holds after the augmentation, and events have moved."""
    for task, symmetry in ((MomentOfInertia(**SMALL), "o"), (LorentzAmplitude(**SMALL), "o13")):
        events = Jets.of(parts_of(task, 50).train, "cpu", task.outputs())
        regressor = AugmentedPerceptron(symmetry=symmetry, strength=0.5)
        moved = regressor.augment(events, torch.Generator().manual_seed(0))
        scalars = None if events.features is None else events.features.numpy()
        assert np.allclose(task.target(moved.p.numpy(), scalars), moved.label.numpy(), atol=1e-8)
        assert not np.allclose(moved.p.numpy(), events.p.numpy(), atol=0.01)


def test_least_squares_finds_the_amplitude_exactly() -> None:
    """66 monomials of ten inner products: 100 events determine it, so that the task flatters no network."""
    task = LorentzAmplitude(**SMALL)
    outcome = run_regression(
        InnerProducts(symmetry="o13", fit="least-squares"), task, parts_of(task, 100), seed=0, budget=1.0, device="cpu"
    )
    assert outcome.metrics["mse"] < 1e-25
    assert outcome.metrics["equivariance_float64"] < 1e-12
    assert outcome.metrics["parameters"] == 0


def test_a_discovered_metric_serves_as_well() -> None:
    """so(1,3) as six generators in another order and scale; a degenerate metric is refused."""
    task = LorentzAmplitude(**SMALL)
    generators = 0.3 * so(1, 3)[::-1]
    fitted = InnerProducts(symmetry=nested(generators), fit="least-squares")
    outcome = run_regression(fitted, task, parts_of(task, 100), seed=0, budget=1.0, device="cpu")
    assert outcome.metrics["mse"] < 1e-20


@pytest.mark.parametrize(
    "regressor",
    [EquivariantMLP(width=40, layers=1), InnerProducts(width=16), ComponentPerceptron(width=16)],
    ids=lambda regressor: regressor.name,
)
def test_training_is_deterministic_and_networks_with_the_group_are_equivariant(regressor: Regressor) -> None:
    task = MomentOfInertia(**SMALL)
    recipe = regressor.model_copy(update={"min_steps": 0, "epochs": 5, "batch_size": 50})
    parts = parts_of(task, 100)
    first, second = (
        train(recipe, parts.train, parts.validation, outputs=task.outputs(), seed=3, budget=1.0, device="cpu")
        for _ in range(2)
    )
    assert np.array_equal(first.validation_loss, second.validation_loss)
    assert first.train_loss[-1] < first.train_loss[0]
    outcome = run_regression(recipe, task, parts, seed=3, budget=1.0, device="cpu")
    exact = regressor.name != "mlp"
    for name, rounding in (
        ("equivariance_float64", 1e-10),
        ("equivariance_float32", 1e-4),
        ("lie_equivariance", 1e-20),
    ):
        assert (outcome.metrics[name] < rounding) is exact, name


def test_emlp_learns_where_a_perceptron_does_not() -> None:
    """100 events of a scalar of two vectors in R⁵, 150 steps; the paper has a ratio of 70 after 1,000 steps."""
    task = O5Function(**SMALL)
    parts = parts_of(task, 100)
    errors = [
        run_regression(regressor, task, parts, seed=0, budget=1.0, device="cpu").metrics["relative_mse"]
        for regressor in (
            EquivariantMLP(width=64, layers=2, epochs=150, min_steps=0),
            ComponentPerceptron(width=64, layers=2, epochs=150, min_steps=0),
        )
    ]
    assert errors[0] < 0.5 * errors[1]
