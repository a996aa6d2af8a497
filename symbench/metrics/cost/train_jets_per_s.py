"""The speed of training; the training loop measures it, without validation."""

from __future__ import annotations

from symbench.metrics.metric import Metric

METRICS = (Metric("train_jets_per_s", "training", "training events a second", "jets/s", "higher", 3, "significant"),)
