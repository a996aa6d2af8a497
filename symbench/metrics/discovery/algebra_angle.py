"""The angle of an algebra that was found with its representation on a target."""

from __future__ import annotations

from typing import TYPE_CHECKING

from symbench.metrics.metric import Metric

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    FloatArray = npt.NDArray[np.float64]

METRICS = (
    Metric(
        "algebra_angle_max_deg",
        "worst angle of A",
        "largest principal angle between the claimed and the true algebra on the vectors, of a target of several "
        "components; all other scores compare pairs (A, B) of generators and their representation on the target",
        "°",
        "lower",
        2,
    ),
)


def algebra_angle(claimed: FloatArray, truth: FloatArray) -> float:
    """The largest principal angle in degrees between the spans of generators (k, a, a) and (k*, a, a)."""
    import numpy as np

    from symbench.algebra.subspace import overlap

    return float(np.degrees(overlap(claimed, truth).angles.max(initial=0.0)))
