"""Functions of whole events that are polynomials of first or second degree, with their gradients.

An event (P, d) is flattened to a state (P d,), as `ConservedQuantities` takes it.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from symbench.data.samples import ConservedQuantities

FloatArray = npt.NDArray[np.float64]


def pair_forms(forms: FloatArray, parts: int) -> ConservedQuantities:
    """F(x) = Σ_{p<q} x_pᵀ J x_q of forms J (k, d, d), symmetric or not, for events of P = `parts` vectors."""
    k, d, _ = forms.shape

    def values(states: FloatArray) -> FloatArray:
        x = states.reshape(len(states), parts, d)
        total = np.zeros((len(x), k))
        for p in range(parts):
            for q in range(p + 1, parts):
                total += np.einsum("ni,kij,nj->nk", x[:, p], forms, x[:, q], optimize=True)
        return total

    def gradients(states: FloatArray) -> FloatArray:
        x = states.reshape(len(states), parts, d)
        out = np.zeros((len(x), k, parts, d))
        for p in range(parts):
            later, earlier = x[:, p + 1 :].sum(axis=1), x[:, :p].sum(axis=1)
            out[:, :, p] = np.einsum("kij,nj->nki", forms, later) + np.einsum("kji,nj->nki", forms, earlier)
        return out.reshape(len(x), k, parts * d)

    return ConservedQuantities(k, values, gradients)


def linear_functions(coefficients: FloatArray) -> ConservedQuantities:
    """F(x) = c · x of coefficients c (k, P d)."""
    return ConservedQuantities(
        len(coefficients),
        lambda states: np.asarray(states @ coefficients.T),
        lambda states: np.broadcast_to(coefficients, (len(states), *coefficients.shape)).copy(),
    )
