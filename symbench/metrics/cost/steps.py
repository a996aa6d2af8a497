"""Optimiser steps, which the methods count themselves."""

from __future__ import annotations

from symbench.metrics.metric import Metric

METRICS = (Metric("steps", "steps", "optimiser steps", decimals=0),)
