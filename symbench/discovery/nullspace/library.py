"""Libraries Θ(x) of functions, of which `nullspace` forms vector fields: symmetries that are not matrices.

A vector field is X(x)_c = Σ_j W_cj Θ_j(x), the same for each of the P vectors; the change of the label is linear in W,
as it is linear in L for a field L x. Displacements are in whitened coordinates, so that angles and GeV are comparable.
How accurate a gradient this needs is described in docs/methods.md.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from symbench.algebra.label_spread import central_events, whitening
from symbench.discovery.shared.charts import CHARTS, Chart
from symbench.errors import IncompatibleError

FloatArray = npt.NDArray[np.float64]
Library = Callable[[FloatArray], FloatArray]

_DEPENDENT = 1e-4  # of the largest singular value: functions below it are linearly dependent


def affine(x: FloatArray) -> FloatArray:
    """1 and the coordinates: (N, P, 1 + d)."""
    return np.concatenate([np.ones_like(x[..., :1]), x], axis=2)


def quadratic(x: FloatArray) -> FloatArray:
    """Polynomials of degree 2: (N, P, (d + 1)(d + 2)/2)."""
    columns = affine(x)
    pairs = itertools.combinations_with_replacement(range(columns.shape[2]), 2)
    return np.stack([columns[..., i] * columns[..., j] for i, j in pairs], axis=2)


def kinematic(x: FloatArray) -> FloatArray:
    """{1, pT, 1/pT} × {1, sinh η, cosh η, tanh η} × {1, sin φ, cos φ} of x = (pT, η, φ): (N, P, 36).

    Each of the three components of a field is a sum of all 36 functions: 108 coefficients. Raises IncompatibleError
    unless vectors have three components of which the first is positive.
    """
    if x.shape[2] != 3 or not (x[..., 0] > 0).all():
        raise IncompatibleError("the kinematic library needs vectors (pT, η, φ) with pT > 0")
    pt, eta, phi = np.moveaxis(x, 2, 0)
    one = np.ones_like(pt)
    factors = ((one, pt, 1 / pt), (one, np.sinh(eta), np.cosh(eta), np.tanh(eta)), (one, np.sin(phi), np.cos(phi)))
    return np.stack([a * b * c for a, b, c in itertools.product(*factors)], axis=2)


LIBRARIES: dict[str, tuple[Library, Literal["cartesian", "pt_eta_phi"]]] = {
    "affine": (affine, "cartesian"),
    "polynomial": (quadratic, "cartesian"),
    "kinematic": (kinematic, "pt_eta_phi"),
}
"""By name: the functions of the fields, and the meaning of the components, which has its charts."""


@dataclass(frozen=True)
class LibraryFrame:
    """The maps from vectors to inputs of a fit, and from coefficients to vector fields.

    library   functions of the fields
    charts    the coordinates in which the label may be fitted
    up        (r, d) displacements of one standard deviation along whitened coordinates
    mix       (M, m) from the M functions of the library to m that are orthonormal in the domain
    central   (N,) the events in the domain
    """

    library: Library
    charts: tuple[Chart, ...]
    up: FloatArray
    mix: FloatArray
    central: npt.NDArray[np.bool_]

    def functions(self, x: FloatArray) -> FloatArray:
        """(N, P, m) of vectors (N, P, d)."""
        return np.asarray(self.library(x) @ self.mix)

    def fields(self, weights: FloatArray) -> Callable[[FloatArray], FloatArray]:
        """Vector fields x (N, P, d) → (k, N, P, d) of weights (k, r, m)."""
        lifted = np.einsum("krm,rd->kmd", weights, self.up)
        return lambda x: np.asarray(np.einsum("npm,kmd->knpd", self.functions(x), lifted))


def frame_of(x: FloatArray, name: str) -> LibraryFrame:
    """The frame of a library, by name, for events x (N, P, d)."""
    library, coordinates = LIBRARIES[name]
    central = central_events(x)
    flat = library(x[central]).reshape(-1, library(x[:1]).shape[2])
    lengths = np.sqrt(np.mean(flat**2, axis=0))
    lengths = np.where(lengths > 0, lengths, 1.0)
    _, singular, right = np.linalg.svd(flat / lengths / np.sqrt(len(flat)), full_matrices=False)
    kept = singular > _DEPENDENT * singular[0]
    mix = (right[kept] / singular[kept, None]).T / lengths[:, None]
    return LibraryFrame(library, CHARTS[coordinates], whitening(x[central]).spread.T, mix, central)
