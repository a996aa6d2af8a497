"""The dimension of the algebra that a claim of functions states beside them."""

from __future__ import annotations

from symbench.metrics.metric import Metric

METRICS = (
    Metric(
        "generators_claimed", "generators", "dimension of the algebra that leaves the claimed functions", decimals=1
    ),
)
