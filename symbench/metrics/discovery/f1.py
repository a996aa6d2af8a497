"""F1: the harmonic mean of recall and precision. `chance` computes the rescaled one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from symbench.metrics.discovery.false_discovery import silence_is_right
from symbench.metrics.metric import UNIT, Metric, outcome

if TYPE_CHECKING:
    from symbench.algebra.subspace import Overlap

METRICS = (
    outcome("f1", "F1", "harmonic mean of recall and precision of the claimed span, data-weighted"),
    outcome(
        "f1_chance_corrected",
        "F1 above chance",
        "F1, rescaled so that a random claim of the same dimension has 0 and the truth 1; on a control, F1",
    ),
    Metric("f1_of_chance", "F1 of chance", "mean F1 of random claims of the same dimension", support=UNIT),
    Metric("f1_chance_deviation", "spread of chance", "standard deviation of F1 above chance of random claims"),
    outcome("f1_unweighted", "F1 (unweighted)", "F1 in the plain matrix inner product"),
)


def f1(spans: Overlap) -> float:
    """2 Σ cos²θ / (k + k*). Without a true symmetry, 1 for an empty claim and 0 for any other."""
    if spans.truth == 0:
        return silence_is_right(spans.found)
    return spans.f1 if spans.found else 0.0


def harmonic_mean(recall: float, precision: float) -> float:
    """2rp/(r + p); 0 if both are 0."""
    return 2 * recall * precision / (recall + precision) if recall + precision > 0 else 0.0
