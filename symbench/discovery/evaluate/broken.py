"""Broken symmetries: what a claim says about the breaking, compared with the exact label."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from symbench.algebra.approximate import approximate, broken_by
from symbench.algebra.label_spread import central_events, label_spreads
from symbench.discovery.base import Symmetry
from symbench.discovery.evaluate.fields import claimed_fields
from symbench.metrics.discovery.algebra import algebra_correct
from symbench.metrics.discovery.breaking import hides_breaking, largest_spread, scores_of_broken
from symbench.metrics.label import label_gradient, label_values, label_variance
from symbench.tasks.base import FunctionTask
from symbench.trial.result import Outcome

FloatArray = npt.NDArray[np.float64]


def judged_as_broken(outcome: Outcome, symmetry: Symmetry, task: FunctionTask, x: FloatArray) -> Outcome:
    """The outcome, on a task whose symmetry is broken: only a claim that hides the breaking is false.

    The breaking is that in the domain of a claim, the central events of x (N, P, d).
    """
    unbroken, exact = task.unbroken(), task.label_function()
    if unbroken is None or exact is None:
        return outcome
    x = x[central_events(x)]
    gradients = label_gradient(exact, x)
    variance = label_variance(label_values(exact, x))
    sizes = label_spreads(unbroken, gradients, x, variance)
    metrics = dict(outcome.metrics)
    if outcome.metrics["count"] > 0:
        true = largest_spread(claimed_fields(symmetry)(x), gradients, x, variance)
        scores = scores_of_broken(hides_breaking(true, symmetry.breaking, symmetry.limit))
        metrics |= {"breaking_true": true, **{name: scores[name] for name in scores if name in metrics}}
    notes = {**outcome.notes, "unbroken": f"{task.unbroken_name()}, {broken_by(*sizes)}"}
    return replace(outcome, metrics=metrics, notes=notes)


def as_stated(outcome: Outcome, symmetry: Symmetry) -> Outcome:
    """The outcome with what the claim states: the name of a symmetry that it calls broken says `approximate`."""
    if symmetry.breaking is None:
        return outcome
    metrics = {**outcome.metrics, "breaking_claimed": symmetry.breaking}
    notes = {**outcome.notes, "algebra": approximate(outcome.notes["algebra"])}
    if "algebra_correct" in metrics:
        metrics["algebra_correct"] = algebra_correct(notes["algebra"], notes["truth"])
    return replace(outcome, metrics=metrics, notes=notes)
