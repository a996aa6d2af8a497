"""How `poincare-2` trains, and which of its networks are conserved on held-out trajectories."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from scipy.special import stdtr, stdtrit

from symbench.discovery.base import Symmetry, TrajectorySample
from symbench.discovery.shared.networks import Functions, as_quantities, framed, late_mean, minimise, new_functions
from symbench.metrics.conservation import FloatArray, Frame

if TYPE_CHECKING:
    from symbench.discovery.poincare.method import _Flow

_HELD_OUT = 0.2
_LEAST_HELD_OUT = 3


@dataclass(frozen=True)
class Rule:
    """The bound on defect and drift of a conserved network, and the one-sided confidence that both are below it."""

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
    """Train `most` networks; claim all of them or, given a rule, those that are conserved on held-out trajectories."""
    frame, z, velocity = framed(sample, device)
    n, _, dimension = sample.x.shape
    held = 0 if rule is None else round(_HELD_OUT * n)
    none = np.zeros((0, dimension, dimension))
    if rule is not None and held < _LEAST_HELD_OUT:
        return Symmetry(none, np.zeros(0))  # too few held-out trajectories for any decision
    generator = torch.Generator().manual_seed(seed)
    order = torch.randperm(n, generator=generator)
    fitted = order[held:].to(device)
    states, flow = z[fitted].reshape(-1, frame.rank), velocity[fitted].reshape(-1, frame.rank)
    k = most if rule is None else min(most, frame.rank)
    functions = new_functions(k, frame.rank, method.width, method.depth, 1, generator, device)
    steps = max(1, round(method.steps * budget))
    curve = minimise(
        functions.parameters, _loss(method, functions, states, flow, generator), steps=steps, rate=method.rate
    )
    kept, confidence, spectrum = list(range(k)), np.ones(k), None
    if rule is not None:
        out = order[:held].numpy()
        kept, confidence, spectrum = _holding(functions, frame, sample.x[out], sample.velocity[out], rule)
    return Symmetry(
        none,
        confidence,
        steps=steps,
        spectrum=spectrum,
        arrays={"loss_curve": curve},
        scalars={"final_loss": late_mean(curve)},
        conserved=as_quantities(functions.chosen(kept), frame) if kept else None,
    )


def _loss(
    method: _Flow, functions: Functions, states: torch.Tensor, flow: torch.Tensor, generator: torch.Generator
) -> Callable[[], torch.Tensor]:
    """mean |f̂·∇Ĥᵢ|² + λ Σ_{i<j} ⟨∇Ĥᵢ, ∇Ĥⱼ⟩² on a batch of states (N, r), which it draws at every call."""
    k, device = len(functions.weights[0]), states.device
    flow = flow / flow.norm(dim=1, keepdim=True).clamp_min(1e-12)
    above = torch.triu(torch.ones(k, k, device=device), diagonal=1)

    def loss() -> torch.Tensor:
        rows = torch.randint(len(states), (method.batch_size,), generator=generator).to(device)
        _, gradient = functions.value_and_gradient(states[rows])
        unit = gradient / gradient.norm(dim=2, keepdim=True).clamp_min(1e-12)
        along = torch.einsum("nbr,br->nb", unit, flow[rows]).square().mean()
        products = torch.einsum("nbr,mbr->nmb", unit, unit).square().mean(dim=2)
        return along + method.independence_weight * (products * above).sum()

    return loss


def _holding(
    functions: Functions, frame: Frame, x: FloatArray, velocity: FloatArray, rule: Rule
) -> tuple[list[int], FloatArray, FloatArray]:
    """Networks that are conserved on trajectories x (N, T, D), their confidences, and the defects of all, rising."""
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
    confidence = np.ones(everything.count)
    passed = np.ones(everything.count, dtype=np.bool_)
    for each in (defect.reshape(n, steps, -1).mean(axis=1), drift):  # (N, k): one number per trajectory
        mean, error = each.mean(axis=0), np.maximum(each.std(axis=0, ddof=1) / np.sqrt(n), tiny)
        passed &= mean + stdtrit(n - 1, rule.confidence) * error < rule.bound**2
        confidence = np.minimum(confidence, stdtr(n - 1, (rule.bound**2 - mean) / error))
    kept = np.flatnonzero(passed).tolist()
    return kept, confidence[passed], np.sort(np.sqrt(defect.mean(axis=0)))
