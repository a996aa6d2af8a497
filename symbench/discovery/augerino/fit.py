"""What `augerino` does: a network on augmented events, and generators that widen as far as it lets them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.nn.functional import silu

from symbench.algebra.exponential import exponential
from symbench.algebra.subspace import second_moment
from symbench.discovery.base import FunctionSample, Symmetry
from symbench.discovery.shared.preparation import standardised_label

if TYPE_CHECKING:
    from symbench.discovery.augerino.method import Augerino


def fit(method: Augerino, sample: FunctionSample, *, seed: int, budget: float, device: str) -> Symmetry:
    """Train predictor and generators; the array `widths` holds the width of every channel at the end.

    Generators are in the coordinates of the sample. Raises IncompatibleError for labels of three classes or more.
    """
    n, count, d = sample.x.shape
    label = standardised_label(sample)
    if label is None:
        return Symmetry(np.zeros((0, d, d)), np.zeros(0))
    random = torch.Generator().manual_seed(seed)
    size = float(np.sqrt(np.mean(sample.x**2)))
    x = torch.from_numpy(sample.x / size).float().to(device)
    y = torch.from_numpy(label).float()[:, None].to(device)
    # Scaled to trace d: of isotropic data it is the identity.
    moment = second_moment(sample.x)
    weight = torch.from_numpy(moment * (d / np.trace(moment))).float().to(device)
    generators = torch.randn(method.channels, d, d, generator=random).to(device)
    generators = generators * (method.start / widths(generators, weight))[:, None, None]
    generators.requires_grad_()
    shapes = [(count * d, method.hidden), (method.hidden, method.hidden), (method.hidden, 1)]
    layers: list[torch.Tensor] = []
    for fan_in, fan_out in shapes:
        for shape in ((fan_in, fan_out), (fan_out,)):
            drawn = (2 * torch.rand(*shape, generator=random) - 1) / math.sqrt(fan_in)
            layers.append(drawn.to(device).requires_grad_())

    def predict(vectors: torch.Tensor) -> torch.Tensor:
        w1, b1, w2, b2, w3, b3 = layers
        return silu(silu(vectors.flatten(1) @ w1 + b1) @ w2 + b2) @ w3 + b3

    optimiser = torch.optim.Adam(
        [{"params": layers, "lr": method.rate}, {"params": [generators], "lr": method.generator_rate}]
    )
    steps = max(1, round(method.steps * budget))
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda done: 1 - done / steps)
    curve = np.empty((min(steps, 200), 1 + method.channels))
    reports = {round(i): row for row, i in enumerate(np.linspace(0, steps - 1, len(curve)))}
    for done in range(steps):
        rows = torch.randint(n, (min(method.batch_size, n),), generator=random)
        z = 2 * torch.rand(len(rows), method.channels, generator=random) - 1
        rows, z = rows.to(device), z.to(device)
        g = exponential(torch.einsum("bc,cij->bij", z, generators))
        fit = (predict(x[rows] @ g.mT) - y[rows]).square().mean()
        width = widths(generators, weight)
        loss = fit - method.regularisation * width.clamp(max=method.widest).sum()
        loss = loss + method.correlation_weight * _correlation(generators, weight)
        gradients = torch.autograd.grad(loss, [*layers, generators])
        for parameter, gradient in zip([*layers, generators], gradients, strict=True):
            parameter.grad = gradient
        optimiser.step()
        schedule.step()
        if done in reports:
            curve[reports[done]] = torch.cat([fit.detach()[None], width.detach()]).cpu().numpy()
    found = generators.detach().cpu().double().numpy()
    final = widths(generators.detach(), weight).cpu().double().numpy()
    kept = np.isfinite(final) & (final >= method.narrowest)
    return Symmetry(
        generators=found[kept],
        confidence=np.full(int(kept.sum()), 0.5),  # a width says nothing about how sure
        steps=steps,
        arrays={"widths": final, "loss_curve": curve},
        scalars={"task_loss": float(curve[-1, 0])},
    )


def widths(generators: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """√(E‖Lx‖²/E‖x‖²) of generators (k, d, d): (k,); weight is E[xxᵀ] scaled to trace d."""
    squares = torch.einsum("kij,jl,kil->k", generators, weight, generators) / len(weight)
    return squares.clamp_min(1e-12).sqrt()


def _correlation(generators: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    unit = generators / widths(generators, weight)[:, None, None]
    products = torch.einsum("aij,jl,bil->ab", unit, weight, unit) / len(weight)
    return products.triu(1).abs().sum()
