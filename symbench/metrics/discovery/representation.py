"""A representation that was found with its algebra: agreement with the true one, and whether it represents."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from symbench.metrics.metric import Metric

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from symbench.algebra.subspace import Overlap

    FloatArray = npt.NDArray[np.float64]

METRICS = (
    Metric(
        "representation_residual",
        "residual of ρ",
        "√(Σ ‖[B, B′] − B([A, A′])‖² / Σ (‖[A, A′]‖² + ‖[B, B′]‖²)) over claimed pairs of generators, with B(·) the "
        "linear map that sends each claimed A to its B",
        "",
        "lower",
        3,
    ),
)


def pairs_overlap(
    algebra: FloatArray, representation: FloatArray, truth: FloatArray, truth_representation: FloatArray
) -> Overlap:
    """The relative position of spans of pairs (k, a, a) with (k, b, b), among all pairs: a² + b² dimensions."""
    from dataclasses import replace

    from symbench.algebra.representations import block_diagonal
    from symbench.algebra.subspace import overlap

    spans = overlap(block_diagonal(algebra, representation), block_diagonal(truth, truth_representation))
    return replace(spans, ambient=algebra.shape[1] ** 2 + representation.shape[1] ** 2)


def representation_residual(algebra: FloatArray, representation: FloatArray) -> float:
    """√(Σ ‖[Bᵢ, Bⱼ] − B([Aᵢ, Aⱼ])‖² / Σ (‖[Aᵢ, Aⱼ]‖² + ‖[Bᵢ, Bⱼ]‖²)) of pairs (k, a, a) and (k, b, b).

    B([Aᵢ, Aⱼ]) is Σ c_k B_k with the c of the least squares of [Aᵢ, Aⱼ] in the A_k.
    """
    import numpy as np

    k = len(algebra)
    left, right = np.triu_indices(k, 1)
    if not len(left):
        return 0.0

    def brackets(matrices: FloatArray) -> FloatArray:
        product = matrices[left] @ matrices[right]
        return np.asarray(product - matrices[right] @ matrices[left]).reshape(len(left), -1)

    of_algebra, of_representation = brackets(algebra), brackets(representation)
    coefficients = np.linalg.lstsq(algebra.reshape(k, -1).T, of_algebra.T, rcond=None)[0]
    difference = of_representation - coefficients.T @ representation.reshape(k, -1)
    size = math.hypot(float(np.linalg.norm(of_algebra)), float(np.linalg.norm(of_representation)))
    return float(np.linalg.norm(difference)) / size if size > 0 else 0.0
