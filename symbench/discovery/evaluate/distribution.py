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

    `defect_max` and `defect_mean` refer to the second moment: a density with a finite, non-degenerate second moment has
    compact symmetries only, so a claimed boost has a defect however well it describes the physics.
    `two_sample_auc_max` is the AUC of a classifier of transformed and other events. The metrics of vector fields are
    the same, along their flow.
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
    generators = outcome.arrays["generators"]
    aucs = two_sample_aucs(generators, sample)
    return _with_density(outcome, moment_defects(generators, sample), aucs)


def _with_density(outcome: Outcome, defects: FloatArray, aucs: FloatArray) -> Outcome:
    """The outcome, with the defects (k,) and AUCs (k,) of the claimed symmetries."""
    metrics, arrays = dict(outcome.metrics), {**outcome.arrays, "defects": defects}
    if len(defects):
        arrays["two_sample_auc"] = aucs
        metrics |= defect_metrics(defects) | {"two_sample_auc_max": float(aucs.max())}
    return replace(outcome, metrics=finite(metrics), arrays=arrays)
