"""The quadratic forms that a verdict is made of: sums over events, which are also taken block by block.

The change of f/SD f along coefficients W of functions Θ is Σ_p ∇_p f · W Θ(x_p), linear in W, and its mean square a
form.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from symbench.discovery.shared.slopes import Blocked, Slopes, blocks, stretches, total
from symbench.trial.parts import map_parts

FloatArray = npt.NDArray[np.float64]

VARIANCE_FLOOR = 0.1
"""Of the median variance of a row: it limits the weight of a single event."""

ROUNDING = 1e-6
"""Of a gradient: fits that differ by less are equally well known everywhere."""

_PILOT = 8_192  # events, drawn at random, from which the floor of the variances is taken if there are more


@dataclass(frozen=True)
class VerdictForms:
    """VerdictForms (r·m, r·m) of the change of f/SD f, and second moments (r, r) of its gradient.

    whole            from the mean gradient of all folds, events weighted by how well it is known
    without          the same without the function of one fold, for each fold
    held_out         on the held-out central events of each fold, by the function that was not fitted to them
    noise            on all central events, of the errors of the gradient of a fold
    moments_whole    Σ_p E ∇_p f ∇_p fᵀ of the mean gradient, up to a factor, and so
    moments_without  without one fold, and
    moments_held     on held-out events, in units of Var f
    """

    whole: FloatArray
    without: list[FloatArray]
    held_out: list[FloatArray]
    noise: FloatArray
    moments_whole: FloatArray
    moments_without: list[FloatArray]
    moments_held: list[FloatArray]

    @property
    def components(self) -> int:
        """r."""
        return len(self.moments_whole)

    @property
    def length(self) -> FloatArray:
        """The form of the length of coefficients: W displaces the data by ‖W‖/√r of their size."""
        return np.asarray(np.eye(len(self.whole)) / self.components)


def rows_of(gradients: FloatArray, functions: FloatArray) -> FloatArray:
    """The change of f along each coefficient: Σ_p ∇_p f ⊗ Θ(x_p), (N, r·m), of (N, P, r) and (N, P, m)."""
    return np.asarray(np.einsum("npi,npj->nij", gradients, functions).reshape(len(gradients), -1))


def floor_of(variance: FloatArray, squares: FloatArray) -> float:
    """What is added to the variance (n,) of the rows of events before it is inverted; squares (n,) of mean rows."""
    rounding = ROUNDING**2 * float(np.mean(squares))
    return max(VARIANCE_FLOOR * float(np.median(variance)), rounding, np.finfo(np.float64).tiny ** 0.5)


def streamed_forms(
    slopes: Slopes,
    functions: FloatArray | Blocked,
    fold: npt.NDArray[np.int64],
    central: npt.NDArray[np.bool_],
    variance: float,
) -> VerdictForms:
    """The forms of gradients at N events, in two passes over blocks of them.

    functions   Θ (N, P, m)
    fold        (N,), negative for points that are no events
    central     (N,) the domain
    variance    Var f there
    """
    folds, _, n, _, _ = slopes.shape
    sets = [list(range(folds)), *([j for j in range(folds) if j != m] for m in range(folds))]
    pilot = np.arange(n) if n <= _PILOT else np.random.Generator(np.random.PCG64(0)).choice(n, _PILOT, replace=False)
    floors = _floors(slopes, functions, np.sort(pilot), sets)
    judged = _Judged(slopes, functions, fold, central, sets, floors)
    weighted, weights, moments, held, held_moments, counts, noise = total(map_parts(_forms_of, judged, stretches(n)))
    whole, *without = weighted / (weights * variance)[:, None, None]
    events = np.maximum(counts, 1)[:, None, None] * variance
    return VerdictForms(
        whole,
        without,
        list(held / events),
        noise / (np.sum(central) * variance),
        moments[0],
        list(moments[1:]),
        list(held_moments / events),
    )


@dataclass(frozen=True)
class _Judged:
    """What all stretches of a sample share: as of `streamed_forms`, and the floor of the variances of each set."""

    slopes: Slopes
    functions: FloatArray | Blocked
    fold: npt.NDArray[np.int64]
    central: npt.NDArray[np.bool_]
    sets: list[list[int]]
    floors: list[float]


def _forms_of(judged: _Judged, stretch: slice) -> list[FloatArray]:
    """Sums over a stretch: rows, weights and moments of the sets; rows, moments and number held out; noise."""
    folds, _, _, _, r = judged.slopes.shape
    size, sets = r * judged.functions.shape[2], judged.sets
    weighted, weight, moments = np.zeros((len(sets), size, size)), np.zeros(len(sets)), np.zeros((len(sets), r, r))
    held, held_moments, counts = np.zeros((folds, size, size)), np.zeros((folds, r, r)), np.zeros(folds)
    noise = np.zeros((size, size))
    for block in blocks(stretch):
        gradients, theta = judged.slopes.at(block), judged.functions[block]
        lengths = np.sum(theta**2, axis=(1, 2))
        for i, chosen in enumerate(sets):
            mean = gradients[chosen].mean(axis=0)
            weights = 1.0 / (_variance(gradients[chosen]) * lengths + judged.floors[i])
            rows = rows_of(mean, theta)
            weighted[i] += (rows * weights[:, None]).T @ rows
            weight[i] += weights.sum()
            moments[i] += np.einsum("npi,npj->ij", mean, mean)
        inside = judged.central[block]
        for m in range(folds):
            left_out = inside & (judged.fold[block] == m)
            rows = rows_of(gradients[m, left_out], theta[left_out])
            held[m] += rows.T @ rows
            held_moments[m] += np.einsum("npi,npj->ij", gradients[m, left_out], gradients[m, left_out])
            counts[m] += len(rows)
        for error in gradients[:, inside] - gradients[:, inside].mean(axis=0):
            rows = rows_of(error, theta[inside])
            noise += rows.T @ rows
    return [weighted, weight, moments, held, held_moments, counts, noise]


def _variance(members: FloatArray) -> FloatArray:
    """(n,) of gradients (members, n, P, r), summed over components."""
    return np.asarray(np.sum(np.var(members, axis=0, ddof=1), axis=(1, 2)))


def _floors(
    slopes: Slopes, functions: FloatArray | Blocked, pilot: npt.NDArray[np.intp], sets: Sequence[list[int]]
) -> list[float]:
    variances, squares = [], []
    for block in blocks(len(pilot)):
        gradients = slopes.at(pilot[block])
        lengths = np.sum(functions[pilot[block]] ** 2, axis=(1, 2))
        variances.append([_variance(gradients[chosen]) * lengths for chosen in sets])
        squares.append([np.sum(gradients[chosen].mean(axis=0) ** 2, axis=(1, 2)) * lengths for chosen in sets])
    return [
        floor_of(variance, square)
        for variance, square in zip(np.concatenate(variances, axis=1), np.concatenate(squares, axis=1), strict=True)
    ]
