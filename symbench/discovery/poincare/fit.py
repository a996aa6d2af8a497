"""Which part of AI Poincaré each of its three methods runs."""

from __future__ import annotations

from symbench.discovery.base import InvariantSample, Symmetry, TrajectorySample
from symbench.discovery.poincare import flow, walk
from symbench.discovery.poincare.method import Poincare1, Poincare2, Poincare2Auto
from symbench.errors import IncompatibleError


def fit(
    method: Poincare1 | Poincare2 | Poincare2Auto,
    sample: TrajectorySample | InvariantSample,
    *,
    seed: int,
    budget: float,
    device: str,
) -> Symmetry:
    """Train from scratch: claims a count (`poincare-1`), every network, or every network that passes (`-auto`)."""
    if isinstance(method, Poincare1):
        return walk.count(method, sample, seed=seed, budget=budget, device=device)
    if isinstance(sample, InvariantSample):
        raise IncompatibleError(f"{method.name} needs velocities, which events do not have")
    if isinstance(method, Poincare2):
        return flow.train(method, sample, method.quantities, None, seed=seed, budget=budget, device=device)
    rule = flow.Rule(method.bound, method.confidence)
    return flow.train(method, sample, method.most, rule, seed=seed, budget=budget, device=device)
