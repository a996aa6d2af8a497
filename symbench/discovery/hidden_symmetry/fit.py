"""Which part of `hidden-symmetry` runs: that for labels or that for trajectories."""

from __future__ import annotations

from symbench.discovery.base import FunctionSample, Symmetry, TrajectorySample
from symbench.discovery.hidden_symmetry.dynamics import discover_dynamics
from symbench.discovery.hidden_symmetry.label import discover_label
from symbench.discovery.hidden_symmetry.method import HiddenSymmetry


def fit(
    method: HiddenSymmetry, sample: FunctionSample | TrajectorySample, *, seed: int, budget: float, device: str
) -> Symmetry:
    """Train T from the identity, in double precision.

    Raises IncompatibleError for a property that the sample cannot have (Hamiltonicity in an odd dimension), and for
    states that span a subspace only.
    """
    if isinstance(sample, FunctionSample):
        return discover_label(method, sample, seed=seed, budget=budget, device=device)
    return discover_dynamics(method, sample, seed=seed, budget=budget, device=device)
