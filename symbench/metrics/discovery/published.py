"""Agreement with the answer that publications state, for tasks on which it is not the truth."""

from __future__ import annotations

from typing import TYPE_CHECKING

from symbench.metrics.metric import Metric

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    FloatArray = npt.NDArray[np.float64]

METRICS = (
    Metric(
        "published_f1", "F1 to the published", "F1 to the published answer, which is not the truth; no score", "", None
    ),
    Metric(
        "published_grassmann",
        "Grassmann to the published",
        "√Σθ² of the principal angles to the published answer",
        "rad",
        None,
    ),
    Metric(
        "published_grassmann_unweighted",
        "Grassmann to the published (unweighted)",
        "√Σθ² of the principal angles to the published answer in the plain matrix inner product",
        "rad",
        None,
    ),
)


def published_metrics(claimed: FloatArray, published: FloatArray, moment: FloatArray) -> dict[str, float]:
    """F1 and Grassmann distances of claimed generators (k, d, d); F1 is 0 and there is no distance without a claim."""
    from symbench.algebra.subspace import overlap

    weighted, plain = overlap(claimed, published, moment), overlap(claimed, published)
    if not weighted.found:
        return {"published_f1": 0.0}
    return {
        "published_f1": weighted.f1,
        "published_grassmann": weighted.grassmann,
        "published_grassmann_unweighted": plain.grassmann,
    }
