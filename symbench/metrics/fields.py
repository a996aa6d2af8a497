"""Quality of claimed vector fields by their values at events: spans, defects, commutators.

A field's values are (N, P, d). Two fields have the inner product E[Σ_p X(x_p)·Y(x_p)] with components in units of the
spread of each coordinate, because GeV and radians have no common unit. A matrix L is the field x → L x, so that linear
and non-linear claims are compared in the same way.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy.linalg import subspace_angles

from symbench.algebra.subspace import DEPENDENT, Overlap

FloatArray = npt.NDArray[np.float64]
VectorFields = Callable[[FloatArray], FloatArray]

_STEP = 1e-4  # of a displacement, in units of spread, in the finite differences of commutators


def linear_fields(generators: FloatArray) -> VectorFields:
    """The fields x → L x of generators (k, d, d)."""
    return lambda x: np.asarray(np.einsum("kij,npj->knpi", generators, x))


def coordinate_spread(x: FloatArray) -> FloatArray:
    """Standard deviation (d,) of each coordinate over all vectors of events (N, P, d); 1 for a constant one."""
    spread = x.std(axis=(0, 1))
    return np.asarray(np.where(spread > 0, spread, 1.0))


def orthonormal_fields(values: FloatArray, spread: FloatArray) -> FloatArray:
    """An orthonormal basis (rank, N·P·d) of the span of fields' values (k, N, P, d), components in units of `spread`.

    Only the direction of a field matters, not its length; a field that is zero everywhere is dropped.
    """
    k = len(values)
    rows = (values / spread).reshape(k, math.prod(values.shape[1:]))
    lengths = np.linalg.norm(rows, axis=1)
    rows = rows[lengths > 0] / lengths[lengths > 0, None]
    if not len(rows):
        return np.zeros((0, rows.shape[1]))
    _, singular, right = np.linalg.svd(rows, full_matrices=False)
    return np.asarray(right[singular > DEPENDENT * singular[0]])


def field_overlap(claimed: FloatArray, truth: FloatArray, spread: FloatArray) -> Overlap:
    """Principal angles between the spans of fields' values (k, N, P, d) and (k*, N, P, d)."""
    a, b = orthonormal_fields(claimed, spread), orthonormal_fields(truth, spread)
    angles = np.sort(subspace_angles(a.T, b.T)) if len(a) and len(b) else np.zeros(0)
    return Overlap(found=len(a), truth=len(b), ambient=a.shape[1], angles=angles)


def field_defects(
    values: FloatArray, gradients: FloatArray, spread: FloatArray, *, steepest: FloatArray | None = None
) -> FloatArray:
    """δ (k,) of fields (k, N, P, d), δ² = E[(Σ_p ∇_p f·X)²] / E[‖∇f‖² ‖X‖²], both norms in units of spread.

    gradients (N, P, d) are with respect to the coordinates themselves, and `steepest` those of the denominator if they
    are others. 1 for a field that is zero everywhere.
    """
    change = np.mean(np.einsum("npd,knpd->kn", gradients, values) ** 2, axis=1)
    steepness = np.sum(((gradients if steepest is None else steepest) * spread) ** 2, axis=(1, 2))
    largest = np.mean(steepness * np.sum((values / spread) ** 2, axis=(2, 3)), axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(largest > 0, change / largest, 1.0)
    return np.asarray(np.sqrt(np.clip(ratio, 0.0, 1.0)))


def commutators(fields: VectorFields, x: FloatArray, spread: FloatArray) -> FloatArray:
    """[X_i, X_j] = (X_i·∇) X_j − (X_j·∇) X_i at events x: (k, k, N, P, d), by central differences."""
    values = fields(x)
    sizes = np.sqrt(np.mean((values / spread) ** 2, axis=(1, 2, 3)))
    steps = _STEP / np.where(sizes > 0, sizes, 1.0)
    along = np.stack([(fields(x + h * v) - fields(x - h * v)) / (2 * h) for h, v in zip(steps, values, strict=True)])
    return np.asarray(along - along.swapaxes(0, 1))


def structure(fields: VectorFields, x: FloatArray, spread: FloatArray) -> tuple[FloatArray, float]:
    """Structure constants c (k, k, k) with [X_i, X_j] ≈ Σ_l c_ijl X_l, and the share of the commutators outside.

    The share is √(Σ‖rest‖²/Σ‖[X_i, X_j]‖²), and 0 if all commutators vanish.
    """
    values = fields(x)
    k = len(values)
    size = math.prod(values.shape[1:])
    rows = (values / spread).reshape(k, size)
    brackets = (commutators(fields, x, spread) / spread).reshape(k * k, size)
    solved, *_ = np.linalg.lstsq(rows.T, brackets.T, rcond=None)
    rest, whole = np.linalg.norm(brackets - solved.T @ rows), np.linalg.norm(brackets)
    scale = float(np.mean(np.sum(rows**2, axis=1)))
    share = float(rest / whole) if whole > 1e-6 * scale else 0.0
    return np.ascontiguousarray(solved.T).reshape(k, k, k), share
