"""ParT's pair features: the physics they are named after, with the precision that masses need."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import torch

from symbench.algebra.lorentz import boosts
from symbench.classifiers.nets.part import pair_features
from tests.classifiers.jets import tensors, toy_jets

P, MASK = tensors(toy_jets(8))
PAIRS = torch.tril_indices(P.shape[1], P.shape[1])
REAL = MASK[:, PAIRS[0]] & MASK[:, PAIRS[1]]


def test_features_of_two_constituents_by_hand() -> None:
    pt, y, phi, mass = np.array([40.0, 10.0]), np.array([0.3, -0.2]), np.array([3.0, -3.1]), np.array([0.0, 1.5])
    transverse_mass = np.hypot(pt, mass)
    p = np.stack(
        [transverse_mass * np.cosh(y), pt * np.cos(phi), pt * np.sin(phi), transverse_mass * np.sinh(y)], axis=1
    )
    found = pair_features(torch.tensor(p)[None], torch.ones(1, 2, dtype=torch.bool), *torch.tensor([[1], [0]]))
    r = np.hypot(0.5, 2 * np.pi - 6.1)
    total = p.sum(axis=0)
    expected = np.log([10 * r, 10 / 50, r, total[0] ** 2 - (total[1:] ** 2).sum()])
    np.testing.assert_allclose(found[0, 0], expected, rtol=1e-9)


def test_the_mass_of_a_collinear_pair_is_exact_where_a_difference_of_squares_is_noise() -> None:
    # two massless constituents of 4 and 5 TeV, 2e-7 apart, in rational arithmetic: (n² + 1, 2n, n² − 1) is on shell
    n = 10**7
    first = [Fraction(4000 * c, n**2) for c in (n**2 + 1, 2 * n, n**2 - 1, 0)]
    second = [Fraction(c) for c in (5000, 0, 5000, 0)]
    assert all(v[0] ** 2 == v[1] ** 2 + v[2] ** 2 + v[3] ** 2 for v in (first, second))
    total = [a + b for a, b in zip(first, second, strict=True)]
    exact = float(total[0] ** 2 - total[1] ** 2 - total[2] ** 2 - total[3] ** 2)
    p = torch.tensor([[[float(c) for c in v] for v in (first, second)]], dtype=torch.float64)
    found = pair_features(p, torch.ones(1, 2, dtype=torch.bool), *torch.tensor([[1], [0]]))[0, 0, 3].exp()
    assert float(found) == pytest.approx(exact, rel=1e-6)
    energy, *momentum = p.sum(dim=1)[0].tolist()
    assert abs(energy**2 - sum(c**2 for c in momentum) - exact) > 1e-3 * exact


def test_a_massless_constituent_has_no_mass_with_itself() -> None:
    own = REAL & (PAIRS[0] == PAIRS[1])
    features = pair_features(P, MASK, *PAIRS)[own]
    torch.testing.assert_close(features[:, 3], torch.full_like(features[:, 3], np.log(1e-8)))
    torch.testing.assert_close(features[:, 1], torch.full_like(features[:, 1], np.log(0.5)))


@pytest.mark.parametrize("rapidity", [-3.0, 0.5, 4.0])
def test_no_feature_changes_with_a_boost_along_the_beam(rapidity: float) -> None:
    matrix = torch.tensor(boosts(np.array([[0.0, 0.0, 1.0]]), np.array([rapidity]))[0])
    before, after = (pair_features(p, MASK, *PAIRS)[REAL] for p in (P, P @ matrix.T))
    torch.testing.assert_close(after, before, rtol=1e-8, atol=1e-8)


def test_features_are_symmetric_finite_in_padding_and_can_be_differentiated() -> None:
    inputs = P.clone().requires_grad_()
    found = pair_features(inputs, MASK, *PAIRS)
    torch.testing.assert_close(found, pair_features(P, MASK, *PAIRS.flip(0)))
    assert found.isfinite().all()
    (gradient,) = torch.autograd.grad(found.sum(), inputs)
    assert gradient.isfinite().all()
    assert not gradient[~MASK].any()
