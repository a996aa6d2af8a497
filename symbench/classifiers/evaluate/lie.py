"""Lie-derivative errors of a network: E[‖∇z·Lx‖²] / E[‖∇z‖²‖Lx‖²] for each generator L.

The derivative along Lx is computed by forward-mode differentiation, one pass per generator, and ‖∇z‖² by reverse mode.
If an operation of the network has no forward derivative, the gradient of reverse mode is contracted with Lx; if it has
no derivative at all, central differences in float64 are used. A note of the trial reports both cases.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.autograd import forward_ad

from symbench.classifiers.evaluate.probe import Probe
from symbench.classifiers.training.differentiation import differentiable, has_no_derivative
from symbench.classifiers.training.jets import Jets
from symbench.metrics.invariance.lie import lie_ratio

Floats = npt.NDArray[np.float64]

LIE_JETS = (
    64  # test jets: a mean of squares over them is accurate to 20 to 30 %; networks differ by orders of magnitude
)
DIFFERENCE = 1e-6  # t of a central difference; near mass zero networks are not linear at much larger t
PROBES = 8  # random directions for ‖∇z‖² if there is no gradient: an error of 6 % over 64 jets


@dataclass(frozen=True)
class LieErrors:
    """The error of each generator in each available precision; the note says why differentiation was not possible."""

    float32: dict[str, float]
    float64: dict[str, float]
    note: str | None


def lie_errors(probe: Probe, generators: Mapping[str, Floats], count: int) -> LieErrors:
    """Errors over the first `count` test jets, without generators of which the error is undefined (a constant z)."""
    note = None
    with differentiable():
        for forward in (True, False):
            try:
                single, exact = (_errors(probe, generators, count, double, forward) for double in (False, True))
                return LieErrors(single, exact, note)
            except RuntimeError as error:  # NotImplementedError is one
                if not has_no_derivative(error):
                    raise
                instead = "gradients contracted with Lx" if forward else "central differences in float64"
                note = f"{instead}: {str(error).splitlines()[0][:200]}"
    return LieErrors({}, _by_differences(probe, generators, count), note)


def _errors(
    probe: Probe, generators: Mapping[str, Floats], count: int, double: bool, forward: bool
) -> dict[str, float]:
    along: dict[str, list[Floats]] = {name: [] for name in generators}
    lengths: dict[str, list[Floats]] = {name: [] for name in generators}
    slopes = []
    for batch in probe.batches(count):
        x = probe.points(batch)
        gradient = gradients(probe, x, batch, double=double)
        slopes.append(_numpy(gradient.square().sum(dim=(1, 2, 3))))
        for name, matrix in generators.items():
            moved = x @ torch.tensor(matrix, device=x.device).T
            rate = (
                directional(probe, x, moved, batch, double=double)
                if forward
                else torch.einsum("nkpi,npi->nk", gradient, moved)
            )
            along[name].append(_numpy(rate))
            lengths[name].append(_numpy(moved.square().sum(dim=(1, 2))))
    return _ratios(along, np.concatenate(slopes), lengths)


def directional(probe: Probe, x: Tensor, direction: Tensor, batch: Jets, *, double: bool) -> Tensor:
    """∇z·direction (n, K), by forward-mode differentiation."""
    with torch.no_grad(), forward_ad.dual_level():
        dual = forward_ad.make_dual(x, direction)
        out = probe.at(dual, batch, double=double)
        value, tangent = forward_ad.unpack_dual(out)
        return torch.zeros_like(value) if tangent is None else tangent


def gradients(probe: Probe, x: Tensor, batch: Jets, *, double: bool) -> Tensor:
    """∇z (n, K, S + P, 4) float64, by reverse mode."""
    rows = []
    with torch.enable_grad():
        x = x.detach().clone().requires_grad_()
        out = probe.at(x, batch, double=double)
        for k in range(out.shape[1]):
            (gradient,) = torch.autograd.grad(out[:, k].sum(), x, retain_graph=k + 1 < out.shape[1])
            rows.append(gradient)
    return torch.stack(rows, dim=1)


@torch.inference_mode()
def _by_differences(probe: Probe, generators: Mapping[str, Floats], count: int) -> dict[str, float]:
    """Errors in float64 from z at x ± t·Lx, to second order in t, with ‖∇z‖² = E[(∇z·v)²] over random directions v."""
    along: dict[str, list[Floats]] = {name: [] for name in generators}
    lengths: dict[str, list[Floats]] = {name: [] for name in generators}
    slopes = []
    rng = torch.Generator().manual_seed(0)
    for batch in probe.batches(count):
        x = probe.points(batch)
        real = (x != 0).any(dim=-1, keepdim=True)
        size = x.square().sum(dim=(1, 2), keepdim=True).sqrt()

        def difference(direction: Tensor, step: Tensor, x: Tensor = x, batch: Jets = batch) -> Tensor:
            up, down = (probe.at(x + sign * step * direction, batch, double=True) for sign in (1, -1))
            return (up - down) / (2 * step[:, :, 0])

        for name, matrix in generators.items():
            moved = x @ torch.tensor(matrix, device=x.device).T
            along[name].append(_numpy(difference(moved, torch.full_like(size, DIFFERENCE))))
            lengths[name].append(_numpy(moved.square().sum(dim=(1, 2))))
        total = torch.zeros(len(x), dtype=torch.float64, device=x.device)
        for _ in range(PROBES):
            v = torch.randn(x.shape, generator=rng, dtype=torch.float64).to(x.device) * real
            step = DIFFERENCE * size / v.square().sum(dim=(1, 2), keepdim=True).sqrt().clamp_min(1e-300)
            total += difference(v, step).square().sum(dim=1) / PROBES
        slopes.append(_numpy(total))
    return _ratios(along, np.concatenate(slopes), lengths)


def _ratios(along: Mapping[str, list[Floats]], slopes: Floats, lengths: Mapping[str, list[Floats]]) -> dict[str, float]:
    ratios = {
        name: lie_ratio(np.concatenate(parts), slopes, np.concatenate(lengths[name])) for name, parts in along.items()
    }
    return {name: value for name, value in ratios.items() if value is not None and np.isfinite(value)}


def _numpy(values: Tensor) -> Floats:
    return np.asarray(values.detach().double().cpu().numpy())
