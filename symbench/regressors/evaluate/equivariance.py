"""The equivariance of a trained regressor: finite elements of the task's group, and Lie derivatives with ρ."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import torch

from symbench.algebra.exponential import exponential
from symbench.algebra.representations import MatrixGroup, direct_sum_derivative, direct_sum_power
from symbench.classifiers.evaluate.lie import directional, gradients
from symbench.classifiers.evaluate.probe import FLOAT64_JETS, Probe
from symbench.classifiers.training.differentiation import differentiable
from symbench.data.signature import Signature
from symbench.metrics.invariance.invariance import over_grid
from symbench.metrics.operations.moved import operation_rng
from symbench.metrics.regression.equivariance import PRECISIONS, STRENGTHS, equivariance_error
from symbench.metrics.regression.lie_equivariance import lie_equivariance_ratio

Floats = npt.NDArray[np.float64]

LIE_EVENTS = 64


def random_elements(group: MatrixGroup, strength: float, count: int, rng: np.random.Generator) -> Floats:
    """exp(t L) (count, d, d), |t| = strength, L uniform among the unit combinations of an orthonormal basis."""
    direction = rng.normal(size=(count, len(group.basis)))
    direction *= strength / np.linalg.norm(direction, axis=1, keepdims=True)
    generators = torch.from_numpy(np.einsum("nk,kij->nij", direction, group.basis))
    return np.asarray(exponential(generators).numpy())


def equivariance_metrics(probe: Probe, group: MatrixGroup, signature: Signature, seed: int) -> dict[str, float]:
    """Errors at each strength, over all of them, at the discrete elements, and of the Lie derivatives.

    The first test events are used, with the same elements for every regressor.
    """
    count = min(FLOAT64_JETS, len(probe.jets))
    metrics: dict[str, float | None] = {}
    sets: dict[str, Floats] = {}
    if len(group.basis):
        for strength in STRENGTHS:
            elements = random_elements(group, strength, count, operation_rng("equivariance", seed))
            sets[f"equivariance_{strength:g}"] = elements
    if len(group.discrete):
        chosen = operation_rng("equivariance_discrete", seed).integers(len(group.discrete), size=count)
        sets["equivariance_discrete"] = group.discrete[chosen]
    for precision in PRECISIONS:
        for name, elements in sets.items():
            metrics[f"{name}_{precision}"] = _at(probe, elements, signature, double=precision == "float64")
        known = [v for t in STRENGTHS if (v := metrics.get(f"equivariance_{t:g}_{precision}")) is not None]
        metrics[f"equivariance_{precision}"] = over_grid(known) if known else None
    with differentiable():
        metrics |= _derivatives(probe, group, signature)
    return {name: value for name, value in metrics.items() if value is not None}


def _at(probe: Probe, elements: Floats, signature: Signature, *, double: bool) -> float | None:
    events = probe.jets.take(slice(len(elements)))
    matrices = torch.from_numpy(elements).to(events.p.device)
    moved = replace(events, p=events.p @ matrices.mT)
    before, after = probe.values(events, double=double), probe.values(moved, double=double)
    return equivariance_error(
        after, np.einsum("nij,nj->ni", direct_sum_power(elements, signature.target), before), before
    )


def _derivatives(probe: Probe, group: MatrixGroup, signature: Signature) -> dict[str, float | None]:
    found: dict[str, float | None] = {}
    batch = probe.jets.take(slice(LIE_EVENTS))
    x = probe.points(batch)
    for suffix, double in (("", True), ("_float32", False)):
        slope = gradients(probe, x, batch, double=double).square().sum(dim=(1, 2, 3)).cpu().numpy()
        value = probe.values(batch, double=double)
        ratios = []
        for generator in group.basis:
            moved = x @ torch.from_numpy(generator).to(x.device).T
            along = directional(probe, x, moved, batch, double=double).double().cpu().numpy()
            turned = value @ direct_sum_derivative(generator, signature.target).T
            length = moved.square().sum(dim=(1, 2)).cpu().numpy()
            ratio = lie_equivariance_ratio(along, turned, slope, length)
            if ratio is not None:
                ratios.append(ratio)
        found[f"lie_equivariance{suffix}"] = float(np.mean(ratios)) if ratios else None
    return found
