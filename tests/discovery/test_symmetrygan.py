"""One element of the group, what its logarithm is worth, and when it is worth nothing."""

from pathlib import Path

import numpy as np
import pytest
from scipy.linalg import expm

from symbench.algebra.bases import so
from symbench.algebra.subspace import overlap, second_moment
from symbench.discovery.base import DistributionSample, Symmetry
from symbench.discovery.symmetrygan.logarithm import logarithm
from symbench.discovery.symmetrygan.method import SymmetryGan
from symbench.tasks.base import DataContext, DistributionTask
from symbench.tasks.distribution.anisotropic import Anisotropic
from symbench.tasks.distribution.isotropic_gas import IsotropicGas
from symbench.testing import check_discovery_method


def fit(task: DistributionTask, events: int, **parameters: object) -> tuple[Symmetry, DistributionSample]:
    sample = task.sample(task.load(DataContext(Path())).take(np.arange(events)))
    return SymmetryGan.model_validate(parameters).fit(sample, seed=0, budget=1.0), sample


def test_it_finds_a_rotation_that_leaves_the_gas_unchanged() -> None:
    found, sample = fit(IsotropicGas(), 2_000, starts=1, steps=1_500, hidden=32)
    element = found.arrays["group_element"]
    np.testing.assert_allclose(element.T @ element, np.eye(3), atol=0.25)
    assert found.generators.shape == (1, 3, 3)
    assert overlap(found.generators, so(3), second_moment(sample.x)).precision > 0.97
    assert found.confidence[0] > 0.95


def test_it_abstains_where_there_is_no_symmetry() -> None:
    found, _ = fit(Anisotropic(), 1_000, starts=1, steps=500, hidden=32)
    assert found.generators.shape == (0, 3, 3)


@pytest.mark.parametrize("angle", [0.3, 2.0, 3.0])
def test_the_logarithm_of_a_rotation_is_its_angle(angle: float) -> None:
    found = logarithm(expm(angle * so(3)[1]))
    assert found is not None
    np.testing.assert_allclose(found, angle * so(3)[1], atol=1e-9)


def test_the_logarithm_of_any_element_near_enough_is_what_was_exponentiated() -> None:
    random = np.random.default_rng(0)
    state = np.random.get_state(legacy=False)["state"]["key"].tobytes()  # noqa: NPY002
    for _ in range(20):
        generator = random.normal(size=(4, 4)) / 2
        found = logarithm(expm(generator))
        if np.abs(np.linalg.eigvals(generator).imag).max() < 3:  # within the principal branch
            assert found is not None
            np.testing.assert_allclose(found, generator, atol=1e-10)
    shear = np.array([[0.0, 3.0], [0.0, 0.0]])  # not diagonalisable
    found = logarithm(expm(shear))
    assert found is not None
    np.testing.assert_allclose(found, shear, atol=1e-9)
    assert np.random.get_state(legacy=False)["state"]["key"].tobytes() == state  # noqa: NPY002


def test_what_no_path_reaches_has_no_logarithm() -> None:
    assert logarithm(np.diag([1.0, -1.0])) is None
    assert logarithm(np.diag([2.0, 0.0])) is None
    assert logarithm(np.full((2, 2), np.nan)) is None


def test_it_keeps_its_contract() -> None:
    check_discovery_method(SymmetryGan(starts=1, hidden=8), budget=0.005)


def test_a_mask_keeps_entries_at_zero_and_the_cosine_turns_the_element_away() -> None:
    """The density of the gas has all rotations: the cosine chooses among them, with a mean near 0 for its weight."""
    found, sample = fit(IsotropicGas(), 1_000, starts=1, steps=800, hidden=32, cosine_weight=1.0, margin=0.49)
    element = found.arrays["group_element"]
    x = sample.x[:, 0]
    moved = x @ element.T
    cosine = np.sum(x * moved, axis=1) / np.linalg.norm(x, axis=1) / np.linalg.norm(moved, axis=1)
    assert abs(cosine.mean()) < 0.15
    mask = ((1, 1, 0), (1, 1, 0), (0, 0, 1))
    found, _ = fit(IsotropicGas(), 200, starts=1, steps=20, hidden=8, mask=mask)
    assert np.all((found.arrays["group_element"] == 0) == (np.array(mask) == 0))
