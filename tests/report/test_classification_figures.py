"""What the pictures of classification draw."""

from __future__ import annotations

import numpy as np
import pytest

from symbench.component import Track
from symbench.metrics.classification.rejection import background_rejection
from symbench.report.classification_figures import invariance, rejection_curve
from symbench.report.study import Study, SuiteFacts
from symbench.report.style import Palette, drawing
from tests.factories import trial


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


def test_an_interval_that_reaches_zero_is_drawn_to_the_floor_of_the_logarithmic_axis() -> None:
    errors = (0.0, 0.0, 0.3)  # Student's interval ends below 0, the error's at 0
    results = [
        trial(track=Track.CLASSIFICATION, seed=s, metrics={"auc": 0.9, "invariance_boost_float64": e})
        for s, e in enumerate(errors)
    ]
    with drawing():
        drawn = invariance(Study(SuiteFacts("demo"), results), "task", Palette(["method"], []), "name")
    assert drawn is not None
    (bar, point, *_) = drawn.figure.axes[0].lines
    (mean,) = point.get_xdata()
    assert list(bar.get_xdata()) == pytest.approx([mean / 30, 0.1 + 4.30265 * 0.1])
