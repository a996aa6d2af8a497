"""The features that boosts along the beam leave unchanged, and what they are made of."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from symbench.algebra.lorentz import boosts
from symbench.classifiers.nets.features import (
    COUNT,
    FeatureSet,
    beam_invariants,
    features_of,
    seven_features,
    transverse,
    transverse_fractions,
)
from tests.classifiers.jets import tensors, toy_jets

JETS = tensors(toy_jets(16))


def along_the_beam(p: Tensor, rapidity: float) -> Tensor:
    matrix = boosts(np.array([[0.0, 0.0, 1.0]]), np.array([rapidity]))[0]
    return p @ torch.tensor(matrix).T


def with_masses(p: Tensor, mask: Tensor, mass: float) -> Tensor:
    energy = (p[..., 1:].square().sum(dim=-1) + mass**2).sqrt() * mask
    return torch.cat([energy.unsqueeze(-1), p[..., 1:]], dim=-1)


@pytest.mark.parametrize("kind", COUNT)
def test_bounded_zero_in_padding_and_as_many_as_announced(kind: FeatureSet) -> None:
    p, mask = JETS
    features = features_of(kind, p * 1e4, mask)
    assert features.shape == (*mask.shape, COUNT[kind])
    assert float(features.abs().max()) <= 5
    assert not features[~mask].any()


@pytest.mark.parametrize("mass", [0.0, 0.14, 20.0])
@pytest.mark.parametrize("rapidity", [-2.5, 0.3, 4.0])
def test_boosts_along_the_beam_change_none_of_the_five(mass: float, rapidity: float) -> None:
    p, mask = with_masses(*JETS, mass), JETS[1]
    moved = along_the_beam(p, rapidity)
    torch.testing.assert_close(beam_invariants(moved, mask), beam_invariants(p, mask), rtol=1e-9, atol=1e-9)
    assert not torch.allclose(seven_features(moved, mask), seven_features(p, mask), atol=0.01)


def test_rapidity_grows_by_that_of_the_boost_and_mass_stays() -> None:
    p, mask = with_masses(*JETS, 3.0), JETS[1]
    _, squared, rapidity, _ = transverse(p[mask])
    _, again, boosted, _ = transverse(along_the_beam(p, 1.7)[mask])
    torch.testing.assert_close(boosted, rapidity + 1.7, rtol=1e-10, atol=1e-10)
    torch.testing.assert_close(squared, torch.full_like(squared, 9.0), rtol=1e-6, atol=0)
    torch.testing.assert_close(again, squared, rtol=1e-6, atol=0)


def test_rapidity_of_a_massless_constituent_is_its_pseudorapidity() -> None:
    p, mask = JETS
    _, squared, rapidity, _ = transverse(p[mask])
    px, py, pz = p[mask][:, 1:].T
    assert not squared.any()
    assert torch.equal(rapidity, torch.asinh(pz / torch.hypot(px, py)))


def test_the_five_are_the_seven_without_energies_and_side_where_the_jet_has_no_mass() -> None:
    p, mask = JETS[0][:, :1], JETS[1][:, :1]
    five, seven = beam_invariants(p, mask), seven_features(p, mask)
    torch.testing.assert_close(five, seven[..., [0, 2, 4, 5, 6]])


def test_fractions_add_up_to_one_and_an_empty_jet_has_none() -> None:
    p, mask = JETS
    fractions = transverse_fractions(p, mask)
    torch.testing.assert_close(fractions.sum(dim=1), torch.ones(len(p), dtype=torch.float64))
    assert not fractions[~mask].any()
    assert not transverse_fractions(p, torch.zeros_like(mask)).any()
