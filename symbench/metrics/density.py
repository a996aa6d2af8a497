"""The defect of a linear map or a vector field as a symmetry of the second moment of a density."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from symbench.data.samples import DistributionSample, VectorFields

FloatArray = npt.NDArray[np.float64]


def moment_defects(generators: FloatArray, sample: DistributionSample) -> FloatArray:
    """δ(L) = ‖LΣ + ΣLᵀ‖ / 2‖LΣ‖ ∈ [0, 1] of each generator (k, d, d): (k,), root mean square over classes.

    Σ is the second moment of all vectors of an event together (Q·d × Q·d), on which L acts as 1 ⊗ L. A linear
    symmetry e^{tL} of a density preserves Σ for all t, which is LΣ + ΣLᵀ = 0. Squares are products of two halves of
    the events, so that their fluctuations cancel in the mean instead of adding a spurious defect.
    """
    vectors = vectors_of(sample)
    squares = np.zeros(len(generators))
    groups = _classes(sample)
    for rows in groups:
        halves = [_second_moment(vectors[rows[start::2]]) for start in (0, 1)]
        for k, generator in enumerate(generators):
            squares[k] += _share(*(_moved_moment(generator, moment) for moment in halves))
    return np.asarray(np.sqrt(squares / max(1, len(groups))))


def field_moment_defects(fields: VectorFields, sample: DistributionSample) -> FloatArray:
    """δ(X) = ‖E[X zᵀ + z Xᵀ]‖ / 2‖E[X zᵀ]‖ of each vector field (k,), which for X = L z is that of `moment_defects`.

    Under the flow of X the second moment of a density changes at the rate E[X zᵀ + z Xᵀ]. Fields act on companion
    vectors as on the events. A field that mixes the vectors of an event needs as many companion vectors.
    """
    vectors, values = vectors_of(sample), values_of(fields, sample)
    n = len(vectors)
    z, moved = vectors.reshape(n, -1), values.reshape(len(values), n, -1)
    squares = np.zeros(len(values))
    groups = _classes(sample)
    for rows in groups:
        halves = [rows[start::2] for start in (0, 1)]
        for k, field in enumerate(moved):
            squares[k] += _share(*(field[half].T @ z[half] / len(half) for half in halves))
    return np.asarray(np.sqrt(squares / max(1, len(groups))))


def _share(a: FloatArray, b: FloatArray) -> float:
    """‖M + Mᵀ‖² / 4‖M‖² from two independent estimates of a matrix M: squares are products of both."""
    length = 4 * float(np.sum(a * b))
    return float(np.clip(float(np.sum((a + a.T) * (b + b.T))) / length, 0, 1)) if length > 0 else 1.0


def _second_moment(z: FloatArray) -> FloatArray:
    """Σ of events z (N, Q, d) as (Q, d, Q, d)."""
    n, count, d = z.shape
    flat = z.reshape(n, count * d)
    return np.asarray((flat.T @ flat / n).reshape(count, d, count, d))


def _moved_moment(generator: FloatArray, moment: FloatArray) -> FloatArray:
    """LΣ as a matrix."""
    size = moment.shape[0] * moment.shape[1]
    return np.asarray(np.einsum("ij,pjqk->piqk", generator, moment).reshape(size, size))


def vectors_of(sample: DistributionSample) -> FloatArray:
    """All vectors that a generator acts on: x, and the companion if it consists of vectors."""
    if sample.y is not None and sample.y.ndim == 3:
        return np.concatenate([sample.x, np.asarray(sample.y, dtype=np.float64)], axis=1)
    return sample.x


def values_of(fields: VectorFields, sample: DistributionSample) -> FloatArray:
    """Values of fields (k, N, Q, d) at all vectors that they act on."""
    values = fields(sample.x)
    if sample.y is not None and sample.y.ndim == 3:
        return np.concatenate([values, fields(np.asarray(sample.y, dtype=np.float64))], axis=2)
    return values


def _classes(sample: DistributionSample) -> list[npt.NDArray[np.intp]]:
    """The rows of each class; all rows if there are no classes."""
    if sample.y is None or sample.y.ndim > 1:
        return [np.arange(len(sample.x))]
    return [np.flatnonzero(sample.y == value) for value in np.unique(sample.y)]
