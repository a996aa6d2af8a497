"""The number of generators that augment the training jets; `classifiers.augmented` counts them."""

from __future__ import annotations

from symbench.metrics.metric import Metric

METRICS = (
    Metric("augmented_by", "generators", "number of independent generators that augment the training jets", decimals=1),
)
