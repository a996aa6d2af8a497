"""How well a classifier of several classes separates, and how far its probabilities can be trusted.

Logits are (N, C); labels are the classes 0 to C − 1.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from symbench.metrics.classification import Labels, auc

Logits = npt.NDArray[np.floating[Any]]


def log_probabilities(logits: Logits) -> npt.NDArray[np.float64]:
    """log p of each class, (N, C)."""
    shifted = np.asarray(logits, dtype=np.float64) - np.max(logits, axis=1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)))


def accuracy(logits: Logits, labels: Labels) -> float:
    """Share of events whose most probable class is theirs."""
    return float(np.mean(np.argmax(logits, axis=1) == labels))


def balanced_accuracy(logits: Logits, labels: Labels) -> float:
    """Mean over the classes there are of the share of their events that are recognised."""
    right = np.argmax(logits, axis=1) == labels
    return float(np.mean([np.mean(right[labels == c]) for c in np.unique(labels)]))


def log_loss(logits: Logits, labels: Labels) -> float:
    """Mean of −log p of the true class, in nats; log C is guessing among equally frequent classes."""
    return float(-np.mean(log_probabilities(logits)[np.arange(len(labels)), labels]))


def macro_auc(logits: Logits, labels: Labels) -> float | None:
    """Mean over classes of the AUC of that class against the rest, by its probability; None where a class is missing.

    Hand and Till, Machine Learning 45 (2001) 171, section 3, call it the one-versus-rest average.
    """
    log_p = log_probabilities(logits)
    # by log-odds: probabilities near 1 round to ties
    each = [auc(log_p[:, c] - _log_of_rest(log_p, c), (labels == c).astype(np.int64)) for c in range(log_p.shape[1])]
    known = [value for value in each if value is not None]
    return float(np.mean(known)) if len(known) == len(each) else None


def expected_calibration_error(logits: Logits, labels: Labels, bins: int = 15) -> float:
    """Mean distance between confidence and accuracy over equal bins of the largest probability, weighted by events.

    Guo et al. (2017), equation 3.
    """
    log_p = log_probabilities(logits)
    confidence, right = np.exp(log_p.max(axis=1)), np.argmax(log_p, axis=1) == labels
    which = np.minimum((confidence * bins).astype(np.int64), bins - 1)
    gap = np.bincount(which, weights=confidence - right, minlength=bins)
    return float(np.abs(gap).sum() / len(labels))


def _log_of_rest(log_p: npt.NDArray[np.float64], c: int) -> npt.NDArray[np.float64]:
    """log(1 − p) of one class, from the other classes."""
    rest = np.delete(log_p, c, axis=1)
    top = rest.max(axis=1)
    return np.asarray(top + np.log(np.exp(rest - top[:, None]).sum(axis=1)))
