"""What `symmetrygan` does: starts, the game, and what becomes of the element."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import torch
from scipy.linalg import expm, sqrtm
from torch.nn.functional import leaky_relu, one_hot, softplus

from symbench.discovery.base import DistributionSample, Symmetry
from symbench.discovery.liegan.fit import Events, events_of
from symbench.discovery.shared.two_sample import along, by, halves, judge, observed, unit_displacement

if TYPE_CHECKING:
    from symbench.discovery.symmetrygan.method import SymmetryGan

FloatArray = npt.NDArray[np.float64]

_FEWEST = 8  # events; fewer leave nothing to train or to test with
_NEAR, _MOST_HALVINGS = 0.25, 50  # of a root to 1, where ten terms of the series are exact to rounding
_REAL = 1e-6  # share of a logarithm that may be imaginary, by rounding


def fit(method: SymmetryGan, sample: DistributionSample, *, seed: int, budget: float, device: str) -> Symmetry:
    """Train from every start; the array `group_element` (d, d) is the trained element that is tested further.

    Its logarithm is claimed if the group that it generates passes the test.
    """
    n, _, d = sample.x.shape
    if n < _FEWEST:
        return Symmetry(np.zeros((0, d, d)), np.zeros(0))
    rng = np.random.Generator(np.random.PCG64([seed, 5]))
    fitted, held_out = halves(n, method.held_out, rng)
    first, second = halves(len(fitted), 0.5, rng)
    everything = observed(sample)
    train, held = everything.take(fitted), everything.take(held_out)
    events = events_of(sample).take(torch.from_numpy(fitted))
    random = torch.Generator().manual_seed(seed)
    steps = max(1, round(method.steps * budget))
    test = {"margin": method.margin, "confidence": method.confidence}
    ends = [_play(method, events, random, steps=steps, device=device) for _ in range(method.starts)]
    told = [judge(by(g), train.take(first), train.take(second), seed=seed, **test).auc for g in ends]
    order = np.argsort(told, kind="stable")
    lengths = {int(i): _displacement(ends[i], train.vectors) for i in order}
    away = [i for i in lengths if lengths[i] >= method.nearest]
    best = away[0] if away else int(order[0])
    scalars = {"displacement": lengths[best], "starts_away": float(len(away))}
    generators, confidence = np.zeros((0, d, d)), np.zeros(0)
    generator = logarithm(ends[best]) if away else None
    unit = None if generator is None else unit_displacement(generator, train.vectors)
    if unit is not None:
        verdict = judge(along(unit), train, held, seed=seed, **test)
        scalars["generator_auc"] = verdict.auc
        if verdict.passes:
            generators, confidence = unit[None], np.array([verdict.confidence])
    return Symmetry(
        generators,
        confidence,
        steps=steps * method.starts,
        arrays={"group_element": ends[best], "start_aucs": np.array(told)},
        scalars=scalars,
    )


def _displacement(element: FloatArray, vectors: FloatArray) -> float:
    """RMS ‖Lx‖ over RMS ‖x‖ of L = log g; 0 where g has no real logarithm."""
    generator = logarithm(element)
    if generator is None:
        return 0.0
    return math.sqrt(float(np.mean((vectors @ generator.T) ** 2)) / float(np.mean(vectors**2)))


def logarithm(element: FloatArray) -> FloatArray | None:
    """The real principal logarithm L of g (d, d), e^L = g; None where g has none.

    g has none if it is singular or has a negative eigenvalue, as every reflection has.
    """
    if not np.isfinite(element).all() or np.linalg.cond(element) > 1e8:
        return None
    values = np.linalg.eigvals(element)
    if np.any((values.real < 0) & (np.abs(values.imag) <= _REAL * np.abs(values))):
        return None
    found = _principal(element)
    if np.max(np.abs(found.imag)) > _REAL * max(1.0, float(np.max(np.abs(found.real)))):
        return None
    real = np.asarray(found.real, dtype=np.float64)
    close = np.allclose(expm(real), element, atol=1e-6 * float(np.max(np.abs(element))))
    return real if close else None


def _principal(element: FloatArray) -> npt.NDArray[np.complex128]:
    """log g = 2ⁿ⁺¹ artanh((r − 1)(r + 1)⁻¹), r the 2ⁿ-th root near 1; scipy's logm uses numpy's global generator."""
    unit = np.eye(len(element))
    root, halvings = np.asarray(element, dtype=np.complex128), 0
    while np.linalg.norm(root - unit) > _NEAR and halvings < _MOST_HALVINGS:
        root, halvings = np.asarray(sqrtm(root), dtype=np.complex128), halvings + 1
    ratio = np.linalg.solve(root + unit, root - unit)
    series = sum(np.linalg.matrix_power(ratio, j) / j for j in range(1, 20, 2))
    return np.asarray(2.0 ** (halvings + 1) * series, dtype=np.complex128)


def _play(method: SymmetryGan, events: Events, random: torch.Generator, *, steps: int, device: str) -> FloatArray:
    """The element (d, d) where one random start ends."""
    n, count, d = events.x.shape
    x = events.x.to(device)
    beside = one_hot(events.y, events.classes).float().to(device) if events.classes else events.y.to(device)
    width = count * d + beside.shape[1]
    start = torch.randn(d, d, generator=random) / math.sqrt(d)
    if torch.linalg.det(start) < 0:  # it would end among reflections, which have no logarithm
        start[0] *= -1
    element = start.to(device).requires_grad_()
    sizes = [(width, method.hidden), (method.hidden, method.hidden), (method.hidden, 1)]
    layers: list[torch.Tensor] = []
    for fan_in, fan_out in sizes:
        for shape in ((fan_in, fan_out), (fan_out,)):
            drawn = (2 * torch.rand(*shape, generator=random) - 1) / math.sqrt(fan_in)
            layers.append(drawn.to(device).requires_grad_())
    of_g = torch.optim.Adam([element], lr=method.generator_rate, betas=(0.5, 0.999))
    of_d = torch.optim.Adam(layers, lr=method.discriminator_rate, betas=(0.5, 0.999))
    schedule = torch.optim.lr_scheduler.LambdaLR(of_g, lambda done: 1 - done / steps)

    def logit(vectors: torch.Tensor, label: torch.Tensor) -> torch.Tensor:
        w1, b1, w2, b2, w3, b3 = layers
        h = leaky_relu(torch.cat([vectors.flatten(1), label], dim=1) @ w1 + b1, 0.2)
        return leaky_relu(h @ w2 + b2, 0.2) @ w3 + b3

    for _ in range(steps):
        rows = torch.randint(n, (2, min(method.batch_size, n)), generator=random).to(device)
        real, label = x[rows[0]], beside[rows[0]]
        moved, moved_label = x[rows[1]] @ element.T, beside[rows[1]]
        (gradient,) = torch.autograd.grad(softplus(-logit(moved, moved_label)).mean(), element)
        loss = softplus(-logit(real, label)).mean() + softplus(logit(moved.detach(), moved_label)).mean()
        gradients = torch.autograd.grad(loss, layers)
        element.grad = gradient
        for layer, value in zip(layers, gradients, strict=True):
            layer.grad = value
        of_g.step()
        of_d.step()
        schedule.step()
    return np.asarray(element.detach().cpu().double().numpy())
