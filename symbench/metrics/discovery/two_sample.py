"""The separation of transformed and original events by a classifier."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from symbench.metrics.metric import Metric

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from symbench.data.samples import DistributionSample, VectorFields

    FloatArray = npt.NDArray[np.float64]

METRICS = (
    Metric(
        "two_sample_auc_max",
        "two-sample AUC",
        "AUC of boosted trees that separate transformed from other events, largest over generators; ½ if symmetric",
        "",
        "lower",
        3,
    ),
)

ANGLE = 0.5
"""Generators are scaled to spectral norm 1 and exponentiated at ±this: an angle in radians, or a rapidity."""

_FOLDS = 3
_MAX_EVENTS = 2_000
_FLOW_STEPS = 8  # of Runge and Kutta's fourth order, along a vector field
_FAR = 1e6  # RMS lengths: events of a flow that diverges end there


def two_sample_aucs(generators: FloatArray, sample: DistributionSample) -> FloatArray:
    """AUC (k,) of boosted trees that separate e^{tL} x, t = ±ANGLE, from other events; ½ for an exact symmetry.

    It is cross-validated. Each event is either transformed or not, and its companion (class or vectors) is an input.
    """
    import numpy as np
    from scipy.linalg import expm

    from symbench.metrics.density import vectors_of

    units = [generator / np.linalg.norm(generator, ord=2) for generator in generators]

    def moved(k: int, t: float) -> FloatArray:
        return np.asarray(np.einsum("ij,npj->npi", expm(t * units[k]), vectors_of(sample)[:_MAX_EVENTS]))

    return _aucs(len(generators), moved, sample)


def field_two_sample_aucs(fields: VectorFields, sample: DistributionSample) -> FloatArray:
    """As `two_sample_aucs`, of vector fields (k,): events are moved along the flow of X for the times ±ANGLE.

    Fields are scaled to E‖X‖² = E‖z‖², so that the time is the angle of a rotation.
    """
    import numpy as np

    from symbench.data.samples import DistributionSample
    from symbench.metrics.density import values_of, vectors_of

    some = DistributionSample(sample.x[:_MAX_EVENTS], None if sample.y is None else sample.y[:_MAX_EVENTS])
    start, values = vectors_of(some), values_of(fields, some)
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
    """AUC of each of `count` transformations; moved_by(k, t) transforms the first _MAX_EVENTS events."""
    import numpy as np
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    from symbench.metrics.density import vectors_of

    vectors = vectors_of(sample)[:_MAX_EVENTS]
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
