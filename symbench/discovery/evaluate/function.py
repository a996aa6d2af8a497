"""The function track: does the claimed span leave the label of unseen events unchanged?"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from symbench.algebra.defects import relative_defects
from symbench.algebra.label_spread import central_events, field_label_spreads
from symbench.algebra.trivial import ignored_directions
from symbench.data.container import Dataset
from symbench.discovery.base import Symmetry
from symbench.discovery.evaluate.fields import claimed_fields, evaluate_fields
from symbench.discovery.evaluate.generators import evaluate_generators, finite
from symbench.discovery.shared.reference import fitted_gradient
from symbench.metrics.discovery.defect import defect_metrics
from symbench.metrics.discovery.finite_error import finite_errors
from symbench.metrics.discovery.label_spread import label_spread_metrics
from symbench.metrics.discovery.learnt import LEARNT, not_learnt, without_scores
from symbench.metrics.fields import linear_fields
from symbench.metrics.label import LabelFunction, label_gradient
from symbench.tasks.base import FunctionTask
from symbench.trial.result import Outcome

FloatArray = npt.NDArray[np.float64]

_MAX_REFERENCE_EVENTS = 1_000  # the cost of the reference fit grows with the cube
_IGNORED, _IGNORED_BY_A_FIT = 1e-6, 0.2  # label spread of directions that the label ignores


def evaluate_function(symmetry: Symmetry, task: FunctionTask, test: Dataset) -> Outcome:
    """Every metric of a claim on test events; those of fields if the claim or the truth is fields.

    A method that learnt nothing about the label has no scores.
    """
    outcome = _evaluate(symmetry, task, test)
    if LEARNT not in symmetry.scalars:
        return outcome
    metrics = outcome.metrics | {LEARNT: symmetry.scalars[LEARNT]}
    return replace(outcome, metrics=without_scores(metrics) if not_learnt(metrics) else metrics)


def _evaluate(symmetry: Symmetry, task: FunctionTask, test: Dataset) -> Outcome:
    x = task.scaled(test)
    exact = task.label_function()
    if symmetry.fields is not None or task.truth_fields() is not None:
        gradients, kept = _gradients(exact, x, test.label)
        outcome = evaluate_fields(symmetry, task, x, gradients, kept)
        values = claimed_fields(symmetry)(kept)
        return _with_strength(outcome, values, gradients, kept, _label(exact, kept, test.label))
    if not len(symmetry.generators):
        return _with_defects(evaluate_generators(symmetry, task, x), np.zeros(0))
    gradients, kept = _gradients(exact, x, test.label)
    label = _label(exact, kept, test.label)
    bound = _IGNORED if exact is not None else _IGNORED_BY_A_FIT
    ignored = ignored_directions(gradients, kept, float(np.var(label)), bound) if np.var(label) > 0 else None
    outcome = evaluate_generators(symmetry, task, x, ignored)
    generators = outcome.arrays["generators"]
    outcome = _with_defects(outcome, relative_defects(generators, gradients, kept))
    outcome.notes["defects_from"] = "exact label" if exact is not None else "network fitted to the test events"
    if exact is not None:
        outcome.metrics["finite_error_max"] = float(finite_errors(generators, exact, x).max())
    return _with_strength(outcome, linear_fields(generators)(kept), gradients, kept, label)


def _with_defects(outcome: Outcome, defects: FloatArray) -> Outcome:
    metrics = finite(outcome.metrics | defect_metrics(defects))
    return replace(outcome, metrics=metrics, arrays={**outcome.arrays, "defects": defects})


def _with_strength(
    outcome: Outcome, values: FloatArray, gradients: FloatArray, x: FloatArray, label: FloatArray
) -> Outcome:
    """The label spreads of fields with values (k, N, P, d) on the central events of x (N, P, d)."""
    central = central_events(x)
    variance = float(np.var(label[central]))
    if not len(values) or variance == 0:
        return outcome
    spreads = field_label_spreads(values[:, central], gradients[central], x[central], variance)
    metrics = finite(outcome.metrics | label_spread_metrics(spreads))
    return replace(outcome, metrics=metrics, arrays={**outcome.arrays, "label_spreads": spreads})


def _label(exact: LabelFunction | None, x: FloatArray, label: FloatArray | npt.NDArray[np.int64]) -> FloatArray:
    """The labels of events: without noise if they have a formula."""
    if exact is None:
        return label[: len(x)].astype(np.float64)
    import torch

    return np.asarray(exact(torch.from_numpy(np.ascontiguousarray(x))).detach().numpy(), dtype=np.float64)


def _gradients(
    exact: LabelFunction | None, x: FloatArray, label: npt.NDArray[np.float64] | npt.NDArray[np.int64]
) -> tuple[FloatArray, FloatArray]:
    """∇f of the exact label, or of a network fitted to the test events, and the events at which it is evaluated."""
    if exact is not None:
        return label_gradient(exact, x), x
    return fitted_gradient(x, label.astype(np.float64), most=_MAX_REFERENCE_EVENTS)
