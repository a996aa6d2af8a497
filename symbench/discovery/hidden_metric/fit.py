"""`hidden-metric`: coordinates in which a metric tensor, given as the label's formula, has translations.

Events are a point x and a displacement v; the label is g_x(v, v). In z = T(x) the metric is g′ = J⁻ᵀ g J⁻¹, J = ∂z/∂x.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import torch

from symbench.discovery.base import FunctionSample, Symmetry
from symbench.discovery.hidden_metric.method import HiddenMetric
from symbench.discovery.hidden_symmetry.flow import Flow
from symbench.discovery.hidden_symmetry.losses import excess_condition
from symbench.discovery.hidden_symmetry.search import Objective, claim, search, trained_condition
from symbench.errors import IncompatibleError

FloatArray = npt.NDArray[np.float64]
Interval = Callable[[torch.Tensor], torch.Tensor]

_HELD_OUT = 4  # every fourth event
_TWICE = 1e-9  # relative: g(2v, 2v) = 4 g(v, v)


def fit(method: HiddenMetric, sample: FunctionSample, *, seed: int, budget: float, device: str) -> Symmetry:
    """Train T; claim the translations along `axes`, moved back to x, unless they are those of sections only.

    Raises IncompatibleError for a label that is no quadratic form of the second of two vectors, and for an axis that
    does not exist.
    """
    interval = _interval(sample)
    points = torch.from_numpy(np.ascontiguousarray(sample.x[:, 0])).to(device)
    n, d = points.shape
    axes = tuple(range(d)) if method.axes is None else method.axes
    if not all(axis < d for axis in (*axes, *(method.moves or ()))):
        raise IncompatibleError(f"points have {d} coordinates, counted from 0")
    held = torch.arange(n, device=device) % _HELD_OUT == _HELD_OUT - 1
    train, test = points[~held], points[held]
    generator = torch.Generator().manual_seed(seed)

    violation = flatness if method.sections else translations

    def residual(flow: Flow, x: torch.Tensor) -> torch.Tensor:
        return violation(flow, interval, x, axes)

    def loss(flow: Flow) -> tuple[torch.Tensor, torch.Tensor]:
        x = train[torch.randint(len(train), (method.points,), generator=generator).to(device)]
        return residual(flow, x), excess_condition(flow.push(x)[1], trained_condition(method))

    objective = Objective(loss, lambda flow: residual(flow, test), lambda flow: flow.push(test)[1])
    fitted = search(
        method, objective, points.std(dim=0).cpu(), seed=seed, budget=budget, device=device, moves=method.moves
    )
    holds = fitted.holds(method) and not method.sections
    symmetry = claim(method, fitted, d, _pulled_back(fitted.flow, axes) if holds else None)
    if method.sections:
        symmetry.scalars["printed_loss"] = printed_loss(fitted.flow, interval, test.cpu(), axes)
    return symmetry


def _interval(sample: FunctionSample) -> Interval:
    label = sample.label_function
    if label is None or sample.x.shape[1] != 2:
        raise IncompatibleError("this method needs a metric as a formula: events of a point and a displacement")
    x = torch.from_numpy(np.ascontiguousarray(sample.x))
    twice = x * torch.tensor([1.0, 2.0], dtype=x.dtype)[:, None]
    if not torch.allclose(label(twice), 4 * label(x), rtol=_TWICE, atol=0):
        raise IncompatibleError("the label is no metric: g(2v, 2v) is not 4 g(v, v)")
    return label


def metric_of(interval: Interval, x: torch.Tensor) -> torch.Tensor:
    """g (N, d, d) at points x (N, d), from its quadratic form: 2 g(u, v) = g(u + v, u + v) − g(u, u) − g(v, v)."""
    n, d = x.shape
    rows, columns = torch.triu_indices(d, d)
    unit = torch.eye(d, dtype=x.dtype, device=x.device)

    def squares(v: torch.Tensor) -> torch.Tensor:
        events = torch.stack([x.repeat_interleave(len(v), 0), v.repeat(n, 1)], dim=1)
        return interval(events).reshape(n, len(v))

    single = squares(unit)
    both = (squares(unit[rows] + unit[columns]) - single[:, rows] - single[:, columns]) / 2
    g = x.new_zeros(n, d, d)
    g[:, rows, columns] = both
    g[:, columns, rows] = both
    return g


def transported(flow: Flow, interval: Interval, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """z (N, d), J⁻¹ (N, d, d) with [n, i, k] = ∂xᵢ/∂zₖ, and g′ (N, d, d)."""
    z, jacobian = flow.push(x)
    inverse = torch.linalg.inv(jacobian.transpose(1, 2))
    return z, inverse, inverse.transpose(1, 2) @ metric_of(interval, x) @ inverse


@torch.enable_grad()  # also for points on which T is only judged
def translations(flow: Flow, interval: Interval, x: torch.Tensor, axes: tuple[int, ...]) -> torch.Tensor:
    """∂g′/∂zₖ = 0 for k of `axes`: Σₖ (E‖Jᵀ(∂g′/∂zₖ)J‖² / E‖∂x/∂zₖ‖²) / E‖g‖², in units of the spread of x.

    Jᵀ(∂g′/∂zₖ)J is the change of the metric along ∂/∂zₖ in the coordinates x, its Lie derivative. It is compared with
    the metric there: sizes in z would depend on T, which made them large to fake the property.
    """
    x = x.detach().requires_grad_()
    spread = x.detach().std(dim=0)
    _, inverse, metric = transported(flow, interval, x)
    d = x.shape[1]
    rows, columns = torch.triu_indices(d, d)
    slopes = x.new_zeros(len(x), d, d, d)  # [n, k, i, j] = ∂g′ᵢⱼ/∂zₖ
    for i, j in zip(rows.tolist(), columns.tolist(), strict=True):
        (slope,) = torch.autograd.grad(metric[:, i, j].sum(), x, create_graph=True)
        unit = x.new_zeros(d, d)
        unit[i, j] = unit[j, i] = 1
        slopes = slopes + torch.einsum("ni,nik->nk", slope, inverse)[:, :, None, None] * unit
    chosen = list(axes)
    outward = torch.linalg.inv(inverse) * spread  # J in units of the spread of x
    change = torch.einsum("nia,nkij,njb->nkab", outward, slopes[:, chosen], outward)
    length = (inverse[:, :, chosen] / spread[:, None]).square().sum(dim=1).mean(dim=0)
    size = (metric_of(interval, x).detach() * spread * spread[:, None]).square().sum(dim=(1, 2)).mean()
    return torch.as_tensor((change.square().sum(dim=(2, 3)).mean(dim=0) / length).sum() / size)


def flatness(flow: Flow, interval: Interval, x: torch.Tensor, axes: tuple[int, ...]) -> torch.Tensor:
    """How far the components g′ᵢⱼ, i and j of `axes`, are from constants: Σ Var g′ᵢⱼ / Σ E g′ᵢⱼ²."""
    chosen = list(axes)
    section = transported(flow, interval, x)[2][:, chosen][:, :, chosen]
    return torch.as_tensor((section - section.mean(dim=0)).square().sum() / section.square().sum())


def printed_loss(flow: Flow, interval: Interval, x: torch.Tensor, axes: tuple[int, ...]) -> float:
    """E[(g′ᵢⱼ + δᵢⱼ)²] over points and the components of the sections, as in the notebook of the black hole."""
    with torch.no_grad():
        section = transported(flow, interval, x)[2][:, list(axes)][:, :, list(axes)]
        return float((section + torch.eye(len(axes), dtype=x.dtype)).square().mean())


def _pulled_back(flow: Flow, axes: tuple[int, ...]) -> Callable[[FloatArray], FloatArray]:
    """The unit vectors along axes of z as fields of points and displacements, events (N, 2, d) → (k, N, 2, d)."""
    from symbench.tasks.function.prolonged import prolonged

    def fields(x: torch.Tensor) -> torch.Tensor:
        _, jacobian = flow.push(x[None])
        return torch.as_tensor(torch.linalg.inv(jacobian[0])[list(axes)])

    return prolonged(fields)
