"""The direction of the quadratic form of a claimed function, J in F = Σ x_pᵀ J x_q, against the true one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from symbench.metrics.metric import Metric

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from symbench.data.samples import ConservedQuantities

    FloatArray = npt.NDArray[np.float64]

METRICS = (
    Metric("form_cosine", "|cos| of the form", "smallest |cosine| of a true form to the claimed ones", "", "higher", 4),
)


_EXACT = 1e-6


def forms_of(functions: ConservedQuantities, x: FloatArray) -> FloatArray:
    """The forms (k, d, d), of norm 1, that describe functions of events x (N, P, d) best, P ≥ 2.

    ∂F/∂x₁ = J Σ_{q>1} x_q is solved for J by least squares over events, so that a function that is no quadratic form
    has one as well.
    """
    import numpy as np

    others, gradients = _equations(functions, x)
    solved = np.linalg.lstsq(others, gradients, rcond=None)[0]
    forms = solved.T.reshape(functions.count, x.shape[2], x.shape[2])
    sizes = np.linalg.norm(forms, axis=(1, 2), keepdims=True)
    return np.asarray(forms / np.where(sizes > 0, sizes, 1.0))


def are_forms(functions: ConservedQuantities, x: FloatArray) -> bool:
    """Whether functions of events x (N, P, d), P ≥ 2, are quadratic forms of pairs of vectors, to rounding."""
    import numpy as np

    others, gradients = _equations(functions, x)
    rest = gradients - others @ np.linalg.lstsq(others, gradients, rcond=None)[0]
    return bool(np.linalg.norm(rest) <= _EXACT * np.linalg.norm(gradients))


def _equations(functions: ConservedQuantities, x: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Σ_{q>1} x_q (N, d) and ∂F/∂x₁ (N, k d)."""
    n, parts, d = x.shape
    gradients = functions.gradients(x.reshape(n, parts * d)).reshape(n, functions.count, parts, d)[:, :, 0]
    return x[:, 1:].sum(axis=1), gradients.reshape(n, functions.count * d)


def form_cosine(claimed: FloatArray, true: FloatArray) -> float:
    """The smallest length of the projection of a true form (k*, d, d) on the span of claimed ones (k, d, d)."""
    import numpy as np

    rows = np.linalg.svd(claimed.reshape(len(claimed), -1), full_matrices=False)[2]
    inside = true.reshape(len(true), -1) @ rows.T
    return float(np.linalg.norm(inside, axis=1).min())
