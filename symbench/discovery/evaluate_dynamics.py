"""The dynamics track: are the claimed quantities constant along unseen trajectories, and are they the true ones?"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from symbench.data.container import Dataset
from symbench.discovery.base import Symmetry
from symbench.discovery.evaluate_generators import finite
from symbench.metrics.conservation import drifts, drop_constants, explained, flow_defects, functional_rank
from symbench.tasks.base import DynamicsTask
from symbench.tasks.samples import ConservedQuantities
from symbench.trial import Outcome

FloatArray = npt.NDArray[np.float64]

_RANK_STATES = 500


def evaluate_dynamics(symmetry: Symmetry, task: DynamicsTask, test: Dataset) -> Outcome:
    """Every metric of a claim on test trajectories.

    recall      mean over true quantities of R² given the claimed ones
    precision   mean over claimed quantities of R² given the true ones
    count       functional rank of the claim, functions that are constant everywhere not counted
    """
    sample = task.sample(test)
    n, steps, dimension = sample.x.shape
    states, velocity = sample.x.reshape(-1, dimension), sample.velocity.reshape(-1, dimension)
    thin = np.linspace(0, len(states) - 1, min(len(states), _RANK_STATES)).astype(np.intp)
    claim = symmetry.conserved or _nothing(dimension)
    kept = drop_constants(claim, states)
    count = functional_rank(kept, states[thin])
    metrics = {
        "steps": float(symmetry.steps),
        "count": float(count),
        "functions_claimed": float(claim.count),
        "constants_dropped": float(claim.count - kept.count),
        **{f"method_{name}": float(value) for name, value in symmetry.scalars.items()},
    }
    arrays = {
        "generators": np.asarray(symmetry.generators, dtype=np.float64),
        "confidence": np.asarray(symmetry.confidence, dtype=np.float64),
        **{name: np.asarray(value) for name, value in symmetry.arrays.items()},
    }
    if symmetry.spectrum is not None:
        arrays["spectrum"] = np.asarray(symmetry.spectrum, dtype=np.float64)
    notes: dict[str, str] = {}
    if kept.count:
        drift, defects = drifts(kept, sample.x), flow_defects(kept, states, velocity)
        arrays |= {"drifts": drift, "defects": defects}
        metrics |= {
            "drift_max": float(drift.max()),
            "defect_max": float(defects.max()),
            "defect_mean": float(defects.mean()),
        }
    truth, names = task.conserved(), task.conserved_names()
    if truth is not None:
        metrics |= {"count_error": float(count - truth.count)}
        group = np.repeat(np.arange(n), steps)
        scores, told = _against(truth, kept, states, group)
        metrics |= scores
        arrays |= told
        notes["truth"] = ", ".join(names or ()) or "none"
    return Outcome(metrics=finite(metrics), arrays=arrays, notes=notes)


def _against(
    truth: ConservedQuantities, claim: ConservedQuantities, states: FloatArray, group: npt.NDArray[np.intp]
) -> tuple[dict[str, float], dict[str, FloatArray]]:
    """F1 and its parts; where there is nothing to find, claiming nothing scores 1 and claiming anything 0."""
    if truth.count == 0:
        wrong = float(claim.count > 0)
        return {"f1": 1 - wrong, "recall": 1 - wrong, "precision": 1 - wrong, "false_discovery": wrong}, {}
    if claim.count == 0:
        return {"f1": 0.0, "recall": 0.0}, {}
    true_values, values = truth.values(states), claim.values(states)
    found, right = explained(true_values, values, group), explained(values, true_values, group)
    recall, precision = float(found.mean()), float(right.mean())
    f1 = 2 * recall * precision / (recall + precision) if recall + precision > 0 else 0.0
    shown = np.linspace(0, len(states) - 1, min(len(states), 400)).astype(np.intp)
    return (
        {"f1": f1, "recall": recall, "precision": precision},
        {
            "explained_true": found,
            "explained_claimed": right,
            "true_values": true_values[shown],
            "claimed_values": values[shown],
        },
    )


def _nothing(dimension: int) -> ConservedQuantities:
    return ConservedQuantities(0, lambda x: np.zeros((len(x), 0)), lambda x: np.zeros((len(x), 0, dimension)))
