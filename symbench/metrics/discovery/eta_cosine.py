"""The agreement of the invariant metric tensor with the Minkowski metric."""

from __future__ import annotations

from typing import TYPE_CHECKING

from symbench.metrics.metric import Metric

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

METRICS = (Metric("eta_cosine", "|cos| to η", "|cosine| of the invariant metric to diag(1,−1,−1,−1)", "", "higher", 4),)


def eta_cosine(generators: npt.NDArray[np.float64]) -> float:
    """|cosine| between the metric tensor that generators (k, 4, 4) preserve best and η."""
    from symbench.algebra.metric import invariant_metric, minkowski_cosine

    return minkowski_cosine(invariant_metric(generators))
