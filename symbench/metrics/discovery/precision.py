"""Precision: the share of a claim that is true.

Of spans it is ‖P* B_found‖²/k. Of conserved quantities it is the mean R² of the claimed ones, predicted from the true
ones by `conservation.explained`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from symbench.metrics.discovery.false_discovery import silence_is_right
from symbench.metrics.metric import outcome

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from symbench.algebra.subspace import Overlap

METRICS = (
    outcome("precision", "precision", "share of the claimed span inside the true algebra, data-weighted"),
    outcome("precision_unweighted", "precision (unweighted)", "precision in the plain inner product"),
)


def precision(spans: Overlap) -> float | None:
    """Of spans; None for an empty claim if there is a symmetry, otherwise as `recall` without a symmetry."""
    if spans.truth == 0:
        return silence_is_right(spans.found)
    return spans.precision if spans.found else None


def precision_of_quantities(explained_claimed: npt.NDArray[np.float64]) -> float:
    """Of conserved quantities, from the R² (k,) of each claimed one given the true ones."""
    return float(explained_claimed.mean())
