"""How `balance` finds conserved sums."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from symbench.data.event_functions import linear_functions
from symbench.discovery.base import InvariantSample, Symmetry
from symbench.discovery.shared.claimed_invariants import claim_of
from symbench.discovery.shared.counted_invariants import count_invariants
from symbench.errors import IncompatibleError

if TYPE_CHECKING:
    from symbench.discovery.balance.method import Balance

FloatArray = npt.NDArray[np.float64]


def fit(method: Balance, sample: InvariantSample, *, seed: int, budget: float, device: str) -> Symmetry:
    """Search linear functions of all components; `coefficients` (k, P, d) have unit variance in the reference."""
    if sample.parts not in method.parts:
        raise IncompatibleError(f"balance takes events of blocks, not of {sample.parts}")
    _, parts, d = sample.x.shape
    counted = count_invariants(
        sample.x, components, method.search(budget), np.random.Generator(np.random.PCG64([seed, 6]))
    )
    found = np.zeros((0, parts * d)) if counted is None else counted.coefficients
    arrays = {"coefficients": found.reshape(-1, parts, d)}
    return claim_of([counted], linear_functions(found), np.zeros((0, d, d)), arrays)


def components(x: FloatArray) -> FloatArray:
    """All components of events (N, P, d): features (N, P d)."""
    return x.reshape(len(x), -1)
