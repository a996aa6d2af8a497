"""What a claim that was judged by the label spread records beside its generators."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from symbench.discovery.base import Symmetry
from symbench.discovery.shared.cross_fit import Ensemble
from symbench.discovery.shared.judge import Judgement

FloatArray = npt.NDArray[np.float64]

ROUGH = 3.0
"""σ of what a fit leaves, per its root mean square: √n for a Hermite polynomial of degree n of normal data; n = 9."""


def evidence(verdict: Judgement, bound: float) -> dict[str, FloatArray]:
    """Arrays of a claim: the spectrum that decided the count is that of the verdict.

    spectrum_upper   upper confidence bounds of σ of the worst direction in the span of the first 1, 2, … directions
    bound            what they were compared with
    """
    return {"spectrum_upper": verdict.upper, "bound": np.array([bound])}


def strength(verdict: Judgement, k: int, left: float, floor: float = 0.0) -> dict[str, float]:
    """Scalars of a claim of k directions: its σ on held-out events with both limits and the noise of the fit, and the
    breaking of the symmetry if it is resolved; nothing for an abstention.

    left    what the fit leaves of held-out labels in the domain of the claim (`Ensemble.left`)
    floor   σ below which nothing is resolved (`Ensemble.floor`)

    What the fit leaves of the label may break a symmetry as well: errors that all folds have in common are in it, and
    in no difference between folds. Its σ is at most about ROUGH times its size. The upper limit contains it, and only
    what exceeds it is resolved.
    """
    if k == 0:
        return {}
    parts = {"": verdict.spread, "_lower": verdict.lower, "_upper": verdict.upper, "_noise": verdict.noise}
    stated = {f"label_spread{part}": float(values[k - 1]) for part, values in parts.items() if values[k - 1] < np.inf}
    rough = ROUGH * float(np.sqrt(left))
    stated["label_spread_upper"] = max(float(np.hypot(verdict.upper[k - 1], rough)), floor)
    breaking = verdict.breaking(k, max(rough, floor))
    return stated if breaking is None else {**stated, "breaking": breaking}


def fit_quality(ensemble: Ensemble) -> dict[str, float]:
    """Scalars of the fit: held-out loss, its rank error, and whether anything was learnt about the label."""
    return {
        "held_out_loss": ensemble.held_out,
        "rank_error": ensemble.rank_error,
        "learnt": float(ensemble.learnt),
    }


def fit_notes(ensemble: Ensemble) -> dict[str, str]:
    """Notes of the fit: the monotone map of the label that it describes, to which every label spread refers."""
    return {"label_map": ensemble.label_map}


def abstention(dimension: int, ensemble: Ensemble | None = None) -> Symmetry:
    """No claim; of a fit that explains nothing of held-out labels it says so, by `learnt: 0`."""
    nothing = np.zeros((0, dimension, dimension))
    if ensemble is None:
        return Symmetry(nothing, np.zeros(0))
    return Symmetry(
        nothing, np.zeros(0), steps=ensemble.steps, scalars=fit_quality(ensemble), notes=fit_notes(ensemble)
    )
