"""Random smooth functions without a linear symmetry, drawn by a seed: controls, and terms that break a symmetry.

A draw is kept if no generator leaves it nearly unchanged: the smallest σ_L of its exact gradient
(`algebra.label_spread`) is at least `MARGIN` for inputs from N(0, 1). A symmetry would have σ_L = 0 on every sample, so
a positive value on one sample is a proof that there is none. A rejected draw is replaced by the next one of its seed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import torch

    FloatArray = npt.NDArray[np.float64]

KINDS = ("waves", "ridges", "cubic", "bumps")
"""Σ a sin(w·x + b), Σ a tanh(w·x + b), Σ a (w·x + b)³ and Σ a exp(−‖x − bw‖²/1.4); seeds take them in turn."""
MARGIN = 0.25
"""The smallest σ_L of an accepted function."""

_SEED = 20_230_133
_TERMS = 12
_WIDTH = 0.7  # the variance of a bump
_OFFSETS = {"waves": 3.14159, "ridges": 1.0, "cubic": 1.0, "bumps": 2.5}  # b is uniform between ± these
_EVENTS = 2_048  # on which draws are checked
_DRAWS = 1_000


@dataclass(frozen=True, eq=False)
class SmoothFunction:
    """A sum of smooth terms of x (N, d), of one kind, with mean 0 and standard deviation 1 for x ~ N(0, 1).

    weights      a (m,)
    directions   w (m, d), of length 0.7 to 1.3
    offsets      b (m,)
    quadratic    Q (d, d): xᵀQx is subtracted
    mean, spread of the sum without them
    """

    kind: str
    weights: FloatArray
    directions: FloatArray
    offsets: FloatArray
    quadratic: FloatArray
    mean: float = 0.0
    spread: float = 1.0

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """The value (N,) at x (N, d)."""
        a, w, b, q = (x.new_tensor(part) for part in (self.weights, self.directions, self.offsets, self.quadratic))
        inner = x @ w.T + b
        if self.kind == "waves":
            terms = inner.sin()
        elif self.kind == "ridges":
            terms = inner.tanh()
        elif self.kind == "cubic":
            terms = inner.pow(3)
        else:
            terms = ((x[:, None, :] - b[:, None] * w).square().sum(dim=2) / (-2 * _WIDTH)).exp()
        return (terms @ a - ((x @ q) * x).sum(dim=1) - self.mean) / self.spread


@lru_cache(maxsize=512)
def smooth_function(dimension: int, seed: int, *, breaking: bool = False) -> SmoothFunction:
    """The first accepted draw of a seed.

    breaking   whether it is to break the symmetry of a quadratic form. It then has no quadratic part: the sum of two
               quadratic forms is a third one, with a symmetry of its own. Otherwise it is a control, and has the margin
               also on the central events alone, the domain of a claim.
    """
    import numpy as np

    from symbench.algebra.label_spread import central_events

    x = np.random.Generator(np.random.PCG64(_SEED)).standard_normal((_EVENTS, 1, dimension))
    for attempt in range(_DRAWS):
        rng = np.random.Generator(np.random.PCG64([_SEED, dimension, seed, attempt]))
        drawn = _draw(KINDS[seed % len(KINDS)], dimension, rng, x[:, 0], quadratic=not breaking)
        domains = [x] if breaking else [x, x[central_events(x)]]
        if all(smallest_spread(drawn, domain) >= MARGIN for domain in domains):
            return drawn
    raise RuntimeError(f"none of {_DRAWS} functions of seed {seed} in {dimension} dimensions is without a symmetry")


def smallest_spread(f: SmoothFunction, x: FloatArray) -> float:
    """The smallest σ_L of all generators, from the exact gradient at events x (N, 1, d)."""
    import torch
    from scipy.linalg import eigvalsh

    from symbench.algebra.label_spread import label_spread_forms
    from symbench.metrics.label import label_gradient

    gradients = label_gradient(lambda z: f(z[:, 0]), x)
    variance = float(f(torch.from_numpy(x[:, 0])).var())
    return float(max(eigvalsh(*label_spread_forms(gradients, x, variance))[0], 0.0) ** 0.5)


def _draw(kind: str, dimension: int, rng: np.random.Generator, x: FloatArray, *, quadratic: bool) -> SmoothFunction:
    """A draw, standardised on x (N, d)."""
    import numpy as np
    import torch

    w = rng.standard_normal((_TERMS, dimension))
    w *= rng.uniform(0.7, 1.3, (_TERMS, 1)) / np.linalg.norm(w, axis=1, keepdims=True)
    offsets = rng.uniform(-_OFFSETS[kind], _OFFSETS[kind], _TERMS)
    drawn = SmoothFunction(kind, rng.standard_normal(_TERMS), w, offsets, np.zeros((dimension, dimension)))
    if not quadratic:
        # The quadratic part of f under N(0, 1) has the matrix E[(xxᵀ − 1) f]/2 (Hermite polynomials of degree two).
        value = drawn(torch.from_numpy(x)).numpy()
        centred = np.einsum("ni,nj->nij", x, x) - np.eye(dimension)
        drawn = replace(drawn, quadratic=np.einsum("n,nij->ij", value - value.mean(), centred) / (2 * len(x)))
    value = drawn(torch.from_numpy(x)).numpy()
    return replace(drawn, mean=float(value.mean()), spread=float(value.std()))
