"""Top tagging from two massless constituents: what cannot be its symmetry, and what is."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import expm

from symbench.algebra.bases import beam_rotation, dilation, so
from symbench.algebra.structure import name_of
from symbench.tasks.distribution.top_tagging_density import TopTaggingDensity
from symbench.tasks.function.top_tagging_label import TopTaggingLabel
from tests.benchmarks.top_tagging_symmetry import GROUPS, Pair, kept_directions

LORENTZ = so(1, 3)  # boosts K_x, K_y, K_z, and rotations
GENERATORS = {
    "rotation about the beam": beam_rotation(),
    "none (azimuth added)": np.zeros((0, 4, 4)),
    "boost along the beam": LORENTZ[2:3],
    "dilation": dilation(4),
    "rotations so(3)": LORENTZ[3:],
    "boosts across the beam so(1,2)": LORENTZ[:2],
    "so(1,3)": LORENTZ,
}


def massless(count: int, seed: int) -> np.ndarray:
    p = np.random.default_rng(seed).normal(size=(count, 2, 3))
    return np.concatenate([np.linalg.norm(p, axis=2, keepdims=True), p], axis=2)


def orbit_dimension(generators: np.ndarray, x: np.ndarray) -> int:
    """The dimension of the orbit of one event x (2, 4) under the group."""
    return int(np.linalg.matrix_rank((generators @ x.T).reshape(len(generators), -1), tol=1e-9))


@pytest.mark.parametrize("seed", range(5))
def test_the_published_answer_leaves_two_massless_vectors_no_invariant(seed: int) -> None:
    """Pairs of massless vectors have six dimensions: an orbit of six leaves only constants, one of five the mass."""
    (x,) = massless(1, seed)
    published = TopTaggingLabel().published()
    assert orbit_dimension(published, x) == 6
    assert orbit_dimension(LORENTZ, x) == 5
    assert orbit_dimension(beam_rotation(), x) == 1


@pytest.mark.parametrize("task", [TopTaggingLabel(), TopTaggingDensity()])
def test_the_truth_is_the_rotation_about_the_beam(task: TopTaggingLabel | TopTaggingDensity) -> None:
    turned = expm(0.7 * task.truth()[0]) @ [5.0, 1.0, 2.0, 3.0]
    assert turned[[0, 3]] == pytest.approx([5, 3])
    assert np.hypot(*turned[1:3]) == pytest.approx(np.hypot(1, 2))
    assert (task.truth_name(), name_of(task.truth())) == ("so(2)", "so(2)")
    assert name_of(task.published()) == "so(1,3)+abelian(1)"
    assert task.unbroken() is None


@pytest.mark.parametrize("group", GROUPS)
def test_the_measurement_uses_the_invariants_of_each_group(group: str) -> None:
    """Every input of the trees is unchanged by the group and by J_z, and no invariant is missing."""
    x = massless(50, 1)
    generators = GENERATORS[group] if group.startswith("none") else np.concatenate([GENERATORS[group], beam_rotation()])
    before = np.stack(GROUPS[group](Pair.of(x)), axis=1)
    for generator in generators:
        after = np.stack(GROUPS[group](Pair.of(x @ expm(0.3 * generator).T)), axis=1)
        assert np.allclose(after, before, atol=1e-8)
    independent = np.linalg.matrix_rank(jacobian(group, x[0]), tol=1e-4)
    assert independent == 6 - (orbit_dimension(generators, x[0]) if len(generators) else 0)


def jacobian(group: str, x: np.ndarray) -> np.ndarray:
    """Derivatives of the inputs along the six directions of the momenta of one event."""
    columns = []
    for vector in range(2):
        for component in range(1, 4):
            moved = np.stack([x, x])
            moved[0, vector, component] += 1e-5
            moved[1, vector, component] -= 1e-5
            moved[..., 0] = np.linalg.norm(moved[..., 1:], axis=2)
            there, back = np.stack(GROUPS[group](Pair.of(moved)), axis=1)
            columns.append((there - back) / 2e-5)
    return np.stack(columns, axis=1)


def test_directions_that_keep_moments_are_found() -> None:
    """One moment is kept by so(4), two with one common rotation by that rotation."""
    first, second = np.diag([4.0, 1.0, 1.0, 2.0]), np.diag([1.0, 3.0, 3.0, 1.0])
    assert np.sum(kept_directions(np.stack([first])) < 1e-9) == 6
    assert np.sum(kept_directions(np.stack([first, second])) < 1e-9) == 1
