"""The Grassmann distance between the claimed and the true span."""

from __future__ import annotations

from typing import TYPE_CHECKING

from symbench.metrics.metric import Metric

if TYPE_CHECKING:
    from symbench.algebra.subspace import Overlap

METRICS = (
    Metric("grassmann", "Grassmann", "√Σθ² of the principal angles", "rad", "lower"),
    Metric(
        "grassmann_unweighted",
        "Grassmann (unweighted)",
        "√Σθ² of the principal angles in the plain matrix inner product",
        "rad",
        "lower",
    ),
)


def grassmann(spans: Overlap) -> float | None:
    """√Σθ² over the min(k, k*) angles; None if a span is empty."""
    return spans.grassmann if len(spans.angles) else None
