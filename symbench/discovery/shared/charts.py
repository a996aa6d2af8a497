"""Charts: the coordinates in which a label is fitted. A symmetry does not depend on them, the accuracy of a fit does.

Transverse momenta are positive and skewed, and an azimuth jumps by 2π: they enter a network as a logarithm and as a
point of the circle. A mass is a polynomial of momenta. Gradients of the fit are transformed back, so that generators
are in the coordinates of the sample.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

_STEP = 1e-5  # of the spread of a coordinate; charts are smooth


@dataclass(frozen=True)
class Chart:
    """A map of vectors x (N, P, d) to the inputs (N, P, q) of a fit, the same for each of the P vectors."""

    name: str
    inputs: Callable[[FloatArray], FloatArray]

    def pulled_back(self, of_inputs: FloatArray, x: FloatArray, directions: FloatArray) -> FloatArray:
        """Derivatives (…, N, P, r) at x along the rows of `directions` (r, d).

        of_inputs   derivatives (…, N, P, q) with respect to the inputs
        directions  displacements of the size of the data: the derivative is a difference over 1e-5 of them
        """
        slopes = [(self.inputs(x + _STEP * row) - self.inputs(x - _STEP * row)) / (2 * _STEP) for row in directions]
        return np.stack([np.sum(of_inputs * slope, axis=-1) for slope in slopes], axis=-1)


def unchanged(x: FloatArray) -> FloatArray:
    """The coordinates themselves."""
    return x


def logarithm_and_circle(x: FloatArray) -> FloatArray:
    """(log pT, η, sin φ, cos φ) of (pT, η, φ) with pT > 0."""
    return np.concatenate([np.log(x[..., :1]), x[..., 1:2], np.sin(x[..., 2:]), np.cos(x[..., 2:])], axis=2)


def light_like(x: FloatArray) -> FloatArray:
    """(|p|, px, py, pz) of (pT, η, φ), in the unit of pT: the four-momentum of a massless particle."""
    pt, eta, phi = np.moveaxis(x, 2, 0)
    return np.stack([pt * np.cosh(eta), pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(eta)], axis=2)


CHARTS: dict[Literal["cartesian", "pt_eta_phi"], tuple[Chart, ...]] = {
    "cartesian": (Chart("unchanged", unchanged),),
    "pt_eta_phi": (
        Chart("log pT, η, sin φ, cos φ", logarithm_and_circle),
        Chart("|p|, px, py, pz", light_like),
    ),
}
"""The charts that a fit may choose from, by the meaning of the components."""
