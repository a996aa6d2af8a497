"""Learned against true quantities: what is drawn is nearest, and invents nothing."""

from __future__ import annotations

import numpy as np
import pytest

from symbench.component import Track
from symbench.report.dynamics_figures import best_functions, quantities
from symbench.report.study import Study, SuiteFacts
from symbench.report.style import Palette, drawing
from tests.factories import trial


def states(seed: int, columns: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(400, columns))


def test_a_mixture_or_a_square_of_the_truth_is_the_truth() -> None:
    learned = states(0, 2)
    mixture = learned @ np.array([[1.0, -2.0], [0.5, 3.0]]) + 7.0
    np.testing.assert_allclose(best_functions(learned, mixture), mixture, atol=1e-9)
    square = learned[:, :1] ** 2 - learned[:, :1] * learned[:, 1:]
    np.testing.assert_allclose(best_functions(learned, square), square, atol=1e-9)


@pytest.mark.parametrize("columns", [1, 4, 30])
def test_what_was_not_learned_is_not_drawn_as_if_it_were(columns: int) -> None:
    """Of noise a least-squares fit explains its share of terms per state, at most a tenth."""
    true, learned = states(1, 1), states(2, columns)
    residual = true - best_functions(learned, true)
    assert float(np.var(residual) / np.var(true)) > 0.85


def test_a_constant_is_fitted_by_the_mean() -> None:
    true = states(3, 2)
    fitted = best_functions(np.ones((400, 1)), true)
    np.testing.assert_allclose(fitted, np.broadcast_to(true.mean(axis=0), true.shape), atol=1e-9)


def test_a_panel_for_each_quantity_and_none_without_functions() -> None:
    true = states(4, 3)
    arrays = {"true_values": true, "claimed_values": true @ states(5, 3)[:3], "explained_true": np.ones(3)}
    results = [trial(track=Track.DYNAMICS, seed=s, metrics={"f1": 1.0}, arrays=arrays) for s in range(2)]
    results.append(trial(track=Track.DYNAMICS, method="counts", metrics={"count": 1.0}))
    study = Study(SuiteFacts("demo"), results)
    with drawing():
        drawn = quantities(study, "task", Palette(["method", "counts"], []), "q")
        nothing = quantities(Study(SuiteFacts("demo"), results[-1:]), "task", Palette(["counts"], []), "q")
    assert drawn is not None
    assert drawn.files["png"].startswith(b"\x89PNG")
    assert nothing is None
