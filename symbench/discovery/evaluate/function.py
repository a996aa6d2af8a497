"""The function track: does the claimed span leave the label of unseen events unchanged?"""

from __future__ import annotations

from dataclasses import replace

from symbench.algebra.defects import relative_defects
from symbench.data.container import Dataset
from symbench.discovery.base import Symmetry
from symbench.discovery.evaluate.defects import with_defects
from symbench.discovery.evaluate.fields import evaluate_fields
from symbench.discovery.evaluate.generators import evaluate_generators
from symbench.discovery.shared.reference import Reference, reference
from symbench.metrics.discovery.finite_error import finite_errors
from symbench.tasks.base import FunctionTask
from symbench.trial.result import Outcome

_MAX_REFERENCE_EVENTS = 1_000  # the cost of the reference fit grows with the cube


def evaluate_function(symmetry: Symmetry, task: FunctionTask, test: Dataset) -> Outcome:
    """Every metric of a claim on test events; those of fields if the claim or the truth is fields."""
    x = task.scaled(test)
    exact = task.label_function()

    def measured() -> Reference:
        return reference(exact, x, test.label, most=_MAX_REFERENCE_EVENTS)

    if symmetry.fields is not None or task.truth_fields() is not None:
        return evaluate_fields(symmetry, task, x, measured)
    outcome = evaluate_generators(symmetry, task, x)
    generators = outcome.arrays["generators"]
    if not len(generators):
        return with_defects(outcome, None)
    if exact is not None:
        errors = {"finite_error_max": float(finite_errors(generators, exact, x).max())}
        outcome = replace(outcome, metrics=outcome.metrics | errors)
    judged_by = measured()
    return with_defects(
        outcome,
        judged_by,
        lambda g: relative_defects(generators, g, judged_by.x, steepest=judged_by.gradient),
    )
