"""Claimed functions that are constant on the whole domain: they are trivially conserved and not counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from symbench.metrics.metric import Metric

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from symbench.data.samples import ConservedQuantities

METRICS = (Metric("constants_dropped", "constants", "claimed functions that are constant everywhere", decimals=1),)

_CONSTANT = 1e-6  # of a function's size
_FLAT = 1e-3  # of the variation that its gradient implies over the data


def drop_constants(claim: ConservedQuantities, x: npt.NDArray[np.float64]) -> ConservedQuantities:
    """The claim without functions that are constant on the whole domain, sampled by states x (M, D).

    A function is constant if its spread is less than a millionth of its size, or less than a thousandth of the
    variation that its gradient implies over the data. Examples: cos² + sin², a momentum that is always 0, and a
    function whose gradient is orthogonal to the subspace of the data.
    """
    import numpy as np

    from symbench.data.samples import ConservedQuantities

    if claim.count == 0:
        return claim
    values = claim.values(x)
    size = np.sqrt(np.mean(values**2, axis=0))
    implied = np.sqrt(np.mean(np.sum((claim.gradients(x) * x.std(axis=0)) ** 2, axis=2), axis=0))
    kept = np.flatnonzero(
        values.std(axis=0) > np.maximum(np.maximum(_CONSTANT * size, _FLAT * implied), np.finfo(np.float64).tiny)
    )
    return ConservedQuantities(
        len(kept), lambda states: claim.values(states)[:, kept], lambda states: claim.gradients(states)[:, kept]
    )
