"""The fraction of events that are classified correctly."""

from __future__ import annotations

from typing import TYPE_CHECKING

from symbench.metrics.metric import UNIT, Metric

if TYPE_CHECKING:
    from symbench.metrics.classification.outputs import Floats, Labels

METRICS = (
    Metric("accuracy", "accuracy", "fraction of test events classified correctly", "", "higher", 4, support=UNIT),
)


def accuracy(outputs: Floats, labels: Labels, weights: Floats | None = None) -> float:
    """Share of events with z (N,) on the right side of 0, or whose largest logit (N, C) is that of their class."""
    import numpy as np

    right = (outputs > 0) == (labels == 1) if outputs.ndim == 1 else np.argmax(outputs, axis=1) == labels
    return float(np.mean(right) if weights is None else np.average(right, weights=weights))
