"""The defect of discovered generators as symmetries of the metric of a network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from symbench.metrics.metric import Metric

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

METRICS = (
    Metric(
        "metric_defect",
        "metric's defect",
        "relative change of the network's metric by the discovered generators: 0 for none, about 2 at most",
        "",
        "lower",
        2,
        "significant",
    ),
)


def metric_defect(spectrum: npt.NDArray[np.float64]) -> float:
    """The smallest of the stationary values (10,), rising, of the violation of LᵀJ + JL = 0."""
    return float(spectrum[0])
