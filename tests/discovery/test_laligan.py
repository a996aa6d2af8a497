"""Latent symmetry of data on a known curved surface: what the fields do to it, and when nothing is claimed."""

import numpy as np
import pytest
import torch

from symbench.discovery.base import DistributionSample, FunctionSample, Symmetry
from symbench.discovery.laligan.autoencoder import Autoencoder
from symbench.discovery.laligan.method import LaLieGan
from symbench.errors import IncompatibleError
from symbench.testing import check_discovery_method


def bowl(count: int) -> tuple[np.ndarray, np.ndarray]:
    """x = ψ(z) = (z₁, z₂, ‖z‖²/2) of points around a circle, and the field that turning z is on x."""
    rng = np.random.default_rng(0)
    angle, radius = rng.uniform(0, 2 * np.pi, count), rng.normal(1.5, 0.15, count)
    z = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
    x = np.hstack([z, (z**2).sum(axis=1, keepdims=True) / 2])
    return x[:, None], np.stack([-z[:, 1], z[:, 0], np.zeros(count)], axis=1)[:, None]


def fit(sample: FunctionSample | DistributionSample, **parameters: object) -> Symmetry:
    return LaLieGan.model_validate(parameters).fit(sample, seed=0, budget=1.0)


def test_turning_the_latent_plane_turns_the_bowl() -> None:
    x, field = bowl(1_200)
    found = fit(DistributionSample(x[:1_000]), steps=1_200, hidden=32, autoencoder_hidden=32)
    assert found.scalars["reconstruction_error"] < 0.05
    assert found.generators.shape == (0, 3, 3)
    assert found.fields is not None
    claimed, true = found.fields(x[1_000:])[0], field[1_000:]
    cosine = np.sum(claimed * true) / np.sqrt(np.sum(claimed**2) * np.sum(true**2))
    assert abs(cosine) > 0.93


def test_events_that_the_latent_space_cannot_hold_claim_nothing() -> None:
    x = np.random.default_rng(0).normal(size=(300, 1, 6))
    found = fit(DistributionSample(x), latent=1, steps=50, hidden=8, autoencoder_hidden=8)
    assert found.scalars["reconstruction_error"] > 0.1
    assert found.fields is None
    assert found.confidence.shape == (0,)


def test_the_last_layer_of_the_encoder_is_orthogonal_and_its_output_centred() -> None:
    net = Autoencoder(3, 8, 2)
    raw = torch.randn(50, 3)
    z = net.encode(raw)
    torch.testing.assert_close(z.mean(dim=0), torch.zeros(2), atol=1e-6, rtol=0)
    last = next(net.encoder[-1].parameters())
    torch.testing.assert_close(last @ last.T, torch.eye(2), atol=1e-5, rtol=0)


def test_companions_are_encoded_as_events_are() -> None:
    x = np.random.default_rng(0).normal(size=(40, 2, 3))
    with pytest.raises(IncompatibleError, match="2 companion vectors, not 1"):
        fit(DistributionSample(x, x[:, :1]))


def test_it_keeps_its_contract() -> None:
    method = LaLieGan(channels=2, hidden=8, autoencoder_hidden=8, worst=10.0, latent=4, mask="block-2x2")
    x = np.random.default_rng(0).normal(size=(80, 2, 4))
    assert method.fit(DistributionSample(x, x), seed=0, budget=0.01).steps == 40
    classes = DistributionSample(x, np.arange(80) % 3)
    assert method.fit(classes, seed=0, budget=0.01).fields is not None
    check_discovery_method(method, budget=0.01)
