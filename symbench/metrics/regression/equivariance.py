"""The equivariance error of a predicted tensor at finite elements of the group."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from symbench.metrics.invariance.invariance import squares
from symbench.metrics.metric import Metric

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.floating[Any]]

STRENGTHS = (0.1, 0.5, 1.0, 2.0)
"""|t| of exp(t L) with L a random unit combination of generators: rad of a rotation, rapidity of a boost."""

PRECISIONS = ("float32", "float64")

_WORDS = {
    "equivariance": "elements exp(tL) of all strengths",
    **{f"equivariance_{t:g}": f"exp(tL), |t| = {t:g}" for t in STRENGTHS},
    "equivariance_discrete": "the discrete elements",
}

METRICS = tuple(
    Metric(
        f"{name}_{precision}",
        f"equivariance error{'' if name == 'equivariance' else ', ' + words}, {precision}",
        f"RMS of ‖f(gx) − ρ(g) f(x)‖ divided by the spread of f, under {words} ({precision})",
        "",
        "lower",
        2,
        "significant",
    )
    for name, words in _WORDS.items()
    for precision in PRECISIONS
)


def equivariance_error(of_moved: Floats, moved: Floats, outputs: Floats) -> float | None:
    """√⟨‖f(gx) − ρ(g) f(x)‖²⟩ / √⟨‖f(x) − ⟨f⟩‖²⟩ of (N, D); None for an output that does not vary at all."""
    import numpy as np

    spread = float(np.sqrt(np.mean(squares(outputs - outputs.mean(axis=0)))))
    return float(np.sqrt(np.mean(squares(of_moved - moved)))) / spread if spread > 0 else None
