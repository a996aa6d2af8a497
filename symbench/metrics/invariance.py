"""How far a classifier's output moves when its input is transformed.

The output is a number for each jet, such as the difference of two logits, or a vector (N, K), such as the logits less
their mean; for two classes both give the same figures.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from symbench.metrics.transformations import draw, operation_rng, transform

__all__ = [
    "draw",
    "flip_rate",
    "invariance_error",
    "lie_ratio",
    "operation_rng",
    "over_grid",
    "transform",
]

Floats = npt.NDArray[np.floating[Any]]


def invariance_error(before: Floats, after: Floats) -> float | None:
    """√⟨‖z(gx) − z(x)‖²⟩ / √⟨‖z(x) − ⟨z⟩‖²⟩; None for an output that does not vary at all."""
    spread = float(np.sqrt(np.mean(_squares(before - before.mean(axis=0)))))
    if not spread > 0:
        return None
    return float(np.sqrt(np.mean(_squares(after - before))) / spread)


def over_grid(errors: list[float]) -> float:
    """The invariance error over strengths that weigh alike: the root of the mean square."""
    return float(np.sqrt(np.mean(np.square(errors))))


def flip_rate(before: Floats, after: Floats) -> float:
    """Share of jets whose decision changes: the sign of z, or the largest of several outputs."""
    return float(np.mean(_decision(before) != _decision(after)))


def lie_ratio(along: Floats, slope: Floats, length: Floats) -> float | None:
    """The Lie-derivative error E[‖∇z·Lx‖²] / E[‖∇z‖²‖Lx‖²], in [0, 1]; 0 where z is invariant under exp(tL).

    along  ∇z·Lx of the K outputs (N, K);  slope  ‖∇z‖² summed over them (N,);  length  ‖Lx‖² (N,)
    None where z does not depend on the vectors.
    """
    total = float(np.mean(slope * length))
    return float(np.mean(_squares(along))) / total if total > 0 else None


def _squares(values: Floats) -> Floats:
    return np.asarray((values.reshape(len(values), -1) ** 2).sum(axis=1))


def _decision(values: Floats) -> npt.NDArray[Any]:
    if values.ndim == 1 or values.shape[1] == 1:
        return np.asarray(values.reshape(len(values)) > 0)
    return np.asarray(values.argmax(axis=1))
