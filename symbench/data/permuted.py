"""Events with exchanged partners: the reference of the invariant track.

Vector p of event i is replaced by vector p of event πₚ(i), with an independent random permutation πₚ for each p but the
first. Each vector keeps its own distribution, and only what holds vectors of an event together is lost.

The products of a reaction belong together as well, since they balance each other (e⁻ and ν̄ of a decay, whatever the
parent): their numbers are exchanged species by species.

A function that is constant where events are, and varies where there are none, is narrow against this reference and says
nothing: a network finds one easily. Partners that are exchanged between similar events stay where events are.
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


def exchanged(x: FloatArray, rng: np.random.Generator, candidates: int, repeats: int = 1) -> FloatArray:
    """Events (repeats · N, P, d) with partners exchanged between similar events, in the order of x (N, P, d).

    Vector p of event i, each p but the first, is replaced by vector p of another event: of as many `candidates`, drawn
    at random, that whose vector p is the nearest, by the covariance of these vectors. One candidate is any other event.
    """
    n, vectors, _ = x.shape
    columns = [np.tile(x[:, 0], (repeats, 1))]
    own = np.tile(np.arange(n), repeats)[:, None]
    for p in range(1, vectors):
        others = (own + rng.integers(1, max(n, 2), size=(len(own), candidates))) % n
        apart = x[others, p] - x[own, p]
        metric = np.linalg.pinv(np.atleast_2d(np.cov(x[:, p], rowvar=False)), rcond=1e-12, hermitian=True)
        nearest = np.einsum("nci,ij,ncj->nc", apart, metric, apart, optimize=True).argmin(axis=1)
        columns.append(x[others[np.arange(len(own)), nearest], p])
    return np.stack(columns, axis=1)


def _species_permuted(x: FloatArray, rng: np.random.Generator) -> FloatArray:
    products = rng.permuted(x[:, 1:], axis=0)
    return np.concatenate([x[:, :1], products], axis=1)
