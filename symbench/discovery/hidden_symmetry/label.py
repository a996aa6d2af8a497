"""`hidden-symmetry` for labels: coordinates in which the label is invariant under a linear generator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import torch

from symbench.discovery.base import FunctionSample, Symmetry
from symbench.discovery.hidden_symmetry.flow import Flow
from symbench.discovery.hidden_symmetry.losses import excess_condition, invariance
from symbench.discovery.hidden_symmetry.search import (
    Objective,
    claim,
    generator_of,
    pulled_back,
    require_full_space,
    search,
    trained_condition,
)
from symbench.discovery.shared.label_map import MappedLabel, best_map, mapped_labels, rank_error
from symbench.discovery.shared.smooth_fit import Fit, fit_network, new_network
from symbench.errors import IncompatibleError

if TYPE_CHECKING:
    from symbench.discovery.hidden_symmetry.method import HiddenSymmetry

FloatArray = npt.NDArray[np.float64]

_FIT_WIDTH, _FIT_STEPS = 96, 60
_EVENTS = 1_000  # the cost of the fit grows with the cube
_FEWEST = 8
_ONE_WAY = 0.5  # of `_one_way`: above it T has moved the events far from the zeros of the generator
_TRAINED_ONE_WAY, _ONE_WAY_COST = 0.25, 10.0  # the value above which training adds a cost, and its weight


@dataclass(frozen=True)
class LabelledPoints:
    """Events u (N, P, D) in units of their size, the gradient of the label there, and the generator K (D, D).

    fitted, held   rows to train T on, and rows to judge it on
    """

    u: torch.Tensor
    gradient: torch.Tensor
    k: torch.Tensor
    fitted: torch.Tensor
    held: torch.Tensor

    def pushed(self, flow: Flow, rows: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """z (n, P, D) and the transposed Jacobian (n, P, D, D) of some events."""
        _, vectors, dimension = self.u.shape
        z, jacobian = flow.push(self.u[rows].reshape(-1, dimension))
        return z.reshape(-1, vectors, dimension), jacobian.reshape(-1, vectors, dimension, dimension)

    def one_way(self, z: torch.Tensor) -> torch.Tensor:
        """See `_one_way`, for the displacements K z of z (n, P, D)."""
        return _one_way(z.reshape(-1, len(self.k)) @ self.k.T)


def discover_label(
    method: HiddenSymmetry, sample: FunctionSample, *, seed: int, budget: float, device: str
) -> Symmetry:
    """Fit the label, search coordinates, claim the vector field of the generator.

    At most a thousand events are used: three in five for the fit of the label, one in seven to stop it, and a quarter
    to judge T.
    """
    if method.property not in ("auto", "label"):
        raise IncompatibleError(f"{method.property} is a property of a vector field, not of a label")
    dimension = sample.x.shape[2]
    labels = mapped_labels(sample)
    x = sample.x[:_EVENTS]
    require_full_space(x.reshape(-1, dimension))
    size = float(np.sqrt(np.mean(x**2)))
    k = generator_of(method, dimension, canonical=False)
    if not labels or len(x) < _FEWEST:  # a constant label decides nothing, and neither do a few events
        return Symmetry(generators=np.zeros((0, dimension, dimension)), confidence=np.zeros(0))
    points, fit = _points(x / size, labels, k, seed=seed, budget=budget, device=device)
    at_first = float(points.one_way(points.u[points.held]))
    objective = _objective(method, points, at_first, torch.Generator().manual_seed(seed))
    spread = points.u.reshape(-1, dimension).std(dim=0).cpu()
    fitted = search(method, objective, spread, seed=seed, budget=budget, device=device)
    with torch.no_grad():
        z = fitted.flow(points.u[points.held].cpu().reshape(-1, dimension))
        one_way = float(_one_way(z @ k.T))
    holds = fitted.holds(method) and one_way <= max(_ONE_WAY, at_first)
    fields = pulled_back(fitted.flow, np.zeros(dimension), size, lambda z: z @ k.T) if holds else None
    symmetry = claim(method, fitted, dimension, fields)
    symmetry.scalars.update(fit_error=fit.error, one_way=one_way)
    symmetry.notes.update(label_map=fit.label_map)
    return symmetry


@dataclass(frozen=True)
class LabelFit:
    """A network that was fitted to events that are not held out.

    gradient    (N, P, D) at all events
    error       root mean square of the errors on held-out events, in spreads of the mapped label
    label_map   the monotone map of the label, of which the order of other left-out labels is predicted best
    """

    gradient: torch.Tensor
    error: float
    label_map: str


def _points(
    u: FloatArray, labels: Sequence[MappedLabel], k: torch.Tensor, *, seed: int, budget: float, device: str
) -> tuple[LabelledPoints, LabelFit]:
    """Events, with the gradients of a network fitted to their labels."""
    events = torch.from_numpy(np.ascontiguousarray(u))
    held = torch.arange(len(events)) % 4 == 3
    fit = _fitted(events, labels, held, seed=seed, budget=budget)
    fitted_rows, held_rows = (torch.nonzero(mask.to(device))[:, 0] for mask in (~held, held))
    return LabelledPoints(events.to(device), fit.gradient.to(device), k.to(device), fitted_rows, held_rows), fit


def _objective(
    method: HiddenSymmetry, points: LabelledPoints, at_first: float, generator: torch.Generator
) -> Objective:
    """The violation of invariance, with costs for a large condition and for displacements that all point one way."""
    dimension = points.u.shape[2]

    def train(flow: Flow) -> tuple[torch.Tensor, torch.Tensor]:
        fitted = points.fitted
        rows = fitted[torch.randint(len(fitted), (method.points,), generator=generator).to(fitted.device)]
        z, jacobian = points.pushed(flow, rows)
        cost = excess_condition(jacobian.reshape(-1, dimension, dimension), trained_condition(method))
        away = torch.relu(points.one_way(z) - max(_TRAINED_ONE_WAY, at_first)).square()
        return invariance(z, jacobian, points.gradient[rows], points.k), cost + _ONE_WAY_COST * away

    return Objective(
        train,
        lambda flow: invariance(*points.pushed(flow, points.held), points.gradient[points.held], points.k),
        lambda flow: points.pushed(flow, points.held)[1].reshape(-1, dimension, dimension),
    )


def _one_way(moved: torch.Tensor) -> torch.Tensor:
    """‖E[w/‖w‖]‖ of displacements w (M, D): 0 if they point in all directions, 1 if they all point one way.

    Far from its centre a rotation is a translation, and every label without a critical point is invariant under
    translations in some coordinates. So is, nearly, a label with a critical point at the edge of the data.
    """
    return torch.as_tensor(torch.nn.functional.normalize(moved, dim=1).mean(dim=0).norm())


def _fitted(
    u: torch.Tensor, labels: Sequence[MappedLabel], held: torch.Tensor, *, seed: int, budget: float
) -> LabelFit:
    """The fit of each map to the events that are not held out, a fifth of which stop it and choose the map."""
    inputs, fitted = u.reshape(len(u), -1), torch.nonzero(~held)[:, 0]
    stop = torch.arange(len(fitted)) % 5 == 2
    start = new_network(inputs.shape[1], _FIT_WIDTH, 2, torch.Generator().manual_seed(seed))
    fit_on, stop_on = fitted[~stop], fitted[stop]
    fits: dict[str, Fit] = {}

    def error(label: MappedLabel) -> float:
        y = torch.from_numpy(label.fitted[: len(u)])
        fits[label.name] = fit_network(
            start,
            inputs[fit_on],
            y[fit_on],
            (inputs[stop_on], y[stop_on]),
            steps=max(1, round(_FIT_STEPS * min(budget, 1.0))),
            classes=label.classes,
        )
        return rank_error(fits[label.name].network(inputs[stop_on]).numpy(), y[stop_on].numpy())

    label = best_map(labels, error)
    network, values = fits[label.name].network, label.values[: len(u)]
    predicted = label.predicted(network(inputs[held]).numpy())
    left = float(np.sqrt(np.mean((predicted - values[held.numpy()]) ** 2)))
    return LabelFit(network.gradient(inputs).reshape(u.shape), left, label.name)
