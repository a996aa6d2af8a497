"""The speed of training a regressor; the training loop measures it, without validation."""

from __future__ import annotations

from symbench.metrics.metric import Metric

METRICS = (
    Metric("train_events_per_s", "training", "training events a second", "events/s", "higher", 3, "significant"),
)
