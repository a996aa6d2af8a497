"""What a claim that was judged by the label spread records beside its generators."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from symbench.discovery.base import Symmetry
from symbench.discovery.shared.cross_fit import Ensemble
from symbench.discovery.shared.judge import Judgement

FloatArray = npt.NDArray[np.float64]


def evidence(verdict: Judgement, bound: float) -> dict[str, FloatArray]:
    """Arrays of a claim: the spectrum that decided the count is that of the verdict.

    spectrum_upper   upper confidence bounds of σ of the worst direction in the span of the first 1, 2, … directions
    bound            what they were compared with
    """
    return {"spectrum_upper": verdict.upper, "bound": np.array([bound])}


def strength(verdict: Judgement, k: int) -> dict[str, float]:
    """Scalars of a claim of k directions: its σ on held-out events and the upper limit; nothing for an abstention."""
    if k == 0:
        return {}
    return {"label_spread": float(verdict.spread[k - 1]), "label_spread_upper": float(verdict.upper[k - 1])}


def fit_quality(ensemble: Ensemble) -> dict[str, float]:
    """Scalars of the fit: held-out loss, and whether anything was learnt about the label."""
    return {"held_out_loss": ensemble.held_out, "learnt": float(ensemble.learnt)}


def abstention(dimension: int, ensemble: Ensemble | None = None) -> Symmetry:
    """No claim; of a fit that explains nothing of held-out labels it says so, by `learnt: 0`."""
    nothing = np.zeros((0, dimension, dimension))
    if ensemble is None:
        return Symmetry(nothing, np.zeros(0))
    return Symmetry(nothing, np.zeros(0), steps=ensemble.steps, scalars=fit_quality(ensemble))
