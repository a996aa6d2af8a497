"""How far a linear map is from leaving a density unchanged, judged on events that no method has seen."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy.linalg import expm

from symbench.data.samples import DistributionSample, VectorFields

FloatArray = npt.NDArray[np.float64]

ANGLE = 0.5
"""Generators are scaled to spectral norm 1 and exponentiated at ±this: an angle in radians, or a rapidity."""

_FOLDS = 3
_MAX_EVENTS = 2_000
_FLOW_STEPS = 8  # of Runge and Kutta's fourth order, along a vector field
_FAR = 1e6  # RMS lengths: where a field that has no flow to the end leaves an event


def moment_defects(found: FloatArray, sample: DistributionSample) -> FloatArray:
    """δ(L) = ‖LΣ + ΣLᵀ‖ / 2‖LΣ‖ ∈ [0, 1] of each generator (k, d, d): (k,), root mean square over classes.

    Σ is the second moment of all vectors of an event together (Q·d × Q·d), on which L acts as 1 ⊗ L. A linear
    symmetry e^{tL} of a density preserves Σ for all t, which is LΣ + ΣLᵀ = 0. Squares are products of two halves of
    the events, so that their fluctuations cancel in the mean instead of adding up to a defect that is not there.
    """
    vectors = _vectors(sample)
    squares = np.zeros(len(found))
    groups = _classes(sample)
    for rows in groups:
        halves = [_second_moment(vectors[rows[start::2]]) for start in (0, 1)]
        for k, generator in enumerate(found):
            squares[k] += _share(*(_moved_moment(generator, moment) for moment in halves))
    return np.asarray(np.sqrt(squares / max(1, len(groups))))


def field_moment_defects(fields: VectorFields, sample: DistributionSample) -> FloatArray:
    """δ(X) = ‖E[X zᵀ + z Xᵀ]‖ / 2‖E[X zᵀ]‖ of each vector field (k,), which for X = L z is that of `moment_defects`.

    Under the flow of X the second moment of a density changes at the rate E[X zᵀ + z Xᵀ]. Fields act on companion
    vectors as on the events, so there have to be as many as vectors in an event where a field mixes those.
    """
    vectors, values = _vectors(sample), _values(fields, sample)
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
    """‖M + Mᵀ‖² / 4‖M‖² of a matrix M known twice, independently: squares are products of both."""
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


def two_sample_aucs(found: FloatArray, sample: DistributionSample) -> FloatArray:
    """AUC (k,) of boosted trees that tell e^{tL} of events, t = ±ANGLE, from other events; ½ is an exact symmetry.

    Cross-validated, each event either moved or not, its companion (class or vectors) beside it.
    """
    units = [generator / np.linalg.norm(generator, ord=2) for generator in found]

    def moved(k: int, t: float) -> FloatArray:
        return np.asarray(np.einsum("ij,npj->npi", expm(t * units[k]), _vectors(sample)[:_MAX_EVENTS]))

    return _aucs(len(found), moved, sample)


def field_two_sample_aucs(fields: VectorFields, sample: DistributionSample) -> FloatArray:
    """As `two_sample_aucs`, of vector fields (k,): events are moved along the flow of X for the times ±ANGLE.

    Fields are scaled to E‖X‖² = E‖z‖², so that the time is the angle of a rotation.
    """
    some = DistributionSample(sample.x[:_MAX_EVENTS], None if sample.y is None else sample.y[:_MAX_EVENTS])
    start, values = _vectors(some), _values(fields, some)
    size = np.sqrt(np.mean(start**2))
    speeds = np.sqrt(np.mean(values**2, axis=(1, 2, 3)))
    vectors = some.x.shape[1]

    def moved(k: int, t: float) -> FloatArray:
        def velocity(z: FloatArray) -> FloatArray:
            parts = [z[:, :vectors]] if z.shape[1] == vectors else [z[:, :vectors], z[:, vectors:]]
            speed = size / max(float(speeds[k]), 1e-300)
            return np.asarray(speed * np.concatenate([fields(part)[k] for part in parts], axis=1))

        z, h = start, t / _FLOW_STEPS
        with np.errstate(over="ignore", invalid="ignore"):
            for _ in range(_FLOW_STEPS):
                a = velocity(z)
                b = velocity(z + h / 2 * a)
                c = velocity(z + h / 2 * b)
                z = z + h / 6 * (a + 2 * b + 2 * c + velocity(z + h * c))
                z = np.clip(np.nan_to_num(z, nan=_FAR * size), -_FAR * size, _FAR * size)
        return z

    return _aucs(len(values), moved, some)


def _aucs(count: int, moved_by: Callable[[int, float], FloatArray], sample: DistributionSample) -> FloatArray:
    """AUC of each of `count` transformations; moved_by(k, t) are all events, the first _MAX_EVENTS, moved."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    vectors = _vectors(sample)[:_MAX_EVENTS]
    n = len(vectors)
    rng = np.random.Generator(np.random.PCG64(0))
    moved = rng.permutation(n) < n // 2
    sign = np.where(rng.random(n) < 0.5, 1.0, -1.0)
    classes = [] if sample.y is None or sample.y.ndim > 1 else [sample.y[:n, None].astype(np.float64)]
    aucs = np.zeros(count)
    for k in range(count):
        there = np.where((sign > 0)[:, None, None], moved_by(k, ANGLE), moved_by(k, -ANGLE))
        shown = np.where(moved[:, None, None], there, vectors)
        inputs = np.hstack([shown.reshape(n, -1), *classes])
        trees = HistGradientBoostingClassifier(max_iter=60, max_depth=4, random_state=0, early_stopping=False)
        folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=0)
        score = cross_val_predict(trees, inputs, moved, cv=folds, method="decision_function")
        aucs[k] = max(0.5, float(roc_auc_score(moved, score)))
    return aucs


def _vectors(sample: DistributionSample) -> FloatArray:
    """Everything that a generator acts on: x, and the companion where it is made of vectors."""
    if sample.y is not None and sample.y.ndim == 3:
        return np.concatenate([sample.x, np.asarray(sample.y, dtype=np.float64)], axis=1)
    return sample.x


def _values(fields: VectorFields, sample: DistributionSample) -> FloatArray:
    """Fields (k, N, Q, d) at everything that they act on."""
    values = fields(sample.x)
    if sample.y is not None and sample.y.ndim == 3:
        return np.concatenate([values, fields(np.asarray(sample.y, dtype=np.float64))], axis=2)
    return values


def _classes(sample: DistributionSample) -> list[npt.NDArray[np.intp]]:
    """The rows of each class; all rows where there are no classes."""
    if sample.y is None or sample.y.ndim > 1:
        return [np.arange(len(sample.x))]
    return [np.flatnonzero(sample.y == value) for value in np.unique(sample.y)]
