"""Recall: the share of the truth that a claim contains.

Of spans it is ‖P_found B*‖²/k*. Of conserved quantities it is the mean R² of the true ones, predicted from the claimed
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
    outcome("recall", "recall", "share of the true algebra inside the claimed span, data-weighted"),
    outcome("recall_unweighted", "recall (unweighted)", "recall in the plain matrix inner product"),
)


def recall(spans: Overlap) -> float:
    """Of spans; without a true symmetry, 1 for an empty claim and 0 for any other."""
    if spans.truth == 0:
        return silence_is_right(spans.found)
    return spans.recall if spans.found else 0.0


def recall_of_quantities(explained_true: npt.NDArray[np.float64]) -> float:
    """Of conserved quantities, from the R² (k*,) of each true one given the claimed ones."""
    return float(explained_true.mean())
