"""The score of regressions: by how many powers of ten the squared error lies below the target's variance.

Errors of one learning curve span several powers of ten, so that a mean over seeds and the interpolation between sizes
are made on the logarithm. The score is 0 for a constant and grows by 1 for each factor of ten.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from symbench.metrics.metric import Metric

METRICS = (Metric("decades", "−log₁₀(MSE/variance)", "−log₁₀ of MSE/variance; 0 is a constant", "", "higher", 2),)

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

TEST_ERRORS = "test_errors"
"""The array of a trial with the squared error of each test event, a mean over components."""

EXACT = 1e-30
"""The least relative error that counts: rounding errors of float64 are squared."""


def decades(relative_mse: float) -> float:
    """−log₁₀ of the relative squared error, at most 30; NaN stays NaN."""
    return -math.log10(relative_mse) if not relative_mse < EXACT else -math.log10(EXACT)


def contributions(errors: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.float64] | None:
    """What each test event adds to `decades` to first order, −(e − ⟨e⟩)/(⟨e⟩ ln 10) of squared errors e (N,).

    None for errors that are not finite or all 0.
    """
    import numpy as np

    mean = float(np.mean(errors, dtype=np.float64))
    if not math.isfinite(mean) or mean <= 0:
        return None
    return np.asarray(-(errors.astype(np.float64) - mean) / (mean * math.log(10)))
