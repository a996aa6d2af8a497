"""The loss of `oracle` as printed in the paper, with a finite ε, at its minimum, for comparison with published values.

Its minimum is not that of the limit ε → 0: for matrices W + εW²/2, 1 + εW is exp(εW) to second order, so that the label
changes less by a factor ε², while commutators close to order ε only.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from symbench.discovery.oracle.loss import evaluate_loss
from symbench.metrics.label import LabelFunction, label_gradient, label_values

FloatArray = npt.NDArray[np.float64]


def smallest_printed_loss(
    start: FloatArray,
    label: LabelFunction,
    x: FloatArray,
    *,
    epsilon: float = 1e-3,
    closure_power: Literal[1, 2] = 1,
    steps: int = 300,
) -> float:
    """The minimum of the printed loss that L-BFGS reaches from matrices (k, d, d); label φ on vectors x (N, P, d).

    The loss is Σᵢ mean[(φ((1+εWᵢ)x) − φ(x))²]/ε² and the terms of the algebra, at optimal structure constants.
    """
    shape = start.shape
    before = label_values(label, x)
    nothing = np.zeros((start[0].size, start[0].size))

    def loss(flat: FloatArray) -> tuple[float, FloatArray]:
        w = flat.reshape(shape)
        terms, gradient = evaluate_loss(w, nothing, 0.0, closure_power=closure_power)
        total, gradient = terms.algebra, gradient.copy()
        for i, matrix in enumerate(w):
            moved = x + epsilon * x @ matrix.T
            change = (label_values(label, moved) - before) / epsilon
            total += float(np.mean(change**2))
            gradient[i] += 2 * np.einsum("n,npi,npj->ij", change, label_gradient(label, moved), x) / len(x)
        return total, gradient.ravel()

    result = minimize(
        loss,
        start.ravel(),
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": steps, "maxfun": 2 * steps, "maxcor": 30, "ftol": 1e-15, "gtol": 1e-12},
    )
    return float(result.fun)
