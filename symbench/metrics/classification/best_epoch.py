"""The epoch whose weights are kept; the training loop chooses it."""

from __future__ import annotations

from symbench.metrics.metric import Metric

METRICS = (Metric("best_epoch", "best epoch", "epoch with the lowest validation loss", decimals=1),)
