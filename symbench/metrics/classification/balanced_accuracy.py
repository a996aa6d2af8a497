"""The mean over classes of the accuracy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from symbench.metrics.metric import UNIT, Metric

if TYPE_CHECKING:
    from symbench.metrics.classification.outputs import Floats, Labels

METRICS = (
    Metric(
        "balanced_accuracy",
        "balanced accuracy",
        "mean over classes of the fraction classified correctly",
        "",
        "higher",
        4,
        support=UNIT,
    ),
)


def balanced_accuracy(logits: Floats, labels: Labels, weights: Floats | None = None) -> float:
    """Mean over the classes present of the share of their events whose largest logit (N, C) is theirs."""
    import numpy as np

    right = np.argmax(logits, axis=1) == labels
    if weights is None:
        return float(np.mean([np.mean(right[labels == c]) for c in np.unique(labels)]))
    members = [labels == c for c in np.unique(labels) if weights[labels == c].sum() > 0]
    return float(np.mean([np.average(right[of], weights=weights[of]) for of in members]))
