from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from symbench.algebra.bases import so
from symbench.algebra.polynomial_fields import monomials
from symbench.algebra.structure import name_of
from symbench.algebra.subspace import overlap
from symbench.data.splits import Split, split
from symbench.discovery.base import TrajectorySample
from symbench.discovery.evaluate.run import run_discovery
from symbench.discovery.noether.fit import hamiltonian_fields, poisson_brackets, quantity_of
from symbench.discovery.noether.library import Library, Variables, polynomial, radial, trigonometric
from symbench.discovery.noether.method import Noether
from symbench.errors import IncompatibleError
from symbench.metrics.conservation import frame_of
from symbench.tasks.base import DataContext
from symbench.tasks.dynamics.damped_pendulum import DampedPendulum
from symbench.tasks.dynamics.double_pendulum import DoublePendulum
from symbench.tasks.dynamics.harmonic import Harmonic1d, Harmonic2dAnisotropic, Harmonic2dIsotropic
from symbench.tasks.dynamics.kepler import Kepler2d, Kepler3d
from symbench.tasks.dynamics.lorenz import Lorenz
from symbench.tasks.dynamics.pendulum import Pendulum
from symbench.tasks.dynamics.rigid_body import RigidBody
from symbench.tasks.dynamics.simulated import Dynamics
from symbench.tasks.dynamics.three_body import ThreeBody
from symbench.tasks.dynamics.two_body import TwoBody
from symbench.trial.result import Outcome


@cache
def events(cls: type[Dynamics], noise: float = 0.0) -> tuple[Dynamics, Split]:
    task = cls(trajectories=60, test_trajectories=90, noise=noise)
    return task, split(task.load(DataContext(Path("unused"))), task.sizes(), train_size=60, seed=0)


def run(method: Noether, cls: type[Dynamics], seed: int = 0, noise: float = 0.0) -> Outcome:
    task, drawn = events(cls, noise)
    return run_discovery(method, task, drawn, seed=seed, budget=1.0, device="cpu")


def sample_of(cls: type[Dynamics]) -> TrajectorySample:
    task, drawn = events(cls)
    return task.sample(drawn.train)


# What a library of polynomials can express is found exactly, and nothing else is claimed.


@pytest.mark.parametrize(
    ("cls", "count"),
    [
        (Harmonic1d, 1),
        (Harmonic2dIsotropic, 3),
        (Harmonic2dAnisotropic, 2),
        (RigidBody, 2),
        (Kepler2d, 1),  # L
        (Kepler3d, 3),  # the components of L
        (TwoBody, 1),
        (ThreeBody, 1),
    ],
)
def test_every_polynomial_quantity_is_found_to_rounding(cls: type[Dynamics], count: int) -> None:
    metrics = run(Noether(degree=2), cls).metrics
    assert metrics["count"] == count
    assert metrics["drift_max"] < 1e-9
    assert metrics["span_precision"] > 0.97


@pytest.mark.parametrize(("cls", "count"), [(Kepler2d, 3), (Kepler3d, 5)])
def test_with_an_inverse_radius_kepler_is_complete(cls: type[Dynamics], count: int) -> None:
    metrics = run(Noether(library="radial"), cls).metrics
    assert metrics["count"] == count
    assert metrics["count_error"] == 0
    assert metrics["span_f1"] > 0.98
    assert metrics["drift_max"] < 1e-9
    assert metrics["method_bracket_defect"] < 1e-6


def test_with_sines_a_pendulum_is_exact_and_squares_are_no_tautology() -> None:
    """sin² + cos² is constant on every state, so it is not among the candidates."""
    metrics = run(Noether(library="trigonometric"), Pendulum).metrics
    assert metrics["count"] == metrics["functions_claimed"] == 1
    assert metrics["constants_dropped"] == 0
    assert metrics["f1"] > 0.98


@pytest.mark.parametrize("cls", [DampedPendulum, Lorenz, DoublePendulum])
def test_it_abstains_where_there_is_nothing_that_it_could_express(cls: type[Dynamics]) -> None:
    for seed in range(3):
        outcome = run(Noether(), cls, seed)
        assert outcome.metrics["count"] == 0
        assert len(outcome.arrays["spectrum"]) > 0


def test_a_small_defect_alone_is_not_conservation() -> None:
    """On the Lorenz attractor a polynomial changes slowly against its gradient, and yet over its whole range."""
    assert run(Noether(), Lorenz).arrays["spectrum"][0] < 0.05


def test_shuffled_velocities_conserve_nothing() -> None:
    sample = sample_of(Harmonic2dIsotropic)
    flat = sample.velocity.reshape(-1, 4)
    shuffled = np.random.default_rng(0).permutation(flat).reshape(sample.velocity.shape)
    claim = Noether().fit(TrajectorySample(sample.x, shuffled, sample.dt, canonical=True), seed=0, budget=1)
    assert claim.conserved is None


def test_noise_is_survived() -> None:
    metrics = run(Noether(degree=2), Harmonic2dIsotropic, noise=0.005).metrics
    assert metrics["count"] == 3
    assert metrics["f1"] > 0.9


def test_too_few_orbits_decide_nothing() -> None:
    sample = sample_of(Harmonic1d)
    few = TrajectorySample(sample.x[:9], sample.velocity[:9], sample.dt, canonical=True)
    assert Noether().fit(few, seed=0, budget=1).conserved is None


def test_the_same_seed_gives_the_same_claim() -> None:
    one, two = (run(Noether(), Harmonic2dIsotropic, 5) for _ in range(2))
    assert one.metrics == two.metrics


# Noether's theorem: from quantities to generators and back.


def test_the_isotropic_oscillator_has_the_generators_of_u2() -> None:
    claim = Noether(degree=2).fit(sample_of(Harmonic2dIsotropic), seed=0, budget=1)
    assert claim.generators.shape == (4, 4, 4)
    assert name_of(claim.generators) == "u(2)"
    states = sample_of(Harmonic2dIsotropic).x.reshape(-1, 4)[:50]
    # Flow and generators commute: [L, M] = 0 with the motion's own matrix M.
    motion = np.block([[np.zeros((2, 2)), np.eye(2)], [-np.eye(2), np.zeros((2, 2))]])
    assert np.abs(claim.generators @ motion - motion @ claim.generators).max() < 1e-9
    assert claim.conserved is not None
    fields = hamiltonian_fields(claim.conserved, states)
    np.testing.assert_allclose(fields, np.einsum("kij,mj->kmi", claim.generators, states), atol=1e-9)


def test_angular_momentum_generates_rotations() -> None:
    claim = Noether(degree=2).fit(sample_of(Kepler3d), seed=0, budget=1)
    rotations = np.stack([np.kron(np.eye(2), r) for r in so(3)])
    assert name_of(claim.generators) == "so(3)"
    assert np.max(overlap(claim.generators, rotations).angles) < 1e-6


def test_a_generator_gives_its_quantity_back() -> None:
    claim = Noether(degree=2).fit(sample_of(Harmonic2dIsotropic), seed=0, budget=1)
    forms = quantity_of(claim.generators)
    states = sample_of(Harmonic2dIsotropic).x.reshape(-1, 4)[:50]
    values = 0.5 * np.einsum("mi,kij,mj->mk", states, forms, states)
    assert claim.conserved is not None
    difference = values - claim.conserved.values(states)
    np.testing.assert_allclose(difference, np.broadcast_to(difference[:1], difference.shape), atol=1e-9)
    with pytest.raises(ValueError, match="not Hamiltonian"):
        quantity_of(np.eye(4)[None])


def test_brackets_of_angular_momenta_are_angular_momenta() -> None:
    truth = Kepler3d().conserved()
    states = sample_of(Kepler3d).x.reshape(-1, 6)[:40]
    brackets, values = poisson_brackets(truth, states), truth.values(states)
    np.testing.assert_allclose(brackets[:, 0, 1], values[:, 2], atol=1e-12)
    np.testing.assert_allclose(brackets, -brackets.transpose(0, 2, 1), atol=1e-12)


# Libraries.


def test_the_number_of_monomials() -> None:
    assert len(monomials(4, 3)) == 34  # (7 choose 3) − 1
    assert monomials(2, 2).tolist() == [[1, 0], [0, 1], [2, 0], [1, 1], [0, 2]]


@pytest.mark.parametrize(
    "variables",
    [
        lambda x: polynomial(frame_of(x)),
        lambda x: trigonometric(x.std(axis=0)),
        lambda x: radial(4),
    ],
    ids=["polynomial", "trigonometric", "radial"],
)
def test_gradients_of_a_library_are_exact(variables: Callable[[np.ndarray], Variables]) -> None:
    x = np.random.default_rng(0).standard_normal((30, 4)) + 0.5
    own = variables(x)
    library = Library(own, monomials(own(x)[0].shape[1], 3))
    values, gradients = library.evaluate(x)
    assert values.shape == (30, len(library.exponents))
    for i, unit in enumerate(np.eye(4)):
        slope = (library.evaluate(x + 1e-6 * unit)[0] - library.evaluate(x - 1e-6 * unit)[0]) / 2e-6
        np.testing.assert_allclose(gradients[:, :, i], slope, rtol=1e-4, atol=1e-5 * np.abs(slope).max())


def test_a_library_of_angles_needs_canonical_states() -> None:
    with pytest.raises(IncompatibleError, match=r"needs states \(q, p\)"):
        Noether(library="radial").fit(sample_of(RigidBody), seed=0, budget=1)
