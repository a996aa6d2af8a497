"""The function track: does the claimed span leave the label of unseen events unchanged?"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from symbench.algebra.defects import relative_defects
from symbench.algebra.label_spread import central_events, field_label_spreads
from symbench.algebra.trivial import ignored_directions
from symbench.data.container import Dataset
from symbench.discovery.base import Symmetry
from symbench.discovery.evaluate.broken import as_stated, judged_as_broken
from symbench.discovery.evaluate.defects import with_defects
from symbench.discovery.evaluate.fields import claimed_fields, evaluate_fields
from symbench.discovery.evaluate.generators import evaluate_generators, finite
from symbench.discovery.shared.reference import Reference, reference
from symbench.metrics.discovery.element_error import element_error
from symbench.metrics.discovery.finite_error import finite_errors
from symbench.metrics.discovery.label_spread import label_spread_metrics
from symbench.metrics.discovery.learnt import LEARNT, not_learnt, without_scores
from symbench.metrics.label import LabelFunction, label_values, label_variance
from symbench.metrics.residuals import residual_arrays, residuals_along
from symbench.tasks.base import FunctionTask
from symbench.trial.result import Outcome

FloatArray = npt.NDArray[np.float64]

_MAX_REFERENCE_EVENTS = 1_000  # the cost of the reference fit grows with the cube
_IGNORED, _IGNORED_BY_A_FIT = 1e-6, 0.2  # label spread of directions that the label ignores


def evaluate_function(symmetry: Symmetry, task: FunctionTask, test: Dataset) -> Outcome:
    """Every metric of a claim on test events; those of fields if the claim or the truth is fields.

    A method that learnt nothing about the label has no scores.
    """
    outcome = as_stated(judged_as_broken(_evaluate(symmetry, task, test), symmetry, task, task.scaled(test)), symmetry)
    if LEARNT not in symmetry.scalars:
        return outcome
    metrics = outcome.metrics | {LEARNT: symmetry.scalars[LEARNT]}
    return replace(outcome, metrics=without_scores(metrics) if not_learnt(metrics) else metrics)


def _evaluate(symmetry: Symmetry, task: FunctionTask, test: Dataset) -> Outcome:
    x = task.scaled(test)
    exact = task.label_function()

    @cache
    def measured() -> Reference:
        return reference(exact, x, test.label, most=_MAX_REFERENCE_EVENTS)

    if symmetry.fields is not None or task.truth_fields() is not None:
        outcome = evaluate_fields(symmetry, task, x, measured)
    elif not len(symmetry.generators):
        return with_defects(evaluate_generators(symmetry, task, x), None)
    else:
        variance = label_variance(_label(exact, measured().x, test.label))
        outcome = _evaluate_matrices(symmetry, task, x, measured(), variance)
        if exact is not None:
            errors = finite_errors(outcome.arrays["generators"], exact, x)
            outcome = replace(outcome, metrics=outcome.metrics | {"finite_error_max": float(errors.max())})
            elements = outcome.arrays.get("group_elements")
            if elements is not None and len(elements):
                error = {"element_error_max": element_error(elements, exact, x)}
                outcome = replace(outcome, metrics=outcome.metrics | error)
    if not outcome.metrics["count"] or measured().shortcoming() is not None:
        return outcome
    return _with_strength(outcome, symmetry, measured(), _label(exact, measured().x, test.label), test.event_id)


def _evaluate_matrices(
    symmetry: Symmetry, task: FunctionTask, x: FloatArray, measured: Reference, variance: float
) -> Outcome:
    """The metrics of claimed matrices, modulo the directions that the label ignores, with their defects."""
    ignored = None
    if measured.shortcoming() is None and variance > 0:
        bound = _IGNORED if measured.r2 is None else _IGNORED_BY_A_FIT
        ignored = ignored_directions(measured.gradient, measured.x, variance, bound)
    outcome = evaluate_generators(symmetry, task, x, ignored)
    generators = outcome.arrays["generators"]

    def defects(gradients: FloatArray) -> FloatArray:
        return relative_defects(generators, gradients, measured.x, steepest=measured.gradient)

    return with_defects(outcome, measured, defects)


def _with_strength(
    outcome: Outcome,
    symmetry: Symmetry,
    measured: Reference,
    label: FloatArray,
    event_id: npt.NDArray[np.uint64],
) -> Outcome:
    """The label spreads of a claim on the central events, their floors if the gradient is fitted, and residuals."""
    central = central_events(measured.x)
    variance = label_variance(label[central])
    everywhere = claimed_fields(symmetry)(measured.x)
    values = everywhere[:, central]
    if not len(values) or variance == 0:
        return outcome

    def spreads(gradients: FloatArray) -> FloatArray:
        return field_label_spreads(values, gradients[central], measured.x[central], variance)

    residuals = residuals_along(everywhere, measured.gradient, measured.x, variance, central)
    arrays: dict[str, npt.NDArray[Any]] = {"label_spreads": spreads(measured.gradient)}
    arrays |= residual_arrays(residuals, event_id)
    if measured.r2 is not None:
        arrays["label_spread_floors"] = spreads(measured.noise)
    metrics = label_spread_metrics(arrays["label_spreads"], arrays.get("label_spread_floors"))
    return replace(outcome, metrics=finite(outcome.metrics | metrics), arrays=outcome.arrays | arrays)


def _label(exact: LabelFunction | None, x: FloatArray, label: FloatArray | npt.NDArray[np.int64]) -> FloatArray:
    """The labels of events: without noise if they have a formula."""
    return label[: len(x)].astype(np.float64) if exact is None else label_values(exact, x)
