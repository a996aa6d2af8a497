"""Penalties for broken symmetry: limits, invariant networks, and what they must leave as it is."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from symbench.algebra.bases import so
from symbench.classifiers.augmented import GROUPS
from symbench.classifiers.lorentznet import LorentzNet
from symbench.classifiers.particlenet import ParticleNet
from symbench.classifiers.pfn import ParticleFlow
from symbench.classifiers.training.distributed import Ranks
from symbench.classifiers.training.jets import Jets
from symbench.classifiers.training.penalty import Penalised, Penalty
from symbench.classifiers.transformer import Transformer
from tests.classifiers.jets import toy_jets

JETS = Jets.of(toy_jets(8), "cpu")
LORENTZ = torch.from_numpy(GROUPS["lorentz"]())
BEAM = torch.from_numpy(GROUPS["beam-rotation"]())
Build = Callable[[], nn.Module]


class Mass(nn.Module):
    """Logits (0, m²) of the jet: Lorentz invariant."""

    def forward(self, p: Tensor, mask: Tensor, features: Tensor | None = None) -> Tensor:
        total = (p * mask.unsqueeze(-1)).sum(dim=1) / 100
        square = total[:, 0] ** 2 - total[:, 1:].square().sum(dim=1)
        return torch.stack([torch.zeros_like(square), square], dim=1)


class Energy(nn.Module):
    """Logits (0, E): the change along the boost generator Kₐ is pₐ."""

    def forward(self, p: Tensor, mask: Tensor, features: Tensor | None = None) -> Tensor:
        energy = (p * mask.unsqueeze(-1)).sum(dim=1)[:, 0]
        return torch.stack([torch.zeros_like(energy), energy], dim=1)


class Image(nn.Module):
    """The outer product x xᵀ of one vector: equivariant with T₂."""

    def forward(self, p: Tensor, mask: Tensor, features: Tensor | None = None) -> Tensor:
        return torch.einsum("bi,bj->bij", p[:, 0], p[:, 0]).flatten(1)


def changes(network: nn.Module, penalty: Penalty, jets: Jets = JETS, seed: int = 0) -> tuple[Tensor, Tensor]:
    moves = penalty.draw(len(jets), torch.Generator().manual_seed(seed))
    torch.manual_seed(3)  # of dropout
    output, change = Penalised(network, penalty)(jets.p, jets.mask, jets.features, moves)
    return output, change


@pytest.mark.parametrize("form", ["derivative", "finite"])
def test_invariant_and_equivariant_networks_have_none(form: str) -> None:
    logits, change = changes(Mass(), Penalty(LORENTZ, 1.0, form, 0.3))  # type: ignore[arg-type]
    assert float(change.abs().max()) < 1e-11 * float(logits.abs().max())
    vectors = Jets(torch.randn(20, 1, 4, dtype=torch.float64), torch.ones(20, 1, dtype=torch.bool), None, JETS.label)
    image, change = changes(Image(), Penalty(LORENTZ, 1.0, form, 0.3, ranks=(2,)), vectors)  # type: ignore[arg-type]
    assert float(change.abs().max()) < 1e-12 * float(image.abs().max())
    _, change = changes(Image(), Penalty(LORENTZ, 1.0, form, 0.3, ranks=(1,) * 4), vectors)  # type: ignore[arg-type]
    assert float(change.abs().max()) > 0.1, "with another representation it is not equivariant"


def test_its_mean_is_the_sum_over_generators() -> None:
    """Σₐ (∇E·Lₐx)² = p² for the three boosts; the rotations leave E unchanged. Logits without mean halve a square."""
    penalty = Penalty(LORENTZ, 1.0, "derivative")
    draws = [penalty.size(changes(Energy(), penalty, seed=seed)[1], 1.0) for seed in range(100)]
    momentum = (JETS.p * JETS.mask.unsqueeze(-1)).sum(dim=1)[:, 1:].square().sum(dim=1)
    found = torch.stack(draws)
    error = found.std(dim=0) / 10
    assert bool(((found.mean(dim=0) - momentum / 2).abs() < 4 * error).all())


@pytest.mark.parametrize(
    ("build", "least"),
    [(ParticleFlow().build, 1e-3), (Transformer().build, 1e-3), (LorentzNet().build, 0.02)],
    ids=["pfn", "transformer", "lorentznet"],
)
def test_the_derivative_is_the_limit_of_the_finite_form(build: Build, least: float) -> None:
    """For LorentzNet, which takes central differences in training, up to their own error."""
    torch.manual_seed(0)
    network = build().double().train()
    _, rate = changes(network, Penalty(LORENTZ, 1.0, "derivative"))
    errors = []
    for strength in (1e-3, 1e-5):
        _, change = changes(network, Penalty(LORENTZ, 1.0, "finite", strength))
        errors.append(float((change / strength - rate).detach().norm() / rate.detach().norm()))
    assert errors[1] < least
    assert errors[1] < max(0.5 * errors[0], least / 2)


def test_a_network_without_forward_derivative_takes_central_differences() -> None:
    torch.manual_seed(0)
    network = LorentzNet().build().double().train()
    penalised = Penalised(network, Penalty(LORENTZ, 1.0, "derivative"))
    moves = penalised.penalty.draw(len(JETS), torch.Generator().manual_seed(0))
    before = {name: value.clone() for name, value in network.named_buffers()}
    output, _ = penalised(JETS.p, JETS.mask, None, moves)
    assert penalised.by_differences
    torch.manual_seed(0)
    plain = LorentzNet().build().double().train()
    expected = plain(JETS.p, JETS.mask)
    assert torch.equal(output, expected), "the dropout of the first attempt was undone"
    assert any(not torch.equal(value, before[name]) for name, value in network.named_buffers())
    for name, value in plain.named_buffers():
        torch.testing.assert_close(network.get_buffer(name), value, rtol=0, atol=0)


@pytest.mark.parametrize("form", ["derivative", "finite"])
@pytest.mark.parametrize("build", [ParticleNet().build, LorentzNet().build], ids=["particlenet", "lorentznet"])
def test_dropout_and_moments_are_those_of_the_plain_network(build: Build, form: str) -> None:
    torch.manual_seed(1)
    network = build().train()
    torch.manual_seed(1)
    plain = build().train()
    torch.manual_seed(3)
    expected, after = plain(JETS.p, JETS.mask), torch.get_rng_state()
    output, change = changes(network, Penalty(BEAM, 1.0, form, 0.5))  # type: ignore[arg-type]
    torch.testing.assert_close(output, expected, rtol=1e-5, atol=1e-6)
    assert torch.equal(torch.get_rng_state(), after)
    for name, value in plain.named_buffers():
        torch.testing.assert_close(network.get_buffer(name), value, rtol=1e-5, atol=1e-6)
    # beams and the features of constituents are invariant under rotations about the beam, with dropout too
    assert float(change.detach().abs().max()) < 1e-3 * float(output.detach().std())
    change.square().sum().backward()
    gradients = [p.grad for p in network.parameters() if p.grad is not None]
    assert gradients
    assert all(bool(g.isfinite().all()) for g in gradients)


def test_several_processes_take_the_finite_form_only() -> None:
    assert Penalised.of(Mass(), Penalty(LORENTZ, 1.0, "finite"), Ranks(1, 2)) is not None
    assert Penalised.of(Mass(), Penalty(LORENTZ, 0.0, "derivative"), Ranks(1, 2)) is None
    with pytest.raises(NotImplementedError, match="workers"):
        Penalised.of(Mass(), Penalty(LORENTZ, 1.0, "derivative"), Ranks(1, 2))


def test_a_share_of_no_events_has_a_penalty_of_zero() -> None:
    penalty = Penalty(torch.from_numpy(np.asarray(so(1, 3))), 1.0, "derivative")
    none = JETS.take(slice(0, 0))
    output, term = Penalised(Mass(), penalty).step(
        Penalised(Mass(), penalty), none, penalty.draw(0, torch.Generator()), 1.0
    )
    assert (len(output), float(term)) == (0, 0.0)
