"""Claims of a symmetry on data without one."""

from __future__ import annotations

from symbench.metrics.metric import outcome

METRICS = (
    outcome(
        "false_discovery",
        "false discovery",
        "fraction of seeds that claim a symmetry although there is none",
        "lower",
        2,
    ),
)


def false_discovery(count: float) -> float:
    """1 for any claim, 0 for an empty one; defined only for a task without a symmetry."""
    return float(count > 0)


def silence_is_right(count: float) -> float:
    """F1, recall and precision for a task without a symmetry: 1 for an empty claim, 0 for any other."""
    return 1.0 - false_discovery(count)
