"""Counting rules: what each promises, against closed forms, sampling and the exact equations."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symbench.algebra.polynomial_fields import monomials, powers, with_constant
from symbench.algebra.subspace import overlap
from symbench.data.splits import Split, split
from symbench.discovery.base import TrajectorySample
from symbench.discovery.equation_symmetry.ellipsoid import certified, largest_over_ball
from symbench.discovery.equation_symmetry.method import EquationSymmetry
from symbench.discovery.equation_symmetry.regression import fit_field
from symbench.discovery.evaluate.run import run_discovery
from symbench.discovery.noether.method import Noether
from symbench.discovery.random import RandomSubspace
from symbench.discovery.truth import Truth
from symbench.tasks.base import DataContext
from symbench.tasks.dynamics.harmonic import Harmonic1d
from symbench.tasks.dynamics.polynomial_flow import PolynomialFlow

RULES = ("fixed", "eigengap", "rank", "split", "weyl", "ellipsoid", "held-out")
CAREFUL = ("split", "weyl", "ellipsoid", "held-out")


def events(task: PolynomialFlow, size: int, seed: int = 0) -> Split:
    return split(task.load(DataContext(Path("unused"))), task.sizes(), train_size=size, seed=seed)


def sample(task: PolynomialFlow, size: int, seed: int = 0) -> TrajectorySample:
    return task.sample(events(task, size, seed).train)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), p=st.integers(1, 5))
def test_the_dual_is_the_largest_value_over_the_ball(seed: int, p: int) -> None:
    """Never below a value that is reached, and reached by ascent from many starts."""
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(p, p))
    quadratic, linear = (root + root.T) / 2, rng.normal(size=p)
    u = rng.normal(size=(200, p))
    u /= np.maximum(np.linalg.norm(u, axis=1, keepdims=True), 1)
    for _ in range(300):  # projected ascent
        u = u + 0.1 * (u @ quadratic + linear)
        u /= np.maximum(np.linalg.norm(u, axis=1, keepdims=True), 1)
    reached = float(np.max(np.einsum("ni,ij,nj->n", u, quadratic, u) + 2 * u @ linear)) + 0.3
    bound = largest_over_ball(quadratic, linear, 0.3)
    assert reached <= bound + 1e-9
    assert bound == pytest.approx(reached, abs=1e-3)


def test_a_certificate_holds_for_every_equation_of_the_ellipsoid() -> None:
    """The tolerance from which a direction is certified is the largest defect on the surface, by sampling."""
    rng = np.random.default_rng(0)
    change, spread = rng.normal(size=6), 0.1 * rng.normal(size=(6, 3))
    size, size_spread = 10 + rng.normal(size=4), 0.1 * rng.normal(size=(4, 3))
    u = rng.normal(size=(200_000, 3))
    u /= np.linalg.norm(u, axis=1, keepdims=True)
    ratios = np.linalg.norm(change + u @ spread.T, axis=1) / np.linalg.norm(size + u @ size_spread.T, axis=1)
    worst = float(ratios.max())
    assert not certified(change, spread, size, size_spread, 0.999 * worst)
    assert certified(change, spread, size, size_spread, 1.001 * worst)


def test_the_ellipsoid_covers_the_truth_as_often_as_it_says() -> None:
    """300 samples at level 0.2: the binomial interval of 99.9 % around 0.8."""
    exponents, rng = with_constant(monomials(2, 2)), np.random.default_rng(1)
    true = rng.normal(size=12)
    inside = 0
    for _ in range(300):
        x = rng.uniform(-1, 1, (20, 2))
        fit = fit_field(exponents, x, powers(exponents, x) @ true.reshape(2, 6).T + 0.3 * rng.normal(size=(20, 2)))
        assert fit is not None
        distance = np.linalg.norm(np.linalg.solve(fit.factor, true - fit.coefficients))
        inside += int(distance <= fit.radius(0.2))
    assert 0.72 < inside / 300 < 0.88


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("system", ["hopf", "hyperbolic", "shear", "toric"])
def test_every_rule_finds_the_algebra_of_precise_data(rule: str, system: str) -> None:
    task = PolynomialFlow(system=system, noise=1e-5, states=1_000)
    claim = EquationSymmetry(rule=rule, half_width=1.0).fit(sample(task, 200), seed=0, budget=1.0)
    found = overlap(claim.generators, task.truth())
    assert (found.found, found.truth) == (len(task.truth()),) * 2
    assert found.f1 > 0.999


@pytest.mark.parametrize("rule", CAREFUL)
def test_careful_rules_certify_no_broken_symmetry(rule: str) -> None:
    task = PolynomialFlow(system="oscillator-far", noise=0.01, coverage=0.5, states=2_000)
    for seed in range(5):
        claim = EquationSymmetry(rule=rule, half_width=1.0).fit(sample(task, 200, seed), seed=seed, budget=1.0)
        assert task.largest_defect(claim.generators) <= task.tolerance


def test_eigengap_always_claims() -> None:
    task = PolynomialFlow(system="lorenz", noise=0.05, states=1_000)
    outcome = run_discovery(
        EquationSymmetry(rule="eigengap"), task, events(task, 200), seed=0, budget=1.0, device="cpu"
    )
    assert outcome.metrics["false_certification"] == outcome.metrics["false_discovery"] == 1


def test_a_claim_is_judged_in_the_domain_that_it_states_and_in_the_whole() -> None:
    """In the half box rotation and dilation are broken by less than the tolerance; in the whole one by more."""
    task = PolynomialFlow(system="oscillator-far", noise=1e-4, coverage=0.5, states=1_000)
    outcome = run_discovery(EquationSymmetry(), task, events(task, 400), seed=0, budget=1.0, device="cpu")
    assert outcome.metrics["count"] == 2
    assert outcome.metrics["false_certification"] == 1
    assert outcome.metrics["false_certification_in_domain"] == 0
    assert outcome.notes["domain"].startswith("all events; components (range): -0.")
    assert np.abs(outcome.arrays["domain"]).max() <= 0.5


def test_a_plane_of_states_and_few_states_determine_nothing() -> None:
    task = PolynomialFlow(states=1_000)
    given = sample(task, 11)
    assert len(EquationSymmetry().fit(sample(task, 5), seed=0, budget=1.0).generators) == 0
    flat = TrajectorySample(given.x * (1, 0), given.velocity, 1.0)
    assert len(EquationSymmetry().fit(flat, seed=0, budget=1.0).generators) == 0


def test_reference_rows_know_matrices_and_other_methods_say_why_not() -> None:
    task = PolynomialFlow(system="radial", states=1_000)
    drawn = events(task, 100)
    exact = run_discovery(Truth(), task, drawn, seed=0, budget=1.0, device="cpu")
    assert exact.metrics["f1"] == exact.metrics["detected"] == 1
    assert exact.metrics["false_certification"] == 0
    guess = run_discovery(RandomSubspace(), task, drawn, seed=0, budget=1.0, device="cpu")
    assert guess.metrics["count"] == 3
    assert guess.metrics["false_certification"] == 1
    assert "maps of trajectories" in str(Noether().incompatibility(task))
    assert "conserved quantities" in str(EquationSymmetry().incompatibility(Harmonic1d()))
