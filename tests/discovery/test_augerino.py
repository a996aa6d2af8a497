"""Widths grow along symmetries and nowhere else."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from scipy.optimize import brentq

from symbench.algebra.bases import so
from symbench.algebra.subspace import overlap, second_moment
from symbench.discovery.augerino.fit import widths
from symbench.discovery.augerino.method import Augerino
from symbench.discovery.base import DistributionSample, FunctionSample, Symmetry
from symbench.errors import IncompatibleError
from symbench.tasks.distribution.isotropic_gas import IsotropicGas
from symbench.tasks.distribution.two_body_steps import TwoBodySteps
from symbench.testing import check_discovery_method

Sample = Callable[..., FunctionSample]


def fit(sample: FunctionSample | DistributionSample, **parameters: object) -> Symmetry:
    return Augerino.model_validate(parameters).fit(sample, seed=0, budget=1.0)


def test_the_width_of_a_rotation_is_its_angle() -> None:
    x = np.random.default_rng(0).normal(size=(4_000, 1, 2))
    moment = second_moment(x)
    weight = torch.from_numpy(moment * 2 / np.trace(moment))
    assert float(widths(torch.from_numpy(0.7 * so(2)), weight)[0]) == pytest.approx(0.7)


def test_the_rotation_of_the_plane_widens(sample: Sample) -> None:
    events = sample("so2", 400)
    found = fit(events, steps=1_200, hidden=32, generator_rate=4e-3)
    assert found.arrays["widths"][0] > 0.35  # from 0.2, in a third of the default number of steps
    assert found.generators.shape == (1, 2, 2)
    assert overlap(found.generators, so(2), second_moment(events.x)).precision > 0.99


def test_nothing_widens_where_every_direction_changes_the_label() -> None:
    """The label x₁³ + 2x₁x₂ + sin 2x₂ of the plane; no matrix leaves it unchanged."""
    x = np.random.default_rng(0).normal(size=(600, 1, 2))
    a, b = x[:, 0].T
    found = fit(
        FunctionSample(x, a**3 + 2 * a * b + 3 * np.sin(2 * b), "number"),
        steps=600,
        hidden=32,
        generator_rate=4e-3,
        rate=4e-3,
    )
    assert found.arrays["widths"][0] < 0.2
    assert found.generators.shape == (0, 2, 2)


def balance(regularisation: float) -> float:
    """Where 1 − tanh(w)/w, the share of a linear label that scaling by e^{zw} hides, rises as fast as the reward."""
    return float(brentq(lambda w: np.tanh(w) / w**2 - 1 / (w * np.cosh(w) ** 2) - regularisation, 1e-3, 1.0))


@pytest.mark.parametrize(("regularisation", "start"), [(0.1, 0.3), pytest.param(0.06, 0.2, marks=pytest.mark.slow)])
def test_the_width_stops_where_the_regulariser_and_the_fit_balance(regularisation: float, start: float) -> None:
    """y = x in one dimension: z uniform in ±1, δ² = 1 and, to lowest order, w = 3/2 · regularisation.

    The best f of e^{zw}x that is linear leaves 1 − E[e^{zw}]²/E[e^{2zw}] = 1 − tanh(w)/w of the label's variance.
    """
    x = np.random.default_rng(0).normal(size=(1_000, 1, 1))
    found = fit(
        FunctionSample(x, x[:, 0, 0], "number"),
        regularisation=regularisation,
        start=start,
        narrowest=0.0,
        steps=900,
        hidden=16,
        rate=1e-2,
        generator_rate=4e-3,
    )
    assert balance(regularisation) == pytest.approx(1.5 * regularisation, rel=0.2)
    assert found.arrays["widths"][0] == pytest.approx(balance(regularisation), rel=0.15)


def test_a_constant_label_claims_nothing() -> None:
    x = np.ones((10, 1, 2))
    assert len(fit(FunctionSample(x, np.ones(10), "number")).generators) == 0


def swirled(n: int) -> DistributionSample:
    """Points of the plane and their images under a turn by an angle that grows with the distance."""
    x = np.random.default_rng(0).normal(size=(n, 1, 2))
    angle = np.linalg.norm(x[:, 0], axis=1)
    turns = np.moveaxis(np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]), 2, 0)
    return DistributionSample(x, np.einsum("nij,npj->npi", turns, x))


def test_the_rotation_of_a_map_of_the_plane_widens() -> None:
    """x → y is equivariant under rotations, so f(gx) = gy has a solution for these and for no other matrix."""
    sample = swirled(600)
    found = fit(sample, steps=1_000, hidden=32, generator_rate=4e-3, rate=4e-3, regularisation=0.03)
    assert found.arrays["widths"][0] > 0.3  # from 0.2
    assert overlap(found.generators, so(2), second_moment(sample.x)).precision > 0.98


def test_a_mask_keeps_entries_at_zero_and_the_cosine_moves_the_group_from_the_identity() -> None:
    plus = {"regularisation": 0.0, "coefficients": "normal", "falls": False, "narrowest": 0.0, "hidden": 8}
    x = np.random.default_rng(0).normal(size=(100, 1, 4))
    sample = DistributionSample(x, 2 * x)
    narrow, wide = (
        fit(sample, **plus, mask="block-2x2", steps=150, rate=1e-2, generator_rate=1e-2, cosine_weight=w)
        for w in (0.0, 5.0)
    )
    for found in (narrow, wide):
        assert np.array_equal(found.generators[0, :2, 2:], np.zeros((2, 2)))
        assert np.array_equal(found.generators[0, 2:, :2], np.zeros((2, 2)))
    assert wide.arrays["widths"][0] > 1.5 * narrow.arrays["widths"][0]


def test_a_density_without_companions_has_nothing_to_predict() -> None:
    with pytest.raises(IncompatibleError, match="companion vectors"):
        fit(DistributionSample(np.ones((10, 1, 2))))
    assert Augerino().incompatibility(TwoBodySteps()) is None
    assert "has neither" in (Augerino().incompatibility(IsotropicGas()) or "")


def test_it_keeps_its_contract() -> None:
    check_discovery_method(Augerino(channels=2, narrowest=0.0, hidden=8), budget=0.01)
