"""The uniqueness of the metric that discovered generators determine for a network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from symbench.metrics.metric import Metric

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

METRICS = (
    Metric(
        "metric_gap",
        "metric's gap",
        "defect of the second-best metric minus that of the best; near 0 the choice of the metric is arbitrary",
        "",
        "higher",
        2,
        "significant",
    ),
)


def metric_gap(spectrum: npt.NDArray[np.float64]) -> float:
    """The distance between the two smallest of the stationary values (10,), rising, of `metric_defect`."""
    return float(spectrum[1] - spectrum[0])
