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
from symbench.discovery.base import FunctionSample, Symmetry
from symbench.testing import check_discovery_method

Sample = Callable[..., FunctionSample]


def fit(sample: FunctionSample, **parameters: object) -> Symmetry:
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


def test_it_keeps_its_contract() -> None:
    check_discovery_method(Augerino(channels=2, narrowest=0.0, hidden=8), budget=0.01)
