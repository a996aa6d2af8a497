"""Events with exchanged partners: the reference of the invariant track.

Vector p of event i is replaced by vector p of event πₚ(i), with an independent random permutation πₚ for each p but the
first. Each vector keeps its own distribution, and only what holds vectors of an event together is lost.

The products of a reaction belong together as well, since they balance each other (e⁻ and ν̄ of a decay, whatever the
parent): their numbers are exchanged species by species.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


def permuted(x: FloatArray, rng: np.random.Generator, repeats: int = 1, parts: str = "vectors") -> FloatArray:
    """Events (repeats · N, P, d) with exchanged partners from events x (N, P, d) of these parts."""
    if parts == "reactions":
        return np.concatenate([_species_permuted(x, rng) for _ in range(repeats)])
    n, vectors, _ = x.shape
    events = []
    for _ in range(repeats):
        columns = [x[:, :1], *(x[rng.permutation(n), p : p + 1] for p in range(1, vectors))]
        events.append(np.concatenate(columns, axis=1))
    return np.concatenate(events)


def _species_permuted(x: FloatArray, rng: np.random.Generator) -> FloatArray:
    products = rng.permuted(x[:, 1:], axis=0)
    return np.concatenate([x[:, :1], products], axis=1)
