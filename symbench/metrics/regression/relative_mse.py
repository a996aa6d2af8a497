"""The mean squared error of a predicted tensor in units of the target's variance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from symbench.metrics.metric import Metric
from symbench.metrics.regression.mse import mean_squared_error

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.floating[Any]]

METRICS = (
    Metric(
        "relative_mse",
        "MSE/variance",
        "mean squared error divided by the variance of the target, both means over the components; 1 is the error of a "
        "constant",
        "",
        "lower",
        3,
        "significant",
    ),
)


def relative_squared_error(predicted: Floats, target: Floats) -> float | None:
    """⟨(f − y)²⟩ / ⟨(y − ȳ)²⟩ of (N, D) over the same events, ȳ the mean of each component; None if y is constant."""
    import numpy as np

    variance = float(np.mean((target - target.mean(axis=0)) ** 2))
    return mean_squared_error(predicted, target) / variance if variance > 0 else None
