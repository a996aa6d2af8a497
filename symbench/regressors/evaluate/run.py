"""One regression trial: training, then errors, equivariance and cost on test events."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from symbench.classifiers.evaluate.probe import Probe
from symbench.classifiers.evaluate.run import training_metrics, training_notes
from symbench.classifiers.training.jets import Jets
from symbench.classifiers.training.loop import Trainer, train
from symbench.metrics.regression.decades import TEST_ERRORS, decades
from symbench.metrics.regression.mse import mean_squared_error
from symbench.metrics.regression.relative_mse import relative_squared_error
from symbench.regressors.evaluate.equivariance import equivariance_metrics
from symbench.trial.result import Outcome

if TYPE_CHECKING:
    from symbench.classifiers.learner import Learner
    from symbench.data.splits import Split
    from symbench.tasks.base import RegressionTask


def run_regression(
    regressor: Learner,
    task: RegressionTask,
    split: Split,
    *,
    seed: int,
    budget: float,
    device: str,
    trainer: Trainer = train,
) -> Outcome:
    """Train on `split.train`, select the epoch on `split.validation`, measure on `split.test`.

    Raises IncompatibleError if the regressor has no network for the task's signature.
    """
    signature = task.outputs()
    started = time.perf_counter()
    training = trainer(
        regressor, split.train, split.validation, outputs=signature, seed=seed, budget=budget, device=device
    )
    fitted = time.perf_counter()

    probe = Probe(training.module, Jets.of(split.test, training.device), read=lambda outputs: outputs)
    predicted = probe.values(probe.jets)
    test_seconds = time.perf_counter() - fitted
    target = np.asarray(split.test.label, dtype=np.float64)
    metrics = {"mse": mean_squared_error(predicted, target)}
    relative = relative_squared_error(predicted, target)
    if relative is not None:
        metrics |= {"relative_mse": relative, "decades": decades(relative)}
    group = task.group()
    if group is not None:
        metrics |= equivariance_metrics(probe, group, signature, seed)
    metrics |= training_metrics(training, probe)
    metrics |= {"train_events_per_s": training.jets_per_s, "test_events_per_s": len(split.test) / test_seconds}
    return Outcome(
        metrics=metrics,
        arrays={
            "train_loss": training.train_loss,
            "validation_loss": training.validation_loss,
            TEST_ERRORS: np.mean((predicted - target) ** 2, axis=1).astype(np.float32),
        },
        timings={"fit": fitted - started, "evaluate": time.perf_counter() - fitted},
        notes=training_notes(training),
    )
