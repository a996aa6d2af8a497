"""The function track: does the claimed span leave the label of unseen events unchanged?"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from symbench.algebra.defects import relative_defects
from symbench.data.container import Dataset
from symbench.discovery.base import Symmetry
from symbench.discovery.evaluate.fields import evaluate_fields
from symbench.discovery.evaluate.generators import evaluate_generators, finite
from symbench.discovery.shared.reference import fitted_gradient
from symbench.metrics.discovery.defect import defect_metrics
from symbench.metrics.discovery.element_error import element_error
from symbench.metrics.discovery.finite_error import finite_errors
from symbench.metrics.label import LabelFunction, label_gradient
from symbench.tasks.base import FunctionTask
from symbench.trial.result import Outcome

FloatArray = npt.NDArray[np.float64]

_MAX_REFERENCE_EVENTS = 1_000  # the cost of the reference fit grows with the cube


def evaluate_function(symmetry: Symmetry, task: FunctionTask, test: Dataset) -> Outcome:
    """Every metric of a claim on test events; those of fields if the claim or the truth is fields."""
    x = task.scaled(test)
    if symmetry.fields is not None or task.truth_fields() is not None:
        return evaluate_fields(symmetry, task, x, *_gradients(task.label_function(), x, test.label))
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
    elements = outcome.arrays.get("group_elements")
    if exact is not None and elements is not None and len(elements):
        metrics["element_error_max"] = element_error(elements, exact, x)
    return replace(outcome, metrics=finite(metrics), arrays={**outcome.arrays, "defects": defects}, notes=notes)


def _gradients(
    exact: LabelFunction | None, x: FloatArray, label: npt.NDArray[np.float64] | npt.NDArray[np.int64]
) -> tuple[FloatArray, FloatArray]:
    """∇f of the exact label, or of a network fitted to the test events, and the events at which it is evaluated."""
    if exact is not None:
        return label_gradient(exact, x), x
    return fitted_gradient(x, label.astype(np.float64), most=_MAX_REFERENCE_EVENTS)
