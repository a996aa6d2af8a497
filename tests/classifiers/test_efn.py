"""The energy flow network is infrared and collinear safe; the particle flow network is not."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from symbench.classifiers.efn import EnergyFlow
from symbench.classifiers.pfn import ParticleFlow
from tests.classifiers.jets import padded, tensors, toy_jets

JETS = tensors(toy_jets(16))


def split(p: Tensor, mask: Tensor, fraction: float) -> tuple[Tensor, Tensor]:
    """The hardest constituent as two that fly in its direction."""
    p, mask = padded(p, mask, 1)
    p, mask = p.clone(), mask.clone()
    p[:, -1], mask[:, -1] = fraction * p[:, 0], True
    p[:, 0] *= 1 - fraction
    return p, mask


def with_soft(p: Tensor, mask: Tensor, fraction: float) -> tuple[Tensor, Tensor]:
    """One more constituent a quarter turn about the beam from the hardest, with a fraction of its momentum."""
    p, mask = padded(p, mask, 1)
    p, mask = p.clone(), mask.clone()
    energy, px, py, pz = p[:, 0].unbind(dim=1)
    p[:, -1], mask[:, -1] = fraction * torch.stack([energy, -py, px, pz], dim=1), True
    return p, mask


def moved(net: nn.Module, jets: tuple[Tensor, Tensor]) -> float:
    with torch.no_grad():
        before = net(*JETS)
        return float((net(*jets) - before).abs().max() / before.std(dim=0).max())


@pytest.fixture(scope="module", params=["kinematic", "beam-invariant"])
def net(request: pytest.FixtureRequest) -> nn.Module:
    torch.manual_seed(0)
    return EnergyFlow(features=request.param).build().double()


@pytest.mark.parametrize("fraction", [0.5, 0.3, 1e-3])
def test_a_collinear_splitting_changes_nothing(net: nn.Module, fraction: float) -> None:
    assert moved(net, split(*JETS, fraction)) < 1e-10


def test_what_a_soft_constituent_changes_vanishes_with_its_momentum(net: nn.Module) -> None:
    changes = [moved(net, with_soft(*JETS, fraction)) for fraction in (1e-2, 1e-4, 1e-6)]
    assert changes[0] > changes[1] > changes[2]
    assert changes[1] < 0.03 * changes[0]
    assert changes[2] < 0.03 * changes[1]


def test_neither_holds_for_the_particle_flow_network() -> None:
    torch.manual_seed(0)
    particle_flow = ParticleFlow().build().double()
    assert moved(particle_flow, split(*JETS, 0.5)) > 0.01
    soft = [moved(particle_flow, with_soft(*JETS, fraction)) for fraction in (1e-4, 1e-6)]
    assert min(soft) > 0.01
