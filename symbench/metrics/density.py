"""How far a linear map is from leaving a density unchanged, judged on events that no method has seen."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.linalg import expm

from symbench.tasks.samples import DistributionSample

FloatArray = npt.NDArray[np.float64]

ANGLE = 0.5
"""Generators are scaled to spectral norm 1 and exponentiated at ±this: an angle in radians, or a rapidity."""

_FOLDS = 3
_MAX_EVENTS = 2_000


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
            (a, moved_a), (b, moved_b) = (_change(generator, moment) for moment in halves)
            length = 4 * float(np.sum(moved_a * moved_b))
            squares[k] += np.clip(float(np.sum(a * b)) / length, 0, 1) if length > 0 else 1.0
    return np.asarray(np.sqrt(squares / max(1, len(groups))))


def _second_moment(z: FloatArray) -> FloatArray:
    """Σ of events z (N, Q, d) as (Q, d, Q, d)."""
    n, count, d = z.shape
    flat = z.reshape(n, count * d)
    return np.asarray((flat.T @ flat / n).reshape(count, d, count, d))


def _change(generator: FloatArray, moment: FloatArray) -> tuple[FloatArray, FloatArray]:
    """LΣ + ΣLᵀ and LΣ, as matrices."""
    size = moment.shape[0] * moment.shape[1]
    moved = np.einsum("ij,pjqk->piqk", generator, moment).reshape(size, size)
    return moved + moved.T, moved


def two_sample_aucs(found: FloatArray, sample: DistributionSample) -> FloatArray:
    """AUC (k,) of boosted trees that tell e^{tL} of events, t = ±ANGLE, from other events; ½ is an exact symmetry.

    Cross-validated, each event either moved or not, its companion (class or vectors) beside it.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    vectors = _vectors(sample)[:_MAX_EVENTS]
    n = len(vectors)
    rng = np.random.Generator(np.random.PCG64(0))
    moved = rng.permutation(n) < n // 2
    sign = np.where(rng.random(n) < 0.5, 1.0, -1.0)
    classes = [] if sample.y is None or sample.y.ndim > 1 else [sample.y[:n, None].astype(np.float64)]
    aucs = np.zeros(len(found))
    for k, generator in enumerate(found):
        size = np.linalg.norm(generator, ord=2)
        forward, backward = (expm(t * generator / size) for t in (ANGLE, -ANGLE))
        element = np.where((sign > 0)[:, None, None], forward, backward)
        shown = np.where(moved[:, None, None], np.einsum("nij,npj->npi", element, vectors), vectors)
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


def _classes(sample: DistributionSample) -> list[npt.NDArray[np.intp]]:
    """The rows of each class; all rows where there are no classes."""
    if sample.y is None or sample.y.ndim > 1:
        return [np.arange(len(sample.x))]
    return [np.flatnonzero(sample.y == value) for value in np.unique(sample.y)]
