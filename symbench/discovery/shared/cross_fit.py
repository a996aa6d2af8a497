"""Cross-fitting: networks fitted without one fold each, their gradients, and what their predictions explain.

All of it is in whitened coordinates of the vectors (`algebra.label_spread.whitening`), the same numbers in every frame
and every unit, with labels in units of their spread.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch
from scipy.special import ndtri
from scipy.stats import rankdata

from symbench.discovery.shared.judge import Bounds, Verdict, judge
from symbench.discovery.shared.smooth_fit import fit_network, new_network

FloatArray = npt.NDArray[np.float64]

_VARIANCE_FLOOR = 0.1  # of the median: it limits the weight of a single event
_LEARNT = 0.999  # one-sided confidence; the step of a fit is chosen on held-out events, which favours it a little


class Settings(Protocol):
    """The parameters of a method that cross-fits networks and judges directions by them."""

    @property
    def width(self) -> int: ...
    @property
    def depth(self) -> int: ...
    @property
    def steps(self) -> int: ...
    @property
    def folds(self) -> int: ...
    @property
    def networks(self) -> int: ...
    @property
    def bound(self) -> float: ...
    @property
    def confidence(self) -> float: ...


@dataclass(frozen=True)
class Ensemble:
    """Networks that were fitted without one fold each.

    gradients    (folds, networks, N, P, r) of every network at every event, in whitened coordinates
    fold         (N,) the fold of each event
    predictions  (N,) of each event, by the networks that were not fitted to it
    label        (N,) with mean 0 and variance 1
    steps        optimiser steps spent on all of them
    """

    gradients: FloatArray
    fold: npt.NDArray[np.int64]
    predictions: FloatArray
    label: FloatArray
    steps: int

    @property
    def held_out(self) -> float:
        """Mean squared error on held-out events, in units of the label's variance: 1 − R²."""
        return float(np.mean((self.label - self.predictions) ** 2))

    @property
    def variance(self) -> float:
        """Var f of the fitted function: what the changes of f are compared with, noise of the label excluded."""
        return float(np.var(self.predictions))

    @property
    def learnt(self) -> bool:
        """Whether predictions of held-out labels rise with the labels, beyond what chance gives: Spearman's test.

        Ranks, since a few large labels decide R² and its error. Unlearnt, the rank correlation has error 1/√(N − 1).
        """
        predicted, label = rankdata(self.predictions), rankdata(self.label)
        if predicted.std() == 0:
            return False
        correlation = float(np.corrcoef(predicted, label)[0, 1])
        return correlation * math.sqrt(len(label) - 1) > float(ndtri(_LEARNT))

    @property
    def folds(self) -> int:
        return len(self.gradients)

    def on_held_out(self, m: int) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
        """∇f/SD f (n, P, r) at the events of fold m by the networks not fitted to them, and which events these are."""
        held = self.fold == m
        deviation = math.sqrt(max(self.variance, np.finfo(np.float64).tiny))
        return np.asarray(self.gradients[m].mean(axis=0)[held] / deviation), held


def cross_fit(
    settings: Settings, inputs: FloatArray, y: FloatArray, *, seed: int, budget: float, device: str
) -> Ensemble:
    """Fit `networks` networks per fold to the events of all other folds; inputs (N, P, q), y (N,) standardised."""
    n = len(inputs)
    fold = np.random.Generator(np.random.PCG64([seed, 1])).permutation(n) % settings.folds
    events = torch.from_numpy(np.ascontiguousarray(inputs.reshape(n, -1))).to(device)
    labels = torch.from_numpy(y).to(device)
    steps = max(1, round(settings.steps * budget))
    generator = torch.Generator().manual_seed(seed)
    gradients = np.empty((settings.folds, settings.networks, *inputs.shape))
    predictions = np.zeros(n)
    spent = 0
    for m in range(settings.folds):
        fitted = torch.from_numpy(np.flatnonzero(fold != m)).to(device)
        left_out = torch.from_numpy(np.flatnonzero(fold == m)).to(device)
        held_out = (events[left_out], labels[left_out])
        for j in range(settings.networks):
            start = new_network(events.shape[1], settings.width, settings.depth, generator)
            start.layers[:] = [(weight.to(device), bias.to(device)) for weight, bias in start.layers]
            fit = fit_network(start, events[fitted], labels[fitted], held_out, steps=steps)
            gradients[m, j] = fit.network.gradient(events).cpu().numpy().reshape(inputs.shape)
            predictions[fold == m] += fit.network(events[left_out]).cpu().numpy() / settings.networks
            spent += fit.steps
    return Ensemble(gradients, fold, predictions, y, spent)


def rows_of(gradients: FloatArray, functions: FloatArray) -> FloatArray:
    """The change of f along each coefficient: Σ_p ∇_p f ⊗ Θ(x_p), (N, r·m), of (N, P, r) and (N, P, m)."""
    return np.asarray(np.einsum("npi,npj->nij", gradients, functions).reshape(len(gradients), -1))


def candidates(ensemble: Ensemble, functions: FloatArray, folds: Sequence[int]) -> FloatArray:
    """Directions as columns (r·m, r·m), the smallest change first, from the mean gradient of the networks of `folds`.

    functions   Θ (N, P, m), orthonormal over the vectors of the sample: the mean of Θ Θᵀ is 1, so that a matrix W of
                coefficients displaces the data by ‖W‖/√r of their size

    Events are weighted by the inverse variance of their row ∇f ⊗ Θ over the ensemble: if networks disagree, as at the
    edges of the data, their gradient is not known.
    """
    members = ensemble.gradients[list(folds)].reshape(-1, *ensemble.gradients.shape[2:])
    variance = np.sum(np.var(members, axis=0, ddof=1), axis=(1, 2)) * np.sum(functions**2, axis=(1, 2))
    floor = _VARIANCE_FLOOR * float(np.median(variance))
    weights = 1.0 / (variance + max(floor, np.finfo(np.float64).tiny ** 0.5))
    rows = rows_of(members.mean(axis=0), functions) * np.sqrt(weights / weights.mean())[:, None]
    return np.asarray(np.linalg.eigh(rows.T @ rows)[1])


def count(settings: Bounds, ensemble: Ensemble, functions: FloatArray) -> tuple[Verdict, list[FloatArray]]:
    """Judge the directions that the other folds propose on the held-out events of each fold; and these directions.

    functions   Θ (N, P, m), orthonormal as in `candidates`
    """
    folds = range(ensemble.folds)
    proposed = [candidates(ensemble, functions, [j for j in folds if j != m]) for m in folds]
    changes = []
    for m in folds:
        gradients, held = ensemble.on_held_out(m)
        rows = rows_of(gradients, functions[held])
        changes.append(rows.T @ rows / len(rows))
    r = ensemble.gradients.shape[-1]
    length = np.eye(r * functions.shape[2]) / r
    return judge(proposed, changes, length, bound=settings.bound, confidence=settings.confidence), proposed


def irrelevant(settings: Bounds, ensemble: Ensemble) -> FloatArray:
    """Directions of whitened coordinates that do not change the label, as columns (r, m), by the same judge.

    A vector x_p is moved along v at all events, one p at a time: σ² = r Σ_p E(∇_p f · v)²/Var f for a unit vector v. If
    it vanishes, every L into such directions is a symmetry, whatever it does: the trivial part of the algebra.
    """
    folds = range(ensemble.folds)
    means = ensemble.gradients.mean(axis=1)

    def moments(chosen: Sequence[int]) -> FloatArray:
        mean = means[list(chosen)].mean(axis=0)
        return np.asarray(np.einsum("npi,npj->ij", mean, mean))

    proposed = [np.linalg.eigh(moments([j for j in folds if j != m]))[1] for m in folds]
    changes = []
    for m in folds:
        gradients, _ = ensemble.on_held_out(m)
        changes.append(np.einsum("npi,npj->ij", gradients, gradients) / len(gradients))
    r = ensemble.gradients.shape[-1]
    verdict = judge(proposed, changes, np.eye(r) / r, bound=settings.bound, confidence=settings.confidence)
    return np.asarray(np.linalg.eigh(moments(folds))[1][:, : verdict.k])
