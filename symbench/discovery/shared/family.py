"""The family of functions that a label is fitted by: polynomials first, networks after, chosen by held-out labels."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from symbench.algebra.label_spread import Whitening, central_events, whitening
from symbench.discovery.base import FunctionSample
from symbench.discovery.shared.cross_fit import CrossFitSettings, Ensemble, cross_fit
from symbench.discovery.shared.cross_fit_polynomials import FEWEST_FOLDS, PolynomialFits, cross_fit_polynomials
from symbench.discovery.shared.designs import SIMPLEST
from symbench.discovery.shared.label_map import mapped_labels
from symbench.discovery.shared.log_odds import in_errors

FloatArray = npt.NDArray[np.float64]

_BY_MORE_THAN_CHANCE = 2.33  # standard errors: 99 %, one-sided
_EXACT = 1e-6  # held-out loss of a polynomial below which no network is tried: a thousandth of the label's spread


def _predicts_better(networks: Ensemble, polynomials: Ensemble) -> bool:
    """By the order of held-out labels; of classes by the log loss, if that is more than chance: most of it is the
    noise of classes, and polynomials that describe the log-odds have the smaller errors of the gradient.
    """
    if polynomials.log_odds is None:
        return networks.rank_error <= polynomials.rank_error
    return in_errors(polynomials.log_losses - networks.log_losses) > _BY_MORE_THAN_CHANCE


@dataclass(frozen=True)
class FamilyFit:
    """Cross-fitted functions of vectors, with gradients in the coordinates of a whitening.

    white         of the events in the domain, the central ones
    polynomials   the fits, if they are polynomials
    """

    ensemble: Ensemble
    white: Whitening
    polynomials: PolynomialFits | None = None

    @property
    def learnt(self) -> bool:
        """Whether held-out labels are predicted: a description by polynomials is, if ranks of few events say little."""
        return self.polynomials is not None or self.ensemble.learnt

    def scalars(self) -> dict[str, float]:
        """Whether the label was learnt, the family is that of polynomials, and what these leave of the label."""
        found = {} if self.polynomials is None else self.polynomials.scalars()
        return {**found, "learnt": float(self.learnt), "polynomial": float(self.polynomials is not None)}


def best_family(
    settings: CrossFitSettings, sample: FunctionSample, *, polynomials: bool, seed: int, budget: float, device: str
) -> FamilyFit | None:
    """The fit that predicts the order of held-out labels best; None for a constant label and for too few events.

    polynomials   whether they may take the place of networks: they do if they describe held-out labels by the rule of
                  the method `polynomial`, and leave less of them. An exact description needs no network.

    Raises IncompatibleError for labels of three classes or more.
    """
    x = sample.x
    labels = mapped_labels(sample)
    central = central_events(x)
    white = whitening(x[central])
    rank, folds = white.spread.shape[1], min(settings.folds, int(central.sum()))
    if not labels or rank == 0:
        return None  # a constant label decides nothing
    described: FamilyFit | None = None
    if polynomials and folds >= FEWEST_FOLDS and len(x) > max(settings.folds - 1, rank**2):
        fits = cross_fit_polynomials(folds, x, labels, SIMPLEST, seed=seed, outward=white.spread, central=central)
        if fits.describes():
            described = FamilyFit(fits.ensemble, white, fits)
            if fits.ensemble.held_out < _EXACT:
                return described
    if len(x) < 2 * settings.folds:
        return described  # too few events
    networks = cross_fit(settings, white.coordinates(x), labels, central, seed=seed, budget=budget, device=device)
    if described is None or _predicts_better(networks, described.ensemble):
        return FamilyFit(networks, white)
    return replace(described, ensemble=replace(described.ensemble, steps=networks.steps))
