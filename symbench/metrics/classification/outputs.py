"""Probabilities from a classifier's logits, which several metrics share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.floating[Any]]
    Labels = npt.NDArray[np.integer[Any]]


def log_probabilities(logits: Floats) -> npt.NDArray[np.float64]:
    """log p of each class, (N, C)."""
    import numpy as np

    shifted = np.asarray(logits, dtype=np.float64) - np.max(logits, axis=1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)))
