"""One classification trial: train, then measure separation, calibration, invariance and cost."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import torch

from symbench.classifiers.evaluate.invariance import invariance_metrics
from symbench.classifiers.evaluate.probe import Probe
from symbench.classifiers.heads import for_classes
from symbench.classifiers.training.jets import Jets
from symbench.classifiers.training.loop import Trainer, train
from symbench.metrics import classification, multiclass
from symbench.trial.result import Outcome

if TYPE_CHECKING:
    from symbench.classifiers.base import Classifier
    from symbench.data.container import Dataset
    from symbench.data.splits import Split
    from symbench.tasks.base import ClassificationTask

Floats = npt.NDArray[np.float64]

WALL_CLOCK_METRICS = frozenset({"train_jets_per_s", "test_jets_per_s"})  # all other metrics repeat exactly


def run_classification(
    classifier: Classifier,
    task: ClassificationTask,
    split: Split,
    *,
    seed: int,
    budget: float,
    device: str,
    evaluation: Mapping[str, Any],
    trainer: Trainer = train,
) -> Outcome:
    """Train on `split.train`, choose the epoch with `split.validation`, measure on `split.test`.

    evaluation  {"operations": [{"name": …, settings …}, …]}: what invariance is measured under
    trainer     what trains: this process by default

    Raises IncompatibleError for a network that cannot be given as many outputs as the task has classes.
    """
    classes = len(task.label_names())
    classifier = for_classes(classifier, classes)
    started = time.perf_counter()
    training = trainer(classifier, split.train, split.validation, seed=seed, budget=budget, device=device)
    fitted = time.perf_counter()

    probe = Probe(training.module, Jets.of(split.test, training.device))
    scores = probe.outputs()[:, 0] if classes == 2 else probe.outputs()
    test_seconds = time.perf_counter() - fitted
    metrics, notes = separation(scores, split.test)
    metrics |= {
        "parameters": float(training.parameters),
        "forward_mflop": probe.forward_mflop(),
        "steps": float(training.steps),
        "best_epoch": float(training.best_epoch),
        "train_jets_per_s": training.jets_per_s,
        "test_jets_per_s": len(split.test) / test_seconds,
    }
    under, how = invariance_metrics(probe, split.test.label, evaluation, _auc, seed)
    metrics |= under
    notes |= how
    notes |= training.notes
    if training.resumed_at:
        notes["resumed"] = f"the training went on at step {training.resumed_at} from an earlier attempt's checkpoint"
    if training.device.startswith("cuda"):
        metrics["device_memory_mib"] = torch.cuda.max_memory_allocated(training.device) / 2**20
    return Outcome(
        metrics=metrics,
        arrays={
            "test_scores" if classes == 2 else "test_logits": scores.astype(np.float32),
            "test_labels": split.test.label.astype(np.uint8),
            "train_loss": training.train_loss,
            "validation_loss": training.validation_loss,
        },
        timings={"fit": fitted - started, "evaluate": time.perf_counter() - fitted},
        notes=notes,
    )


def separation(z: Floats, test: Dataset) -> tuple[dict[str, float], dict[str, str]]:
    """AUC, accuracy, rejections and calibration of outputs z (N,); notes say which rejection is a lower bound.

    For more than two classes z are logits (N, C), the AUC is the mean of each class against the rest, and there are no
    rejections but the log-loss and the accuracy with every class counting alike.
    """
    if z.ndim == 2:
        return _separation_of_classes(z, test.label), {}
    metrics = {
        "accuracy": classification.accuracy(z, test.label),
        "ece": classification.expected_calibration_error(0.5 * (1 + np.tanh(z / 2)), test.label),
    }
    notes = {}
    auc = classification.auc(z, test.label)
    if auc is not None:
        metrics["auc"] = auc
    for percent in (30, 50):
        rejection = classification.background_rejection(z, test.label, percent / 100)
        if rejection is None:
            continue
        metrics[f"rejection_{percent}"] = rejection.value
        if rejection.error is not None:
            metrics[f"rejection_{percent}_error"] = rejection.error
        else:
            notes[f"rejection_{percent}"] = "lower bound: no background event passes"
    return metrics, notes


def _separation_of_classes(logits: Floats, label: npt.NDArray[Any]) -> dict[str, float]:
    metrics = {
        "accuracy": multiclass.accuracy(logits, label),
        "balanced_accuracy": multiclass.balanced_accuracy(logits, label),
        "log_loss": multiclass.log_loss(logits, label),
        "ece": multiclass.expected_calibration_error(logits, label),
    }
    auc = multiclass.macro_auc(logits, label)
    return metrics if auc is None else {**metrics, "auc": auc}


def _auc(outputs: Floats, label: npt.NDArray[Any]) -> float | None:
    two = outputs.shape[1] == 1
    return classification.auc(outputs[:, 0], label) if two else multiclass.macro_auc(outputs, label)
