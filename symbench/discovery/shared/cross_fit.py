"""Cross-fitting: networks fitted without one fold each, their gradients, and what their predictions explain.

All of it is in whitened coordinates of the vectors (`algebra.label_spread.whitening`), the same numbers in every frame
and every unit, with labels in units of their spread.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch
from scipy.special import expit, ndtri, stdtrit

from symbench.discovery.shared.block_networks import MOST_AT_ONCE, NetworkSettings, fit_blocks
from symbench.discovery.shared.forms import VerdictForms, floor_of, rows_of, streamed_forms
from symbench.discovery.shared.judge import DISTINCT, RESOLVED, Bounds, Judgement, judge
from symbench.discovery.shared.label_map import MappedLabel, rank_error
from symbench.discovery.shared.log_odds import in_errors, log_losses
from symbench.discovery.shared.slopes import Blocked, Rows, Slopes
from symbench.discovery.shared.smooth_fit import new_network
from symbench.discovery.shared.trial_fits import SIZES, TrialFits

FloatArray = npt.NDArray[np.float64]

_ENOUGH = 50  # events
_LEARNT = 0.9999  # one-sided; held-out events also choose step, size and map: 1 % of noise labels pass, not 0.01 %


class CrossFitSettings(NetworkSettings, Bounds, Protocol):
    """The parameters of a method that cross-fits networks and judges directions by them."""


@dataclass(frozen=True)
class Ensemble:
    """Networks that were fitted without one fold each.

    gradients    (folds, networks, N, P, r) of every network at every event, in whitened coordinates; of many events
                 they are not held in memory
    fold         (N,) the fold of each event; negative for points that are no events
    central      (N,) the domain of the claim: the events at which directions are judged
    predictions  (N,) of each event's label, by the networks that were not fitted to it
    log_odds     (N,) of the larger of two labels, by the same networks: the gradients are theirs; else None
    label        (N,) with mean 0 and variance 1, after the monotone map `label_map`
    steps        optimiser steps spent on all of them
    missing      upper limit of what log-odds miss, in their spread, if it is known (`score_test`)
    """

    gradients: FloatArray | Slopes
    fold: npt.NDArray[np.int64]
    central: npt.NDArray[np.bool_]
    predictions: FloatArray
    label: FloatArray
    steps: int
    label_map: str = "identity"
    log_odds: FloatArray | None = None
    missing: float | None = None

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

        One-sided upper limit by Student's t: few events may agree with a fit by chance. Of classes it is the part of
        (y − p)² that exceeds the variance p(1 − p) of a class of probability p, over the squared slope of p, unless a
        sharper limit is known.
        """
        if self.missing is not None:
            return self.missing**2
        if self.log_odds is None:
            squares = (self.label - self.predictions)[self.central] ** 2
        else:
            p = expit(self.log_odds[self.central])
            squares = (self.classes[self.central] - p) ** 2 - p * (1 - p)
            squares /= max(float(np.mean(p * (1 - p))) ** 2, np.finfo(np.float64).tiny)
        n = len(squares)
        above = stdtrit(n - 1, confidence) * squares.std(ddof=1) / math.sqrt(n) if n > 1 else math.inf
        return max(float(squares.mean() + above), 0.0) / self.variance

    def floor(self, bound: float) -> float:
        """σ below which a breaking is not resolved: the bound, if there are fewer than fifty events, else 0.

        What such a fit leaves of a dozen held-out labels may be small by chance, and so may the limit that follows.
        """
        return bound if int(np.sum(self.fold >= 0)) < _ENOUGH else 0.0

    @property
    def classes(self) -> FloatArray:
        """(N,) 1 for the larger of two labels, 0 for the other."""
        return (self.label > 0).astype(np.float64)

    @property
    def log_losses(self) -> FloatArray:
        """−log P of the class of each event (n,), of two classes."""
        if self.log_odds is None:
            raise TypeError("labels that are numbers have no log loss")
        events = self.fold >= 0
        return log_losses(self.log_odds[events], self.classes[events])

    @property
    def rank_error(self) -> float:
        """1 − the rank correlation of held-out labels and predictions: comparable between maps of the label."""
        events = self.fold >= 0
        return rank_error(self.predictions[events], self.label[events])

    @property
    def error(self) -> float:
        """By what fits in other coordinates are compared: the rank error of held-out labels, or the log loss."""
        return self.rank_error if self.log_odds is None else float(self.log_losses.mean())

    @property
    def variance(self) -> float:
        """Var f of the fitted function in the domain: the noise of the label is not in it."""
        return float(max(np.var(self.values[self.central]), np.finfo(np.float64).tiny))

    @property
    def learnt(self) -> bool:
        """Whether predictions of held-out labels rise with the labels, beyond what chance gives: Spearman's test.

        Ranks, since a few large labels decide R² and its error. Unlearnt, the rank correlation has error 1/√(N − 1). Of
        classes the log loss has to be below that of their shares too, by as many standard errors.
        """
        events = int(np.sum(self.fold >= 0))
        if self.log_odds is not None:
            classes = self.classes[self.fold >= 0]
            rate = float(classes.mean())
            shares = log_losses(np.full(events, math.log(rate / (1 - rate))), classes)
            if not in_errors(shares - self.log_losses) > float(ndtri(_LEARNT)):
                return False
        return (1 - self.rank_error) * math.sqrt(events - 1) > float(ndtri(_LEARNT))

    @property
    def folds(self) -> int:
        return len(self.gradients)

    @property
    def stored(self) -> FloatArray:
        """The gradients as an array in memory."""
        if isinstance(self.gradients, Slopes):
            raise TypeError("gradients of many events are evaluated in blocks: take their `forms_of`")
        return self.gradients

    def mapped(self, change: Callable[[FloatArray, Rows], FloatArray], components: int) -> Ensemble:
        """With other components of the gradients: `change` receives gradients (…, n, P, r) and their events."""
        if isinstance(self.gradients, Slopes):
            return replace(self, gradients=self.gradients.mapped(change, components))
        return replace(self, gradients=change(self.gradients, slice(None)))

    def held_out_gradients(self, m: int) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
        """∇f/SD f (n, P, r) at the central events of fold m by the networks not fitted to them; and these events."""
        held = (self.fold == m) & self.central
        return np.asarray(self.stored[m].mean(axis=0)[held] / math.sqrt(self.variance)), held


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
    chosen in the same way, by the order of held-out labels. Networks of more than MOST_AT_ONCE events are fitted in
    blocks (`block_networks`), and their gradients evaluated when they are needed.
    """
    n = len(inputs)
    fold = np.random.Generator(np.random.PCG64([seed, 1])).permutation(n) % settings.folds
    if n > MOST_AT_ONCE:
        many = fit_blocks(settings, SIZES, inputs, maps, fold, seed=seed, budget=budget, device=device)
        odds = many.values if many.label.classes else None
        return Ensemble(
            many.slopes, fold, central, many.predictions, many.label.values, many.steps, many.label.name, odds
        )
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
            fits = TrialFits(start, events, labels, fitted, left_out, steps)
            if m == j == 0:
                size, label = fits.chosen(maps, SIZES)
            fit = fits.of(label, size)
            spent += fits.spent
            slope = fit.network.gradient(size * events).cpu().numpy().reshape(inputs.shape)
            gradients[m, j] = slope * (size / math.sqrt(inputs[0].size))
            values[fold == m] += fit.network(size * events[left_out]).cpu().numpy() / settings.networks
    log_odds = values if label.classes else None
    return Ensemble(gradients, fold, central, label.predicted(values), label.values, spent, label.name, log_odds)


def forms_of(ensemble: Ensemble, functions: FloatArray | Blocked) -> VerdictForms:
    """The forms that directions are proposed and judged by, of functions Θ (N, P, m), orthonormal in the domain.

    For classes the errors of the gradient are added to the held-out forms. Folds share most of their events, so that
    they differ by less than these errors; a class says little about a function, and its errors may exceed the bound.
    """
    forms = _forms_of(ensemble, functions)
    if ensemble.log_odds is None:
        return forms
    return replace(forms, held_out=[held + forms.noise for held in forms.held_out])


def _forms_of(ensemble: Ensemble, functions: FloatArray | Blocked) -> VerdictForms:
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


def irrelevant(settings: Bounds, forms: VerdictForms, best: float) -> FloatArray:
    """Directions of whitened coordinates that do not change the label, as columns (r, m), by the same judge.

    A vector x_p is moved along v at all events, one p at a time: σ² = r Σ_p E(∇_p f · v)²/Var f for a unit vector v. If
    it vanishes, every L into such directions is a symmetry, whatever it does: the trivial part of the algebra. A
    direction that moves the label more, by far, than the best matrix does is not ignored, only of little effect:
    `best` is the upper bound of σ of that matrix.
    """
    proposed = [candidates(moments) for moments in forms.moments_without]
    length = np.asarray(np.eye(forms.components) / forms.components)
    verdict = judge(proposed, forms.moments_held, length, bound=settings.bound, confidence=settings.confidence)
    k = int(np.sum(verdict.spread[: verdict.k] <= max(DISTINCT * best, RESOLVED)))
    return candidates(forms.moments_whole)[:, :k]
