"""`quadratic` and `polynomial`: what they find, from how few events, and where they abstain."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from symbench.algebra.bases import conjugated, random_frame
from symbench.algebra.subspace import overlap
from symbench.data.samples import FunctionSample
from symbench.data.splits import split
from symbench.discovery.base import DiscoveryMethod, Symmetry
from symbench.discovery.polynomial.method import Polynomial
from symbench.discovery.quadratic.method import Quadratic
from symbench.errors import IncompatibleError
from symbench.registry import find_task, load_builtin
from symbench.tasks.base import DataContext, FunctionTask

load_builtin()
METHODS = [Quadratic(), Polynomial()]


def sample_of(name: str, events: int, seed: int = 0, **parameters: Any) -> FunctionSample:
    task = find_task(name)(**parameters)
    assert isinstance(task, FunctionTask)
    data = task.load(DataContext(Path("unused")))
    return task.sample(split(data, task.sizes(), train_size=events, seed=seed).train, with_truth=True)


def fit(method: DiscoveryMethod, sample: FunctionSample, seed: int = 0) -> Symmetry:
    return method.fit(sample, seed=seed, budget=1.0)


@pytest.mark.parametrize("seed", range(3))
def test_twenty_recorded_dimuons_suffice_for_the_lorentz_algebra(seed: int) -> None:
    """M² is a product of the components of the sum of both momenta: eleven coefficients."""
    sample = sample_of("cms-dimuon-mass", 20, seed)
    found = fit(Quadratic(), sample, seed)
    assert found.name == "so(1,3)"
    assert sample.truth is not None
    assert overlap(found.generators, sample.truth, np.einsum("npi,npj->ij", sample.x, sample.x)).f1 > 0.999


@pytest.mark.parametrize("method", METHODS, ids=lambda m: m.name)
@pytest.mark.parametrize(
    ("task", "name"),
    [("so3", "so(3)"), ("lorentz", "so(1,3)"), ("so22", "so(2,2)"), ("sl2r", "so(2,1)"), ("sp4", "so(2,3)")],
)
def test_a_quadratic_label_is_found_by_both(method: DiscoveryMethod, task: str, name: str) -> None:
    sample = sample_of(task, 80)
    found = fit(method, sample)
    assert found.name == name
    assert sample.truth is not None
    assert overlap(found.generators, sample.truth).f1 == pytest.approx(1, abs=1e-6)
    assert found.scalars["learnt"] == 1


def test_the_polynomial_finds_what_is_of_higher_degree() -> None:
    sample = sample_of("heisenberg", 400)
    assert fit(Polynomial(), sample).name == "heisenberg(3)"
    quadratic = fit(Quadratic(), sample)
    assert len(quadratic.generators) == 0
    assert quadratic.scalars["learnt"] == 0


@pytest.mark.parametrize("method", METHODS, ids=lambda m: m.name)
@pytest.mark.parametrize("task", ["no-symmetry", "weakly-broken", "discrete-only"])
@pytest.mark.parametrize("events", [20, 100])
def test_controls_are_not_claimed(method: DiscoveryMethod, task: str, events: int) -> None:
    claims = [len(fit(method, sample_of(task, events, seed), seed).generators) for seed in range(5)]
    assert claims == [0] * 5


@pytest.mark.parametrize("task", ["rational", "periodic", "bump"])
def test_the_quadratic_says_that_it_does_not_describe_the_label(task: str) -> None:
    found = fit(Quadratic(), sample_of(task, 200))
    assert len(found.generators) == 0
    assert found.scalars["learnt"] == 0
    assert found.scalars["unexplained"] > 0.3


def test_noise_is_not_lack_of_fit_and_a_breaking_of_the_same_size_is() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 1, 3))
    square = np.sum(x**2, axis=(1, 2))
    noisy = FunctionSample(x, square + 0.2 * square.std() * rng.normal(size=200), "number")
    assert fit(Quadratic(), noisy).name == "so(3)"
    breaking = np.sin(2 * x[:, 0]) @ np.array([1.0, 0.7, -0.4])
    broken = FunctionSample(x, square + 0.2 * square.std() * breaking / breaking.std(), "number")
    found = fit(Quadratic(), broken)
    assert len(found.generators) == 0
    assert found.scalars["structured"] == 1


@pytest.mark.parametrize("method", METHODS, ids=lambda m: m.name)
def test_a_label_in_random_order_is_not_learnt(method: DiscoveryMethod) -> None:
    sample = sample_of("so3", 60)
    for seed in range(5):
        y = np.random.default_rng(seed).permutation(sample.y)
        found = fit(method, FunctionSample(sample.x, y, "number"), seed)
        assert len(found.generators) == 0
        assert found.scalars["learnt"] == 0


@pytest.mark.parametrize("method", METHODS, ids=lambda m: m.name)
def test_the_claim_moves_with_the_frame(method: DiscoveryMethod) -> None:
    """A⁻¹𝔤A of events A⁻¹x: units and frames of condition 100 change nothing else."""
    sample = sample_of("lorentz", 60)
    frame = random_frame(4, 100.0, np.random.default_rng(0))
    events = np.linalg.solve(frame, sample.x[..., None])[..., 0].astype(np.float64)
    moved = FunctionSample(events, sample.y, "number")
    found, there = fit(method, sample), fit(method, moved)
    assert there.name == found.name == "so(1,3)"
    assert np.max(overlap(there.generators, conjugated(found.generators, frame)).angles) < 1e-6


def test_few_events_leave_generators_open_and_are_refused() -> None:
    """Fewer events than unknowns would leave some directions untested, which is no evidence."""
    x = np.random.default_rng(0).normal(size=(15, 1, 4))
    y = np.sum(x[:, 0] * np.array([1.0, 2.0, 3.0, 4.0]), axis=1)
    linear = FunctionSample(x, y, "number")
    assert len(fit(Polynomial(), linear).generators) == 0
    assert len(fit(Quadratic(), linear).generators) == 0


def test_a_constant_label_and_three_classes() -> None:
    sample = sample_of("so3", 40)
    assert len(fit(Quadratic(), FunctionSample(sample.x, np.ones(40), "number")).generators) == 0
    with pytest.raises(IncompatibleError, match="three classes"):
        fit(Quadratic(), FunctionSample(sample.x, np.arange(40) % 3, "class"))


def test_the_same_seed_gives_the_same_claim() -> None:
    sample = sample_of("cms-dimuon-mass", 30)
    before = torch.random.get_rng_state()
    first, again = fit(Quadratic(), sample), fit(Quadratic(), sample)
    assert np.array_equal(first.generators, again.generators)
    assert torch.equal(before, torch.random.get_rng_state())
