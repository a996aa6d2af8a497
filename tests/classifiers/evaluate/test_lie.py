"""Lie-derivative errors of networks: three ways to the same figure, closed forms, and networks that refuse one."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from symbench import registry
from symbench.algebra.lorentz import boost_generators
from symbench.classifiers.evaluate import lie
from symbench.classifiers.evaluate.probe import Probe
from symbench.classifiers.lorentznet import LorentzNet
from symbench.classifiers.pfn import ParticleFlow
from symbench.classifiers.training.differentiation import differentiable
from symbench.classifiers.training.jets import Jets
from tests.classifiers.jets import toy_jets
from tests.classifiers.lie_reference import lie_derivative_error

COUNT = 20


def heavy(count: int = COUNT) -> Jets:
    """Jets of massive constituents: √|p²|, which LorentzNet takes, has no derivative at mass zero."""
    data = toy_jets(count)
    vectors = data.vectors.copy()
    vectors[..., 0] = np.sqrt((vectors[..., 1:] ** 2).sum(axis=-1) + 1.0) * data.mask
    return Jets.of(dataclasses.replace(data, vectors=vectors), "cpu")


JETS = heavy()


def standard_generators() -> dict[str, np.ndarray]:
    """Rotations about and boosts along each axis, and the dilation."""
    operations = [registry.find_operation(name) for name in ("rotation", "boost", "scale")]
    return {name: matrix for operation in operations for name, matrix in operation.lie_generators({}).items()}


class Energy(nn.Module):
    """z = Σ E times a weight: invariant under rotations alone."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(1))

    def forward(self, p: Tensor, mask: Tensor, features: Tensor | None = None) -> Tensor:
        z = (self.seen(p)[..., 0] * mask).sum(dim=1, keepdim=True) * self.weight
        return torch.cat([torch.zeros_like(z), z], dim=1)

    def seen(self, p: Tensor) -> Tensor:
        return p


class Reverse(torch.autograd.Function):
    """The identity, with a gradient and no forward derivative."""

    @staticmethod
    def forward(ctx: Any, p: Tensor) -> Tensor:
        return p.clone()

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> Tensor:
        return grads[0]


class OnlyReverse(Energy):
    def seen(self, p: Tensor) -> Tensor:
        output: Tensor = Reverse.apply(p)  # type: ignore[no-untyped-call]
        return output


class Neither(Energy):
    """What a network does that leaves torch on its way."""

    def seen(self, p: Tensor) -> Tensor:
        return torch.tensor(p.detach().numpy())


def of_energy() -> dict[str, float]:
    """E[(Σ_p (Lp)⁰)²] / E[n Σ_p |Lp|²] with n constituents."""
    vectors, mask = JETS.p.numpy(), JETS.mask.numpy()
    gradient = np.zeros_like(vectors)
    gradient[..., 0] = mask
    return {name: lie_derivative_error(gradient, vectors, matrix) for name, matrix in standard_generators().items()}


def test_the_error_of_the_energy_in_closed_form() -> None:
    errors = lie.lie_errors(Probe(Energy(), JETS), standard_generators(), COUNT)
    assert errors.note is None
    total, n = JETS.p.sum(dim=1).numpy(), JETS.mask.sum(dim=1).numpy()
    moved = (JETS.p[..., 0] ** 2 + JETS.p[..., 3] ** 2).sum(dim=1).numpy()
    assert errors.float64["boost_z"] == pytest.approx(np.mean(total[:, 3] ** 2) / np.mean(n * moved))
    assert errors.float64 == pytest.approx(of_energy())
    assert errors.float32 == pytest.approx(errors.float64, rel=1e-5)
    assert [errors.float64[f"rotation_{axis}"] for axis in "xyz"] == [0, 0, 0]


@pytest.mark.parametrize("classifier", [ParticleFlow(width=8), LorentzNet(width=8, blocks=2)], ids=lambda c: c.name)
def test_forward_and_reverse_mode_and_differences_agree(classifier: Any) -> None:
    torch.manual_seed(0)
    probe = Probe(classifier.build(), JETS)
    generators = {"boost": boost_generators()[0], "scale": np.eye(4), "squeeze": np.diag([0.0, 1.0, -1.0, 0.0])}
    (batch,) = probe.batches(COUNT)
    x = probe.points(batch)
    with differentiable():
        gradient = lie.gradients(probe, x, batch, double=True)
        for matrix in generators.values():
            moved = x @ torch.tensor(matrix).T
            forward = lie.directional(probe, x, moved, batch, double=True)
            reverse = torch.einsum("nkpi,npi->nk", gradient, moved)
            torch.testing.assert_close(forward, reverse, rtol=1e-9, atol=1e-12)
            up, down = (probe.at(x + t * moved, batch, double=True) for t in (1e-7, -1e-7))
            torch.testing.assert_close(forward, (up - down) / 2e-7, rtol=1e-2, atol=1e-5)


@pytest.mark.parametrize(
    ("module", "note", "tolerance"),
    [(OnlyReverse, "gradients contracted", 1e-12), (Neither, "central differences", 0.2)],
)
def test_a_network_without_derivatives_is_measured_otherwise_and_says_so(
    module: type[Energy], note: str, tolerance: float
) -> None:
    errors = lie.lie_errors(Probe(module(), JETS), standard_generators(), COUNT)
    assert errors.note is not None
    assert errors.note.startswith(note)
    assert errors.float64 == pytest.approx(of_energy(), rel=tolerance, abs=1e-12)
    assert bool(errors.float32) == (module is OnlyReverse)


def test_an_error_of_the_network_itself_is_not_swallowed() -> None:
    class Broken(Energy):
        def seen(self, p: Tensor) -> Tensor:
            raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    with pytest.raises(RuntimeError, match="shapes"):
        lie.lie_errors(Probe(Broken(), JETS), standard_generators(), COUNT)


def test_a_network_that_sees_nothing_has_no_error() -> None:
    class Blind(Energy):
        def seen(self, p: Tensor) -> Tensor:
            return 0 * p

    errors = lie.lie_errors(Probe(Blind(), JETS), standard_generators(), COUNT)
    assert (errors.float32, errors.float64) == ({}, {})


def test_source_generators_are_measured_in_an_orthonormal_basis() -> None:
    boosts = boost_generators()
    found = registry.find_operation("generators").lie_generators({"generators": [boosts[2], 3 * boosts[2]]})
    assert list(found) == ["generator_1"]
    np.testing.assert_allclose(np.abs(found["generator_1"]), boosts[2], atol=1e-12)
