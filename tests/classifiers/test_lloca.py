"""LLoCa's ladder: exact invariance under the group of the frames and no larger one, for every backbone."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.linalg import expm
from torch import nn

from symbench.algebra.lorentz import boost_generators, rotation_generators
from symbench.classifiers.lloca import LLoCa
from symbench.classifiers.nets.local_frames import LocalFrames
from symbench.classifiers.part import ParticleTransformer
from symbench.classifiers.particlenet import ParticleNet
from symbench.testing import check_component
from tests.classifiers.jets import padded, tensors, toy_jets
from tests.classifiers.lorentz import elements

P, MASK = tensors(toy_jets(6))
MOVES = {
    "rotation about the beam": rotation_generators()[2],
    "other rotation": rotation_generators()[0],
    "boost along the beam": boost_generators()[2],
    "other boost": boost_generators()[0],
}
KEPT = {
    "identity": [],
    "so2": ["rotation about the beam"],
    "beam": ["rotation about the beam", "boost along the beam"],
    "so3": ["rotation about the beam", "other rotation"],
    "so13": list(MOVES),
}
BACKBONES = pytest.mark.parametrize("backbone", ["transformer", "particlenet", "part"])


def network(**params: object) -> nn.Module:
    torch.manual_seed(0)
    net = LLoCa.model_validate(params).build().double().eval()
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.add_(0.05 * torch.randn_like(parameter))
    return net


@pytest.mark.parametrize("beams", [True, False], ids=["beams", "no beams"])
@pytest.mark.parametrize("frames", sorted(KEPT))
@BACKBONES
def test_exactly_the_group_of_the_frames_is_kept(backbone: str, frames: str, beams: bool) -> None:
    net = network(frames=frames, backbone=backbone, beam_references=beams)
    spurions = net.get_buffer("spurions")
    assert len(spurions) == (2 if beams else 0)
    kept = list(KEPT[frames])
    if frames == "identity" and backbone != "transformer":
        kept = ["rotation about the beam"]  # as the features of the plain networks
    with torch.no_grad():
        before = net(P, MASK)
        spread = float(before.std(dim=0).max())
        for name, generator in MOVES.items():
            g = torch.tensor(expm(0.7 * generator)).T
            change = float((net(P @ g, MASK, spurions=spurions @ g) - before).abs().max()) / spread
            assert (change < 1e-6) if name in kept else (change > 1e-2), f"{name}: {change}"
            if not beams and frames == "so13":
                assert float((net(P @ g, MASK) - before).abs().max()) < 1e-6 * spread, "jets alone"


@pytest.mark.parametrize("plain", [ParticleNet, ParticleTransformer])
def test_identity_frames_give_the_plain_network(plain: type[ParticleNet] | type[ParticleTransformer]) -> None:
    net = network(frames="identity", backbone=plain.name)
    copy = plain().build().double().eval()
    copy.load_state_dict({key.removeprefix("net."): value for key, value in net.state_dict().items()})
    with torch.no_grad():
        assert torch.equal(net(P, MASK), copy(P, MASK))


@BACKBONES
def test_padding_and_order_never_matter(backbone: str) -> None:
    net = network(backbone=backbone)
    order = torch.as_tensor(np.random.default_rng(0).permutation(P.shape[1]))
    with torch.no_grad():
        expected = net(P, MASK)
        torch.testing.assert_close(net(*padded(P, MASK, 5)), expected, rtol=1e-9, atol=1e-9)
        torch.testing.assert_close(net(P[:, order], MASK[:, order]), expected, rtol=1e-6, atol=1e-6)
    for jets, mask in ((P[:0], MASK[:0]), (P[:1], MASK[:1]), (P, MASK & False)):
        net.train()
        logits = net(jets, mask)
        assert logits.shape == (len(jets), 2)
        assert logits.isfinite().all()


@pytest.mark.parametrize("frames", ["so2", "so13"])
@BACKBONES
def test_every_weight_is_trained(backbone: str, frames: str) -> None:
    net = network(backbone=backbone, frames=frames).float().train()
    net(P, MASK).square().sum().backward()
    used = [parameter.grad is not None and bool(parameter.grad.isfinite().all()) for parameter in net.parameters()]
    assert used
    assert all(used)


def test_messages_are_those_of_the_package() -> None:
    """Attention between frames, with the package's rescaling: the same outputs from the same queries."""
    attention = pytest.importorskip("lloca.backbone.attention")
    frames_of = pytest.importorskip("lloca.framesnet.frames")
    rng = torch.Generator().manual_seed(0)
    p, matrices = P.double() / 20, elements(6 * P.shape[1]).view(6, P.shape[1], 4, 4)
    local = LocalFrames.of(p, MASK, matrices, 1.0)
    q, k, v = torch.randn(3, 6, 2, P.shape[1], 16, generator=rng, dtype=torch.float64)
    scores = (local.globally(q) * 16**-0.5) @ local.globally(k, lowered=True).mT
    scores = scores.masked_fill(~MASK[:, None, None], -torch.inf)
    ours = local.locally(torch.softmax(scores, dim=-1) @ local.globally(v))
    theirs = attention.LLoCaAttention("8x0n+2x1n", 2)
    theirs.prepare_frames(frames_of.Frames(matrices), p_ref=(p * MASK.unsqueeze(-1)).sum(dim=1))
    expected = theirs(q, k, v, attn_mask=MASK[:, None, None])
    torch.testing.assert_close(
        ours[MASK[:, None].expand_as(ours[..., 0])], expected[MASK[:, None].expand_as(ours[..., 0])]
    )


def test_carried_messages_are_those_of_the_package() -> None:
    particlenet = pytest.importorskip("lloca.backbone.particlenet")
    from lloca.framesnet.frames import Frames
    from lloca.reps.tensorreps import TensorReps
    from lloca.reps.tensorreps_transform import TensorRepsTransform

    matrices = elements(12).view(1, 12, 4, 4)
    mask = torch.ones(1, 12, dtype=torch.bool)
    local = LocalFrames.of(P[:1].abs() + 1, mask, matrices, 1.0)
    rows = torch.randn(12, 3, 32, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    sender = torch.randint(12, (12, 3), generator=torch.Generator().manual_seed(1)).flatten()
    receiver = torch.arange(12).repeat_interleave(3)
    ours = local.carried(rows.flatten(0, 1), mask, sender, receiver)
    trafo = TensorRepsTransform(TensorReps("16x0n+4x1n"))
    theirs = particlenet.change_local_frame(rows.permute(2, 0, 1)[None], sender, Frames(matrices[0]), trafo)
    torch.testing.assert_close(ours, theirs[0].permute(1, 2, 0).flatten(0, 1))


def test_parameters_of_the_default_are_no_part_of_the_key() -> None:
    assert {"frames", "backbone", "beam_references"}.isdisjoint(LLoCa().parameters())
    for chosen in (LLoCa(frames="so2"), LLoCa(backbone="part"), LLoCa(beam_references=False)):
        check_component(chosen)
        assert chosen.parameters() != LLoCa().parameters()
