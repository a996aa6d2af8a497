"""The particle flow network and its seven features."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from symbench.classifiers.nets.features import seven_features
from symbench.classifiers.pfn import ParticleFlow
from tests.classifiers.jets import padded, tensors, toy_jets

JETS = tensors(toy_jets(16))


def test_parameters_of_the_published_size() -> None:
    # the tables say 83 k
    assert sum(p.numel() for p in ParticleFlow(size="paper").build().parameters()) == 83_842


def test_features_of_a_jet_by_hand() -> None:
    pt, eta, phi = np.array([100.0, 50.0]), np.array([0.5, 0.8]), np.array([3.1, -3.1])
    p = np.stack([pt * np.cosh(eta), pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(eta)], axis=1)
    total = p.sum(axis=0)
    jet_pt = np.hypot(total[1], total[2])
    jet_eta, jet_phi = np.arcsinh(total[3] / jet_pt), np.arctan2(total[2], total[1])
    d_eta = eta - jet_eta
    d_phi = np.angle(np.exp(1j * (phi - jet_phi)))
    expected = np.stack(
        [
            (np.log(pt) - 1.7) * 0.7,
            (np.log(p[:, 0]) - 2) * 0.7,
            (np.log(pt / jet_pt) + 4.7) * 0.7,
            (np.log(p[:, 0] / total[0]) + 4.7) * 0.7,
            (np.hypot(d_eta, d_phi) - 0.2) * 4,
            d_eta,
            d_phi,
        ],
        axis=1,
    )
    jet = torch.tensor(p).unsqueeze(0)
    mask = torch.ones(1, 2, dtype=torch.bool)
    np.testing.assert_allclose(seven_features(jet, mask)[0], expected, atol=1e-12)
    # seen from the other side of the detector, Δη keeps its sign
    mirrored = jet * torch.tensor([1.0, 1.0, 1.0, -1.0])
    np.testing.assert_allclose(seven_features(mirrored, mask)[0], expected, atol=1e-12)


def test_features_are_bounded_and_zero_in_padding() -> None:
    p, mask = JETS
    features = seven_features(p * 1e4, mask)
    assert float(features.abs().max()) == 5
    assert not features[~mask].any()


@pytest.mark.parametrize("members", [0, 1, 12])
def test_gradients_are_finite(members: int) -> None:
    p, mask = JETS
    mask = mask & (torch.arange(12) < members)
    inputs = p.clone().requires_grad_()
    net = ParticleFlow().build().double()
    (gradient,) = torch.autograd.grad(net(inputs, mask).diff(dim=1).sum(), inputs)
    assert gradient.isfinite().all()
    assert bool(gradient.any()) == (members > 0)


def test_padding_and_order_never_matter() -> None:
    torch.manual_seed(0)
    net = ParticleFlow().build().double()
    p, mask = JETS
    with torch.no_grad():
        expected = net(p, mask)
        torch.testing.assert_close(net(*padded(p, mask, 9)), expected, rtol=1e-12, atol=1e-12)
        garbage = torch.where(mask.unsqueeze(-1), p, torch.full_like(p, -7.0))
        torch.testing.assert_close(net(garbage, mask), expected, rtol=0, atol=0)
        order = torch.randperm(12, generator=torch.Generator().manual_seed(0))
        torch.testing.assert_close(net(p[:, order], mask[:, order]), expected, rtol=1e-12, atol=1e-12)


def test_the_output_follows_the_precision_of_the_weights() -> None:
    assert ParticleFlow(width=5).build()(*JETS).dtype == torch.float32
