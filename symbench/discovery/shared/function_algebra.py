"""The algebra that leaves fitted functions of events unchanged: the null space of their gradients, as of a label's.

Several functions count together: a generator L is to leave all of them, so that σ² is the mean over functions. The
label of `nullspace` is here the function itself. It hardly varies over events, near which its gradient is known best:
it is in units of its spread over other points, where it does vary. The verdict compares the functions of the folds.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from symbench.algebra.label_spread import central_events, whitening
from symbench.discovery.base import Symmetry
from symbench.discovery.nullspace.library import frame_of
from symbench.discovery.shared.claim import claim
from symbench.discovery.shared.cross_fit import Ensemble, candidates, count, forms_of
from symbench.discovery.shared.evidence import evidence, strength

FloatArray = npt.NDArray[np.float64]


NORMAL_QUARTILES = 1.349
"""The distance of the quartiles of a normal distribution, in standard deviations."""

_STRENGTH = ("label_spread", "label_spread_upper", "label_spread_noise", "passed", "ignored")
_FAR = 3.0  # standard deviations from which values say nothing


@dataclass(frozen=True)
class SpreadLimits:
    """The bound on σ of an accepted direction, and the one-sided confidence that it is below."""

    bound: float
    confidence: float


def algebra_of(
    limits: SpreadLimits,
    x: FloatArray,
    fold: npt.NDArray[np.intp],
    values: FloatArray,
    gradients: FloatArray,
    library: str = "linear",
) -> Symmetry:
    """The matrices, or the vector fields of a library, that leave k functions unchanged.

    x          (N, P, d) events
    fold       (N,)
    values     (folds, N, k) at other points, one for each event, of the functions that were fitted without each fold
    gradients  (folds, N, k, P, d) at the events
    """
    folds, n, k = values.shape
    central = central_events(x)
    low, middle, high = np.quantile(values[:, central], (0.25, 0.5, 0.75), axis=(0, 1))
    size = (high - low) / NORMAL_QUARTILES  # far from the events a function may be anything
    values = np.clip((values - middle) / size, -_FAR, _FAR)
    gradients = gradients / size[:, None, None]
    own = np.arange(folds)[:, None] == fold
    weights = ~own[..., None] / np.maximum(1, folds - 1)
    consensus, left_out = (weights * values).sum(axis=0), (own[..., None] * values).sum(axis=0)
    events = np.tile(x, (k, 1, 1))  # one copy for each function
    fitted = Ensemble(
        gradients=np.moveaxis(gradients, 2, 1).reshape(folds, 1, k * n, *x.shape[1:]),
        fold=np.tile(fold, k).astype(np.int64),
        central=np.tile(central, k),
        predictions=left_out.T.ravel(),
        label=consensus.T.ravel(),
        steps=0,
    )
    if library == "linear":
        white = whitening(x[central])
        return claim(limits, events, white, fitted.mapped(lambda g, _: g @ white.spread, white.spread.shape[1]))
    frame = frame_of(events, library)
    along = fitted.mapped(lambda g, _: g @ frame.up.T, len(frame.up))
    functions = frame.functions(events)
    forms = forms_of(along, functions)
    verdict, _ = count(limits, forms)
    kept = verdict.k
    found = candidates(forms.whole)[:, :kept].T.reshape(kept, len(frame.up), functions.shape[2])
    d = x.shape[2]
    return Symmetry(
        np.zeros((0, d, d)),
        verdict.confidence[:kept],
        spectrum=verdict.spread,
        arrays=evidence(verdict, limits.bound),
        scalars={**strength(verdict, kept, along.left(limits.confidence)), "passed": float(kept)},
        fields=frame.fields(found) if kept else None,
    )


def with_algebra(claim: Symmetry, algebra: Symmetry) -> Symmetry:
    """A claim of functions with the algebra that leaves them unchanged, and the evidence for it."""
    strength = {name: algebra.scalars[name] for name in _STRENGTH if name in algebra.scalars}
    spectrum = np.zeros(0) if algebra.spectrum is None else algebra.spectrum
    return replace(
        claim,
        generators=algebra.generators,
        fields=algebra.fields,
        arrays={**claim.arrays, "label_spreads": spectrum},
        scalars={**claim.scalars, **strength},
    )
