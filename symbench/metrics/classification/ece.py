"""The expected calibration error of the predicted probabilities."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from symbench.metrics.classification.outputs import log_probabilities
from symbench.metrics.metric import UNIT, Metric

if TYPE_CHECKING:
    import numpy.typing as npt

    from symbench.metrics.classification.outputs import Floats, Labels

METRICS = (Metric("ece", "ECE", "expected calibration error", "", "lower", 4, support=UNIT),)


def expected_calibration_error(outputs: Floats, labels: Labels, weights: Floats | None = None) -> float:
    """Of z (N,), whose logistic function is the probability of signal, or of logits (N, C)."""
    import numpy as np

    if outputs.ndim == 1:
        probability = 0.5 * (1 + np.tanh(outputs / 2))
        predicted = probability > 0.5
        confidence = np.where(predicted, probability, 1 - probability)
        return calibration_error(confidence, predicted == (labels == 1), weights=weights)
    log_p = log_probabilities(outputs)
    return calibration_error(np.exp(log_p.max(axis=1)), np.argmax(log_p, axis=1) == labels, weights=weights)


def calibration_error(
    confidence: Floats, right: npt.NDArray[Any], bins: int = 15, weights: Floats | None = None
) -> float:
    """Mean distance between confidence and accuracy over equal bins of confidence, weighted by their events.

    confidence (N,) is the probability of the predicted class, right (N,) whether it is the true one. Guo et al. (2017),
    equation 3.
    """
    import numpy as np

    which = np.minimum((confidence * bins).astype(np.int64), bins - 1)
    gap = np.bincount(which, weights=(confidence - right) * (1.0 if weights is None else weights), minlength=bins)
    return float(np.abs(gap).sum() / (len(confidence) if weights is None else weights.sum()))
