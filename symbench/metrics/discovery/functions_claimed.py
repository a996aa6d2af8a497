"""How many functions a claim of conserved quantities consists of."""

from __future__ import annotations

from symbench.metrics.metric import Metric

METRICS = (Metric("functions_claimed", "functions", "number of functions claimed, independent or not", decimals=1),)
