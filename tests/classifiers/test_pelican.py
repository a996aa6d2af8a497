"""PELICAN: its 15 maps against their definition, and the laws of the Lorentz group, of exchange and of padding."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from symbench.classifiers.nets.pelican import Pelican as Net
from symbench.classifiers.pelican import Pelican
from symbench.testing import check_component
from tests.classifiers.jets import padded, tensors, toy_jets
from tests.classifiers.lorentz import elements
from tests.classifiers.transcription_pelican import forward

JETS = tensors(toy_jets(8))


@pytest.fixture(scope="module", params=[False, True], ids=["ours", "published"])
def net(request: pytest.FixtureRequest) -> Net:
    """Weights far from their initial values, so that every part of the network matters."""
    torch.manual_seed(0)
    net = Net(14, 6, 2, dropout=0.0, published=request.param).double().train()
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    for _ in range(3):
        net(*JETS)
    return net.eval()


def test_sizes_and_conformance() -> None:
    check_component(Pelican())
    assert sum(p.numel() for p in Pelican(size="paper").build().parameters()) == 209_058  # published: 209 k
    check_component(Pelican(published=True))
    assert "published" not in Pelican().parameters()
    assert sum(p.numel() for p in Pelican(size="paper", published=True).build().parameters()) == 208_797  # config 208k


@pytest.mark.parametrize("training", [False, True])
def test_outputs_and_gradients_equal_the_maps_written_out(net: Net, training: bool) -> None:
    ours, theirs = (copy.deepcopy(net).train(training) for _ in range(2))
    found, expected = ours(*JETS), forward(theirs, *JETS)
    torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-10)
    a = torch.autograd.grad(found.square().sum(), list(ours.parameters()))
    b = torch.autograd.grad(expected.square().sum(), list(theirs.parameters()))
    scale = max(float(gradient.abs().max()) for gradient in b)
    for (name, _), one, other in zip(ours.named_parameters(), a, b, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-8, atol=1e-10 * scale, msg=name)
    for name, value in theirs.state_dict().items():
        if "num_batches" not in name:
            torch.testing.assert_close(ours.state_dict()[name], value, rtol=1e-9, atol=1e-9, msg=name)


class Largest(TorchDispatchMode):
    """Remembers the number of elements of the largest tensor that any operation gives."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.elements = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        for t in out if isinstance(out, (tuple, list)) else [out]:
            if isinstance(t, torch.Tensor):
                self.elements = max(self.elements, t.numel())
        return out


def test_no_tensor_holds_all_maps_of_all_pairs(net: Net) -> None:
    p, mask = JETS
    pairs_channels = len(p) * (p.shape[1] + 2) ** 2 * 14
    with Largest() as ours:
        net(p, mask).sum().backward()
    with Largest() as theirs:
        forward(net, p, mask)
    net.zero_grad()
    assert ours.elements <= pairs_channels
    assert theirs.elements > 6 * pairs_channels


def test_invariant_when_the_beams_are_transformed_with_the_jet(net: Net) -> None:
    p, mask = JETS
    g = elements(len(p)).transpose(1, 2)
    with torch.no_grad():
        before, after, fixed = net(p, mask), net(p @ g, mask, spurions=net.spurions @ g), net(p @ g, mask)
    spread = float(before.std(dim=0).max())
    assert float((after - before).abs().max()) < 1e-9 * spread
    assert float((fixed - before).abs().max()) > 1e-4 * spread


@pytest.mark.parametrize("training", [False, True])
def test_padding_and_order_never_matter(net: Net, training: bool) -> None:
    ours = copy.deepcopy(net).train(training)
    p, mask = JETS
    expected = ours(p, mask)
    torch.testing.assert_close(ours(*padded(p, mask, 5)), expected, rtol=1e-10, atol=1e-10)
    garbage = torch.where(mask.unsqueeze(-1), p, torch.full_like(p, 123.0))
    torch.testing.assert_close(ours(garbage, mask), expected, rtol=1e-10, atol=1e-10)
    order = torch.as_tensor(np.random.default_rng(0).permutation(p.shape[1]))
    torch.testing.assert_close(ours(p[:, order], mask[:, order]), expected, rtol=1e-9, atol=1e-9)


def test_jets_may_be_none_or_empty(net: Net) -> None:
    p, mask = JETS
    some = mask & (torch.arange(len(p)) > 0).unsqueeze(1)
    for jets, members in ((p[:0], mask[:0]), (p[:1], mask[:1]), (p, mask & False), (p, some)):
        logits = net(jets, members)
        gradients = torch.autograd.grad(logits.sum(), list(net.parameters()), allow_unused=True)
        assert logits.shape == (len(jets), 2)
        assert logits.isfinite().all()
        reached = [gradient for gradient in gradients if gradient is not None]
        assert reached
        assert all(bool(gradient.isfinite().all()) for gradient in reached)
