"""Events with exchanged partners: the reference of the invariant track.

Vector p of event i is replaced by vector p of event πₚ(i), with an independent random permutation πₚ for each p but the
first. Each vector keeps its own distribution, and only what holds vectors of an event together is lost.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


def permuted(x: FloatArray, rng: np.random.Generator, repeats: int = 1) -> FloatArray:
    """Events (repeats · N, P, d) with exchanged partners from events x (N, P, d)."""
    n, parts, _ = x.shape
    events = []
    for _ in range(repeats):
        columns = [x[:, :1], *(x[rng.permutation(n), p : p + 1] for p in range(1, parts))]
        events.append(np.concatenate(columns, axis=1))
    return np.concatenate(events)
