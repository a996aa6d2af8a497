"""What trees that compare two samples see beside the components of events."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    FloatArray = npt.NDArray[np.float64]

MOST_PRODUCTS = 210
"""Of two components: 20 components an event. More would slow the trees down."""


def products(components: FloatArray) -> FloatArray:
    """All products of two of the components (N, k), (N, k (k + 1)/2); (N, 0) if these are more than MOST_PRODUCTS."""
    import numpy as np

    n, width = components.shape
    if width * (width + 1) // 2 > MOST_PRODUCTS:
        return np.zeros((n, 0))
    left, right = np.triu_indices(width)
    return np.asarray(components[:, left] * components[:, right])
