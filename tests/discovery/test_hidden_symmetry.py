from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from symbench.data.orbits.schwarzschild import RadialMotion
from symbench.discovery.base import FunctionSample, TrajectorySample
from symbench.discovery.hidden_symmetry.field import fit_field, potential
from symbench.discovery.hidden_symmetry.flow import Transported, new_flow, read, seeded
from symbench.discovery.hidden_symmetry.losses import (
    equivariance,
    excess_condition,
    hamiltonicity,
    invariance,
    modularity,
    plain_rate,
    translation,
)
from symbench.discovery.hidden_symmetry.method import HiddenSymmetry
from symbench.discovery.hidden_symmetry.search import FittedCoordinates
from symbench.errors import IncompatibleError
from symbench.registry import find_task
from symbench.tasks.base import DataContext
from symbench.tasks.dynamics.damped_pendulum import DampedPendulum
from symbench.tasks.dynamics.harmonic import Harmonic1d
from symbench.tasks.dynamics.hidden import HiddenOscillator
from symbench.tasks.dynamics.lorenz import Lorenz
from symbench.tasks.dynamics.schwarzschild import SchwarzschildOrbits
from symbench.tasks.dynamics.simulated import Dynamics
from symbench.tasks.dynamics.two_body import TwoBody
from symbench.testing import check_discovery_method

Map = Callable[[torch.Tensor], torch.Tensor]
ROTATION = torch.tensor([[0.0, 1.0], [-1.0, 0.0]], dtype=torch.float64)


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def points(dimension: int, n: int = 60, low: float = 0.5, high: float = 2.0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return low + (high - low) * torch.rand(n, dimension, generator=generator, dtype=torch.float64)


def carry(change: Map, field: Map, x: torch.Tensor) -> Transported:
    """The field in z = change(x), from nested automatic differentiation: what the jets have to reproduce."""

    def moved(at: torch.Tensor) -> torch.Tensor:
        image: torch.Tensor = torch.func.jacrev(change)(at) @ field(at)
        return image

    jacobian = torch.func.vmap(torch.func.jacrev(change))(x).transpose(1, 2)
    slopes = torch.func.vmap(torch.func.jacrev(moved))(x).transpose(1, 2)
    return Transported(torch.func.vmap(change)(x), jacobian, torch.func.vmap(moved)(x), slopes)


def stay(x: torch.Tensor) -> torch.Tensor:
    return x.clone()


# The residuals, each against a closed form and a counter-example.


def oscillator(x: torch.Tensor) -> torch.Tensor:
    """ż = (z₂, −z₁) in x = eᶻ − 1."""
    z = torch.log1p(x)
    return (1 + x) * torch.stack([z[..., 1], -z[..., 0]], dim=-1)


def predators(x: torch.Tensor) -> torch.Tensor:
    u, v = x[..., 0], x[..., 1]
    return torch.stack([u - u * v, u * v - v], dim=-1)


def spiral(x: torch.Tensor) -> torch.Tensor:
    return x @ ROTATION.T - 0.3 * x


def polar(x: torch.Tensor) -> torch.Tensor:
    return torch.stack([torch.atan2(x[..., 1], x[..., 0]), torch.log(x.square().sum(-1)) / 2], dim=-1)


def turning(x: torch.Tensor) -> torch.Tensor:
    """A rotation whose rate depends on the radius."""
    return (x @ ROTATION.T) * x.square().sum(-1, keepdim=True)


def coupled(x: torch.Tensor) -> torch.Tensor:
    """Two oscillators of one mass, (q₁, q₂, p₁, p₂), joined by a spring."""
    q1, q2, p1, p2 = x.unbind(-1)
    return torch.stack([p1, p2, -2 * q1 + q2, q1 - 2 * q2], dim=-1)


def modes(x: torch.Tensor) -> torch.Tensor:
    q1, q2, p1, p2 = x.unbind(-1)
    return torch.stack([q1 + q2, q1 - q2, p1 + p2, p1 - p2], dim=-1)


def test_translation_is_manifest_in_polar_coordinates() -> None:
    x = points(2)
    before = carry(stay, turning, x)
    residual = translation(0)
    assert residual(carry(polar, turning, x)) < 1e-25
    assert residual(before) > 0.01
    assert translation(1)(carry(polar, turning, x)) > 0.01  # the rate depends on the radius


@pytest.mark.parametrize("stretch", [1e-3, 1e3])
def test_stretching_a_coordinate_does_not_lower_a_residual(stretch: float) -> None:
    x = points(4, low=-1)
    factor = torch.tensor([stretch, 1.0, 1.0, 1.0], dtype=torch.float64)
    before, after = carry(stay, coupled, x), carry(lambda at: at * factor, coupled, x)
    module = torch.tensor([True, False, True, False])
    for residual in (translation(0), modularity(module)):
        assert residual(after) == pytest.approx(float(residual(before)), rel=1e-9)
    larger = carry(lambda at: at * stretch, coupled, x)
    for residual in (hamiltonicity(1.0), equivariance(torch.eye(4, dtype=torch.float64).roll(1, 0))):
        assert residual(larger) == pytest.approx(float(residual(before)), rel=1e-9, abs=1e-25)


def test_rotation_of_the_hidden_oscillator_is_manifest_in_logarithms() -> None:
    residual, x = equivariance(ROTATION), points(2, low=-0.5)
    assert residual(carry(torch.log1p, oscillator, x)) < 1e-25
    assert residual(carry(stay, oscillator, x)) > 0.1


def test_a_spiral_commutes_with_rotations_but_is_not_hamiltonian() -> None:
    """Equivariance says nothing about friction; Hamiltonicity is lost in any linear coordinates."""
    x = points(2, low=-1)
    assert equivariance(ROTATION)(carry(stay, spiral, x)) < 1e-25
    shear = torch.tensor([[1.0, 3.0], [0.0, 0.2]], dtype=torch.float64)
    expected = 2 * 0.6**2 / 4  # the divergence, −0.6, is that of any coordinates
    for change in (stay, lambda at: at @ shear):
        assert hamiltonicity(1.0)(carry(change, spiral, x)) == pytest.approx(expected)


def test_predators_and_prey_are_hamiltonian_in_logarithms() -> None:
    x = points(2)
    before = carry(stay, predators, x)
    residual = hamiltonicity(plain_rate(before))
    assert residual(carry(torch.log, predators, x)) < 1e-25
    assert residual(before) > 0.01


def test_coupled_oscillators_are_modular_in_their_modes() -> None:
    x, module = points(4, low=-1), torch.tensor([True, False, True, False])
    before = carry(stay, coupled, x)
    residual = modularity(module)
    assert residual(carry(modes, coupled, x)) < 1e-25
    assert residual(before) > 0.01
    assert modularity(torch.tensor([True, True, False, False]))(carry(modes, coupled, x)) > 0.01


def test_a_label_of_a_curved_radius_is_invariant_in_the_straight_coordinates() -> None:
    """r² = ‖log(1 + x₁) , log(1 + x₂)‖² summed over two vectors, which turn together."""
    x = points(2, n=80, low=-0.5).reshape(40, 2, 2).requires_grad_()
    (gradient,) = torch.autograd.grad(torch.log1p(x).square().sum(dim=(1, 2)).sum(), x)
    x = x.detach()
    jacobian = torch.diag_embed(1 / (1 + x))
    unit = torch.eye(2, dtype=torch.float64).expand(40, 2, 2, 2)
    assert invariance(torch.log1p(x), jacobian, gradient, ROTATION) < 1e-25
    assert invariance(x, unit, gradient, ROTATION) > 0.01
    assert invariance(x, unit, x, ROTATION) < 1e-25


def test_a_condition_costs_beyond_its_limit_only() -> None:
    jacobian = torch.diag_embed(torch.tensor([[1.0, 1.0], [1.0, 100.0]], dtype=torch.float64))
    assert excess_condition(jacobian, 60.0) == 0
    assert excess_condition(jacobian, 10.0) == pytest.approx(np.log(50.005 / 10) ** 2 / 2)


# The network.


@pytest.mark.parametrize("dimension", [1, 2, 3])
def test_jets_are_the_derivatives_of_the_flow(dimension: int) -> None:
    generator = torch.Generator().manual_seed(1)
    spread = torch.linspace(0.5, 2.0, dimension, dtype=torch.float64)
    flow = new_flow(spread, blocks=2, layers=2, width=5, generator=generator, device="cpu")
    x = points(dimension, n=7, low=-1)
    assert torch.equal(flow(x), x)  # T begins at 1
    with torch.no_grad():
        for weight in flow.parameters:
            weight += 0.3 * torch.randn(weight.shape, generator=generator, dtype=torch.float64)

    def field(at: torch.Tensor) -> torch.Tensor:
        return torch.sin(at) + at.roll(1, -1) ** 2

    expected = carry(flow, field, x)
    f, df = field(x), torch.func.vmap(torch.func.jacrev(field))(x).transpose(1, 2)
    moved = flow.transport(x, f, df)
    for one, other in zip(moved.__dict__.values(), expected.__dict__.values(), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-10, atol=1e-10)
    z, jacobian = flow.push(x)
    torch.testing.assert_close(z, moved.z)
    torch.testing.assert_close(jacobian, moved.jacobian)
    a = torch.linalg.solve(expected.jacobian, expected.slopes).transpose(1, 2)
    torch.testing.assert_close(moved.a @ moved.jacobian.transpose(1, 2), a @ expected.jacobian.transpose(1, 2))
    there = read(seeded(x, f, df))
    torch.testing.assert_close(there.a, df.transpose(1, 2))


# The fitted field and potential.


def test_a_fitted_field_has_the_slopes_of_the_field() -> None:
    x = points(2, n=400, low=-1).numpy()
    exact = np.stack([np.sin(x[:, 0]) * x[:, 1], x[:, 1] ** 2], axis=1)
    field = fit_field(x, exact, np.arange(400) % 4 == 0)
    inside = x[np.abs(x - 0.5).max(axis=1) < 1]
    slopes = np.zeros((len(inside), 2, 2))
    slopes[:, 0, 0] = np.cos(inside[:, 0]) * inside[:, 1]
    slopes[:, 1, 0], slopes[:, 1, 1] = np.sin(inside[:, 0]), 2 * inside[:, 1]
    np.testing.assert_allclose(field.slopes(inside), slopes, atol=1e-3)


def test_a_potential_exists_for_a_gradient_and_not_for_an_angle_around_a_hole() -> None:
    angle = np.linspace(0, 2 * np.pi, 400, endpoint=False)
    x = (1 + 0.3 * np.sin(7 * angle))[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    exact = np.stack([np.cos(x[:, 0]) + x[:, 1], x[:, 0]], axis=1)
    energy = potential(x, exact)
    np.testing.assert_allclose(energy.gradients(x)[:, 0], exact, atol=1e-3)
    values = energy.values(x)[:, 0] - np.sin(x[:, 0]) - x[:, 0] * x[:, 1]
    assert np.ptp(values) < 1e-3
    closed = np.stack([-x[:, 1], x[:, 0]], axis=1) / np.sum(x**2, axis=1, keepdims=True)
    assert np.sqrt(np.mean((potential(x, closed).gradients(x)[:, 0] - closed) ** 2)) > 0.3


# The method.


@cache
def trajectories(cls: type[Dynamics], orbits: int = 60, **parameters: float) -> TrajectorySample:
    task = cls(trajectories=orbits, test_trajectories=4, **parameters)
    return task.sample(task.load(DataContext(Path("unused"))))


def test_it_conforms() -> None:
    check_discovery_method(HiddenSymmetry(blocks=1, width=8, points=50), budget=0.002)


def test_the_hidden_rotation_of_the_oscillator_is_found() -> None:
    """The residual falls by a factor of ten on orbits held out, T well conditioned, and the field commutes with ẋ."""
    sample = trajectories(HiddenOscillator)
    method = HiddenSymmetry(property="rotation", steps=400, width=24, blocks=1, points=200, rate=1e-2)
    claim = method.fit(sample, seed=0, budget=1)
    told = claim.scalars
    assert told["residual"] < 0.1 * told["residual_of_identity"]
    assert told["condition"] < 5
    assert told["folded"] == 0
    assert claim.fields is not None
    assert claim.confidence.shape == (1,)
    assert claim.conserved is None
    field = claim.fields(sample.x)
    assert field.shape == (1, *sample.x.shape)
    # in the plane the oscillator commutes only with combinations of Kz and z, and both are known in closed form
    x = sample.x.reshape(-1, 2)
    z = HiddenOscillator().map().plain(x)
    inside = field.reshape(-1, 2) / (1 + 0.5 * x)
    basis = np.stack([z @ ROTATION.numpy().T, z], axis=2).reshape(-1, 2)
    rest = inside.reshape(-1) - basis @ np.linalg.lstsq(basis, inside.reshape(-1), rcond=None)[0]
    assert np.sqrt(np.mean(rest**2) / np.mean(inside**2)) < 0.1


def test_the_hidden_hamiltonian_of_the_oscillator_is_found_and_is_its_energy() -> None:
    task = HiddenOscillator()
    sample = trajectories(HiddenOscillator)
    method = HiddenSymmetry(steps=100, width=24, blocks=1, points=200, rate=1e-2)
    claim = method.fit(sample, seed=0, budget=1)
    assert claim.scalars["residual"] < 0.1 * claim.scalars["residual_of_identity"]
    assert claim.scalars["condition"] < 5
    assert claim.fields is None
    assert claim.conserved is not None
    x = sample.x.reshape(-1, 2)
    energy, found = task.conserved().values(x)[:, 0], claim.conserved.values(x)[:, 0]
    ranks = [np.argsort(np.argsort(values)) for values in (energy, found)]
    assert abs(np.corrcoef(ranks[0], ranks[1])[0, 1]) > 0.99
    step = 1e-5
    for i, unit in enumerate(np.eye(2)):
        slope = (claim.conserved.values(x + step * unit) - claim.conserved.values(x - step * unit)) / (2 * step)
        np.testing.assert_allclose(claim.conserved.gradients(x)[:, :, i], slope, atol=1e-5)


def test_hamiltonicity_around_a_black_hole_is_manifest_in_the_canonical_momentum() -> None:
    """(w, u) → (r/R, p/ωR), E = f √(W/(f² − ṙ²)), p = E ṙ/f², L = 4: exact there, and not in (w, u)."""
    motion = RadialMotion(4.0)
    radius, omega = motion.circular, motion.frequency

    def parts(x: torch.Tensor) -> tuple[torch.Tensor, ...]:
        r, speed = radius / x[..., 0], omega * radius * x[..., 1]
        f = 1 - 2 / r
        return r, speed, f, f * (1 + 16 / r**2)

    def canonical(x: torch.Tensor) -> torch.Tensor:
        r, speed, f, w = parts(x)
        p = f * (w / (f**2 - speed**2)).sqrt() * speed / f**2
        return torch.stack([r / radius, p / (omega * radius)], dim=-1)

    def field(x: torch.Tensor) -> torch.Tensor:
        r, speed, f, w = parts(x)
        slope = 2 / r**2
        along = slope / f + (slope * (1 + 16 / r**2) - 32 * f / r**3) / (2 * w)
        return torch.stack(
            [-(x[..., 0] ** 2) * x[..., 1], (f * slope - (f**2 - speed**2) * along) / (omega**2 * radius)], dim=-1
        )

    x = trajectories(SchwarzschildOrbits).x.reshape(-1, 2)[::40]
    np.testing.assert_allclose(field(torch.from_numpy(x)).numpy(), motion.flow(x), atol=1e-12)
    at = torch.from_numpy(np.ascontiguousarray(x))
    before = carry(stay, field, at)
    residual = hamiltonicity(plain_rate(before))
    assert residual(carry(canonical, field, at)) < 1e-20
    assert residual(before).sqrt() > 0.1


def test_the_hidden_hamiltonian_of_orbits_around_a_black_hole_is_found() -> None:
    sample = trajectories(SchwarzschildOrbits)
    claim = HiddenSymmetry(steps=100, width=24, blocks=1, points=200, rate=1e-2).fit(sample, seed=0, budget=1)
    told = claim.scalars
    assert told["residual_of_identity"] > 0.15
    assert told["residual"] < 0.15 * told["residual_of_identity"]
    assert told["condition"] < 5
    assert claim.conserved is not None
    x = sample.x.reshape(-1, 2)
    energy, found = RadialMotion(4.0).energy(x), claim.conserved.values(x)[:, 0]
    ranks = [np.argsort(np.argsort(values)) for values in (energy, found)]
    assert abs(np.corrcoef(ranks[0], ranks[1])[0, 1]) > 0.99


def test_what_is_manifest_needs_no_training() -> None:
    claim = HiddenSymmetry().fit(trajectories(Harmonic1d), seed=0, budget=1)
    assert claim.steps == 0
    assert claim.scalars["residual"] == claim.scalars["residual_of_identity"] < 1e-3
    assert claim.conserved is not None
    turned = HiddenSymmetry(property="rotation").fit(trajectories(Harmonic1d), seed=0, budget=1)
    assert turned.fields is not None
    x = trajectories(Harmonic1d).x
    np.testing.assert_allclose(turned.fields(x)[0], np.stack([x[..., 1], -x[..., 0]], axis=2), atol=0.05)


def test_the_same_seed_gives_the_same_claim_and_leaves_global_generators_alone() -> None:
    sample = trajectories(HiddenOscillator, orbits=12)
    method = HiddenSymmetry(property="translation", width=8, blocks=1, points=40)
    state = torch.random.get_rng_state()
    one, two, other = (method.fit(sample, seed=seed, budget=0.005).scalars for seed in (1, 1, 2))
    assert one == two != other
    assert torch.equal(torch.random.get_rng_state(), state)


def found(**changes: float) -> FittedCoordinates:
    numbers = {"residual": 0.01, "residual_of_identity": 0.3, "condition": 3.0, "folded": 0.0, **changes}
    flow = new_flow(torch.ones(2), blocks=1, layers=1, width=2, generator=torch.Generator(), device="cpu")
    return FittedCoordinates(flow, steps=1, curve=np.zeros(0), **numbers)


@pytest.mark.parametrize(
    ("changes", "holds"),
    [
        ({}, True),
        ({"residual": 0.06, "residual_of_identity": 0.9}, False),  # above the bound
        ({"residual": 0.04, "residual_of_identity": 0.1}, False),  # above the fraction of the identity's
        ({"residual": 0.04, "residual_of_identity": 0.04}, True),  # manifest
        ({"condition": 21.0}, False),
        ({"folded": 0.01}, False),
    ],
)
def test_the_rule_of_a_claim(changes: dict[str, float], holds: bool) -> None:
    assert found(**changes).holds(HiddenSymmetry()) is holds


def test_a_field_that_is_not_known_is_not_claimed_about() -> None:
    sample = trajectories(Harmonic1d)
    noise = np.random.default_rng(0).normal(size=sample.velocity.shape)
    claim = HiddenSymmetry(width=8, blocks=1).fit(
        TrajectorySample(sample.x, sample.velocity + noise, sample.dt), seed=0, budget=0.001
    )
    assert claim.scalars["field_error"] > 0.05
    assert claim.conserved is None


def test_a_constant_label_and_what_cannot_be_asked() -> None:
    x = np.random.default_rng(0).normal(size=(40, 1, 2))
    claim = HiddenSymmetry().fit(FunctionSample(x, np.ones(40), "number"), seed=0, budget=0.01)
    assert claim.fields is None
    assert len(claim.generators) == 0
    with pytest.raises(IncompatibleError, match="as many p as q"):
        HiddenSymmetry().fit(trajectories(Lorenz, orbits=4), seed=0, budget=0.01)
    with pytest.raises(IncompatibleError, match="span 4 of 8 dimensions"):
        HiddenSymmetry().fit(trajectories(TwoBody, orbits=4), seed=0, budget=0.01)
    with pytest.raises(IncompatibleError, match="no label"):
        HiddenSymmetry(property="label").fit(trajectories(Harmonic1d), seed=0, budget=0.01)
    with pytest.raises(IncompatibleError, match="not of a label"):
        HiddenSymmetry(property="rotation").fit(FunctionSample(x, x[:, 0, 0], "number"), seed=0, budget=0.01)
    with pytest.raises(IncompatibleError, match="axis 2"):
        HiddenSymmetry(property="translation", axis=2).fit(trajectories(Harmonic1d), seed=0, budget=0.01)
    with pytest.raises(IncompatibleError, match=r"module \[5\]"):
        HiddenSymmetry(property="modularity", module=(5,)).fit(trajectories(Harmonic1d), seed=0, budget=0.01)
    with pytest.raises(IncompatibleError, match="acts on 1"):
        HiddenSymmetry(property="rotation", generator=((0.0,),)).fit(trajectories(Harmonic1d), seed=0, budget=0.01)
    with pytest.raises(ValidationError, match="generator must be square: it has 2 rows"):
        HiddenSymmetry(generator=((0.0, 1.0), (1.0,)))
    assert HiddenSymmetry(property="label").incompatibility(Harmonic1d())
    assert HiddenSymmetry(property="rotation").incompatibility(find_task("so2")())
    assert (
        HiddenSymmetry().incompatibility(Harmonic1d()) is None is HiddenSymmetry().incompatibility(find_task("so2")())
    )


def test_hamiltonicity_of_a_damped_pendulum_is_not_claimed() -> None:
    """At rest the divergence is −γ in any coordinates, so nothing conserved is claimed."""
    claim = HiddenSymmetry(steps=100, width=24, blocks=1, points=200, rate=1e-2).fit(
        trajectories(DampedPendulum), seed=0, budget=1
    )
    assert claim.scalars["residual_of_identity"] > 0.05
    assert claim.conserved is None
    assert claim.fields is None


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["translation", "modularity", "rotation"])
def test_nothing_is_claimed_of_the_lorenz_attractor(kind: str) -> None:
    """Its residuals fall, as those of any flow between its fixed points do, but not to where a claim begins."""
    claim = HiddenSymmetry(property=kind, steps=150, width=24, blocks=1, points=200, rate=1e-2).fit(
        trajectories(Lorenz, orbits=40), seed=0, budget=1
    )
    assert claim.scalars["residual_of_identity"] > 0.9
    assert claim.scalars["residual"] > 0.1
    assert claim.fields is None
    assert claim.conserved is None
