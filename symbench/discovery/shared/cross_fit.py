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

from symbench.discovery.shared.block_networks import MOST_AT_ONCE, fit_blocks
from symbench.discovery.shared.forms import VerdictForms, floor_of, rows_of, streamed_forms
from symbench.discovery.shared.judge import DISTINCT, RESOLVED, Bounds, Judgement, judge
from symbench.discovery.shared.slopes import Blocked, Slopes
from symbench.discovery.shared.smooth_fit import fit_network, new_network

FloatArray = npt.NDArray[np.float64]

SIZES = (2.0, 1.0, 0.5)
"""Root mean square of the inputs of an event, for networks to choose from."""

_LEARNT = 0.999  # one-sided confidence; the step of a fit is chosen on held-out events, which favours it a little


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

    gradients    (folds, networks, N, P, r) of every network at every event, in whitened coordinates; of many events
                 not held in memory
    fold         (N,) the fold of each event; negative for points that are no events
    central      (N,) the domain of the claim: the events at which directions are judged
    predictions  (N,) of each event, by the networks that were not fitted to it
    label        (N,) with mean 0 and variance 1
    steps        optimiser steps spent on all of them
    values       (N,) of the functions of which the gradients are, if these are not the predictions: log-odds
    """

    gradients: FloatArray | Slopes
    fold: npt.NDArray[np.int64]
    central: npt.NDArray[np.bool_]
    predictions: FloatArray
    label: FloatArray
    steps: int
    values: FloatArray | None = None

    @property
    def held_out(self) -> float:
        """Mean squared error on held-out events, in units of the label's variance: 1 − R²."""
        events = self.fold >= 0
        return float(np.mean((self.label - self.predictions)[events] ** 2))

    @property
    def variance(self) -> float:
        """Var f of the fitted function in the domain: the noise of the label is not in it."""
        values = self.predictions if self.values is None else self.values
        return float(max(np.var(values[self.central]), np.finfo(np.float64).tiny))

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

    @property
    def stored(self) -> FloatArray:
        """The gradients as an array in memory."""
        if isinstance(self.gradients, Slopes):
            raise TypeError("gradients of many events are evaluated in blocks: take their `forms_of`")
        return self.gradients

    def held_out_gradients(self, m: int) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
        """∇f/SD f (n, P, r) at the central events of fold m by the networks not fitted to them; and these events."""
        held = (self.fold == m) & self.central
        return np.asarray(self.stored[m].mean(axis=0)[held] / math.sqrt(self.variance)), held


def cross_fit(
    settings: CrossFitSettings,
    inputs: FloatArray,
    y: FloatArray,
    central: npt.NDArray[np.bool_],
    *,
    seed: int,
    budget: float,
    device: str,
) -> Ensemble:
    """Fit `networks` networks per fold to the events of all other folds.

    inputs    (N, P, q) whitened
    y         (N,) standardised
    central   (N,) the domain, as of `algebra.label_spread.central_events`

    The networks receive the inputs at the size, of `SIZES`, at which the first of them predicts its held-out events
    best. The smaller the inputs, the smoother the functions that are fitted first. Networks of more than MOST_AT_ONCE
    events are fitted in blocks (`block_networks`), and their gradients evaluated when they are needed.
    """
    n = len(inputs)
    fold = np.random.Generator(np.random.PCG64([seed, 1])).permutation(n) % settings.folds
    if n > MOST_AT_ONCE:
        many = fit_blocks(settings, SIZES, inputs, y, fold, seed=seed, budget=budget, device=device)
        return Ensemble(many.slopes, fold, central, many.predictions, y, many.steps, many.values)
    events = torch.from_numpy(np.ascontiguousarray(inputs.reshape(n, -1) / math.sqrt(inputs[0].size))).to(device)
    labels = torch.from_numpy(y).to(device)
    steps = max(1, round(settings.steps * budget))
    generator = torch.Generator().manual_seed(seed)
    gradients = np.empty((settings.folds, settings.networks, *inputs.shape))
    predictions = np.zeros(n)
    sizes: tuple[float, ...] = SIZES
    spent = 0
    for m in range(settings.folds):
        fitted = torch.from_numpy(np.flatnonzero(fold != m)).to(device)
        left_out = torch.from_numpy(np.flatnonzero(fold == m)).to(device)
        for j in range(settings.networks):
            start = new_network(events.shape[1], settings.width, settings.depth, generator)
            start.layers[:] = [(weight.to(device), bias.to(device)) for weight, bias in start.layers]
            fits = [
                fit_network(
                    start,
                    size * events[fitted],
                    labels[fitted],
                    (size * events[left_out], labels[left_out]),
                    steps=steps,
                )
                for size in sizes
            ]
            spent += sum(fit.steps for fit in fits)
            size, fit = min(zip(sizes, fits, strict=True), key=lambda pair: pair[1].held_out_loss)
            sizes = (size,)
            slope = fit.network.gradient(size * events).cpu().numpy().reshape(inputs.shape)
            gradients[m, j] = slope * (size / math.sqrt(inputs[0].size))
            predictions[fold == m] += fit.network(size * events[left_out]).cpu().numpy() / settings.networks
    return Ensemble(gradients, fold, central, predictions, y, spent)


def forms_of(ensemble: Ensemble, functions: FloatArray | Blocked) -> VerdictForms:
    """The forms that directions are proposed and judged by, of functions Θ (N, P, m), orthonormal in the domain."""
    if isinstance(ensemble.gradients, Slopes):
        fold, central = ensemble.fold, ensemble.central
        return streamed_forms(ensemble.gradients, functions, fold, central, ensemble.variance)
    folds, theta = range(ensemble.folds), functions[:]
    others = [[j for j in folds if j != m] for m in folds]
    means = ensemble.gradients.mean(axis=1)

    def moments(chosen: Sequence[int]) -> FloatArray:
        mean = means[list(chosen)].mean(axis=0)
        return np.asarray(np.einsum("npi,npj->ij", mean, mean))

    held = [ensemble.held_out_gradients(m)[0] for m in folds]
    return VerdictForms(
        change_form(ensemble, theta, folds),
        [change_form(ensemble, theta, chosen) for chosen in others],
        held_out_forms(ensemble, theta),
        noise_form(ensemble, theta),
        moments(folds),
        [moments(chosen) for chosen in others],
        [np.einsum("npi,npj->ij", g, g) / max(len(g), 1) for g in held],
    )


def change_form(ensemble: Ensemble, functions: FloatArray, folds: Sequence[int]) -> FloatArray:
    """The form (r·m, r·m) of the change of f/SD f along coefficients, from the mean gradient of networks of `folds`.

    functions   Θ (N, P, m), orthonormal in the domain: a matrix W of coefficients displaces the data by ‖W‖/√r of
                their size

    Events are weighted by the inverse variance of their row ∇f ⊗ Θ over the ensemble: if networks disagree, as at the
    edges of the data, their gradient is not known.
    """
    members = ensemble.stored[list(folds)].reshape(-1, *ensemble.stored.shape[2:])
    mean, lengths = members.mean(axis=0), np.sum(functions**2, axis=(1, 2))
    variance = np.sum(np.var(members, axis=0, ddof=1), axis=(1, 2)) * lengths
    weights = 1.0 / (variance + floor_of(variance, np.sum(mean**2, axis=(1, 2)) * lengths))
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
    gradients = ensemble.stored.mean(axis=1)[:, ensemble.central]
    form = np.zeros((gradients.shape[-1] * functions.shape[2],) * 2)
    for error in gradients - gradients.mean(axis=0):
        rows = rows_of(error, central)
        form += rows.T @ rows / (len(rows) * ensemble.variance)
    return form


def candidates(form: FloatArray) -> FloatArray:
    """Directions as columns (r·m, r·m), the smallest change first: the eigenvectors of a form."""
    return np.asarray(np.linalg.eigh(form)[1])


def count(settings: Bounds, forms: VerdictForms) -> tuple[Judgement, list[FloatArray]]:
    """Judge the directions that the other folds propose on the held-out events of each fold; and these directions."""
    proposed = [candidates(form) for form in forms.without]
    limits = {"bound": settings.bound, "confidence": settings.confidence}
    return judge(proposed, forms.held_out, forms.length, noise=forms.noise, **limits), proposed


def irrelevant(settings: Bounds, forms: VerdictForms) -> FloatArray:
    """Directions of whitened coordinates that do not change the label, as columns (r, m), by the same judge.

    A vector x_p is moved along v at all events, one p at a time: σ² = r Σ_p E(∇_p f · v)²/Var f for a unit vector v. If
    it vanishes, every L into such directions is a symmetry, whatever it does: the trivial part of the algebra. A
    direction that moves the label more, by far, than the best matrix does is not ignored, only of little effect.
    """
    proposed = [candidates(moments) for moments in forms.moments_without]
    length = np.asarray(np.eye(forms.components) / forms.components)
    verdict = judge(proposed, forms.moments_held, length, bound=settings.bound, confidence=settings.confidence)
    best = count(settings, forms)[0].upper[0]
    k = int(np.sum(verdict.spread[: verdict.k] <= max(DISTINCT * best, RESOLVED)))
    return candidates(forms.moments_whole)[:, :k]
