"""Functions w·φ that concentrate in data: the directions in which features of events are narrowest against a reference.

Features φ (N, m) are whitened by the covariance R of the reference, so that w·φ has variance |w|² there. Without noise
from other processes the answer is the generalised eigenproblem C w = λ R w, with the covariance C of the data: the
smallest λ. Recorded samples are peaks on a background, so the direction is refined:

1. Concentration steps (Rousseeuw and Van Driessen, Technometrics 41 (1999) 212): the shortest interval of w·φ that
   contains a fraction `core` of the events, C of these events, the smallest eigenvector, and so on. The steps start
   from all events, and from random small subsets, since several minima may exist.
2. A fit with Tukey's biweight, which starts from the best of them and uses all events near the peak.

The strength of a direction is its spread: the length of the shortest interval with a fraction `core` of the events over
that of the reference. It is 1 for a function that does not care who belongs to whom, and 0 for an exact invariant.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

MOST_EVENTS = 2_000  # of the concentration steps; the last fit uses all events
_STEPS, _POLISH = 8, 20
_KEPT = 4  # one start in so many goes on to a smaller core
_CUT = 3.0  # half widths of the core at which the biweight ends: two standard deviations of a normal peak
_DEGENERATE = 1e-9  # of the largest variance of the reference: a feature that does not vary there


@dataclass(frozen=True)
class ReferenceFrame:
    """z = (φ − mean) @ down for features φ (N, m), of unit covariance in the reference."""

    mean: FloatArray
    down: FloatArray

    def __call__(self, features: FloatArray) -> FloatArray:
        return np.asarray((features - self.mean) @ self.down)

    def directions(self, coefficients: FloatArray) -> FloatArray:
        """Coefficients (k, m) of features as directions of z; the inverse of `directions @ down.T`."""
        return np.asarray(np.linalg.lstsq(self.down, coefficients.T, rcond=None)[0].T)


def whitening_by(reference: FloatArray) -> ReferenceFrame:
    """The whitening of reference features (M, m); directions without variance are left out."""
    mean, size = reference.mean(axis=0), reference.std(axis=0)
    size = np.where(size > 0, size, 1.0)
    values, vectors = np.linalg.eigh(np.atleast_2d(np.cov((reference - mean) / size, rowvar=False)))
    kept = values > _DEGENERATE * max(float(values[-1]), np.finfo(np.float64).tiny)
    return ReferenceFrame(mean, vectors[:, kept] / np.sqrt(values[kept]) / size[:, None])


def shortest(values: FloatArray, core: float) -> tuple[FloatArray, FloatArray]:
    """Both ends of the shortest interval with a fraction `core` of the values (N, S), of each column."""
    ordered = np.sort(values, axis=0)
    n = len(ordered)
    inside = min(n, max(2, round(core * n)))
    lengths = ordered[inside - 1 :] - ordered[: n - inside + 1]
    first = lengths.argmin(axis=0)
    columns = np.arange(values.shape[1])
    return ordered[first, columns], ordered[first + inside - 1, columns]


def spreads(values: FloatArray, reference: FloatArray, core: float) -> FloatArray:
    """Length of the shortest interval of values (N, S), over that of the reference's values (M, S): shape (S,)."""
    low, high = shortest(values, core)
    bottom, top = shortest(reference, core)
    return np.asarray((high - low) / np.maximum(top - bottom, np.finfo(np.float64).tiny))


def concentrated(
    z: FloatArray, reference: FloatArray, cores: tuple[float, ...], most: int, starts: int, rng: np.random.Generator
) -> dict[float, FloatArray]:
    """For each core, at most `most` orthonormal directions (k, m) of whitened features z (N, m), the narrowest first.

    reference  whitened features (M, m) of the reference
    starts     random starts beside that from all events

    Each direction is sought orthogonal to those before it. Smaller cores start from the best directions of larger ones.
    """
    found: dict[float, FloatArray] = {core: np.zeros((0, z.shape[1])) for core in cores}
    for core, seeds in _first(z, reference, cores, starts, rng).items():
        rows = [_polished(z, seeds[0], core)]
        while len(rows) < min(most, z.shape[1] - 1):
            left = _complement(np.array(rows))
            inside = z @ left
            best = _first(inside, reference @ left, (core,), starts, rng)[core][0]
            rows.append(left @ _polished(inside, best, core))
        found[core] = np.array(rows)
    return found


def refined(z: FloatArray, directions: FloatArray, core: float) -> FloatArray:
    """Directions (k, m), found in other events of the same kind, fitted to whitened features z (N, m): orthonormal."""
    rows = np.zeros((0, z.shape[1]))
    for direction in directions:
        left = _complement(rows) if len(rows) else np.eye(z.shape[1])
        inside = left.T @ direction
        best = _polished(z @ left, inside / np.linalg.norm(inside), core)
        rows = np.concatenate([rows, (left @ best)[None]])
    return rows


def _first(
    z: FloatArray, reference: FloatArray, cores: tuple[float, ...], starts: int, rng: np.random.Generator
) -> dict[float, FloatArray]:
    """For each core the directions (S, m) that the steps reach, by rising spread."""
    some = z if len(z) <= MOST_EVENTS else z[rng.choice(len(z), MOST_EVENTS, replace=False)]
    compared = reference if len(reference) <= MOST_EVENTS else reference[:MOST_EVENTS]
    directions = _starts(some, starts, rng)
    ranked = {}
    for core in cores:
        for _ in range(_STEPS):
            directions = _step(some, directions, core)
        order = np.argsort(spreads(some @ directions.T, compared @ directions.T, core), kind="stable")
        ranked[core] = directions[order]
        directions = directions[order[: max(1, len(order) // _KEPT)]]
    return ranked


def _starts(z: FloatArray, starts: int, rng: np.random.Generator) -> FloatArray:
    n, m = z.shape
    covariances = [np.atleast_2d(np.cov(z, rowvar=False))]
    size = min(n, m + 4)
    for _ in range(starts):
        covariances.append(np.atleast_2d(np.cov(z[rng.choice(n, size, replace=False)], rowvar=False)))
    return np.asarray(np.linalg.eigh(np.array(covariances))[1][:, :, 0])


def _step(z: FloatArray, directions: FloatArray, core: float) -> FloatArray:
    """The directions of least variance of the events in the core of each direction (S, m)."""
    values = z @ directions.T
    low, high = shortest(values, core)
    return _narrowest(z, ((values >= low) & (values <= high)).astype(np.float64))


def _narrowest(z: FloatArray, weights: FloatArray) -> FloatArray:
    """The directions (S, m) of least variance under weights (N, S)."""
    n, m = z.shape
    weights = weights / weights.sum(axis=0)
    means = weights.T @ z
    products = (z[:, :, None] * z[:, None, :]).reshape(n, m * m)
    seconds = (weights.T @ products).reshape(-1, m, m)
    return np.asarray(np.linalg.eigh(seconds - means[:, :, None] * means[:, None, :])[1][:, :, 0])


def _polished(z: FloatArray, direction: FloatArray, core: float) -> FloatArray:
    """The direction after a fit with Tukey's biweight around its peak."""
    for _ in range(_POLISH):
        values = z @ direction
        low, high = (float(end[0]) for end in shortest(values[:, None], core))
        reach = _CUT * (high - low) / 2
        if reach <= 0:
            break
        weights = np.clip(1 - ((values - (low + high) / 2) / reach) ** 2, 0, None) ** 2
        direction = _narrowest(z, weights[:, None])[0]
    return direction


def _complement(rows: FloatArray) -> FloatArray:
    """An orthonormal basis (m, m − k) of the directions orthogonal to rows (k, m)."""
    return np.asarray(np.linalg.svd(rows)[2][len(rows) :].T)
