"""Whether a method learnt anything about the label: if not, it says nothing about symmetries and has no score."""

from __future__ import annotations

from symbench.metrics.metric import Metric

LEARNT = "learnt"
"""The scalar of a method: 0 if its fit does not predict held-out labels beyond chance."""

METRICS = (
    Metric(
        LEARNT,
        "label learnt",
        "fraction of seeds in which the method's fit predicts held-out labels beyond chance; otherwise it states "
        "nothing, and the trial has no score",
        "",
        "higher",
        2,
    ),
)

_SCORES = ("f1", "recall", "precision", "false_discovery", "algebra_correct", "count_error")


def without_scores(metrics: dict[str, float]) -> dict[str, float]:
    """The metrics of a trial in which nothing was learnt: neither an abstention nor a claim, and no score."""
    return {name: value for name, value in metrics.items() if not name.startswith(_SCORES) and name != "count"}


def not_learnt(metrics: dict[str, float]) -> bool:
    """Whether a trial with these metrics learnt nothing about the label."""
    return metrics.get(LEARNT) == 0.0
