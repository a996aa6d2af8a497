"""The defect of a claimed span in closing under commutators."""

from __future__ import annotations

from typing import TYPE_CHECKING

from symbench.metrics.metric import Metric

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

METRICS = (Metric("closure", "closure", "part of the commutators outside the span", "", "lower", 2, "significant"),)


def closure(generators: npt.NDArray[np.float64]) -> float:
    """The closure residual of a claim (k, d, d); of vector fields `fields.structure` gives it."""
    from symbench.algebra.structure import closure_residual

    return closure_residual(generators)
