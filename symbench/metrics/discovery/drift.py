"""The change of a claimed conserved quantity along test trajectories."""

from __future__ import annotations

from typing import TYPE_CHECKING

from symbench.metrics.metric import Metric

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from symbench.data.samples import ConservedQuantities

METRICS = (
    Metric(
        "drift_max",
        "largest drift",
        "largest √(variance within trajectories / total variance) of the claimed quantities",
        "",
        "lower",
        2,
        "significant",
    ),
)


def drifts(claim: ConservedQuantities, x: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """√(variance within trajectories / total variance) of each function (k,), x (N, T, D); 0 is exact.

    A function that is constant everywhere has 1.
    """
    import numpy as np

    n, steps, dimension = x.shape
    values = claim.values(x.reshape(-1, dimension)).reshape(n, steps, claim.count)
    within, total = values.var(axis=1).mean(axis=0), values.reshape(-1, claim.count).var(axis=0)
    return np.asarray(np.sqrt(np.divide(within, total, out=np.ones_like(total), where=total > 0)))
