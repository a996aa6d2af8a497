"""Claims of a symmetry if there is none."""

from __future__ import annotations

from symbench.metrics.metric import Metric

METRICS = (Metric("false_discovery", "false discovery", "a symmetry claimed where there is none", "", "lower", 2),)


def false_discovery(count: float) -> float:
    """1 for a claim of anything, 0 for a claim of nothing; defined only for a task without a symmetry."""
    return float(count > 0)


def silence_is_right(count: float) -> float:
    """F1, recall and precision for a task without a symmetry: 1 for a claim of nothing, 0 for any other."""
    return 1.0 - false_discovery(count)
