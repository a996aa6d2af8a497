"""Which part of `hidden-symmetry` runs: that for labels, for metrics, or for trajectories."""

from __future__ import annotations

from symbench.discovery.base import FunctionSample, Symmetry, TrajectorySample
from symbench.discovery.hidden_symmetry.dynamics import discover_dynamics
from symbench.discovery.hidden_symmetry.known import discover_metric
from symbench.discovery.hidden_symmetry.label import discover_label
from symbench.discovery.hidden_symmetry.method import HiddenSymmetry, KnownHiddenSymmetry
from symbench.errors import IncompatibleError


def fit(
    method: HiddenSymmetry, sample: FunctionSample | TrajectorySample, *, seed: int, budget: float, device: str
) -> Symmetry:
    """Train T from the identity, in double precision.

    Raises IncompatibleError for a property that the sample cannot have (Hamiltonicity in an odd dimension), and for
    states that span a subspace only.
    """
    if isinstance(method, KnownHiddenSymmetry):
        if not isinstance(sample, FunctionSample):
            raise IncompatibleError("a metric is a label of the function track")
        return discover_metric(method, sample, seed=seed, budget=budget, device=device)
    if isinstance(sample, FunctionSample):
        return discover_label(method, sample, seed=seed, budget=budget, device=device)
    return discover_dynamics(method, sample, seed=seed, budget=budget, device=device)
