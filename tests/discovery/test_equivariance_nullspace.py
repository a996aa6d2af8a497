"""Algebra and representation found together: truths hold for finite elements, and are found without being given."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.linalg import expm

from symbench.algebra.bases import so
from symbench.algebra.representations import tensor_derivative
from symbench.data.splits import split
from symbench.discovery.equivariance_nullspace.method import EquivarianceNullspace
from symbench.discovery.evaluate.run import run_discovery
from symbench.discovery.nullspace.method import Nullspace
from symbench.discovery.random import RandomSubspace
from symbench.discovery.truth import Truth
from symbench.metrics.discovery.representation import pairs_overlap, representation_residual
from symbench.tasks.base import DataContext
from symbench.tasks.function.equivariance import (
    CubicVector,
    InertiaEquivariance,
    NoEquivariance,
    SampledEquivariance,
    VectorProduct,
)
from symbench.tasks.function.product import So2Cubed
from symbench.testing import check_task
from symbench.trial.result import Outcome

TASKS = (VectorProduct(), CubicVector(), InertiaEquivariance(), NoEquivariance())


def run(method, task: SampledEquivariance, size: int, seed: int = 0) -> Outcome:  # type: ignore[no-untyped-def]
    parts = split(task.load(DataContext(Path())), task.sizes(), train_size=size, seed=seed)
    return run_discovery(method, task, parts, seed=seed, budget=1.0, device="cpu")


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_pairs_of_the_truth_transform_the_target(task: SampledEquivariance) -> None:
    """f(e^A x) = e^B f(x) for finite elements of combinations of all pairs, and B represents the algebra of A."""
    rng = np.random.default_rng(0)
    vectors, scalars = task.draw(rng, 20)
    for weights in rng.normal(size=(3, len(task.truth()))) / 3:
        a, b = (np.einsum("k,kij->ij", weights, m) for m in (task.truth(), task.truth_representation()))
        if len(weights):
            moved = task.target(vectors @ expm(a).T, scalars)
            assert np.allclose(moved, task.target(vectors, scalars) @ expm(b).T, atol=1e-9)
    assert representation_residual(task.truth(), task.truth_representation()) < 1e-12


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_tasks_conform(task: SampledEquivariance) -> None:
    check_task(task.model_copy(update={"events": 200, "test_events": 100}), other_process=False)


def test_under_rotations_the_inertia_is_a_tensor() -> None:
    task = InertiaEquivariance()
    rotations = np.einsum("kab,abij->kij", so(3), task.truth_representation().reshape(3, 3, 9, 9))
    symmetric = np.random.default_rng(0).normal(size=(3, 3))
    flat = (symmetric + symmetric.T).ravel()
    for generator, b in zip(so(3), rotations, strict=True):
        assert np.allclose(b @ flat, tensor_derivative(generator[None], 2)[0] @ flat)


def test_an_algebra_and_its_representation_are_found_together() -> None:
    """The vector product: all of gl(3), and the representation of cofactors, which nobody gave."""
    outcome = run(EquivarianceNullspace(), VectorProduct(), 150)
    assert outcome.metrics["count"] == 9
    assert outcome.metrics["angle_max_deg"] < 5
    assert outcome.metrics["representation_residual"] < 0.1
    assert outcome.metrics["f1_chance_corrected"] > 0.98


def test_functions_without_a_symmetry_are_abstained_from() -> None:
    outcome = run(EquivarianceNullspace(), NoEquivariance(), 150)
    assert outcome.metrics["learnt"] == 1
    assert outcome.metrics["count"] == 0


def test_the_bounds_of_a_table_are_those_of_pairs() -> None:
    """Of gl(3) every 9 matrices are the algebra, so that scores of A alone would say nothing."""
    truth = run(Truth(), VectorProduct(), 150).metrics
    assert truth["f1_chance_corrected"] == pytest.approx(1.0)
    assert truth["angle_max_deg"] < 1e-4
    guesses = [run(RandomSubspace(), VectorProduct(), 150, seed).metrics["f1_chance_corrected"] for seed in range(6)]
    assert abs(np.mean(guesses)) < 0.25
    task = VectorProduct()
    wrong = pairs_overlap(task.truth(), task.truth(), task.truth(), task.truth_representation())
    assert wrong.ambient == 18
    assert np.degrees(wrong.angles.max()) > 30


def test_methods_of_numbers_and_of_tensors_are_told_apart_at_plan_time() -> None:
    assert "transformed" in str(Nullspace().incompatibility(VectorProduct()))
    assert "number" in str(EquivarianceNullspace().incompatibility(So2Cubed()))
    assert EquivarianceNullspace().incompatibility(VectorProduct()) is None
