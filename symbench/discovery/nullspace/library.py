"""`nullspace` with a library Θ(x) of functions in place of x: symmetries that are not matrices.

A vector field is X(x)_c = Σ_j W_cj Θ_j(x), the same for each of the P vectors; the change of the label is linear in W,
as it is linear in L for a field L x. Displacements are in whitened coordinates, so that angles and GeV are comparable.
How accurate a gradient this needs is described in docs/methods.md.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from symbench.algebra.label_spread import central_events, whitening
from symbench.discovery.base import FunctionSample, Symmetry
from symbench.discovery.shared.cross_fit import candidates, count, cross_fit
from symbench.discovery.shared.evidence import abstention, evidence, fit_quality, strength
from symbench.discovery.shared.preparation import standardised_label
from symbench.errors import IncompatibleError

if TYPE_CHECKING:
    from symbench.discovery.nullspace.method import Nullspace

FloatArray = npt.NDArray[np.float64]
Library = Callable[[FloatArray], FloatArray]

_DEPENDENT = 1e-4  # of the largest singular value: functions below it are linearly dependent
_STEP = 1e-5  # of the spread of a coordinate; the inputs are smooth


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


def azimuth_on_a_circle(x: FloatArray) -> FloatArray:
    """(pT, η, sin φ, cos φ) of (pT, η, φ): inputs of a network that are continuous at φ = ±π."""
    return np.concatenate([x[..., :2], np.sin(x[..., 2:]), np.cos(x[..., 2:])], axis=2)


def unchanged(x: FloatArray) -> FloatArray:
    """The coordinates themselves."""
    return x


LIBRARIES: dict[str, tuple[Library, Library]] = {
    "affine": (affine, unchanged),
    "polynomial": (quadratic, unchanged),
    "kinematic": (kinematic, azimuth_on_a_circle),
}
"""By name: the functions of the fields, and the inputs of the network that is fitted to the label."""


@dataclass(frozen=True)
class LibraryFrame:
    """The maps from vectors to inputs of a fit, and from coefficients to vector fields.

    library   functions of the fields
    inputs    whitened inputs of the network, (N, P, d) → (N, P, q)
    up        (r, d) displacements of one standard deviation along whitened coordinates
    mix       (M, m) from the M functions of the library to m that are orthonormal in the domain
    central   (N,) the events in the domain
    """

    library: Library
    inputs: Library
    up: FloatArray
    mix: FloatArray
    central: npt.NDArray[np.bool_]

    def functions(self, x: FloatArray) -> FloatArray:
        """(N, P, m) of vectors (N, P, d)."""
        return np.asarray(self.library(x) @ self.mix)

    def gradients(self, of_inputs: FloatArray, x: FloatArray) -> FloatArray:
        """Derivatives (…, N, P, r) along the rows of `up`, from derivatives (…, N, P, q) with respect to the inputs."""
        slopes = [(self.inputs(x + _STEP * row) - self.inputs(x - _STEP * row)) / (2 * _STEP) for row in self.up]
        return np.stack([np.sum(of_inputs * slope, axis=-1) for slope in slopes], axis=-1)

    def fields(self, weights: FloatArray) -> Callable[[FloatArray], FloatArray]:
        """Vector fields x (N, P, d) → (k, N, P, d) of weights (k, r, m)."""
        lifted = np.einsum("krm,rd->kmd", weights, self.up)
        return lambda x: np.asarray(np.einsum("npm,kmd->knpd", self.functions(x), lifted))


def frame_of(x: FloatArray, name: str) -> LibraryFrame:
    """The frame of a library, by name, for events x (N, P, d)."""
    library, chart = LIBRARIES[name]
    central = central_events(x)
    charted = whitening(chart(x[central]))
    flat = library(x[central]).reshape(-1, library(x[:1]).shape[2])
    lengths = np.sqrt(np.mean(flat**2, axis=0))
    lengths = np.where(lengths > 0, lengths, 1.0)
    _, singular, right = np.linalg.svd(flat / lengths / np.sqrt(len(flat)), full_matrices=False)
    kept = singular > _DEPENDENT * singular[0]
    mix = (right[kept] / singular[kept, None]).T / lengths[:, None]
    return LibraryFrame(library, lambda z: charted.coordinates(chart(z)), whitening(x[central]).spread.T, mix, central)


def fit_fields(method: Nullspace, sample: FunctionSample, *, seed: int, budget: float, device: str) -> Symmetry:
    """As `nullspace.fit.fit`, with the library that the method names; the claim is vector fields.

    Raises IncompatibleError if the library does not fit the vectors.
    """
    x = sample.x
    n, vectors, d = x.shape
    y = standardised_label(sample)
    frame = frame_of(x, method.library)
    r, m = len(frame.up), frame.mix.shape[1]
    if y is None or n < 2 * method.folds or r == 0 or n // method.folds * vectors < m:
        return abstention(d)  # a constant label, or too few events in a fold to distinguish the functions
    fitted = cross_fit(method, frame.inputs(x), y, frame.central, seed=seed, budget=budget, device=device)
    if not fitted.learnt:
        return abstention(d, fitted)
    ensemble = replace(fitted, gradients=frame.gradients(fitted.gradients, x))
    theta = frame.functions(x)
    verdict, _ = count(method, ensemble, theta)
    k = verdict.k
    weights = candidates(ensemble, theta, range(method.folds))[:, :k].T.reshape(k, r, m)
    return Symmetry(
        generators=np.zeros((0, d, d)),
        confidence=verdict.confidence[:k],
        steps=ensemble.steps,
        spectrum=verdict.spread,
        arrays=evidence(verdict, method.bound),
        scalars={
            **fit_quality(ensemble),
            **strength(verdict, k, ensemble.left(method.confidence)),
            "library_dimension": float(r * m),
        },
        fields=frame.fields(weights) if k else None,
    )
