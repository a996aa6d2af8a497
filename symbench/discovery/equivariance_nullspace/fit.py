"""How `equivariance-nullspace` proceeds: networks for each component, equations of a pair, and the judge."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import torch
from scipy.linalg import eigh
from scipy.special import ndtri

from symbench.algebra.label_spread import central_events
from symbench.algebra.representations import block_diagonal
from symbench.algebra.subalgebra import closing
from symbench.discovery.base import EquivarianceSample, Symmetry
from symbench.discovery.equivariance_nullspace.frame import (
    Side,
    mean_square,
    pair_lengths,
    pair_rows,
)
from symbench.discovery.shared.evidence import evidence
from symbench.discovery.shared.judge import judge
from symbench.discovery.shared.smooth_fit import fit_network, new_network
from symbench.metrics.discovery.learnt import LEARNT
from symbench.metrics.discovery.representation import representation_residual

if TYPE_CHECKING:
    from symbench.discovery.equivariance_nullspace.method import EquivarianceNullspace

FloatArray = npt.NDArray[np.float64]

_LEARNT = 0.9999  # one-sided


@dataclass(frozen=True)
class _Functions:
    """Functions without one fold each: values (folds, N, m) and gradients (folds, N, m, P, r), in whitened frames."""

    values: FloatArray
    gradients: FloatArray
    steps: int


def fit(
    method: EquivarianceNullspace, sample: EquivarianceSample, *, seed: int, budget: float, device: str
) -> Symmetry:
    """Fit functions, count the pairs and claim them, in the coordinates of the sample."""
    central = central_events(sample.x)
    vectors, target = Side.of(sample.x), Side.of(sample.y[:, None, :])
    rng = np.random.Generator(np.random.PCG64(seed))
    fold = rng.permutation(len(sample.x)) % method.folds
    label = target.white.coordinates(sample.y)
    fitted = _cross_fit(method, vectors, sample, label, fold, seed=seed, budget=budget, device=device)
    held = fitted.values[fold, np.arange(len(fold))]
    losses = np.mean((label - held) ** 2, axis=1) - np.mean(label**2, axis=1)
    loss = float(np.mean((label - held) ** 2))
    learnt = -losses.mean() > ndtri(_LEARNT) * losses.std(ddof=1) / math.sqrt(len(losses))
    scalars = {"held_out_loss": loss, LEARNT: float(learnt)}
    d, size = sample.x.shape[2], sample.y.shape[1]
    if not learnt:
        return Symmetry(np.zeros((0, d, d)), np.zeros(0), steps=fitted.steps, scalars=scalars)
    points, mean = sample.x @ vectors.into.T, target.white.mean
    raw = fitted.values @ target.white.spread.T + mean

    def rows(functions: list[int], events: npt.NDArray[np.bool_]) -> FloatArray:
        """The equations of the mean of some functions at some events."""
        values = raw[functions][:, events].mean(axis=0) @ target.into.T
        return pair_rows(fitted.gradients[functions][:, events].mean(axis=0), points[events], values)

    lengths, folds = pair_lengths(vectors, target), list(range(method.folds))
    everywhere = np.ones(len(fold), dtype=bool)
    directions = [_directions(mean_square(rows([j for j in folds if j != m], fold != m)), lengths) for m in folds]
    changes = [mean_square(rows([m], (fold == m) & central)) for m in folds]
    shared = rows(folds, central)
    noise = np.sum([mean_square(rows([m], central) - shared) for m in folds], axis=0) / (method.folds - 1)
    verdict = judge(directions, changes, lengths, bound=method.bound, confidence=method.confidence, noise=noise)
    passed = _directions(mean_square(rows(folds, everywhere)), lengths)[:, : verdict.k]
    a, b = vectors.lifted(passed[: vectors.size]), target.lifted(passed[vectors.size :])
    k = closing(block_diagonal(vectors.inside(a), target.inside(b)))
    scalars["passed"] = float(verdict.k)
    if k:
        scalars["label_spread"] = float(verdict.spread[k - 1])
        scalars["label_spread_noise"] = float(verdict.noise[k - 1])
        scalars["representation_residual"] = representation_residual(vectors.inside(a[:k]), target.inside(b[:k]))
    return Symmetry(
        generators=a[:k],
        confidence=verdict.confidence[:k],
        steps=fitted.steps,
        spectrum=verdict.spread,
        arrays={**evidence(verdict, method.bound), "representation": b[:k].reshape(k, size, size)},
        scalars=scalars,
    )


def _directions(form: FloatArray, lengths: FloatArray) -> FloatArray:
    """Columns (K, K) in the order of their violation per length."""
    return np.asarray(eigh(form, lengths)[1])


def _cross_fit(
    method: EquivarianceNullspace,
    vectors: Side,
    sample: EquivarianceSample,
    label: FloatArray,
    fold: npt.NDArray[np.int64],
    *,
    seed: int,
    budget: float,
    device: str,
) -> _Functions:
    """One network per fold and component; the fold after the one that is held out ends the fit."""
    inputs = vectors.white.coordinates(sample.x).reshape(len(label), -1)
    moving = inputs.shape[1]
    if sample.scalars is not None:
        scalars = sample.scalars.reshape(len(label), -1)
        spread = scalars.std(axis=0)
        inputs = np.concatenate([inputs, (scalars - scalars.mean(axis=0)) / np.where(spread > 0, spread, 1.0)], axis=1)
    size = math.sqrt(inputs.shape[1])  # inputs of an event have a root mean square of 1
    x = torch.from_numpy(inputs / size).to(device)
    y = torch.from_numpy(label).to(device)
    generator = torch.Generator().manual_seed(seed)
    m, (r, _) = label.shape[1], vectors.shape
    values = np.empty((method.folds, len(label), m))
    gradients = np.empty((method.folds, len(label), m, moving // r, r))
    steps = 0
    for j in range(method.folds):
        ends = torch.from_numpy(fold == (j + 1) % method.folds)
        used = torch.from_numpy(fold != j) & ~ends
        for c in range(m):
            start = new_network(x.shape[1], method.width, method.depth, generator)
            found = fit_network(
                start, x[used], y[used, c], (x[ends], y[ends, c]), steps=max(1, round(budget * method.steps))
            )
            steps += found.steps
            values[j, :, c] = found.network(x).cpu().numpy()
            slopes = found.network.gradient(x)[:, :moving].cpu().numpy() / size
            gradients[j, :, c] = slopes.reshape(len(label), -1, r)
    return _Functions(values, gradients, steps)
