"""The relative defect of a claim on test events or trajectories.

Each track has its own definition: `algebra.defects.relative_defects` for labels, `fields.field_defects` for labels
along vector fields, `density` for second moments, `conservation.flow_defects` for conserved quantities along the flow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from symbench.metrics.metric import Metric

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

METRICS = (
    Metric(
        "defect_max",
        "largest defect",
        "largest relative defect of a generator on test events",
        "",
        "lower",
        2,
        "significant",
    ),
    Metric("defect_mean", "mean defect", "mean relative defect on test events", "", "lower", 2, "significant"),
)


def defect_metrics(defects: npt.NDArray[np.float64]) -> dict[str, float]:
    """Largest and mean of the defects (k,); empty for an empty claim."""
    return {"defect_max": float(defects.max()), "defect_mean": float(defects.mean())} if len(defects) else {}
