"""Symmetries of densities from their score: closed forms of Gaussians, a gas, and a control."""

from pathlib import Path

import numpy as np
import pytest

from symbench.algebra.bases import so
from symbench.algebra.structure import name_of
from symbench.algebra.subspace import overlap, second_moment
from symbench.data.splits import split
from symbench.discovery.base import DistributionSample, Symmetry
from symbench.discovery.evaluate.run import run_discovery
from symbench.discovery.score_nullspace.fit import Features, fit_score, rows_of
from symbench.discovery.score_nullspace.method import ScoreNullspace
from symbench.errors import IncompatibleError
from symbench.tasks.base import DataContext
from symbench.tasks.distribution.anisotropic import Anisotropic
from symbench.tasks.distribution.isotropic_gas import IsotropicGas
from symbench.tasks.distribution.sampled_density import SampledDensity
from symbench.testing import check_discovery_method

SHAPE = np.array([[1.0, 0.5, 0.0], [0.0, 0.8, 0.3], [0.0, 0.0, 0.6]])


def fit(x: np.ndarray, y: np.ndarray | None = None, seed: int = 0, **parameters: float) -> Symmetry:
    return ScoreNullspace.model_validate(parameters).fit(DistributionSample(x, y), seed=seed, budget=1.0)


def gaussian(n: int, vectors: int = 1, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, vectors, 3))


def made(task: SampledDensity, n: int, seed: int = 0) -> np.ndarray:
    x = task.sample(task.load(DataContext(Path("unused")))).x
    return x[seed * n : (seed + 1) * n]


GAS, CONTROL = IsotropicGas(events=3_000, test_events=500), Anisotropic(events=10_000, test_events=500)


def test_features_have_their_derivatives() -> None:
    x, centres = gaussian(40)[:, 0], gaussian(5, seed=1)[:, 0]

    def values(at: np.ndarray) -> np.ndarray:
        bells = np.exp(-np.sum((at[:, None] - centres) ** 2, axis=2) / (2 * 1.3**2))
        first, second = np.triu_indices(3)
        return np.hstack([bells, at[:, first] * at[:, second], at])

    gradients, laplacians = Features(centres, 1.3).derivatives(x)
    h, curved = 1e-4, np.zeros_like(values(x))
    for i, unit in enumerate(np.eye(3)):
        after, before = values(x + h * unit), values(x - h * unit)
        np.testing.assert_allclose(gradients[:, :, i], (after - before) / (2 * h), atol=1e-7)
        curved += (after - 2 * values(x) + before) / h**2
    np.testing.assert_allclose(laplacians, curved.mean(axis=0), atol=1e-6)


def test_the_score_of_a_gaussian_is_linear_in_closed_form() -> None:
    """Of quadratic functions alone score matching gives −S⁻¹(x − μ) with the sample's own mean and covariance."""
    x = gaussian(500)[:, 0] @ SHAPE + np.array([1.0, 0.0, -2.0])
    score = fit_score(x, np.zeros((0, 3)), width=1.0, ridge=0.0)
    expected = -(x - x.mean(axis=0)) @ np.linalg.inv(np.cov(x, rowvar=False, bias=True))
    np.testing.assert_allclose(score(x), expected, atol=1e-9)


@pytest.mark.parametrize("vectors", [1, 2])
def test_the_defect_of_a_dilation_of_a_gaussian(vectors: int) -> None:
    """√(2/(n + 2)) in n = 3Q dimensions; rotations have none, and stretching one axis against another has some."""
    z = gaussian(60_000, vectors)

    class Exact:
        def __call__(self, x: np.ndarray) -> np.ndarray:
            return -x

    change, largest = rows_of(Exact(), z).forms()  # type: ignore[arg-type]

    def defect(generator: np.ndarray) -> float:
        v = generator.ravel()
        return float(np.sqrt(v @ change @ v / (v @ largest @ v)))

    assert defect(np.eye(3)) == pytest.approx(np.sqrt(2 / (3 * vectors + 2)), rel=0.02)
    assert max(defect(turn) for turn in so(3)) < 1e-9
    assert defect(np.diag([1.0, -1.0, 0.0])) > 0.3


def test_the_rotations_of_an_ellipsoid_are_found_in_its_coordinates() -> None:
    """Σ^½ so(3) Σ^−½: a compact algebra, of matrices that are not antisymmetric."""
    x = gaussian(1_200) @ SHAPE
    found = fit(x, centres=20)
    assert len(found.generators) == 3
    assert name_of(found.generators) == "so(3)"
    root = SHAPE.T
    truth = np.einsum("ij,kjl,lm->kim", root, so(3), np.linalg.inv(root))
    assert np.degrees(overlap(found.generators, truth, second_moment(x)).angles[-1]) < 8
    assert np.all(found.confidence > 0.95)


def test_an_isotropic_gas_has_the_rotations() -> None:
    drawn = split(GAS.load(DataContext(Path("unused"))), GAS.sizes(), train_size=1_000, seed=0)
    outcome = run_discovery(ScoreNullspace(centres=80), GAS, drawn, seed=0, budget=1.0, device="cpu")
    assert outcome.metrics["count"] == 3
    assert outcome.metrics["f1"] > 0.98
    assert outcome.notes["algebra"] == "so(3)"
    spectrum, (cut,) = outcome.arrays["spectrum"], outcome.arrays["bound"]
    assert spectrum[2] < cut < 2 * cut < spectrum[3]


@pytest.mark.parametrize("seed", range(4))
def test_nothing_is_claimed_of_the_control(seed: int) -> None:
    assert len(fit(made(CONTROL, 300, seed), seed=seed).generators) == 0


@pytest.mark.slow
def test_false_discoveries_of_twenty_seeds() -> None:
    """At most one claim in 20, at either size."""
    for n in (200, 400):
        claims = [len(fit(made(CONTROL, n, seed), seed=seed).generators) > 0 for seed in range(20)]
        assert np.mean(claims) <= 0.05


def test_a_symmetry_has_to_be_one_of_every_class() -> None:
    """A ball, and an ellipsoid about the third axis: of both, the rotation about that axis remains."""
    ball, longer = gaussian(600), gaussian(600, seed=1) * np.array([1.0, 1.0, 2.5])
    found = fit(np.concatenate([ball, longer]), np.repeat([0, 1], 600), centres=20)
    assert len(found.generators) == 1
    assert np.degrees(overlap(found.generators, so(3)[:1]).angles[0]) < 8


def test_too_few_events_and_events_on_a_subspace() -> None:
    assert len(fit(gaussian(199)).generators) == 0
    flat = gaussian(400) * np.array([1.0, 1.0, 0.0])
    with pytest.raises(IncompatibleError, match="span 2 of 3 dimensions"):
        fit(flat)


def test_it_keeps_its_contract() -> None:
    check_discovery_method(ScoreNullspace(least=20, centres=10))
