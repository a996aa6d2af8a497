"""The dynamics track, second question: are the claimed matrices symmetries of the exact equation of motion?"""

from __future__ import annotations

from dataclasses import replace

from symbench.data.container import Dataset
from symbench.discovery.base import Symmetry
from symbench.discovery.evaluate.generators import evaluate_generators
from symbench.metrics.discovery.detected import detected
from symbench.metrics.discovery.false_certification import certification_metrics
from symbench.tasks.base import FlowSymmetryTask
from symbench.trial.result import Outcome


def evaluate_flow(symmetry: Symmetry, task: FlowSymmetryTask, test: Dataset) -> Outcome:
    """The metrics of a claimed span, and whether it is false or complete by the exact equation."""
    outcome = evaluate_generators(symmetry, task, task.scaled(test))
    whole = task.largest_defect(symmetry.generators)
    inside = task.largest_defect(symmetry.generators, symmetry.domain)
    metrics = outcome.metrics | certification_metrics(whole, inside, task.tolerance)
    truth = task.truth()
    if truth is not None and len(truth):
        metrics["detected"] = detected(metrics["recall"])
    return replace(outcome, metrics=metrics)
