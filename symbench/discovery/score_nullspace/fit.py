"""How `score-nullspace` proceeds: cross-fitted scores, candidate generators, and their number."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy.special import stdtr, stdtrit

from symbench.algebra.defects import defect_spectrum
from symbench.algebra.subspace import second_moment
from symbench.discovery.base import DistributionSample, Symmetry
from symbench.errors import IncompatibleError

if TYPE_CHECKING:
    from symbench.discovery.score_nullspace.method import ScoreNullspace

FloatArray = npt.NDArray[np.float64]

_WIDTHS = (0.5, 1.0, 2.0)  # of a Gaussian, in units of √D times the coordinates' RMS
_RIDGES = (1e-4, 1e-2)  # in units of the features' mean squared gradients
_SUPPORT = 1e-6  # of the largest spread: a direction with less is empty


@dataclass(frozen=True)
class Features:
    """Functions of states x (N, D): Gaussians exp(−‖x − c‖²/2w²), all products xᵢxⱼ with i ≤ j, and the xᵢ."""

    centres: FloatArray
    width: float

    def derivatives(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Gradients (N, F, D), and Laplacians (F,) averaged over the states."""
        n, d = x.shape
        apart = x[:, None] - self.centres
        square = np.sum(apart**2, axis=2)
        bells = np.exp(-square / (2 * self.width**2))
        first, second = np.triu_indices(d)
        products = np.zeros((n, len(first), d))
        for at, (i, j) in enumerate(zip(first, second, strict=True)):
            products[:, at, i] += x[:, j]
            products[:, at, j] += x[:, i]
        gradients = np.concatenate(
            [-apart * bells[:, :, None] / self.width**2, products, np.broadcast_to(np.eye(d), (n, d, d))], axis=1
        )
        curved = np.mean(bells * (square / self.width**4 - d / self.width**2), axis=0)
        return gradients, np.concatenate([curved, np.where(first == second, 2.0, 0.0), np.zeros(d)])


@dataclass(frozen=True)
class Score:
    """s(x) = Σ c_a ∇φ_a(x), the minimum of E[‖s‖²/2 + ∇·s] (Hyvärinen 2005, equation 4) over c, with a ridge."""

    features: Features
    coefficients: FloatArray

    def __call__(self, x: FloatArray) -> FloatArray:
        """(N, D) at states (N, D)."""
        return np.asarray(np.einsum("nad,a->nd", self.features.derivatives(x)[0], self.coefficients))

    def objective(self, x: FloatArray) -> float:
        """E[‖s‖²/2 + ∇·s] over states (N, D): lower is better, and −E‖∇ log p‖²/2 the lowest there is."""
        gradients, laplacians = self.features.derivatives(x)
        s = np.einsum("nad,a->nd", gradients, self.coefficients)
        return float(np.mean(np.sum(s**2, axis=1)) / 2 + laplacians @ self.coefficients)


def fit_score(x: FloatArray, centres: FloatArray, width: float, ridge: float) -> Score:
    """Score matching on states x (N, D)."""
    features = Features(centres, width)
    gradients, laplacians = features.derivatives(x)
    flat = gradients.transpose(1, 0, 2).reshape(gradients.shape[1], -1)
    gram = flat @ flat.T / len(x)
    size = np.sqrt(np.maximum(np.diag(gram), 1e-300))
    system = gram / size[:, None] / size + ridge * np.eye(len(size))
    return Score(features, -np.linalg.solve(system, laplacians / size) / size)


@dataclass(frozen=True)
class Rows:
    """The terms of the defect per event.

    change    (N, d²) rows r with Q tr L + s·Lz = r·vec(L)
    largest   (N, d, d) ‖s‖² Σ_q z_q z_qᵀ
    """

    change: FloatArray
    largest: FloatArray

    def forms(self) -> tuple[FloatArray, FloatArray]:
        """A and B (d², d²) with δ(L)² = vec(L)ᵀ A vec(L) / vec(L)ᵀ B vec(L)."""
        d = self.largest.shape[1]
        return self.change.T @ self.change / len(self.change), np.kron(np.eye(d), self.largest.mean(axis=0))


def rows_of(score: Score, z: FloatArray) -> Rows:
    """The terms at events z (N, Q, d)."""
    n, q, d = z.shape
    s = score(z.reshape(n, q * d)).reshape(n, q, d)
    change = np.einsum("nqi,nqj->nij", s, z) + q * np.eye(d)
    return Rows(change.reshape(n, d * d), np.einsum("n,nqi,nqj->nij", np.sum(s**2, axis=(1, 2)), z, z))


def fit(method: ScoreNullspace, sample: DistributionSample, *, seed: int, budget: float, device: str) -> Symmetry:
    """Fit scores and claim the null space; generators are scaled to E‖Lx‖² = E‖x‖². The budget has no effect.

    Raises IncompatibleError for data on a subspace.
    """
    d = sample.x.shape[2]
    groups = _groups(sample, method.most)
    if min(len(z) for z in groups) < max(method.least, 2 * method.folds):
        return Symmetry(np.zeros((0, d, d)), np.zeros(0))
    rng = np.random.Generator(np.random.PCG64([seed, 7]))
    fitted, held, objective = _rows_by_fold(method, groups, rng)
    worst, samples = _held_out_defects(method, fitted, held)
    mean, error = worst.mean(axis=0), worst.std(axis=0, ddof=1) / np.sqrt(method.folds)
    upper = np.minimum(mean + stdtrit(method.folds - 1, method.confidence) * error, 1.0)
    passed = upper < method.bound**2
    k = d * d if passed.all() else int(np.argmin(passed))
    directions = defect_spectrum(*_joined(list(itertools.chain(*held))).forms())[1]
    moment = second_moment(sample.x)
    return Symmetry(
        generators=_lifted(directions[:, :k], moment),
        confidence=stdtr(method.folds - 1, (method.bound**2 - mean[:k]) / np.maximum(error[:k], 1e-300)),
        spectrum=np.sqrt(np.maximum.accumulate(mean)),
        arrays={
            "spectrum_upper": np.sqrt(upper),
            "bound": np.array([method.bound]),
            "generator_samples": np.array([_lifted(columns[:, :k], moment) for columns in samples]),
        },
        scalars={"score_objective": objective},
    )


def _rows_by_fold(
    method: ScoreNullspace, groups: list[FloatArray], rng: np.random.Generator
) -> tuple[list[list[Rows]], list[list[Rows]], float]:
    """For each fold and group the rows of a score fitted without the fold, and the mean objective of the scores.

    The first list holds them at the events of the other folds, the second at the held-out events of the fold.
    """
    fitted: list[list[Rows]] = [[] for _ in range(method.folds)]
    held: list[list[Rows]] = [[] for _ in range(method.folds)]
    objectives = []
    for group in groups:
        z = group / np.sqrt(np.mean(group**2))
        _require_full_space(z)
        scores, fold, objective = _cross_fit(method, z, rng)
        objectives.append(objective)
        for m, score in enumerate(scores):
            fitted[m].append(rows_of(score, z[fold != m]))
            held[m].append(rows_of(score, z[fold == m]))
    return fitted, held, float(np.mean(objectives))


def _held_out_defects(
    method: ScoreNullspace, fitted: list[list[Rows]], held: list[list[Rows]]
) -> tuple[FloatArray, FloatArray]:
    """(folds, d²) the largest held-out δ² in the span of the first 1, 2, … candidates, and the candidates as columns.

    The candidates of a fold, (folds, d², d²) for all folds, come from the other folds.
    """
    forms = [_joined(rows).forms() for rows in held]
    dimension = len(forms[0][0])
    worst, samples = np.empty((method.folds, dimension)), np.empty((method.folds, dimension, dimension))
    for m, (change, largest) in enumerate(forms):
        samples[m] = defect_spectrum(*_joined(fitted[m]).forms())[1]
        for k in range(1, dimension + 1):
            span = samples[m][:, :k]
            worst[m, k - 1] = defect_spectrum(span.T @ change @ span, span.T @ largest @ span)[0][-1]
    return worst, samples


def _groups(sample: DistributionSample, most: int) -> list[FloatArray]:
    """All vectors that L acts on, (N, Q, d), of each class."""
    if sample.y is None:
        return [sample.x[:most]]
    if sample.y.ndim == 3:
        return [np.concatenate([sample.x, np.asarray(sample.y, dtype=np.float64)], axis=1)[:most]]
    return [sample.x[sample.y == value][:most] for value in np.unique(sample.y)]


def _require_full_space(z: FloatArray) -> None:
    flat = z.reshape(len(z), -1)
    values = np.linalg.svd(flat - flat.mean(axis=0), compute_uv=False)
    rank = int((values > _SUPPORT * values[0]).sum())
    if rank < flat.shape[1]:
        raise IncompatibleError(
            f"events span {rank} of {flat.shape[1]} dimensions only: their density, and so its score, does not exist"
        )


def _cross_fit(
    method: ScoreNullspace, z: FloatArray, rng: np.random.Generator
) -> tuple[list[Score], npt.NDArray[np.intp], float]:
    """A score for each fold, fitted to the other folds; the fold (N,) of each event; the objective on the first fold.

    Width and ridge are those with the lowest objective on the first fold.
    """
    flat = z.reshape(len(z), -1)
    fold = rng.permutation(len(flat)) % method.folds
    chosen = [flat[fold != m][rng.permutation(int((fold != m).sum()))[: method.centres]] for m in range(method.folds)]

    def fitted(m: int, width: float, ridge: float) -> Score:
        return fit_score(flat[fold != m], chosen[m], width * np.sqrt(flat.shape[1]), ridge)

    objectives = [(fitted(0, *pair).objective(flat[fold == 0]), pair) for pair in itertools.product(_WIDTHS, _RIDGES)]
    objective, best = min(objectives)
    return [fitted(m, *best) for m in range(method.folds)], fold, objective


def _joined(parts: list[Rows]) -> Rows:
    return Rows(np.concatenate([part.change for part in parts]), np.concatenate([part.largest for part in parts]))


def _lifted(columns: FloatArray, moment: FloatArray) -> FloatArray:
    """Columns vec(L) as matrices (k, d, d) with E‖Lx‖² = E‖x‖²."""
    d = len(moment)
    generators = columns.T.reshape(-1, d, d)
    lengths = np.einsum("kij,jl,kil->k", generators, moment, generators)
    return np.asarray(generators * np.sqrt(np.trace(moment) / lengths)[:, None, None])
