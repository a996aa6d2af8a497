"""Geometry of spans of generators, weighted by the data that the generators act on.

With Σ = E[Σ_p x_p x_pᵀ] two generators have the inner product ⟨L, M⟩ = tr(L Σ Mᵀ) = E[Σ_p Lx_p · Mx_p], that of the
displacements of the data. Generators that annihilate the data have length zero and are dropped.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.linalg import subspace_angles

FloatArray = npt.NDArray[np.float64]

DEGENERATE = 1e-9  # a direction with less than this share of the largest second moment carries no data
DEPENDENT = 1e-6  # singular values below this share of the largest are linear dependence, not a generator
_ROUNDING = 1e-10  # of its size: a generator that moves the data by less moves them by rounding only


def second_moment(x: FloatArray) -> FloatArray:
    """Σ = E[Σ_p x_p x_pᵀ] of events x (N, P, d): shape (d, d)."""
    return np.asarray(np.einsum("npi,npj->ij", x, x) / len(x))


def moment_factor(moment: FloatArray) -> FloatArray:
    """F with F Fᵀ = Σ and full column rank r ≤ d: shape (d, r); empty directions of the data are dropped."""
    values, vectors = np.linalg.eigh(moment)
    kept = values > DEGENERATE * max(values[-1], 0.0)
    return np.asarray(vectors[:, kept] * np.sqrt(values[kept]))


def orthonormal(generators: FloatArray, moment: FloatArray | None = None) -> FloatArray:
    """An orthonormal basis of the span of generators (k, d, d), as rows (rank, d·r) in the coordinates L F.

    moment   Σ (d, d); None for the Frobenius inner product

    The coordinates are Euclidean, so rows of two such bases can be compared directly.
    """
    k, d, _ = generators.shape
    factor = np.eye(d) if moment is None else moment_factor(moment)
    rows = (generators @ factor).reshape(k, d * factor.shape[1])
    lengths = np.linalg.norm(rows, axis=1)
    # Only the direction of a generator matters: a short generator is a claim too.
    sizes = np.linalg.norm(generators, axis=(1, 2)) * np.linalg.norm(factor)
    moving = lengths > _ROUNDING * sizes
    rows = rows[moving] / lengths[moving, None]
    if not len(rows):
        return np.zeros((0, d * factor.shape[1]))
    _, values, right = np.linalg.svd(rows, full_matrices=False)
    return np.asarray(right[values > DEPENDENT * values[0]])


def orthonormal_generators(generators: FloatArray) -> FloatArray:
    """A Frobenius-orthonormal basis (rank, d, d) of the span of generators (k, d, d)."""
    d = generators.shape[-1]
    return orthonormal(generators).reshape(-1, d, d)


@dataclass(frozen=True)
class Overlap:
    """The relative position of a claimed span and the true one.

    found, truth   dimensions k of the claim and k* of the truth, without generators that annihilate the data
    ambient        dimension of the space of generators
    angles         (min(k, k*),) principal angles in radians, rising
    """

    found: int
    truth: int
    ambient: int
    angles: FloatArray

    @property
    def shared(self) -> float:
        """Σ cos²θ: the dimension that both have in common."""
        return float(np.sum(np.cos(self.angles) ** 2))

    @property
    def recall(self) -> float:
        """‖P_found B*‖²/k*: the share of the truth that is claimed; needs k* > 0."""
        return self.shared / self.truth

    @property
    def precision(self) -> float:
        """‖P* B_found‖²/k: the share of the claim that is true; needs k > 0."""
        return self.shared / self.found

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall, 2 Σ cos²θ / (k + k*)."""
        return 2 * self.shared / (self.found + self.truth)

    @property
    def f1_of_chance(self) -> float:
        """The f1 of a uniformly random subspace of dimension k, for which Σ cos²θ has the mean k k*/D."""
        return 2 * self.found * self.truth / self.ambient / (self.found + self.truth)

    @property
    def grassmann(self) -> float:
        """√Σθ² in radians, over the min(k, k*) angles."""
        return math.sqrt(float(np.sum(self.angles**2)))


def overlap(found: FloatArray, truth: FloatArray, moment: FloatArray | None = None) -> Overlap:
    """Compare the spans of two sets of generators, (k, d, d) and (k*, d, d), weighted by Σ (d, d) if given.

    Small angles are computed from sines (Björck & Golub 1973; Knyazev & Argentati 2002): the cosine of an angle of
    1e-10 is 1 to rounding.
    """
    a, b = orthonormal(found, moment), orthonormal(truth, moment)
    angles = np.sort(subspace_angles(a.T, b.T)) if len(a) and len(b) else np.zeros(0)
    return Overlap(found=len(a), truth=len(b), ambient=a.shape[1], angles=angles)


def random_generators(k: int, d: int, rng: np.random.Generator) -> FloatArray:
    """A basis (k, d, d) of a subspace of the d × d matrices, uniform in the Frobenius inner product."""
    if not 0 <= k <= d * d:
        raise ValueError(f"there are at most {d * d} independent generators in dimension {d}, not {k}")
    q, _ = np.linalg.qr(rng.standard_normal((d * d, k)))
    return np.ascontiguousarray(q.T).reshape(k, d, d)
