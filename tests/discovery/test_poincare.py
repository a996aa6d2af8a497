from functools import cache
from pathlib import Path

import numpy as np
import pytest

from symbench.data.splits import Split, split
from symbench.discovery.base import DiscoveryMethod, TrajectorySample
from symbench.discovery.evaluate.run import run_discovery
from symbench.discovery.poincare.method import Poincare1, Poincare2, Poincare2Auto
from symbench.discovery.poincare.walk import _counts_of_points, _shares, _vanishing
from symbench.tasks.base import DataContext
from symbench.tasks.dynamics.damped_pendulum import DampedPendulum
from symbench.tasks.dynamics.double_pendulum import DoublePendulum
from symbench.tasks.dynamics.harmonic import Harmonic1d
from symbench.tasks.dynamics.kepler import Kepler2d
from symbench.tasks.dynamics.simulated import Dynamics
from symbench.trial.result import Outcome


@cache
def events(cls: type[Dynamics], steps: int = 50, orbits: int = 100) -> tuple[Dynamics, Split]:
    task = cls(trajectories=orbits, test_trajectories=60 if orbits > 10 else 4, steps=steps)
    return task, split(task.load(DataContext(Path("unused"))), task.sizes(), train_size=orbits, seed=0)


def run(method: DiscoveryMethod, cls: type[Dynamics], budget: float, steps: int = 50, orbits: int = 100) -> Outcome:
    task, drawn = events(cls, steps, orbits)
    return run_discovery(method, task, drawn, seed=0, budget=budget, device="cpu")


# Generation 2.


def test_as_many_as_asked_for_are_claimed() -> None:
    metrics = run(Poincare2(quantities=1, width=32), Harmonic1d, 0.3).metrics
    assert metrics["functions_claimed"] == metrics["count"] == 1
    assert metrics["f1"] > 0.98
    assert metrics["defect_max"] < 0.05
    assert run(Poincare2(quantities=3), Harmonic1d, 0.01).metrics["functions_claimed"] == 3


def test_copies_of_one_quantity_count_once() -> None:
    """Two networks in a plane with one quantity: both hold, their gradients are parallel (published: 1)."""
    metrics = run(Poincare2Auto(width=32), Harmonic1d, 0.4).metrics
    assert metrics["functions_claimed"] >= 1
    assert metrics["count"] == 1


def test_it_abstains_where_nothing_holds() -> None:
    metrics = run(Poincare2Auto(), DampedPendulum, 0.05).metrics
    assert metrics["count"] == 0
    assert metrics["false_discovery"] == 0


def test_too_few_trajectories_decide_nothing() -> None:
    task, drawn = events(Harmonic1d)
    sample = task.sample(drawn.train)
    few = TrajectorySample(sample.x[:5], sample.velocity[:5], sample.dt)
    assert Poincare2Auto().fit(few, seed=0, budget=0.01).conserved is None


def test_the_same_seed_gives_the_same_claim() -> None:
    for method in (Poincare2(quantities=2), Poincare2Auto(), Poincare1(trajectories=1, width=32)):
        one, two = (run(method, Kepler2d, 0.01).metrics for _ in range(2))
        assert one == two


# Generation 1.


def test_directions_without_extent_are_counted() -> None:
    """Shares 1/s each: nothing vanishes; a plane in space: one; a line in space: two."""
    rng = np.random.default_rng(0)
    for extent, missing in (([1, 1, 1], 0), ([1, 1, 0], 1), ([1, 0, 0], 2)):
        cloud = rng.standard_normal((20_000, 3)) * np.array(extent)
        assert _vanishing(_shares(cloud)) == pytest.approx(missing, abs=0.1)


def test_a_circle_in_the_plane_leaves_one_direction_and_no_function() -> None:
    outcome = run(Poincare1(trajectories=1, width=64), Harmonic1d, 0.4, steps=400, orbits=4)
    assert outcome.metrics["count"] == 1
    assert outcome.metrics["count_error"] == 0
    assert "f1" not in outcome.metrics
    assert outcome.arrays["explained_ratios"].shape == (1, 2, 2)


@pytest.mark.slow
def test_published_counts_of_generation_one() -> None:
    """arXiv:2011.04698: 3 for Kepler in the plane; 1 for the chaotic double pendulum."""
    assert run(Poincare1(), Kepler2d, 1.0, steps=1000, orbits=4).metrics["count"] == 3
    assert run(Poincare1(), DoublePendulum, 1.0, steps=2000, orbits=4).metrics["count"] == 1


@pytest.mark.slow
def test_generation_two_claims_of_kepler_only_what_holds() -> None:
    """arXiv:2203.12610 counts 3. Whether ours does is for the reproduction suite to say: after a quarter of the
    training with 64 units no network held (defects of 0.17 to 0.20), and it abstained. What it claims is never more,
    and holds.
    """
    metrics = run(Poincare2Auto(), Kepler2d, 1.0).metrics
    assert metrics["count"] <= 3
    assert metrics.get("defect_max", 0.0) < 0.1


def test_the_published_count_of_points_is_that_of_directions_without_variance() -> None:
    """A line in three dimensions leaves two directions empty, a round cloud none; the largest over lengths counts."""
    line, ball = np.array([1.0, 0.0, 0.0]), np.ones(3) / 3
    assert _counts_of_points(np.array([[line, ball]])).tolist() == [2, 0]
    assert _counts_of_points(np.array([[line, ball], [ball, line]])).tolist() == [2, 2]
    # Shares of the variance (0.9, 0.1): cos(π · 2 · 0.1) = 0.81, rounded 1.
    assert _counts_of_points(np.sqrt(np.array([[[0.9, 0.1]]]))).tolist() == [1]
