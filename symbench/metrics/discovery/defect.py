"""The relative defect of a claim on test events or trajectories.

Each track has its own definition: `algebra.defects.relative_defects` for labels, `fields.field_defects` for labels
along vector fields, `density` for second moments, `conservation.flow_defects` for conserved quantities along the flow.

A label without a formula has a fitted gradient, and an exact symmetry then has a defect as large as the errors of the
fit: the floor, see `discovery.shared.reference`. A defect is evidence against a symmetry only above its floor.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from symbench.metrics.metric import Metric

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

WITHHELD = "defect_withheld"
"""The note of a trial whose defect is not measured: the reason."""

METRICS = (
    Metric(
        "defect_max",
        "largest defect",
        "largest relative defect of a generator on test events; if the label has no formula, the floor in brackets is "
        "the defect that the errors of the fitted gradient give to an exact symmetry",
        "",
        "lower",
        2,
        "significant",
        beside=("defect_floor", "floor"),
    ),
    Metric("defect_mean", "mean defect", "mean relative defect on test events", "", "lower", 2, "significant"),
    Metric(
        "defect_floor",
        "floor of the defect",
        "defect of the generator with the largest one that is due to the errors of the fitted gradient",
        "",
        "lower",
        2,
        "significant",
    ),
)


def defect_metrics(defects: npt.NDArray[np.float64], floors: npt.NDArray[np.float64] | None = None) -> dict[str, float]:
    """Largest and mean of the defects (k,), and the floor of the largest; empty for an empty claim."""
    if not len(defects):
        return {}
    metrics = {"defect_max": float(defects.max()), "defect_mean": float(defects.mean())}
    if floors is not None:
        metrics["defect_floor"] = float(floors[int(defects.argmax())])
    return metrics
