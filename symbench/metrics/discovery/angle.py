"""Principal angles between the claimed and the true span."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from symbench.metrics.metric import Metric

if TYPE_CHECKING:
    from symbench.algebra.subspace import Overlap

METRICS = (
    Metric("angle_max_deg", "largest angle", "largest principal angle to the true algebra", "°", "lower", 2),
    Metric("angle_mean_deg", "mean angle", "mean principal angle to the true algebra", "°", "lower", 2),
)


def angle_metrics(spans: Overlap) -> dict[str, float]:
    """Largest and mean angle in degrees; nothing if a span is empty."""
    if not len(spans.angles):
        return {}
    return {
        "angle_max_deg": math.degrees(float(spans.angles[-1])),
        "angle_mean_deg": math.degrees(float(spans.angles.mean())),
    }
