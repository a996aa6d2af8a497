"""The Lie-derivative error of a predicted tensor: the failure of ∇f·Lx = dρ(L) f to first order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from symbench.metrics.invariance.invariance import squares
from symbench.metrics.metric import Metric

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.floating[Any]]

METRICS = tuple(
    Metric(
        f"lie_equivariance{suffix}",
        f"Lie derivative with ρ{words}",
        f"E[‖∇f·Lx − dρ(L)f‖²] / E[‖∇f‖²‖Lx‖² + ‖dρ(L)f‖²], a mean over an orthonormal basis of generators{words}",
        "",
        "lower",
        2,
        "significant",
    )
    for suffix, words in (("", ""), ("_float32", ", float32"))
)


def lie_equivariance_ratio(along: Floats, turned: Floats, slope: Floats, length: Floats) -> float | None:
    """E[‖∇f·Lx − dρ(L)f‖²] / E[‖∇f‖²‖Lx‖² + ‖dρ(L)f‖²]; None if both terms vanish.

    along ∇f·Lx (N, D);  turned dρ(L)f (N, D);  slope ‖∇f‖² (N,);  length ‖Lx‖² (N,)
    """
    import numpy as np

    total = float(np.mean(slope * length + squares(turned)))
    return float(np.mean(squares(along - turned))) / total if total > 0 else None
