"""The Lie-derivative error of one output as its formula is written, to compare other ways to it with."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]


def lie_derivative_error(gradient: Floats, vectors: Floats, generator: Floats) -> float:
    """E[(∇z·Lx)²] / E[‖∇z‖²‖Lx‖²] of gradients and vectors (N, P, 4), padding zero, and a generator (4, 4)."""
    moved = vectors @ generator.T
    along, slope, length = (
        np.einsum("npi,npi->n", a, b) for a, b in ((gradient, moved), (gradient, gradient), (moved, moved))
    )
    return float(np.mean(along**2) / np.mean(slope * length))
