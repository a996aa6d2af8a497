"""The dynamics track: are the claimed quantities constant along unseen trajectories, and are they the true ones?"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from symbench.data.container import Dataset
from symbench.data.samples import ConservedQuantities, no_quantities
from symbench.discovery.base import Symmetry, TrajectorySample
from symbench.discovery.evaluate.generators import finite
from symbench.metrics.conservation import explained, flow_defects, functional_rank
from symbench.metrics.discovery.chance import NO_CLAIM, chance_metrics, chance_of_quantities
from symbench.metrics.discovery.constants_dropped import drop_constants
from symbench.metrics.discovery.defect import defect_metrics
from symbench.metrics.discovery.drift import drifts
from symbench.metrics.discovery.f1 import harmonic_mean
from symbench.metrics.discovery.false_discovery import false_discovery, silence_is_right
from symbench.metrics.discovery.precision import precision_of_quantities
from symbench.metrics.discovery.recall import recall_of_quantities
from symbench.metrics.discovery.span import span_metrics
from symbench.metrics.residuals import residual_arrays, residuals_of_quantities
from symbench.tasks.base import DynamicsTask
from symbench.trial.result import Outcome

FloatArray = npt.NDArray[np.float64]

COUNT_ONLY = "conserved_count"
"""The scalar that holds the count of a method that claims no functions, only their number."""

_GRADIENT_STATES = 500
_SHOWN_STATES = 400


def evaluate_dynamics(symmetry: Symmetry, task: DynamicsTask, test: Dataset) -> Outcome:
    """Every metric of a claim on test trajectories.

    recall      mean over true quantities of R² given the claimed ones
    precision   mean over claimed quantities of R² given the true ones
    count       functional rank of the claim without functions that are constant everywhere; a claim without functions
                states its count, and has no metrics of functions

    Raises ValueError for functions of wrong shape, or with values that are not finite.
    """
    sample = task.sample(test)
    n, steps, dimension = sample.x.shape
    states = sample.x.reshape(-1, dimension)
    some = states[_evenly(len(states), _GRADIENT_STATES)]
    claim = symmetry.conserved or no_quantities(dimension)
    check_quantities(claim, some)
    kept = drop_constants(claim, states)
    counts_only = symmetry.conserved is None and COUNT_ONLY in symmetry.scalars
    count = symmetry.scalars[COUNT_ONLY] if counts_only else float(functional_rank(kept, some))
    metrics = reported_metrics(symmetry, count)
    if not counts_only:
        metrics |= {"functions_claimed": float(claim.count), "constants_dropped": float(claim.count - kept.count)}
    arrays = reported_arrays(symmetry)
    if kept.count:
        constancy, constancy_arrays = _constancy(kept, sample)
        metrics |= constancy
        arrays |= constancy_arrays | residual_arrays(residuals_of_quantities(kept, sample.x), test.event_id)
    notes: dict[str, str] = {}
    truth, names = task.conserved(), task.conserved_names()
    if truth is not None:
        metrics["count_error"] = count - truth.count
        notes["truth"] = ", ".join(names or ()) or "none"
        if truth.count == 0:
            metrics |= control_scores(count)
        elif not counts_only:
            scores, score_arrays = _against(truth, kept, states, np.repeat(np.arange(n), steps))
            metrics |= scores
            arrays |= score_arrays
    return Outcome(metrics=finite(metrics), arrays=arrays, notes=notes)


def reported_metrics(symmetry: Symmetry, count: float) -> dict[str, float]:
    """Count and steps, and the scalars that the method reports."""
    own = {f"method_{name}": float(value) for name, value in symmetry.scalars.items() if name != COUNT_ONLY}
    return {"steps": float(symmetry.steps), "count": count, **own}


def reported_arrays(symmetry: Symmetry) -> dict[str, npt.NDArray[Any]]:
    """The arrays of a claim."""
    arrays = {
        "generators": np.asarray(symmetry.generators, dtype=np.float64),
        "confidence": np.asarray(symmetry.confidence, dtype=np.float64),
        **{name: np.asarray(value) for name, value in symmetry.arrays.items()},
    }
    if symmetry.spectrum is not None:
        arrays["spectrum"] = np.asarray(symmetry.spectrum, dtype=np.float64)
    return arrays


def _constancy(claim: ConservedQuantities, sample: TrajectorySample) -> tuple[dict[str, float], dict[str, FloatArray]]:
    """How much the claimed quantities vary along trajectories: drifts, and defects of their gradients."""
    dimension = sample.x.shape[2]
    states, velocity = sample.x.reshape(-1, dimension), sample.velocity.reshape(-1, dimension)
    drift, defects = drifts(claim, sample.x), flow_defects(claim, states, velocity)
    metrics = {"drift_max": float(drift.max()), **defect_metrics(defects)}
    return metrics, {"drifts": drift, "defects": defects}


def control_scores(count: float) -> dict[str, float]:
    """Scores on a control, where nothing is conserved: 1 for claiming nothing, 0 for claiming anything."""
    scores = dict.fromkeys(("f1", "recall", "precision"), silence_is_right(count))
    return {**scores, "false_discovery": false_discovery(count), **chance_metrics(scores["f1"], NO_CLAIM)}


def _against(
    truth: ConservedQuantities, claim: ConservedQuantities, states: FloatArray, group: npt.NDArray[np.intp]
) -> tuple[dict[str, float], dict[str, FloatArray]]:
    """F1 and its parts, both as functions (R²) and by the span of gradients; a claim of nothing recalls nothing."""
    if claim.count == 0:
        return {"f1": 0.0, "recall": 0.0, "span_recall": 0.0, **chance_metrics(0.0, NO_CLAIM)}, {}
    true_values, values = truth.values(states), claim.values(states)
    explained_true, explained_claimed = explained(true_values, values, group), explained(values, true_values, group)
    recall, precision = recall_of_quantities(explained_true), precision_of_quantities(explained_claimed)
    score = harmonic_mean(recall, precision)
    chance = chance_of_quantities(claim.count, states, lambda claims: _scores_of(claims, true_values, states, group))
    spans = span_metrics(claim, truth, states[_evenly(len(states), _GRADIENT_STATES)])
    shown = _evenly(len(states), _SHOWN_STATES)
    return (
        {
            "f1": score,
            **chance_metrics(score, chance),
            "recall": recall,
            "precision": precision,
            **spans,
        },
        {
            "explained_true": explained_true,
            "explained_claimed": explained_claimed,
            "true_values": true_values[shown],
            "claimed_values": values[shown],
        },
    )


def _scores_of(
    claims: list[ConservedQuantities], true_values: FloatArray, states: FloatArray, group: npt.NDArray[np.intp]
) -> list[float]:
    """F1 of each claim as in `_against`; one regression predicts the functions of all claims from the true ones."""
    values = [claim.values(states) for claim in claims]
    starts = np.cumsum([claim.count for claim in claims])[:-1]
    precisions = np.split(explained(np.concatenate(values, axis=1), true_values, group), starts)
    recalls = [recall_of_quantities(explained(true_values, each, group)) for each in values]
    return [
        harmonic_mean(recall, precision_of_quantities(precision))
        for recall, precision in zip(recalls, precisions, strict=True)
    ]


def check_quantities(claim: ConservedQuantities, x: FloatArray) -> None:
    """Raises ValueError for functions whose values and gradients have the wrong shape, or are not finite."""
    values, gradients = claim.values(x), claim.gradients(x)
    expected = (len(x), claim.count)
    if values.shape != expected or gradients.shape != (*expected, x.shape[1]):
        raise ValueError(
            f"the method claimed {claim.count} quantities with values of shape {values.shape} and gradients of shape "
            f"{gradients.shape} at states of shape {x.shape}: expected {expected} and {(*expected, x.shape[1])}"
        )
    if not (np.isfinite(values).all() and np.isfinite(gradients).all()):
        raise ValueError("the method claimed a quantity that is not finite at a test state")


def _evenly(count: int, most: int) -> npt.NDArray[np.intp]:
    return np.linspace(0, count - 1, min(count, most)).astype(np.intp)
