"""What the pictures of classification draw."""

from __future__ import annotations

import numpy as np
import pytest

from symbench.metrics.classification import background_rejection
from symbench.report.classification_figures import rejection_curve


@pytest.mark.parametrize("signal", [50, 100, 137])
def test_the_curve_of_rejections_goes_through_the_rejections_of_the_table(signal: int) -> None:
    rng = np.random.default_rng(0)
    labels = np.repeat([1, 0], [signal, 400])
    scores = rng.normal(1.0 * labels).astype(np.float32)
    efficiencies = np.linspace(0.02, 1.0, 197)
    found = rejection_curve(scores, labels, efficiencies)
    assert found is not None
    curve, background = found
    rejections = [background_rejection(scores, labels, efficiency) for efficiency in efficiencies]
    known = [np.nan if r is None or r.is_bound else r.value for r in rejections]
    np.testing.assert_array_equal(curve, known)
    assert background == 400
    assert rejection_curve(scores, np.zeros_like(labels), efficiencies) is None
