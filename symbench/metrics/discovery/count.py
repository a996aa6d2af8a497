"""The claimed number of generators or quantities, and its difference to the true number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from symbench.metrics.metric import Metric

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

METRICS = (
    Metric("count", "claimed", "number of claimed independent generators or quantities", decimals=1),
    Metric("count_error", "count error", "claimed minus true number of generators or quantities", decimals=1),
)


def claimed_dimension(generators: npt.NDArray[np.float64]) -> int:
    """Number of linearly independent generators in a claim (k, d, d)."""
    from symbench.algebra.subspace import orthonormal

    return len(orthonormal(generators))
