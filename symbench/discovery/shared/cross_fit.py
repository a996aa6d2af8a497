"""Cross-fitting: networks fitted without one fold each, their gradients, and what their predictions explain.

All of it is in whitened coordinates of the vectors (`algebra.label_spread.whitening`), the same numbers in every frame
and every unit, with labels in units of their spread.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch
from scipy.special import ndtri, stdtrit

from symbench.discovery.shared.judge import DISTINCT, RESOLVED, Bounds, Judgement, judge
from symbench.discovery.shared.label_map import MappedLabel, best_map, rank_error
from symbench.discovery.shared.smooth_fit import Fit, Network, fit_network, new_network

FloatArray = npt.NDArray[np.float64]

SIZES = (2.0, 1.0, 0.5)
"""Root mean square of the inputs of an event, for networks to choose from."""

_VARIANCE_FLOOR = 0.1  # of the median: it limits the weight of a single event
_ROUNDING = 1e-6  # of a gradient: fits that differ by less are equally well known everywhere
_LEARNT = 0.9999  # one-sided; held-out events also choose step, size and map: 1 % of noise labels pass, not 0.01 %


class CrossFitSettings(Bounds, Protocol):
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


@dataclass(frozen=True)
class Ensemble:
    """Networks that were fitted without one fold each.

    gradients    (folds, networks, N, P, r) of every network at every event, in whitened coordinates
    fold         (N,) the fold of each event; negative for points that are no events
    central      (N,) the domain of the claim: the events at which directions are judged
    predictions  (N,) of each event's label, by the networks that were not fitted to it
    log_odds     (N,) of the larger of two labels, by the same networks: the gradients are theirs; else None
    label        (N,) with mean 0 and variance 1, after the monotone map `label_map`
    steps        optimiser steps spent on all of them
    """

    gradients: FloatArray
    fold: npt.NDArray[np.int64]
    central: npt.NDArray[np.bool_]
    predictions: FloatArray
    label: FloatArray
    steps: int
    label_map: str = "identity"
    log_odds: FloatArray | None = None

    @property
    def values(self) -> FloatArray:
        """(N,) of the fitted function: the predictions, or the log-odds of the larger of two labels."""
        return self.predictions if self.log_odds is None else self.log_odds

    @property
    def held_out(self) -> float:
        """Mean squared error on held-out events, in units of the label's variance: 1 − R²."""
        events = self.fold >= 0
        return float(np.mean((self.label - self.predictions)[events] ** 2))

    def left(self, confidence: float) -> float:
        """Mean squared error on held-out events of the domain, in units of Var f there: in the units of σ².

        One-sided upper limit by Student's t: few events may agree with a fit by chance.
        """
        squares = (self.label - self.predictions)[self.central] ** 2
        n = len(squares)
        above = stdtrit(n - 1, confidence) * squares.std(ddof=1) / math.sqrt(n) if n > 1 else math.inf
        return float(squares.mean() + above) / self.variance

    @property
    def rank_error(self) -> float:
        """1 − the rank correlation of held-out labels and predictions: comparable between maps of the label."""
        events = self.fold >= 0
        return rank_error(self.predictions[events], self.label[events])

    @property
    def variance(self) -> float:
        """Var f of the fitted function in the domain: the noise of the label is not in it."""
        return float(max(np.var(self.values[self.central]), np.finfo(np.float64).tiny))

    @property
    def learnt(self) -> bool:
        """Whether predictions of held-out labels rise with the labels, beyond what chance gives: Spearman's test.

        Ranks, since a few large labels decide R² and its error. Unlearnt, the rank correlation has error 1/√(N − 1).
        """
        events = int(np.sum(self.fold >= 0))
        return (1 - self.rank_error) * math.sqrt(events - 1) > float(ndtri(_LEARNT))

    @property
    def folds(self) -> int:
        return len(self.gradients)

    def held_out_gradients(self, m: int) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
        """∇f/SD f (n, P, r) at the central events of fold m by the networks not fitted to them; and these events."""
        held = (self.fold == m) & self.central
        return np.asarray(self.gradients[m].mean(axis=0)[held] / math.sqrt(self.variance)), held


def cross_fit(
    settings: CrossFitSettings,
    inputs: FloatArray,
    maps: Sequence[MappedLabel],
    central: npt.NDArray[np.bool_],
    *,
    seed: int,
    budget: float,
    device: str,
) -> Ensemble:
    """Fit `networks` networks per fold to the events of all other folds.

    inputs    (N, P, q) whitened
    maps      the label after each monotone map that may be fitted, the preferred ones first
    central   (N,) the domain, as of `algebra.label_spread.central_events`

    The networks receive the inputs at the size, of `SIZES`, at which the first of them predicts its held-out events
    best. The smaller the inputs, the smoother the functions that are fitted first. At this size the map of the label is
    chosen in the same way, by the order of held-out labels.
    """
    n = len(inputs)
    fold = np.random.Generator(np.random.PCG64([seed, 1])).permutation(n) % settings.folds
    events = torch.from_numpy(np.ascontiguousarray(inputs.reshape(n, -1) / math.sqrt(inputs[0].size))).to(device)
    labels = {label.name: torch.from_numpy(label.fitted).to(device) for label in maps}
    steps = max(1, round(settings.steps * budget))
    generator = torch.Generator().manual_seed(seed)
    gradients = np.empty((settings.folds, settings.networks, *inputs.shape))
    values = np.zeros(n)
    size, label, spent = SIZES[0], maps[0], 0
    for m in range(settings.folds):
        fitted = torch.from_numpy(np.flatnonzero(fold != m)).to(device)
        left_out = torch.from_numpy(np.flatnonzero(fold == m)).to(device)
        for j in range(settings.networks):
            start = new_network(events.shape[1], settings.width, settings.depth, generator)
            start.layers[:] = [(weight.to(device), bias.to(device)) for weight, bias in start.layers]
            fits = _Fits(start, events, labels, fitted, left_out, steps)
            if m == j == 0:
                size, label = _chosen(maps, fits)
            fit = fits.of(label, size)
            spent += sum(tried.steps for tried in fits.made.values())
            slope = fit.network.gradient(size * events).cpu().numpy().reshape(inputs.shape)
            gradients[m, j] = slope * (size / math.sqrt(inputs[0].size))
            values[fold == m] += fit.network(size * events[left_out]).cpu().numpy() / settings.networks
    log_odds = values if label.classes else None
    return Ensemble(gradients, fold, central, label.predicted(values), label.values, spent, label.name, log_odds)


@dataclass(frozen=True)
class _Fits:
    """Fits from one start to some of the events (N, P·q), by the map of the label and the size of the inputs."""

    start: Network
    events: torch.Tensor
    labels: Mapping[str, torch.Tensor]
    fitted: torch.Tensor
    left_out: torch.Tensor
    steps: int
    made: dict[tuple[str, float], Fit] = field(default_factory=dict)

    def of(self, label: MappedLabel, size: float) -> Fit:
        """The fit of this map at this size; it is made once."""
        key, y = (label.name, size), self.labels[label.name]
        if key not in self.made:
            held_out = size * self.events[self.left_out], y[self.left_out]
            x = size * self.events[self.fitted]
            self.made[key] = fit_network(
                self.start, x, y[self.fitted], held_out, steps=self.steps, classes=label.classes
            )
        return self.made[key]

    def rank_error(self, label: MappedLabel, size: float) -> float:
        """Of the held-out labels."""
        predicted = self.of(label, size).network(size * self.events[self.left_out])
        return rank_error(predicted.cpu().numpy(), self.labels[label.name][self.left_out].cpu().numpy())


def _chosen(maps: Sequence[MappedLabel], fits: _Fits) -> tuple[float, MappedLabel]:
    """The size of the inputs and the map of the label by held-out events: the size for the first map, then the map."""
    size = min(SIZES, key=lambda size: fits.of(maps[0], size).held_out_loss)
    return size, best_map(maps, lambda label: fits.rank_error(label, size))


def change_form(ensemble: Ensemble, functions: FloatArray, folds: Sequence[int]) -> FloatArray:
    """The form (r·m, r·m) of the change of f/SD f along coefficients, from the mean gradient of networks of `folds`.

    functions   Θ (N, P, m), orthonormal in the domain: a matrix W of coefficients displaces the data by ‖W‖/√r of
                their size

    Events are weighted by the inverse variance of their row ∇f ⊗ Θ over the ensemble: if networks disagree, as at the
    edges of the data, their gradient is not known.
    """
    members = ensemble.gradients[list(folds)].reshape(-1, *ensemble.gradients.shape[2:])
    mean, lengths = members.mean(axis=0), np.sum(functions**2, axis=(1, 2))
    variance = np.sum(np.var(members, axis=0, ddof=1), axis=(1, 2)) * lengths
    rounding = _ROUNDING**2 * float(np.mean(np.sum(mean**2, axis=(1, 2)) * lengths))
    floor = max(_VARIANCE_FLOOR * float(np.median(variance)), rounding, np.finfo(np.float64).tiny ** 0.5)
    weights = 1.0 / (variance + floor)
    rows = rows_of(mean, functions) * np.sqrt(weights / weights.mean())[:, None]
    return np.asarray(rows.T @ rows / (len(rows) * ensemble.variance))


def held_out_forms(ensemble: Ensemble, functions: FloatArray) -> list[FloatArray]:
    """The same form on the held-out central events of each fold, by networks that were not fitted to these."""
    forms = []
    for m in range(ensemble.folds):
        gradients, held = ensemble.held_out_gradients(m)
        rows = rows_of(gradients, functions[held])
        forms.append(rows.T @ rows / max(len(rows), 1))
    return forms


def noise_form(ensemble: Ensemble, functions: FloatArray) -> FloatArray:
    """The same form on all central events, of the errors of the gradient of a fold: what σ is without a change of f.

    Folds share most of the events that they are fitted to, so their gradients differ less than their errors. The
    delete-a-group jackknife corrects for it: the error of a gradient has the variance Σ_m (g_m − ḡ)² over folds. Errors
    that all networks have in common are not in it.
    """
    central = functions[ensemble.central]
    gradients = ensemble.gradients.mean(axis=1)[:, ensemble.central]
    form = np.zeros((gradients.shape[-1] * functions.shape[2],) * 2)
    for error in gradients - gradients.mean(axis=0):
        rows = rows_of(error, central)
        form += rows.T @ rows / (len(rows) * ensemble.variance)
    return form


def candidates(ensemble: Ensemble, functions: FloatArray, folds: Sequence[int]) -> FloatArray:
    """Directions as columns (r·m, r·m), the smallest change first: the eigenvectors of `change_form`."""
    return np.asarray(np.linalg.eigh(change_form(ensemble, functions, folds))[1])


def rows_of(gradients: FloatArray, functions: FloatArray) -> FloatArray:
    """The change of f along each coefficient: Σ_p ∇_p f ⊗ Θ(x_p), (N, r·m), of (N, P, r) and (N, P, m)."""
    return np.asarray(np.einsum("npi,npj->nij", gradients, functions).reshape(len(gradients), -1))


def count(settings: Bounds, ensemble: Ensemble, functions: FloatArray) -> tuple[Judgement, list[FloatArray]]:
    """Judge the directions that the other folds propose on the held-out events of each fold; and these directions."""
    folds = range(ensemble.folds)
    proposed = [candidates(ensemble, functions, [j for j in folds if j != m]) for m in folds]
    r = ensemble.gradients.shape[-1]
    length = np.eye(r * functions.shape[2]) / r
    forms, noise = held_out_forms(ensemble, functions), noise_form(ensemble, functions)
    limits = {"bound": settings.bound, "confidence": settings.confidence}
    return judge(proposed, forms, length, noise=noise, **limits), proposed


def irrelevant(settings: Bounds, ensemble: Ensemble, best: float) -> FloatArray:
    """Directions of whitened coordinates that do not change the label, as columns (r, m), by the same judge.

    A vector x_p is moved along v at all events, one p at a time: σ² = r Σ_p E(∇_p f · v)²/Var f for a unit vector v. If
    it vanishes, every L into such directions is a symmetry, whatever it does: the trivial part of the algebra. A
    direction that moves the label more, by far, than the best matrix does is not ignored, only of little effect:
    `best` is the upper bound of σ of that matrix.
    """
    folds = range(ensemble.folds)
    means = ensemble.gradients.mean(axis=1)

    def moments(chosen: Sequence[int]) -> FloatArray:
        mean = means[list(chosen)].mean(axis=0)
        return np.asarray(np.einsum("npi,npj->ij", mean, mean))

    proposed = [np.linalg.eigh(moments([j for j in folds if j != m]))[1] for m in folds]
    changes = []
    for m in folds:
        gradients, _ = ensemble.held_out_gradients(m)
        changes.append(np.einsum("npi,npj->ij", gradients, gradients) / max(len(gradients), 1))
    r = ensemble.gradients.shape[-1]
    verdict = judge(proposed, changes, np.eye(r) / r, bound=settings.bound, confidence=settings.confidence)
    k = int(np.sum(verdict.spread[: verdict.k] <= max(DISTINCT * best, RESOLVED)))
    return np.asarray(np.linalg.eigh(moments(folds))[1][:, :k])
