"""The relative defect of what is claimed, on events or trajectories that the method has not used.

Each track has its own: `algebra.defects.relative_defects` of a label, `fields.field_defects` of a label along vector
fields, `density` of a second moment, `conservation.flow_defects` of a conserved quantity along the flow.
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
    """Largest and mean of the defects (k,); nothing for a claim of nothing."""
    return {"defect_max": float(defects.max()), "defect_mean": float(defects.mean())} if len(defects) else {}
