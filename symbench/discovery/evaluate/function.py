"""The function track: does the claimed span leave the label of unseen events unchanged?"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from symbench.algebra.approximate import approximate, broken_by
from symbench.algebra.defects import relative_defects
from symbench.algebra.label_spread import central_events, label_spreads
from symbench.data.container import Dataset
from symbench.discovery.base import Symmetry
from symbench.discovery.evaluate.fields import claimed_fields, evaluate_fields
from symbench.discovery.evaluate.generators import evaluate_generators, finite
from symbench.discovery.shared.reference import fitted_gradient
from symbench.metrics.discovery.algebra import algebra_correct
from symbench.metrics.discovery.breaking import hides_breaking, largest_spread, scores_of_broken
from symbench.metrics.discovery.defect import defect_metrics
from symbench.metrics.discovery.finite_error import finite_errors
from symbench.metrics.label import LabelFunction, label_gradient
from symbench.tasks.base import FunctionTask
from symbench.trial.result import Outcome

FloatArray = npt.NDArray[np.float64]

_MAX_REFERENCE_EVENTS = 1_000  # the cost of the reference fit grows with the cube


def evaluate_function(symmetry: Symmetry, task: FunctionTask, test: Dataset) -> Outcome:
    """Every metric of a claim on test events; those of fields if the claim or the truth is fields."""
    x, exact = task.scaled(test), task.label_function()
    if symmetry.fields is not None or task.truth_fields() is not None:
        outcome = evaluate_fields(symmetry, task, x, *_gradients(exact, x, test.label))
    else:
        outcome = _evaluate_matrices(symmetry, task, x, test)
    unbroken = task.unbroken()
    if unbroken is not None and exact is not None:
        outcome = _of_broken(outcome, symmetry, task, unbroken, exact, x)
    return _as_stated(outcome, symmetry)


def _evaluate_matrices(symmetry: Symmetry, task: FunctionTask, x: FloatArray, test: Dataset) -> Outcome:
    outcome = evaluate_generators(symmetry, task, x)
    generators = outcome.arrays["generators"]
    metrics, notes = dict(outcome.metrics), dict(outcome.notes)
    exact = task.label_function()
    defects = np.zeros(0)
    if len(generators):
        gradients, kept = _gradients(exact, x, test.label)
        defects = relative_defects(generators, gradients, kept)
        metrics |= defect_metrics(defects)
        notes["defects_from"] = "exact label" if exact is not None else "network fitted to the test events"
        if exact is not None:
            metrics["finite_error_max"] = float(finite_errors(generators, exact, x).max())
    return replace(outcome, metrics=metrics, arrays={**outcome.arrays, "defects": defects}, notes=notes)


def _of_broken(
    outcome: Outcome, symmetry: Symmetry, task: FunctionTask, unbroken: FloatArray, exact: LabelFunction, x: FloatArray
) -> Outcome:
    """The outcome on a task whose symmetry is broken: only a claim that hides the breaking is false.

    The breaking is that in the domain of a claim, the central events.
    """
    import torch

    x = x[central_events(x)]
    gradients = label_gradient(exact, x)
    variance = float(exact(torch.from_numpy(x)).var())
    sizes = label_spreads(unbroken, gradients, x, variance)
    metrics = dict(outcome.metrics)
    if outcome.metrics["count"] > 0:
        true = largest_spread(claimed_fields(symmetry)(x), gradients, x, variance)
        scores = scores_of_broken(hides_breaking(true, symmetry.breaking, symmetry.limit))
        metrics |= {"breaking_true": true, **{name: scores[name] for name in scores if name in metrics}}
    notes = {**outcome.notes, "unbroken": f"{task.unbroken_name()}, {broken_by(*sizes)}"}
    return replace(outcome, metrics=metrics, notes=notes)


def _as_stated(outcome: Outcome, symmetry: Symmetry) -> Outcome:
    """The outcome with finite metrics; the name of a symmetry that the claim calls broken says `approximate`."""
    metrics, notes = dict(outcome.metrics), dict(outcome.notes)
    if symmetry.breaking is not None:
        metrics["breaking_claimed"] = symmetry.breaking
        notes["algebra"] = approximate(notes["algebra"])
        if "algebra_correct" in metrics:
            metrics["algebra_correct"] = algebra_correct(notes["algebra"], notes["truth"])
    return replace(outcome, metrics=finite(metrics), notes=notes)


def _gradients(
    exact: LabelFunction | None, x: FloatArray, label: npt.NDArray[np.float64] | npt.NDArray[np.int64]
) -> tuple[FloatArray, FloatArray]:
    """∇f of the exact label, or of a network fitted to the test events, and the events at which it is evaluated."""
    if exact is not None:
        return label_gradient(exact, x), x
    return fitted_gradient(x, label.astype(np.float64), most=_MAX_REFERENCE_EVENTS)
