"""Certified claims that are wrong: a direction of the claimed span is no symmetry within the tolerance.

The exact equation decides, so that a claim with small errors of its directions counts as true.
"""

from __future__ import annotations

from symbench.metrics.metric import Metric, outcome

METRICS = (
    outcome(
        "false_certification",
        "false certification",
        "fraction of seeds with a claim whose worst direction has a relative defect above the tolerance of the task, "
        "in the whole domain of the task",
        "lower",
        2,
    ),
    outcome(
        "false_certification_in_domain",
        "false in its domain",
        "the same in the domain that the claim states, which may be smaller",
        "lower",
        2,
    ),
    Metric(
        "false_certification_defect",
        "true defect",
        "exact relative defect of the worst direction of the claimed span, in the whole domain of the task",
        "",
        "lower",
        2,
        "significant",
    ),
)


def certification_metrics(defect: float, in_domain: float, tolerance: float) -> dict[str, float]:
    """From the largest exact defects of a claimed span; 0 for a claim of nothing, which is never false."""
    return {
        "false_certification": float(defect > tolerance),
        "false_certification_in_domain": float(in_domain > tolerance),
        "false_certification_defect": defect,
    }
