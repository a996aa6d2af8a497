"""The number of functions in a claim of conserved quantities."""

from __future__ import annotations

from symbench.metrics.metric import Metric

METRICS = (
    Metric("functions_claimed", "functions", "number of claimed functions, including dependent ones", decimals=1),
)
