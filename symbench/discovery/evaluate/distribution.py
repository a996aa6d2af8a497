"""The distribution track: does the claimed span leave the density of unseen events unchanged?"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from symbench.data.container import Dataset
from symbench.discovery.base import Symmetry
from symbench.discovery.evaluate.fields import judge_fields
from symbench.discovery.evaluate.generators import evaluate_generators, finite
from symbench.metrics.density import field_moment_defects, moment_defects
from symbench.metrics.discovery.defect import defect_metrics
from symbench.metrics.discovery.two_sample import field_two_sample_aucs, two_sample_aucs
from symbench.tasks.base import DistributionTask
from symbench.trial.result import Outcome

FloatArray = npt.NDArray[np.float64]


def evaluate_distribution(symmetry: Symmetry, task: DistributionTask, test: Dataset) -> Outcome:
    """Every metric of a claim on test events.

    `defect_max` and `defect_mean` are of the second moment here: a density with a finite, non-degenerate second
    moment can have compact symmetries only, so that a claimed boost shows as a defect however well it describes the
    physics. `two_sample_auc_max` says how well a classifier tells transformed events from others. Vector fields are
    judged by the same numbers, taken along their flow.
    """
    sample = task.sample(test)
    if symmetry.fields is not None:
        outcome = judge_fields(symmetry, task, sample.x)
        return _with_density(
            outcome,
            field_moment_defects(symmetry.fields, sample),
            field_two_sample_aucs(symmetry.fields, sample),
        )
    outcome = evaluate_generators(symmetry, task, sample.x)
    found = outcome.arrays["generators"]
    aucs = two_sample_aucs(found, sample)
    return _with_density(outcome, moment_defects(found, sample), aucs)


def _with_density(outcome: Outcome, defects: FloatArray, aucs: FloatArray) -> Outcome:
    """The outcome with what the density says about each of the k symmetries that are claimed."""
    metrics, arrays = dict(outcome.metrics), {**outcome.arrays, "defects": defects}
    if len(defects):
        arrays["two_sample_auc"] = aucs
        metrics |= defect_metrics(defects) | {"two_sample_auc_max": float(aucs.max())}
    return replace(outcome, metrics=finite(metrics), arrays=arrays)
