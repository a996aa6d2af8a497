"""The speed of a regressor's inference on the test events."""

from __future__ import annotations

from symbench.metrics.metric import Metric

METRICS = (Metric("test_events_per_s", "inference", "test events a second", "events/s", "higher", 3, "significant"),)
