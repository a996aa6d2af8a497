"""Residuals of a claim, event by event: which events speak against a symmetry, or against a conserved quantity.

Along the field v of a generator (v = L x for a matrix) event i has, with the label f and the displacement of the data's
own size of `algebra.label_spread`,

    r_i = (Σ_p ∇_p f · v_p)(x_i) / √Var f / √(E Σ_p ‖v_p‖²_W / E Σ_p ‖x_p − E x‖²_W),

so that the root mean square over the domain of the claim is its label spread σ_L. It has a sign: by how many standard
deviations the label rises. No truth is needed: the gradient is that of the label's formula or of the reference fit.

A trajectory i has for a quantity F the root mean square deviation of F from its mean along the trajectory, in standard
deviations of F over all states; the root mean square over trajectories is the drift.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from symbench.algebra.label_spread import whitening

if TYPE_CHECKING:
    from symbench.data.samples import ConservedQuantities

FloatArray = npt.NDArray[np.float64]

RESIDUALS, EVENTS = "residuals", "residual_events"
"""The arrays of a trial: (n, k) float32, and the event ids (n,) uint64."""

MOST_EVENTS = 1_000
"""A trial keeps the residuals of its first test events, whose order is that of a hash: a random sample."""


def residuals_along(
    values: FloatArray, gradients: FloatArray, x: FloatArray, variance: float, domain: npt.NDArray[np.bool_]
) -> FloatArray:
    """Residuals (N, k) of fields with values (k, N, P, d) at events x (N, P, d) with label gradients (N, P, d).

    variance    Var f over the events of `domain` (N,), over which also the size of displacements is measured
    Infinite for a field that does not move the data within their support.
    """
    white = whitening(x[domain])
    change = np.einsum("npd,knpd->nk", gradients, values) / np.sqrt(variance)
    square = np.mean(np.sum((values[:, domain] @ white.whiten.T) ** 2, axis=(2, 3)), axis=1) / max(white.size, 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(square > 0, change / np.sqrt(square), np.inf))


def residuals_of_quantities(claim: ConservedQuantities, x: FloatArray) -> FloatArray:
    """Residuals (N, k) of conserved quantities on trajectories x (N, T, D); 1 for a function constant everywhere."""
    n, steps, dimension = x.shape
    values = claim.values(x.reshape(-1, dimension)).reshape(n, steps, claim.count)
    total = values.reshape(-1, claim.count).var(axis=0)
    within = np.asarray(values.var(axis=1))
    return np.asarray(np.sqrt(np.divide(within, total, out=np.ones_like(within), where=total > 0)))


def residual_arrays(residuals: FloatArray, event_id: npt.NDArray[np.uint64]) -> dict[str, npt.NDArray[np.generic]]:
    """What a trial keeps of residuals (n, k) of the first n events of these ids."""
    kept = residuals[:MOST_EVENTS].astype(np.float32)
    return {RESIDUALS: kept, EVENTS: np.asarray(event_id[: len(kept)], dtype=np.uint64)}
