"""The distribution track: does the claimed span leave the density of unseen events unchanged?"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from symbench.data.container import Dataset
from symbench.discovery.base import Symmetry
from symbench.discovery.evaluate_generators import evaluate_generators, finite
from symbench.metrics.density import moment_defects, two_sample_aucs
from symbench.tasks.base import DistributionTask
from symbench.trial import Outcome


def evaluate_distribution(symmetry: Symmetry, task: DistributionTask, test: Dataset) -> Outcome:
    """Every metric of a claim on test events.

    `defect_max` and `defect_mean` are of the second moment here: a density with a finite, non-degenerate second
    moment can have compact symmetries only, so that a claimed boost shows as a defect however well it describes the
    physics. `two_sample_auc_max` says how well a classifier tells transformed events from others.
    """
    sample = task.sample(test)
    outcome = evaluate_generators(symmetry, task, sample.x)
    found = outcome.arrays["generators"]
    defects = moment_defects(found, sample)
    metrics, arrays = dict(outcome.metrics), {**outcome.arrays, "defects": defects}
    if len(found):
        aucs = two_sample_aucs(found, sample)
        arrays["two_sample_auc"] = aucs
        metrics |= {
            "defect_max": float(defects.max()),
            "defect_mean": float(np.mean(defects)),
            "two_sample_auc_max": float(aucs.max()),
        }
    return replace(outcome, metrics=finite(metrics), arrays=arrays)
