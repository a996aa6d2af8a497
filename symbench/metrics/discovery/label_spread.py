"""The strength of a claim: how far the label moves along the claimed generators on test events."""

from __future__ import annotations

from typing import TYPE_CHECKING

from symbench.metrics.metric import Metric

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

METRICS = (
    Metric(
        "label_spread_max",
        "label spread σ",
        "largest change of the label along a generator, in standard deviations of the label, for a displacement of the "
        "size of the data, on the central 80 % of the test events; the floor is as that of the defect",
        "",
        "lower",
        2,
        "significant",
        beside=("label_spread_floor", "floor"),
    ),
    Metric(
        "label_spread_floor",
        "floor of σ",
        "label spread of the generator with the largest one that is due to the errors of the fitted gradient",
        "",
        "lower",
        2,
        "significant",
    ),
)


def label_spread_metrics(
    spreads: npt.NDArray[np.float64], floors: npt.NDArray[np.float64] | None = None
) -> dict[str, float]:
    """The largest label spread of generators (k,), and its floor; empty for an empty claim."""
    if not len(spreads):
        return {}
    metrics = {"label_spread_max": float(spreads.max())}
    if floors is not None:
        metrics["label_spread_floor"] = float(floors[int(spreads.argmax())])
    return metrics
