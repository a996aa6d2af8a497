"""Agreement with the algebra that a small term of the label breaks: what the symmetry would be without that term."""

from __future__ import annotations

from typing import TYPE_CHECKING

from symbench.metrics.metric import Metric

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    FloatArray = npt.NDArray[np.float64]

METRICS = (
    Metric(
        "unbroken_f1", "F1 to the unbroken", "F1 to the algebra of the label without its breaking term", "", "higher"
    ),
    Metric(
        "unbroken_angle_max_deg",
        "angle to the unbroken",
        "largest principal angle to the algebra of the label without its breaking term",
        "°",
        "lower",
        1,
    ),
)


def unbroken_metrics(claimed: FloatArray, unbroken: FloatArray, moment: FloatArray) -> dict[str, float]:
    """F1 and largest angle of claimed generators (k, d, d), weighted by Σ = `moment`; F1 is 0 for an empty claim."""
    import numpy as np

    from symbench.algebra.subspace import overlap

    spans = overlap(claimed, unbroken, moment)
    if not spans.found:
        return {"unbroken_f1": 0.0}
    return {"unbroken_f1": spans.f1, "unbroken_angle_max_deg": float(np.degrees(spans.angles[-1]))}
