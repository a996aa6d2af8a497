"""How `poincare-2` trains, and which of its networks hold on trajectories that it has not seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from scipy.special import stdtr, stdtrit

from symbench.discovery.base import Symmetry, TrajectorySample
from symbench.discovery.shared.networks import Functions, as_quantities, framed, minimise, new_functions
from symbench.metrics.conservation import FloatArray, Frame

if TYPE_CHECKING:
    from symbench.discovery.poincare.method import _Flow

_HELD_OUT = 0.2
_LEAST_HELD_OUT = 3


@dataclass(frozen=True)
class Rule:
    """When a network counts as conserved on held-out trajectories."""

    bound: float
    confidence: float


def train(
    method: _Flow,
    sample: TrajectorySample,
    most: int,
    rule: Rule | None,
    *,
    seed: int,
    budget: float,
    device: str,
) -> Symmetry:
    """Train `most` networks and claim all, or, with a rule, those that hold."""
    frame, z, velocity = framed(sample, device)
    n, _, dimension = sample.x.shape
    held = 0 if rule is None else round(_HELD_OUT * n)
    none = np.zeros((0, dimension, dimension))
    if rule is not None and held < _LEAST_HELD_OUT:
        return Symmetry(none, np.zeros(0))  # too few trajectories to hold any out decide nothing
    generator = torch.Generator().manual_seed(seed)
    order = torch.randperm(n, generator=generator)
    fitted = order[held:].to(device)
    states, flow = z[fitted].reshape(-1, frame.rank), velocity[fitted].reshape(-1, frame.rank)
    flow = flow / flow.norm(dim=1, keepdim=True).clamp_min(1e-12)
    k = most if rule is None else min(most, frame.rank)
    functions = new_functions(k, frame.rank, method.width, method.depth, 1, generator, device)
    above = torch.triu(torch.ones(k, k, device=device), diagonal=1)

    def loss() -> torch.Tensor:
        rows = torch.randint(len(states), (method.batch_size,), generator=generator).to(device)
        _, gradient = functions.value_and_gradient(states[rows])
        unit = gradient / gradient.norm(dim=2, keepdim=True).clamp_min(1e-12)
        along = torch.einsum("nbr,br->nb", unit, flow[rows]).square().mean()
        products = torch.einsum("nbr,mbr->nmb", unit, unit).square().mean(dim=2)
        return along + method.independence_weight * (products * above).sum()

    spent = max(1, round(method.steps * budget))
    curve = minimise(functions.parameters, loss, steps=spent, rate=method.rate)
    kept, confidence, spectrum = list(range(k)), np.ones(k), None
    if rule is not None:
        out = order[:held].numpy()
        kept, confidence, spectrum = _holding(functions, frame, sample.x[out], sample.velocity[out], rule)
    claim = as_quantities(functions.chosen(kept), frame) if kept else None
    return Symmetry(
        none,
        confidence,
        steps=spent,
        spectrum=spectrum,
        arrays={"loss_curve": curve},
        scalars={"final_loss": float(curve[-max(1, len(curve) // 10) :].mean())},
        conserved=claim,
    )


def _holding(
    functions: Functions, frame: Frame, x: FloatArray, velocity: FloatArray, rule: Rule
) -> tuple[list[int], FloatArray, FloatArray]:
    """Networks that hold on trajectories x (N, T, D), the confidence of each, and all defects, rising."""
    n, steps, dimension = x.shape
    everything = as_quantities(functions.chosen(list(range(len(functions.weights[0])))), frame)
    flat = x.reshape(-1, dimension)
    gradients = frame.gradients(everything.gradients(flat))
    flow = frame.velocities(velocity.reshape(-1, dimension))
    tiny = np.finfo(np.float64).tiny
    lengths = np.linalg.norm(gradients, axis=2) * np.linalg.norm(flow, axis=1)[:, None]
    defect = np.einsum("mkr,mr->mk", gradients, flow) ** 2 / np.maximum(lengths**2, tiny)
    values = everything.values(flat).reshape(n, steps, -1)
    drift = values.var(axis=1) / np.maximum(values.reshape(n * steps, -1).var(axis=0), tiny)
    certain = np.ones(everything.count)
    passed = np.ones(everything.count, dtype=np.bool_)
    for each in (defect.reshape(n, steps, -1).mean(axis=1), drift):  # (N, k): one number a trajectory
        mean, error = each.mean(axis=0), np.maximum(each.std(axis=0, ddof=1) / np.sqrt(n), tiny)
        passed &= mean + stdtrit(n - 1, rule.confidence) * error < rule.bound**2
        certain = np.minimum(certain, stdtr(n - 1, (rule.bound**2 - mean) / error))
    kept = np.flatnonzero(passed).tolist()
    return kept, certain[passed], np.sort(np.sqrt(defect.mean(axis=0)))
