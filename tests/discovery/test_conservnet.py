from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch

from symbench.data.splits import Split, split
from symbench.discovery.conservnet.method import ConservNet
from symbench.discovery.evaluate.run import run_discovery
from symbench.discovery.shared.networks import as_quantities, minimise, new_functions
from symbench.metrics.conservation import frame_of
from symbench.tasks.base import DataContext
from symbench.tasks.dynamics.damped_pendulum import DampedPendulum
from symbench.tasks.dynamics.harmonic import Harmonic1d
from symbench.tasks.dynamics.simulated import Dynamics
from symbench.tasks.dynamics.two_body import TwoBody


@cache
def events(cls: type[Dynamics]) -> tuple[Dynamics, Split]:
    task = cls(trajectories=100, test_trajectories=90)
    return task, split(task.load(DataContext(Path("unused"))), task.sizes(), train_size=100, seed=0)


@pytest.mark.slow
def test_it_finds_the_energy_of_an_oscillator() -> None:
    task, drawn = events(Harmonic1d)
    metrics = run_discovery(ConservNet(), task, drawn, seed=0, budget=0.3, device="cpu").metrics
    assert metrics["count"] == metrics["functions_claimed"] == 1
    assert metrics["f1"] > 0.95
    assert metrics["drift_max"] < 0.2
    assert metrics["steps"] == 900


def test_it_claims_one_function_of_a_control_as_well() -> None:
    """It has no rule to abstain."""
    task, drawn = events(DampedPendulum)
    metrics = run_discovery(ConservNet(), task, drawn, seed=0, budget=0.05, device="cpu").metrics
    assert metrics["false_discovery"] == 1


def test_the_same_seed_gives_the_same_claim_and_leaves_global_generators_alone() -> None:
    task, drawn = events(TwoBody)
    state = torch.random.get_rng_state()
    one, two, other = (
        run_discovery(ConservNet(), task, drawn, seed=seed, budget=0.005, device="cpu").metrics for seed in (1, 1, 2)
    )
    assert one == two != other
    assert torch.equal(torch.random.get_rng_state(), state)


# The networks it shares with siamese and poincare.


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_explicit_gradients_are_those_of_autograd(depth: int) -> None:
    generator = torch.Generator().manual_seed(0)
    functions = new_functions(3, 4, 8, depth, 1, generator, "cpu")
    z = torch.randn(20, 4, generator=generator, requires_grad=True)
    value, gradient = functions.value_and_gradient(z)
    assert torch.allclose(value, functions(z)[..., 0], atol=1e-6)
    for i in range(3):
        (expected,) = torch.autograd.grad(value[i].sum(), z, retain_graph=True)
        assert torch.allclose(gradient[i], expected, atol=1e-6)


def test_quantities_of_a_network_have_its_gradients_in_the_coordinates_of_the_states() -> None:
    data = TwoBody(trajectories=6, test_trajectories=4, steps=20).load(DataContext(Path("unused")))
    x = data.vectors.astype(np.float64).reshape(-1, 8)
    frame = frame_of(x)
    assert frame.rank == 4
    functions = new_functions(2, 4, 8, 2, 1, torch.Generator().manual_seed(0), "cpu").chosen([1, 0])
    claim = as_quantities(functions, frame)
    gradients = claim.gradients(x)
    assert gradients.shape == (len(x), 2, 8)
    for i, unit in enumerate(np.eye(8)):
        slope = (claim.values(x + 1e-6 * unit) - claim.values(x - 1e-6 * unit)) / 2e-6
        np.testing.assert_allclose(gradients[:, :, i], slope, atol=1e-6)


def test_minimise_minimises() -> None:
    w = torch.tensor([3.0], requires_grad=True)
    curve = minimise([w], lambda: (w - 1).square().sum(), steps=300, rate=0.1)
    assert len(curve) == 100
    assert abs(float(w.detach()) - 1) < 1e-2
