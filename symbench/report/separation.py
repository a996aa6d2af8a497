"""Separation of classes and calibration of probabilities.

With two classes: rejections with their errors. With more: accuracies, and the most frequent confusions.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from symbench.leaderboard import LeaderboardRow
from symbench.leaderboard.scores import estimate_text
from symbench.leaderboard.table import NOTHING, Line, Table
from symbench.metrics.catalog import metric
from symbench.report.study import Study
from symbench.trial.result import TrialResult

_EFFICIENCIES = (30, 50)
_OF_CLASSES = ("accuracy", "balanced_accuracy", "log_loss", "ece")


def separation_table(study: Study, task: str) -> Table | None:
    """Each classifier at the largest size; None if neither rejection nor calibration was measured."""
    size = study.largest(task)
    rows = study.rows_of(task, size)
    if any("balanced_accuracy" in row.metrics for row in rows):
        return _several_classes(rows, size)
    lines: list[Line] = []
    for row in rows:
        if "ece" in row.metrics or any(f"rejection_{percent}" in row.metrics for percent in _EFFICIENCIES):
            rejections = (_rejection(study, row, percent) for percent in _EFFICIENCIES)
            calibration = estimate_text(metric("ece"), row.metrics.get("ece"))
            lines.append(Line((row.method, *(cell for pair in rejections for cell in pair), calibration)))
    heads = ("method", *(h for p in _EFFICIENCIES for h in (f"1/ε_B at {p} %", f"binomial error ({p} %)")), "ECE")
    title = f"Background rejection and calibration, N = {size:,}"
    return Table(title, heads, tuple(lines), ("method",)) if lines else None


def _several_classes(rows: Sequence[LeaderboardRow], size: int) -> Table:
    lines = (
        Line((row.method, *(estimate_text(metric(name), row.metrics.get(name)) for name in _OF_CLASSES)))
        for row in rows
        if row.score is not None
    )
    heads = ("method", *(metric(name).heading for name in _OF_CLASSES))
    return Table(f"Accuracy and calibration, N = {size:,}", heads, tuple(lines), ("method",))


def _rejection(study: Study, row: LeaderboardRow, percent: int) -> tuple[str, str]:
    """Mean and interval over seeds, and the mean binomial error of one test set, which the interval does not contain.

    A seed in which no background passes enters with the lower limit that one passing event gives; the text counts it.
    """
    name = f"rejection_{percent}"
    error = row.metrics.get(f"{name}_error")
    trials = study.ok(row.task, row.method, row.train_size)
    limits = sum(name in trial.notes for trial in trials)
    text = estimate_text(metric(name), row.metrics.get(name))
    if limits:
        text += f", a lower limit in {limits} of {len(trials)} seeds"
    return text, NOTHING if error is None else f"± {metric(f'{name}_error').text(error.mean)}"


def classes_table(study: Study, task: str) -> Table | None:
    """With several classes: the fraction of each that is recognised, and the most frequent confusion."""
    size = study.largest(task)
    lines: list[Line] = []
    names: Sequence[str] = ()
    for row in study.rows_of(task, size):
        shares = confusion(study.ok(task, row.method, size))
        if shares is not None:
            names = study.facts.classes.get(task) or [f"class {number}" for number in range(len(shares))]
            wrong = shares * (1 - np.eye(len(names)))
            true, predicted = np.unravel_index(int(np.argmax(wrong)), wrong.shape)
            worst = f"{names[true]} as {names[predicted]}, {wrong[true, predicted]:.1%}" if wrong.any() else "none"
            lines.append(Line((row.method, *(f"{share:.1%}" for share in np.diag(shares)), worst)))
    words = ("method", "most frequent confusion")
    heads = (words[0], *names, words[1])
    return (
        Table(f"Fraction of each class that is recognised, N = {size:,}", heads, tuple(lines), words) if lines else None
    )


def confusion(trials: Sequence[TrialResult]) -> npt.NDArray[np.float64] | None:
    """Confusion matrix (C, C): the fraction of the test events of class i that are classified as j, over all seeds.

    Events count with their weights, if they have any. None for two classes, whose outputs are scores without a
    threshold.
    """
    counts: npt.NDArray[np.float64] | None = None
    for trial in trials:
        whole = trial.whole()
        logits, labels = whole.array("test_logits"), whole.array("test_labels")
        if logits is None or labels is None:
            continue
        classes, weights = logits.shape[1], whole.array("test_weights")
        of_trial = np.zeros((classes, classes))
        np.add.at(of_trial, (labels.astype(np.int64), np.argmax(logits, axis=1)), 1.0 if weights is None else weights)
        counts = of_trial if counts is None else counts + of_trial
    return None if counts is None else counts / np.maximum(counts.sum(axis=1, keepdims=True), 1.0)
