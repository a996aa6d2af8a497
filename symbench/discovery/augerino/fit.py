"""How `augerino` trains: a predictor on augmented events, and generators that widen until its fit gets worse."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import torch
from torch.nn.functional import cosine_similarity, silu

from symbench.algebra.exponential import exponential
from symbench.algebra.subspace import second_moment
from symbench.discovery.base import DistributionSample, FunctionSample, Symmetry
from symbench.discovery.liegan.method import mask_matrix
from symbench.discovery.shared.preparation import standardised_label
from symbench.errors import IncompatibleError

if TYPE_CHECKING:
    from symbench.discovery.augerino.method import Augerino

_CURVE = 200  # rows of the loss curve


@dataclass(frozen=True)
class Predictor:
    """An MLP with two hidden layers, SiLU: weight (in, out) and bias (out,) of each of its three layers."""

    layers: list[torch.Tensor]

    def __call__(self, vectors: torch.Tensor) -> torch.Tensor:
        """The label (B, 1), or the companions (B, Q·d), of events (B, P, d)."""
        w1, b1, w2, b2, w3, b3 = self.layers
        return silu(silu(vectors.flatten(1) @ w1 + b1) @ w2 + b2) @ w3 + b3


def fit(
    method: Augerino, sample: FunctionSample | DistributionSample, *, seed: int, budget: float, device: str
) -> Symmetry:
    """Train predictor and generators; the array `widths` holds the final width of every channel.

    Generators are in the coordinates of the sample. Raises IncompatibleError for labels of three classes or more, and
    for a density without companion vectors.
    """
    _, count, d = sample.x.shape
    size = float(np.sqrt(np.mean(sample.x**2))) or 1.0
    target = _target(sample, size)
    if target is None:
        return Symmetry(np.zeros((0, d, d)), np.zeros(0))
    random = torch.Generator().manual_seed(seed)
    x = torch.from_numpy(sample.x / size).float().to(device)
    y = torch.from_numpy(target).float().to(device)
    # Scaled to trace d: the identity for isotropic data.
    moment = second_moment(sample.x)
    weight = torch.from_numpy(moment * (d / np.trace(moment))).float().to(device)
    generators = _random_generators(method, weight, random)
    predictor = _random_predictor(count * d, method.hidden, y[0].numel(), random, device)
    steps = max(1, round(method.steps * budget))
    curve = _train(method, predictor, generators, x, y, weight, random, steps)
    matrices = generators.detach().cpu().double().numpy()
    final = widths(generators.detach(), weight).cpu().double().numpy()
    kept = np.isfinite(final) & (final >= method.narrowest)
    return Symmetry(
        generators=matrices[kept],
        confidence=np.full(int(kept.sum()), 0.5),  # a width is no measure of confidence
        steps=steps,
        arrays={"widths": final, "loss_curve": curve},
        scalars={"task_loss": float(curve[-1, 0])},
    )


def _target(sample: FunctionSample | DistributionSample, size: float) -> npt.NDArray[np.float64] | None:
    """What is predicted: standardised labels (N, 1), None if constant; or companions (N, Q, d) in the unit of x."""
    if isinstance(sample, FunctionSample):
        label = standardised_label(sample)
        return None if label is None else label[:, None]
    if sample.y is None or sample.y.ndim != 3:
        raise IncompatibleError("this method predicts a label or companion vectors; this sample has neither")
    return sample.y / size


def widths(generators: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """√(E‖Lx‖²/E‖x‖²) of generators (k, d, d): (k,); weight is E[xxᵀ] scaled to trace d."""
    squares = torch.einsum("kij,jl,kil->k", generators, weight, generators) / len(weight)
    return squares.clamp_min(1e-12).sqrt()


def _random_generators(method: Augerino, weight: torch.Tensor, random: torch.Generator) -> torch.Tensor:
    """Generators (k, d, d) in a random direction, of the initial width."""
    d = len(weight)
    mask = mask_matrix(method.mask, d)
    generators = torch.randn(method.channels, d, d, generator=random).to(weight.device)
    if mask is not None:
        generators = generators * torch.from_numpy(mask).to(generators)
    generators = generators * (method.start / widths(generators, weight))[:, None, None]
    return generators.requires_grad_()


def _random_predictor(inputs: int, hidden: int, outputs: int, random: torch.Generator, device: str) -> Predictor:
    """Weights and biases uniform in ±1/√fan-in."""
    layers = []
    for fan_in, fan_out in ((inputs, hidden), (hidden, hidden), (hidden, outputs)):
        for shape in ((fan_in, fan_out), (fan_out,)):
            drawn = (2 * torch.rand(*shape, generator=random) - 1) / math.sqrt(fan_in)
            layers.append(drawn.to(device).requires_grad_())
    return Predictor(layers)


def _train(
    method: Augerino,
    predictor: Predictor,
    generators: torch.Tensor,
    x: torch.Tensor,
    y: torch.Tensor,
    weight: torch.Tensor,
    random: torch.Generator,
    steps: int,
) -> npt.NDArray[np.float64]:
    """Update both in place; returns a curve of the squared error and the width of every channel."""
    parameters = [*predictor.layers, generators]
    optimiser = torch.optim.Adam(
        [{"params": predictor.layers, "lr": method.rate}, {"params": [generators], "lr": method.generator_rate}]
    )
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda done: 1 - done / steps if method.falls else 1.0)
    curve = np.empty((min(steps, _CURVE), 1 + method.channels))
    reported = {round(i): row for row, i in enumerate(np.linspace(0, steps - 1, len(curve)))}
    n, d = len(x), x.shape[2]
    allowed = mask_matrix(method.mask, d)
    mask = None if allowed is None else torch.from_numpy(allowed).float().to(x.device)
    for step in range(steps):
        rows = torch.randint(n, (min(method.batch_size, n),), generator=random)
        z = _coefficients(method, len(rows), random)
        rows, z = rows.to(x.device), z.to(x.device)
        g = exponential(torch.einsum("bc,cij->bij", z, generators))
        moved = x[rows] @ g.mT
        target = y[rows] if y.ndim == 2 else (y[rows] @ g.mT).flatten(1)
        error = (predictor(moved) - target).square().mean()
        width = widths(generators, weight)
        loss = error - method.regularisation * width.clamp(max=method.widest).sum()
        loss = loss + method.correlation_weight * _correlation(generators, weight)
        if method.cosine_weight:
            loss = loss + method.cosine_weight * cosine_similarity(moved, x[rows], dim=2).mean().abs()
        for parameter, gradient in zip(parameters, torch.autograd.grad(loss, parameters), strict=True):
            parameter.grad = gradient if mask is None or parameter is not generators else gradient * mask
        optimiser.step()
        schedule.step()
        if step in reported:
            curve[reported[step]] = torch.cat([error.detach()[None], width.detach()]).cpu().numpy()
    return curve


def _coefficients(method: Augerino, count: int, random: torch.Generator) -> torch.Tensor:
    """z of some events (count, channels)."""
    if method.coefficients == "normal":
        return torch.randn(count, method.channels, generator=random)
    return 2 * torch.rand(count, method.channels, generator=random) - 1


def _correlation(generators: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """Σ_{i<j} |⟨L̂ᵢ, L̂ⱼ⟩| of generators (k, d, d) scaled to width 1."""
    unit = generators / widths(generators, weight)[:, None, None]
    products = torch.einsum("aij,jl,bil->ab", unit, weight, unit) / len(weight)
    return products.triu(1).abs().sum()
