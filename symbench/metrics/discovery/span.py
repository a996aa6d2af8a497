"""Recall, precision and F1 of the span of gradients of conserved quantities."""

from __future__ import annotations

from typing import TYPE_CHECKING

from symbench.metrics.discovery.f1 import harmonic_mean
from symbench.metrics.metric import outcome

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from symbench.data.samples import ConservedQuantities

METRICS = (
    outcome("span_f1", "F1 of spans", "harmonic mean of recall and precision of gradient spans"),
    outcome("span_recall", "recall of spans", "share of the true gradients' span in the claimed one"),
    outcome("span_precision", "precision of spans", "share of the claimed gradients' span in the true one"),
)


def span_metrics(
    claim: ConservedQuantities, truth: ConservedQuantities, x: npt.NDArray[np.float64]
) -> dict[str, float]:
    """All three over states x (M, D), of a claim and a truth of one function or more."""
    from symbench.metrics.conservation import span_shares

    recall, precision = span_shares(claim, truth, x)
    return {"span_f1": harmonic_mean(recall, precision), "span_recall": recall, "span_precision": precision}
