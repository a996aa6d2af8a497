"""Gradients of networks fitted without one fold each, and how many directions pass on the held-out events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import torch
from scipy.special import stdtr, stdtrit

from symbench.algebra.defects import defect_spectrum, quadratic_forms
from symbench.discovery.shared.smooth_fit import fit_network, new_network

if TYPE_CHECKING:
    from symbench.discovery.nullspace.method import Nullspace


FloatArray = npt.NDArray[np.float64]

_VARIANCE_FLOOR = 0.1  # of the median: it limits the weight of a single event


@dataclass(frozen=True)
class Ensemble:
    """Gradients of networks that were fitted without one fold each.

    gradients   (folds, networks, N, P, d) of every network at every event, in the coordinates of x
    fold        (N,) the fold of each event
    steps       optimiser steps spent on all of them
    held_out    mean squared error on the held-out events, in units of the label's variance
    """

    gradients: FloatArray
    fold: npt.NDArray[np.int64]
    steps: int
    held_out: float


@dataclass(frozen=True)
class Count:
    """How many directions are accepted.

    k          largest number of directions whose span has a defect below the bound, with confidence
    worst      (d²,) mean over folds of the largest held-out δ² in the span of the first 1, 2, … directions
    error      (d²,) standard error of that mean
    samples    (folds, d², d²) the candidates that were judged on each fold, as columns
    """

    k: int
    worst: FloatArray
    error: FloatArray
    samples: FloatArray


def cross_fit(method: Nullspace, x: FloatArray, y: FloatArray, *, seed: int, budget: float, device: str) -> Ensemble:
    """Fit `networks` networks per fold to the events of all other folds; x (N, P, d), y (N,) standardised."""
    n = len(x)
    fold = np.random.Generator(np.random.PCG64([seed, 1])).permutation(n) % method.folds
    inputs = torch.from_numpy(np.ascontiguousarray(x.reshape(n, -1))).to(device)
    labels = torch.from_numpy(y).to(device)
    steps = max(1, round(method.steps * budget))
    generator = torch.Generator().manual_seed(seed)
    gradients = np.empty((method.folds, method.networks, *x.shape))
    spent, losses = 0, []
    for m in range(method.folds):
        fitted = torch.from_numpy(np.flatnonzero(fold != m)).to(device)
        left_out = torch.from_numpy(np.flatnonzero(fold == m)).to(device)
        held_out = (inputs[left_out], labels[left_out])
        for j in range(method.networks):
            start = new_network(inputs.shape[1], method.width, method.depth, generator)
            start.layers[:] = [(weight.to(device), bias.to(device)) for weight, bias in start.layers]
            fit = fit_network(start, inputs[fitted], labels[fitted], held_out, steps=steps)
            gradients[m, j] = fit.network.gradient(inputs).cpu().numpy().reshape(x.shape)
            spent += fit.steps
            losses.append(fit.held_out_loss)
    return Ensemble(gradients, fold, spent, float(np.mean(losses)))


def candidates(ensemble: Ensemble, x: FloatArray, folds: range | list[int]) -> tuple[FloatArray, FloatArray]:
    """δ² (d²,), rising, and directions as columns (d², d²), from the mean gradient of the networks of `folds`.

    Events are weighted by the inverse variance of their row ∇f ⊗ x over the ensemble: if networks disagree, as at the
    edges of the data, their gradient is not known. Here and in `count` x may be m functions of the vectors, (N, P, m);
    there are then d·m directions.
    """
    members = ensemble.gradients[list(folds)].reshape(-1, *ensemble.gradients.shape[2:])
    variance = np.sum(np.var(members, axis=0, ddof=1), axis=(1, 2)) * np.sum(x**2, axis=(1, 2))
    floor = _VARIANCE_FLOOR * float(np.median(variance))
    weights = 1.0 / (variance + max(floor, np.finfo(np.float64).tiny ** 0.5))
    return defect_spectrum(*quadratic_forms(members.mean(axis=0), x, weights / weights.mean()))


def count(method: Nullspace, ensemble: Ensemble, x: FloatArray) -> Count:
    """Judge candidates of the other folds on the held-out events of each fold, by networks not fitted to these."""
    dimension = ensemble.gradients.shape[-1] * x.shape[2]
    worst = np.empty((method.folds, dimension))
    samples = np.empty((method.folds, dimension, dimension))
    for m in range(method.folds):
        _, directions = candidates(ensemble, x, [j for j in range(method.folds) if j != m])
        held = ensemble.fold == m
        gradients, events = ensemble.gradients[m].mean(axis=0)[held], x[held]
        # All events have equal weight: otherwise the few events of highest energy would decide.
        size = np.sum(gradients**2, axis=(1, 2)) * np.sum(events**2, axis=(1, 2))
        weights = 1.0 / np.maximum(size, np.finfo(np.float64).tiny ** 0.5)
        change, largest = quadratic_forms(gradients, events, weights / weights.mean())
        samples[m] = directions
        for k in range(1, dimension + 1):
            span = directions[:, :k]
            worst[m, k - 1] = _largest_ratio(span.T @ change @ span, span.T @ largest @ span)
    mean = worst.mean(axis=0)
    error = worst.std(axis=0, ddof=1) / np.sqrt(method.folds)
    passed = upper_bounds(mean, error, method) < method.bound**2
    k = dimension if passed.all() else int(np.argmin(passed))
    return Count(k, mean, error, samples)


def upper_bounds(mean: FloatArray, error: FloatArray, method: Nullspace) -> FloatArray:
    """One-sided upper confidence bounds of δ², by Student's t over folds; nominal, since folds share events."""
    return np.asarray(np.minimum(mean + stdtrit(method.folds - 1, method.confidence) * error, 1.0))


def confidence_below(bound: float, counted: Count, m: int, folds: int) -> float:
    """Confidence that the worst δ² in the span of the first m + 1 directions is below the bound."""
    if counted.error[m] == 0:
        return 1.0
    return float(stdtr(folds - 1, (bound - counted.worst[m]) / counted.error[m]))


def _largest_ratio(change: FloatArray, largest: FloatArray) -> float:
    """The largest δ² in a span; 1 if the held-out events are too few to determine it in every direction."""
    values = np.linalg.eigvalsh(largest)
    if values[0] <= 1e-12 * values[-1]:
        return 1.0
    return float(defect_spectrum(change, largest)[0][-1])
