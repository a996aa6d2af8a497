"""The observables of the perceptron: equal to loops over constituents, and right where the answer is known."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from torch import Tensor

from symbench.classifiers.nets.features import relative_to_jet, transverse_fractions
from symbench.classifiers.nets.jet_observables import (
    OBSERVABLES,
    PRONGS,
    RADIUS,
    REFINEMENTS,
    correlators,
    jet_observables,
    subjettiness,
)
from tests.classifiers.jets import padded, tensors, toy_jets

JETS = tensors(toy_jets(8))


def places(p: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    _, d_y, d_phi, _ = relative_to_jet(p, mask)
    return torch.stack([d_y, d_phi], dim=-1), transverse_fractions(p, mask)


def looped_subjettiness(place: np.ndarray, z: np.ndarray) -> list[float]:
    axes = [np.zeros(2)]
    found = []
    for count in range(1, PRONGS + 1):
        if count > 1:
            gain = [z_i * min(np.sum((x - a) ** 2) for a in axes) for x, z_i in zip(place, z, strict=True)]
            axes.append(place[int(np.argmax(gain))])
        for _ in range(REFINEMENTS if count > 1 else 1):
            nearest = [int(np.argmin([np.sum((x - a) ** 2) for a in axes])) for x in place]
            for index in range(count):
                members = [i for i, n in enumerate(nearest) if n == index]
                if members:
                    axes[index] = sum(z[i] * place[i] for i in members) / sum(z[i] for i in members)
        tau = sum(z_i * min(np.sum((x - a) ** 2) for a in axes) for x, z_i in zip(place, z, strict=True))
        found.append(tau / RADIUS**2)
    return found


def test_subjettiness_and_correlators_equal_loops() -> None:
    p, mask = JETS
    place, z = places(p, mask)
    tau, (e2, e3) = subjettiness(place, z), correlators(place, z)
    for n in range(len(p)):
        x, w = place[n][mask[n]].numpy(), z[n][mask[n]].numpy()
        np.testing.assert_allclose(tau[n], looped_subjettiness(x, w), rtol=1e-9, atol=1e-15)
        r = np.linalg.norm(x[:, None] - x[None], axis=-1)
        pairs = sum(w[i] * w[j] * r[i, j] for i, j in itertools.combinations(range(len(w)), 2))
        triples = sum(
            w[i] * w[j] * w[k] * r[i, j] * r[j, k] * r[k, i] for i, j, k in itertools.combinations(range(len(w)), 3)
        )
        np.testing.assert_allclose([e2[n], e3[n]], [pairs, triples], rtol=1e-9)


def test_as_many_axes_as_prongs_leave_nothing_over() -> None:
    prongs = torch.tensor([[[0.3, 0.1], [-0.2, 0.4], [-0.1, -0.5]]], dtype=torch.float64)
    tau = subjettiness(prongs, torch.tensor([[0.5, 0.3, 0.2]], dtype=torch.float64))[0]
    assert tau[0] > tau[1] > 1e-3
    assert float(tau[2:].max()) < 1e-12


def test_more_axes_never_leave_more_over() -> None:
    tau = subjettiness(*places(*JETS))
    assert bool((tau.diff(dim=1) <= 1e-12).all())


def test_two_prongs_have_no_triple() -> None:
    place = torch.tensor([[[0.3, 0.0], [-0.3, 0.0]]], dtype=torch.float64)
    e2, e3 = correlators(place, torch.tensor([[0.6, 0.4]], dtype=torch.float64))
    assert float(e2) == pytest.approx(0.6 * 0.4 * 0.6)
    assert float(e3) == 0


def test_mass_momentum_and_multiplicity_of_the_jet() -> None:
    p, mask = JETS
    found = jet_observables(p, mask)
    assert found.shape == (len(p), OBSERVABLES)
    total = (p * mask.unsqueeze(-1)).sum(dim=1)
    pt = torch.hypot(total[:, 1], total[:, 2])
    mass = (total[:, 0] ** 2 - total[:, 1:].square().sum(dim=1)).sqrt()
    expected = [pt.log() - 6, mass.log() - 4, (mass / pt).log() + 2, mask.sum(dim=1).double().log() - 3]
    torch.testing.assert_close(found[:, :4], torch.stack(expected, dim=1), rtol=1e-9, atol=1e-9)


def test_padding_and_order_change_no_observable() -> None:
    p, mask = JETS
    expected = jet_observables(p, mask)
    torch.testing.assert_close(jet_observables(*padded(p, mask, 4)), expected, rtol=1e-10, atol=1e-10)
    order = torch.randperm(p.shape[1], generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(jet_observables(p[:, order], mask[:, order]), expected, rtol=1e-9, atol=1e-9)


def test_observables_are_of_order_one_also_where_there_is_little_to_observe() -> None:
    p, mask = JETS
    assert float(jet_observables(p, mask).abs().max()) < 12
    for members in (0, 1, 2):
        few = jet_observables(p, mask & (torch.arange(12) < members))
        assert few.isfinite().all()
        assert float(few.abs().max()) < 25
