"""Generators that training jets were moved by; `classifiers.augmented` counts them."""

from __future__ import annotations

from symbench.metrics.metric import Metric

METRICS = (Metric("augmented_by", "generators", "independent generators that training jets were moved by", decimals=1),)
