"""Broken symmetries: what a claim says about the breaking, and what the exact label says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from symbench.metrics.discovery.false_discovery import silence_is_right
from symbench.metrics.metric import Metric

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    FloatArray = npt.NDArray[np.float64]

METRICS = (
    Metric(
        "breaking_claimed",
        "breaking claimed",
        "label spread σ of the claimed span as the method states it, of claims that are called approximate",
        "",
        None,
        2,
        "significant",
    ),
    Metric(
        "breaking_true",
        "true breaking",
        "label spread σ of the worst direction of the claimed span on test events, by the exact label",
        "",
        "lower",
        2,
        "significant",
    ),
)

_STILL = 1e-12  # a direction that moves the data by less than the root of this does not move them
CLOSE = 2.0
"""A claim of an approximate symmetry is right if the breaking is at most this factor larger than it says."""


def largest_spread(values: FloatArray, gradients: FloatArray, x: FloatArray, variance: float) -> float:
    """The largest σ_L in the span of vector fields with values (k, N, P, d) at x (N, P, d), such as L x.

    gradients   (N, P, d) of the label
    variance    of the label

    Directions of the span that do not move the data are dropped; 0 if nothing is left.
    """
    import numpy as np

    from symbench.algebra.label_spread import whitening

    white = whitening(x)
    moved = values @ white.whiten.T
    length = np.einsum("knpi,lnpi->kl", moved, moved) / len(x) / white.size
    change = np.einsum("npd,knpd->kn", gradients, values)
    sizes, vectors = np.linalg.eigh(length)
    kept = sizes > _STILL * max(float(sizes[-1]), 0.0)
    inside = (vectors[:, kept] / np.sqrt(sizes[kept])).T @ change
    spreads = np.linalg.svd(inside, compute_uv=False) / np.sqrt(len(x) * variance)
    return float(spreads.max(initial=0.0))


def hides_breaking(true: float, claimed: float | None, limit: float | None) -> bool:
    """Whether a claim is false because it hides that the symmetry is broken.

    true      σ_L of the claimed span by the exact label
    claimed   the breaking that the claim states; None for a claim of an exact symmetry
    limit     the upper limit of σ_L that the claim states; None if it states none

    A claim of an exact symmetry is false if the breaking is above its own limit: the data could resolve it. A claim
    without a limit is one of a symmetry without any breaking.
    """
    if claimed is not None:
        return true > CLOSE * claimed
    return limit is None or true > limit


def scores_of_broken(hides: bool) -> dict[str, float]:
    """The metrics of a control for a claim on a broken symmetry: it is false only if it hides the breaking."""
    right = silence_is_right(float(hides))
    names = [f"{name}{suffix}" for name in ("f1", "recall", "precision") for suffix in ("", "_unweighted")]
    return {**dict.fromkeys([*names, "f1_chance_corrected"], right), "false_discovery": float(hides)}
