import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from symbench.algebra.bases import so
from symbench.algebra.subspace import overlap, second_moment
from symbench.discovery.base import FunctionSample
from symbench.discovery.nullspace.method import Nullspace
from symbench.discovery.shared import fold_fits
from symbench.discovery.shared.block_networks import MOST_AT_ONCE, blocks_of, fit_blocks
from symbench.discovery.shared.designs import BlockNetwork, NetworkDesign
from symbench.discovery.shared.label_map import mapped_labels
from symbench.discovery.shared.smooth_fit import new_network

SMALL = Nullspace(family="network", width=24, steps=12, folds=3)
FIVE = Nullspace(family="network", width=24, steps=25)


@settings(deadline=None, max_examples=40)
@given(st.integers(MOST_AT_ONCE + 1, 40_000), st.integers(3, 12), st.integers(0, 5))
def test_every_fold_has_networks_that_saw_none_of_it_and_none_is_fitted_to_more_than_a_thousand(
    n: int, folds: int, seed: int
) -> None:
    fold = np.random.default_rng(seed).permutation(n) % folds
    blocks = blocks_of(fold, seed)
    for block in blocks:
        rows = np.concatenate([block.fitted, block.stopping])
        assert len(np.unique(rows)) == len(rows)
        assert set(fold[rows]) <= block.seen
        assert len(block.fitted) <= 1_000
        assert len(block.stopping) > 0
    for m in range(folds):
        assert any(m not in block.seen for block in blocks)
    if n // folds >= MOST_AT_ONCE:
        used = np.concatenate([np.concatenate([block.fitted, block.stopping]) for block in blocks])
        assert len(np.unique(used)) == len(used)


def design() -> NetworkDesign:
    random = torch.Generator().manual_seed(0)
    networks = [
        BlockNetwork(new_network(6, 5, depth, random), 0.4, frozenset({m})) for m, depth in enumerate((1, 2, 3))
    ]
    return NetworkDesign(tuple(networks), "cpu")


def test_the_gradient_of_combined_units_is_that_of_autograd() -> None:
    found = design()
    coefficients = np.random.default_rng(1).standard_normal((2, found.size))
    coefficients[0, :5] = 0.0  # a network that the first function does not use
    x = np.random.default_rng(2).standard_normal((9, 2, 3))
    exact = found.gradient(coefficients)(x)
    step = 1e-6
    for p, i in np.ndindex(2, 3):
        away = np.zeros((2, 3))
        away[p, i] = step
        slope = (found.features(x + away) - found.features(x - away)) @ coefficients.T / (2 * step)
        np.testing.assert_allclose(exact[:, :, p, i], slope.T, rtol=1e-6, atol=1e-8)


def test_a_penalty_draws_to_the_mean_of_the_networks_that_are_usable() -> None:
    found = design()
    usable = found.usable({1})
    assert list(usable) == [True] * 5 + [False] * 5 + [True] * 5
    x = np.random.default_rng(3).standard_normal((9, 2, 3))
    inputs = 0.4 * torch.from_numpy(x.reshape(9, -1))
    outputs = [f.network(inputs) - f.network.layers[-1][1] for f in (found.networks[0], found.networks[2])]
    np.testing.assert_allclose(
        found.features(x) @ found.prior(usable), (outputs[0] + outputs[1]).numpy() / 2, atol=1e-12
    )


def logarithm(n: int, seed: int = 0) -> FunctionSample:
    x = np.random.default_rng(seed).standard_normal((n, 1, 3))
    y = np.log(1 + np.sum(x**2, axis=(1, 2)))
    return FunctionSample(x=x, y=y, label_kind="number", label_function=None)


@pytest.mark.slow
def test_the_combination_leaves_less_of_held_out_labels_than_the_mean_of_the_networks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sample = logarithm(6_500)
    label = mapped_labels(sample)[0]
    fold = np.arange(len(sample.x)) % 5

    def loss() -> float:
        fits = fit_blocks(FIVE, (1.0,), sample.x, [label], fold, seed=0, budget=0.5, device="cpu")
        return float(np.mean((fits.predictions - label.values) ** 2))

    combined = loss()
    monkeypatch.setattr(fold_fits, "_PENALTIES", np.array([1e9]))  # nothing is left but what a penalty draws to
    assert combined < loss() / 2


@pytest.mark.slow
def test_more_events_bring_the_claim_nearer_to_the_truth() -> None:
    angles = []
    for n in (1_250, 8_000):
        sample = logarithm(n)
        found = FIVE.fit(sample, seed=0, budget=1.0)
        assert len(found.generators) == 3
        angles.append(np.max(overlap(found.generators, so(3), second_moment(sample.x)).angles))
    assert angles[1] < angles[0] / 2


@pytest.mark.slow
@pytest.mark.parametrize("units", [np.diag([1.0, 1e3, 1e-3])])
def test_units_do_not_alter_what_many_events_say(units: np.ndarray) -> None:
    sample = logarithm(2_000)
    other = FunctionSample(x=sample.x @ units, y=3 * sample.y, label_kind="number", label_function=None)
    first, second = (FIVE.fit(s, seed=0, budget=1.0) for s in (sample, other))
    assert len(first.generators) == len(second.generators) == 3
    inverse = np.linalg.inv(units)
    back = inverse @ second.generators @ units
    assert np.max(overlap(first.generators, back, second_moment(sample.x)).angles) < 1e-5


def test_noise_gives_no_symmetry() -> None:
    sample = logarithm(1_300)
    y = np.random.default_rng(5).standard_normal(1_300)
    found = SMALL.fit(FunctionSample(x=sample.x, y=y, label_kind="number", label_function=None), seed=0, budget=1.0)
    assert len(found.generators) == 0
    assert found.scalars["learnt"] == 0
