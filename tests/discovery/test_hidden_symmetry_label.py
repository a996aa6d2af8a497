"""`hidden-symmetry` of a label: a rotation that curved coordinates hide is found, and none of open level sets."""

from collections.abc import Callable

import numpy as np
import pytest
import torch

from symbench.discovery.base import FunctionSample, Symmetry
from symbench.discovery.hidden_symmetry.method import HiddenSymmetry

FloatArray = np.ndarray
KAPPA = 0.7


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def curved(z: FloatArray) -> FloatArray:
    """x = (e^κz − 1)/κ in each coordinate."""
    return np.expm1(KAPPA * z) / KAPPA


def straight(x: FloatArray) -> FloatArray:
    return np.log1p(KAPPA * x) / KAPPA


def fit(label: Callable[[FloatArray], FloatArray], steps: int = 400, vectors: int = 1) -> tuple[FloatArray, Symmetry]:
    """Events x (400, P, 2), z uniform in a disc, and the claim about label(z) summed over the vectors."""
    rng = np.random.default_rng(0)
    angle, radius = rng.uniform(0, 2 * np.pi, (2, 400, vectors))
    z = 1.3 * np.sqrt(radius / (2 * np.pi))[..., None] * np.stack([np.cos(angle), np.sin(angle)], axis=2)
    x = curved(z)
    method = HiddenSymmetry(property="label", steps=steps, width=24, blocks=1, points=200, rate=1e-2, condition=6.0)
    sample = FunctionSample(x, label(z).sum(axis=1), "number")
    return x, method.fit(sample, seed=0, budget=1.0)


def test_the_rotation_that_leaves_a_curved_radius_alone_is_found() -> None:
    """‖z‖² is invariant under ż = Kz, which moves x by (1 + κx) Kz: known in closed form."""
    x, claim = fit(lambda z: np.sum(z**2, axis=2))
    told = claim.scalars
    assert told["residual_of_identity"] > 0.1
    assert told["residual"] < 0.2 * told["residual_of_identity"]
    assert told["condition"] < 5
    assert claim.fields is not None
    found = claim.fields(x)[0]
    z = straight(x)
    true = (1 + KAPPA * x) * np.stack([z[..., 1], -z[..., 0]], axis=2)
    cosine = np.sum(found * true, axis=2) / np.linalg.norm(found, axis=2) / np.linalg.norm(true, axis=2)
    assert np.abs(np.median(cosine)) > 0.99  # along the level set at every point, whatever its rate there
    assert np.mean(np.abs(cosine) > 0.95) > 0.9
    assert told["one_way"] < 0.5


@pytest.mark.parametrize("label", [lambda z: z[..., 0] * z[..., 1], lambda z: z[..., 0] + 0.3 * z[..., 1]])
def test_labels_without_closed_level_sets_claim_nothing(label: Callable[[FloatArray], FloatArray]) -> None:
    """In no coordinates are hyperbolas or lines the circles of a rotation about a point among the events.

    Far from that point every rotation is a translation, which leaves either label unchanged: T must not go there.
    """
    _, claim = fit(label)
    assert claim.scalars["one_way"] < 0.5
    assert claim.scalars["residual_of_identity"] > 0.5
    assert claim.scalars["residual"] > 0.05
    assert claim.fields is None
    assert claim.confidence.shape == (0,)


def test_what_is_manifest_is_claimed_without_training() -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(400, 2, 2))
    sample = FunctionSample(x, np.sum(x**2, axis=(1, 2)), "number")
    claim = HiddenSymmetry(property="label").fit(sample, seed=0, budget=1.0)
    assert claim.steps == 0
    assert claim.fields is not None
    np.testing.assert_allclose(claim.fields(x)[0], np.stack([x[..., 1], -x[..., 0]], axis=2), atol=1e-12)
