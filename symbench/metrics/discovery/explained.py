"""The shares of the true functions of events that claimed ones explain, and of the claimed ones that the true explain.

Functions count up to a monotone map: R² ∈ [0, 1] of normal scores, of each function predicted from the others by a
kernel regression that is fitted to two thirds of the events and tested on the third (`conservation.explained`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from symbench.metrics.metric import outcome

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from symbench.data.samples import ConservedQuantities

METRICS = (
    outcome(
        "explained_true",
        "true functions explained",
        "mean R² of the true functions given the claimed ones, at events with partners of similar events",
    ),
    outcome(
        "explained_claimed",
        "claimed functions explained",
        "mean R² of the claimed functions given the true ones, at the same events",
    ),
)


def explained_shares(
    claim: ConservedQuantities, truth: ConservedQuantities, states: npt.NDArray[np.float64]
) -> dict[str, float]:
    """Both shares over states (M, D), M ≥ 3, of a truth of one function or more; 0 and no reverse without a claim."""
    import numpy as np

    from symbench.metrics.conservation import explained

    if not claim.count:
        return {"explained_true": 0.0}
    claimed, true, group = claim.values(states), truth.values(states), np.arange(len(states))
    return {
        "explained_true": float(explained(true, claimed, group).mean()),
        "explained_claimed": float(explained(claimed, true, group).mean()),
    }
