"""One classification trial: training, then separation, calibration, invariance and cost on test events."""

from __future__ import annotations

import functools
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from symbench.classifiers.evaluate.invariance import invariance_metrics
from symbench.classifiers.evaluate.probe import Probe
from symbench.classifiers.training.jets import Jets
from symbench.classifiers.training.loop import Trainer, Training, train
from symbench.data.weights import description
from symbench.metrics.classification.accuracy import accuracy
from symbench.metrics.classification.auc import auc, macro_auc
from symbench.metrics.classification.balanced_accuracy import balanced_accuracy
from symbench.metrics.classification.ece import expected_calibration_error
from symbench.metrics.classification.log_loss import log_loss
from symbench.metrics.classification.rejection import rejection_metrics
from symbench.metrics.cost.device_memory_mib import device_memory_mib
from symbench.trial.result import Outcome

if TYPE_CHECKING:
    from symbench.classifiers.learner import Learner
    from symbench.data.container import Dataset
    from symbench.data.splits import Split
    from symbench.tasks.base import ClassificationTask

Floats = npt.NDArray[np.float64]

WALL_CLOCK_METRICS = frozenset({"train_jets_per_s", "test_jets_per_s"})  # all other metrics are reproducible


def run_classification(
    classifier: Learner,
    task: ClassificationTask,
    split: Split,
    *,
    seed: int,
    budget: float,
    device: str,
    evaluation: Mapping[str, Any],
    trainer: Trainer = train,
) -> Outcome:
    """Train on `split.train`, select the epoch on `split.validation`, measure on `split.test`.

    evaluation  {"operations": [{"name": …, settings …}, …]}: operations whose invariance errors are measured
    trainer     trains the classifier; by default in this process

    Raises IncompatibleError if the classifier has no network for this number of classes.
    """
    classes = len(task.label_names())
    started = time.perf_counter()
    training = trainer(
        classifier, split.train, split.validation, outputs=classes, seed=seed, budget=budget, device=device
    )
    fitted = time.perf_counter()

    probe = Probe(training.module, Jets.of(split.test, training.device))
    scores = probe.outputs()[:, 0] if classes == 2 else probe.outputs()
    test_seconds = time.perf_counter() - fitted
    metrics, notes = separation(scores, split.test)
    metrics |= training_metrics(training, probe)
    metrics |= {"train_jets_per_s": training.jets_per_s, "test_jets_per_s": len(split.test) / test_seconds}
    area = functools.partial(_auc, weights=split.test.weight)
    invariance, invariance_notes = invariance_metrics(probe, split.test.label, evaluation, area, seed)
    metrics |= invariance
    notes |= invariance_notes
    notes |= training_notes(training)
    arrays = {}
    if split.train.weight is not None and split.test.weight is not None:
        arrays["test_weights"] = split.test.weight
        notes["weights"] = f"train: {description(split.train.weight)}; test: {description(split.test.weight)}"
    return Outcome(
        metrics=metrics,
        arrays={
            "test_scores" if classes == 2 else "test_logits": scores.astype(np.float32),
            "test_labels": split.test.label.astype(np.uint8),
            **arrays,
            "train_loss": training.train_loss,
            "validation_loss": training.validation_loss,
        },
        timings={"fit": fitted - started, "evaluate": time.perf_counter() - fitted},
        notes=notes,
    )


def training_notes(training: Training) -> dict[str, str]:
    """The notes of a training, and whether it was resumed."""
    if not training.resumed_at:
        return dict(training.notes)
    resumed = f"the training was resumed at step {training.resumed_at} from an earlier attempt's checkpoint"
    return {**training.notes, "resumed": resumed}


def training_metrics(training: Training, probe: Probe) -> dict[str, float]:
    """What network and training cost: parameters, operations, steps, memory of the GPU."""
    metrics = {
        "parameters": float(training.parameters),
        "forward_mflop": probe.forward_mflop(),
        "steps": float(training.steps),
        "best_epoch": float(training.best_epoch),
    }
    if training.device.startswith("cuda"):
        metrics["device_memory_mib"] = device_memory_mib(training.device)
    return metrics


def separation(z: Floats, test: Dataset) -> tuple[dict[str, float], dict[str, str]]:
    """AUC, accuracy, background rejections and calibration of outputs z (N,); notes say which rejections are bounds.

    For more than two classes z are logits (N, C). The AUC is then the mean of each class against the rest, and the
    log-loss and the balanced accuracy take the place of the rejections. Events count with their weights, if they have
    any.
    """
    several = z.ndim == 2
    label, weight = test.label, test.weight
    metrics = {"accuracy": accuracy(z, label, weight)}
    if several:
        metrics |= {"balanced_accuracy": balanced_accuracy(z, label, weight), "log_loss": log_loss(z, label, weight)}
    metrics["ece"] = expected_calibration_error(z, label, weight)
    area = macro_auc(z, label, weight) if several else auc(z, label, weight)
    if area is not None:
        metrics["auc"] = area
    rejections, notes = ({}, {}) if several else rejection_metrics(z, label, weight)
    return metrics | rejections, notes


def _auc(outputs: Floats, label: npt.NDArray[Any], weights: Floats | None) -> float | None:
    """Of the first test events, whose labels are given."""
    weights = None if weights is None else weights[: len(label)]
    return auc(outputs[:, 0], label, weights) if outputs.shape[1] == 1 else macro_auc(outputs, label, weights)
