"""The speed of inference on the test events."""

from __future__ import annotations

from symbench.metrics.metric import Metric

METRICS = (Metric("test_jets_per_s", "inference", "test events a second", "jets/s", "higher", 3, "significant"),)
