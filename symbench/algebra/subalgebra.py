"""The largest subalgebra among the spans of the first generators: exact symmetries close under the bracket."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from symbench.algebra.invariants import is_closed

FloatArray = npt.NDArray[np.float64]


def closing(generators: FloatArray) -> int:
    """The largest k such that the first k of ordered generators (K, d, d) span an algebra up to noise.

    0 only without generators: a single one always closes. The order decides: of directions that pass a test, the best
    are asked first to form an algebra.
    """
    for k in range(len(generators), 1, -1):
        if is_closed(generators[:k]):
            return k
    return min(len(generators), 1)
