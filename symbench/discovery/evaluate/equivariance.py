"""Targets of several components: the agreement of claimed pairs, algebra and representation, with the true ones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from symbench.algebra.label_spread import in_frame_of
from symbench.data.container import Dataset
from symbench.discovery.base import Symmetry
from symbench.discovery.evaluate.generators import evaluate_generators, finite
from symbench.metrics.discovery.agreement import field_truth_metrics
from symbench.metrics.discovery.algebra_angle import algebra_angle
from symbench.metrics.discovery.chance import chance_of_spans
from symbench.metrics.discovery.learnt import LEARNT, not_learnt, without_scores
from symbench.metrics.discovery.representation import pairs_overlap, representation_residual
from symbench.tasks.base import EquivarianceTask
from symbench.trial.result import Outcome

REPRESENTATION = "representation"
"""The array of a claim: the B (k, D, D) of each generator."""


def evaluate_equivariance(symmetry: Symmetry, task: EquivarianceTask, test: Dataset) -> Outcome:
    """The metrics of claimed pairs (A, B) in units of the second moments of vectors and target.

    A claim without a representation is one of B = 0. Raises ValueError if the representation is not one matrix (D, D)
    for each generator.
    """
    x, y = task.scaled(test), np.asarray(test.label, dtype=np.float64)[:, None, :]
    outcome = evaluate_generators(symmetry, task, x)
    k, size = len(symmetry.generators), y.shape[2]
    matrices = np.asarray(outcome.arrays.get(REPRESENTATION, np.zeros((k, size, size))), dtype=np.float64)
    if matrices.shape != (k, size, size):
        raise ValueError(f"the method claimed a representation of shape {matrices.shape}, not {(k, size, size)}")
    metrics, arrays = dict(outcome.metrics), dict(outcome.arrays)
    algebra, acting = in_frame_of(x, symmetry.generators), in_frame_of(y, matrices)
    truth, truth_representation = task.truth(), task.truth_representation()
    if truth is not None and truth_representation is not None:
        true = in_frame_of(x, truth), in_frame_of(y, truth_representation)
        spans = pairs_overlap(algebra, acting, *true)
        metrics |= field_truth_metrics(spans, chance_of_spans(spans))
        arrays["angles_deg"] = np.degrees(spans.angles)
        if k and len(truth):
            metrics["algebra_angle_max_deg"] = algebra_angle(algebra, true[0])
    if k:
        metrics["representation_residual"] = representation_residual(algebra, acting)
    if LEARNT in symmetry.scalars:
        metrics[LEARNT] = symmetry.scalars[LEARNT]
    metrics = finite(without_scores(metrics) if not_learnt(metrics) else metrics)
    return replace(outcome, metrics=metrics, arrays=arrays)
