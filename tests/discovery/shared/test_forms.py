"""Forms that are summed block by block are those of all events at once."""

from dataclasses import replace

import numpy as np
import pytest

from symbench.discovery.shared.cross_fit import Ensemble, forms_of
from symbench.discovery.shared.slopes import BLOCK, Blocked, Slopes

FOLDS, EVENTS = 4, 2 * BLOCK + 77


def ensemble(seed: int) -> tuple[Ensemble, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((EVENTS, 2, 3))
    gradients = 2 * x + 0.2 * rng.standard_normal((FOLDS, *x.shape)) * rng.exponential(size=(EVENTS, 1, 1))
    fold = np.arange(EVENTS) % FOLDS
    fold[-50:] = -1  # points that are no events
    label = rng.standard_normal(EVENTS)
    stored = Ensemble(gradients[:, None], fold, (rng.uniform(size=EVENTS) < 0.8) & (fold >= 0), label, label, 0)
    return stored, x


@pytest.mark.parametrize("seed", [0, 1])
def test_block_by_block_they_are_those_of_all_events(seed: int) -> None:
    stored, x = ensemble(seed)
    gradients = stored.stored[:, 0]
    slopes = Slopes(lambda rows: gradients[:, rows], stored.stored.shape)
    expected = forms_of(stored, x)
    found = forms_of(replace(stored, gradients=slopes), Blocked(lambda rows: x[rows], x.shape))
    for name, value in vars(expected).items():
        np.testing.assert_allclose(vars(found)[name], value, rtol=1e-10, atol=1e-12, err_msg=name)
    assert found.components == 3


def test_components_are_changed_when_they_are_evaluated() -> None:
    stored, x = ensemble(2)
    gradients, turn = stored.stored[:, 0], np.random.default_rng(3).standard_normal((3, 2))
    slopes = Slopes(lambda rows: gradients[:, rows], stored.stored.shape) @ turn
    assert slopes.shape == (FOLDS, 1, EVENTS, 2, 2)
    expected = forms_of(replace(stored, gradients=stored.stored @ turn), x)
    found = forms_of(replace(stored, gradients=slopes), x)
    np.testing.assert_allclose(found.whole, expected.whole, rtol=1e-10, atol=1e-12)
    with pytest.raises(TypeError, match="blocks"):
        _ = replace(stored, gradients=slopes).stored
