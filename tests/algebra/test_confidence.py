"""Names with confidence: certain where samples agree, shared where they do not, and repeatable."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symbench.algebra.bases import minkowski, so
from symbench.algebra.confidence import bootstrap_name, bootstrap_name_of_spectrum, mean_span
from symbench.algebra.defects import defect_spectrum, quadratic_forms
from symbench.algebra.names import named_algebra
from symbench.algebra.subspace import overlap


def samples(name: str, noise: float, count: int = 10, seed: int = 0) -> list[np.ndarray]:
    """Mixtures of a basis of unit generators, each with its own noise of that norm."""
    random = np.random.Generator(np.random.PCG64(seed))
    basis = named_algebra(name)
    k, d = basis.shape[:2]
    unit = basis / np.linalg.norm(basis, axis=(1, 2), keepdims=True)
    return [
        np.einsum("ij,jab->iab", random.standard_normal((k, k)), unit + noise / d * random.standard_normal(unit.shape))
        for _ in range(count)
    ]


@pytest.mark.parametrize("name", ["so(1,3)", "so(2)", "heisenberg(3)", "e(2)", "so(3)"])
@pytest.mark.parametrize("noise", [1e-9, 0.02])
def test_samples_that_agree_name_their_algebra(name: str, noise: float) -> None:
    found = bootstrap_name(samples(name, noise), draws=30)
    assert found.name == name
    assert found.confidence > 0.85
    assert sum(found.shares.values()) == pytest.approx(1)


def test_averaging_reads_what_one_sample_cannot() -> None:
    noisy = samples("so(1,3)", 0.1)
    assert bootstrap_name(noisy, draws=20).name == "so(1,3)"


@settings(max_examples=10)
@given(seed=st.integers(0, 1000), noise=st.floats(0.01, 0.1))
def test_the_spread_is_the_error_of_the_mean_span(seed: int, noise: float) -> None:
    """Noise of norm ν puts ν√(1 − k/d²) outside the span; the mean of B samples lies ν√((1 − k/d²)/B) off."""
    random = np.random.Generator(np.random.PCG64(seed))
    basis = so(1, 3) / np.sqrt(2)
    drawn = [basis + noise / 4 * random.standard_normal(basis.shape) for _ in range(40)]
    span, spread = mean_span(drawn)
    assert spread == pytest.approx(noise * np.sqrt((10 / 16) / 40), rel=0.25)
    off = np.sqrt(np.mean(np.sin(overlap(span, basis).angles) ** 2))
    assert off == pytest.approx(spread, rel=0.4)


def test_two_camps_share_the_confidence() -> None:
    """Half of the samples are rotations, half the dilation: the more frequent count in a draw decides."""
    found = bootstrap_name([so(4)] * 5 + [np.eye(4)[None]] * 5, draws=60)
    assert set(found.shares) == {"so(4)", "dilation(1)"}
    assert 0.4 < found.confidence < 0.8


def test_the_same_seed_gives_the_same_confidence() -> None:
    noisy = samples("e(2)", 0.2)
    assert bootstrap_name(noisy, draws=20, seed=3) == bootstrap_name(noisy, draws=20, seed=3)


def test_one_sample_and_none() -> None:
    found = bootstrap_name([so(3)])
    assert (found.name, found.confidence, found.spread) == ("so(3)", 1.0, 0.0)
    assert bootstrap_name([np.zeros((0, 4, 4))] * 3).name == "none"
    with pytest.raises(ValueError, match="at least one sample"):
        bootstrap_name([])


def spectra(noise: float) -> tuple[np.ndarray, np.ndarray]:
    """Quadratic forms of 12 blocks of events of f = xᵀηx, with noise in the gradient."""
    random = np.random.Generator(np.random.PCG64(0))
    x = random.standard_normal((480, 1, 4))
    gradient = 2 * x @ minkowski(1, 3) + noise * random.standard_normal(x.shape)
    forms = [quadratic_forms(gradient[m::12], x[m::12]) for m in range(12)]
    return np.array([change for change, _ in forms]), np.array([largest for _, largest in forms])


def test_resampled_spectra_name_the_algebra_below_the_bound() -> None:
    change, largest = spectra(0.05)
    found = bootstrap_name_of_spectrum(change, largest, 0.05, draws=20)
    assert (found.name, found.confidence) == ("so(1,3)", 1.0)
    assert found.spread < 0.02
    # A bound below the noise leaves nothing, and one amid the noise of the six divides the draws.
    assert bootstrap_name_of_spectrum(change, largest, 1e-4, draws=10).name == "none"
    middle = float(np.sqrt(np.median(defect_spectrum(change.mean(axis=0), largest.mean(axis=0))[0][:6])))
    assert bootstrap_name_of_spectrum(change, largest, middle, draws=20).confidence < 1
