"""The mean squared error of a predicted tensor, absolute: a mean over events and components."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from symbench.metrics.metric import Metric

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.floating[Any]]

METRICS = (
    Metric(
        "mse",
        "MSE",
        "mean of (f − y)² over test events and components, in the square of the target's unit",
        "",
        "lower",
        3,
        "significant",
    ),
)


def mean_squared_error(predicted: Floats, target: Floats) -> float:
    """⟨(f − y)²⟩ over events and components, both (N, D)."""
    import numpy as np

    return float(np.mean((predicted - target) ** 2))
