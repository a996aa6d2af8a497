"""`hidden-symmetry` of a label: coordinates in which it is invariant under a given linear generator."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from symbench.discovery.base import FunctionSample, Symmetry
from symbench.discovery.hidden_symmetry.flow import Flow
from symbench.discovery.hidden_symmetry.losses import excess_condition, invariance
from symbench.discovery.hidden_symmetry.search import (
    Objective,
    claim,
    given_generator,
    pulled_back,
    require_full_space,
    search,
    trained_condition,
)
from symbench.discovery.shared.preparation import standardised_label
from symbench.discovery.shared.smooth_fit import fit_network, new_network
from symbench.errors import IncompatibleError

if TYPE_CHECKING:
    from symbench.discovery.hidden_symmetry.method import HiddenSymmetry

_FIT_WIDTH, _FIT_STEPS = 96, 60
_EVENTS = 1_000  # the fit's cost grows with the cube
_ONE_WAY = 0.5  # of displacements: above it T has carried the events far from where the generator vanishes
_TRAINED_ONE_WAY, _ONE_WAY_COST = 0.25, 10.0  # beyond which training pays, and how much


def discover_label(
    method: HiddenSymmetry, sample: FunctionSample, *, seed: int, budget: float, device: str
) -> Symmetry:
    """Fit the label, search coordinates, claim the generator's vector field.

    Of at most a thousand events three in five are fitted, one in seven stops the fit, and a quarter judges T.
    """
    if method.property not in ("auto", "label"):
        raise IncompatibleError(f"{method.property} is a property of a vector field, not of a label")
    _, vectors, dimension = sample.x.shape
    y = standardised_label(sample)
    x = sample.x[:_EVENTS]
    require_full_space(x.reshape(-1, dimension))
    size = float(np.sqrt(np.mean(x**2)))
    u = torch.from_numpy(np.ascontiguousarray(x / size))
    k = given_generator(method, dimension, canonical=False)
    held = torch.arange(len(u)) % 4 == 3
    if y is None or len(u) < 8:  # nothing can be learnt from a label that is everywhere the same
        return Symmetry(generators=np.zeros((0, dimension, dimension)), confidence=np.zeros(0))
    gradient, error = _gradient(u, torch.from_numpy(y[: len(u)]), held, seed=seed, budget=budget)
    u, gradient, k_there, held = u.to(device), gradient.to(device), k.to(device), held.to(device)

    generator = torch.Generator().manual_seed(seed)
    seen, kept = torch.nonzero(~held)[:, 0], torch.nonzero(held)[:, 0]

    def pushed(flow: Flow, rows: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        z, jacobian = flow.push(u[rows].reshape(-1, dimension))
        return z.reshape(-1, vectors, dimension), jacobian.reshape(-1, vectors, dimension, dimension)

    at_first = float(_one_way(u[kept].reshape(-1, dimension) @ k_there.T))

    def train(flow: Flow) -> tuple[torch.Tensor, torch.Tensor]:
        rows = seen[torch.randint(len(seen), (method.points,), generator=generator).to(seen.device)]
        z, jacobian = pushed(flow, rows)
        cost = excess_condition(jacobian.reshape(-1, dimension, dimension), trained_condition(method))
        away = torch.relu(_one_way(z.reshape(-1, dimension) @ k_there.T) - max(_TRAINED_ONE_WAY, at_first)).square()
        return invariance(z, jacobian, gradient[rows], k_there), cost + _ONE_WAY_COST * away

    objective = Objective(
        train,
        lambda flow: invariance(*pushed(flow, kept), gradient[kept], k_there),
        lambda flow: pushed(flow, kept)[1].reshape(-1, dimension, dimension),
    )
    spread = u.reshape(-1, dimension).std(dim=0).cpu()
    found = search(method, objective, spread, seed=seed, budget=budget, device=device)
    with torch.no_grad():
        one_way = float(_one_way(found.flow(u[kept].cpu().reshape(-1, dimension)) @ k.T))
    holds = found.holds(method) and one_way <= max(_ONE_WAY, at_first)
    fields = pulled_back(found.flow, np.zeros(dimension), size, lambda z: z @ k.T) if holds else None
    claimed = claim(method, found, dimension, fields)
    claimed.scalars.update(fit_error=error, one_way=one_way)
    return claimed


def _one_way(moved: torch.Tensor) -> torch.Tensor:
    """‖E[w/‖w‖]‖ of displacements w (M, D): 0 where they point all around, 1 where they all point one way.

    From afar every rotation is a translation, and every label without a critical point, or with one that weighs little,
    is invariant under translations in some coordinates: a linear one was "rotated" with a residual of 0.018.
    """
    return torch.as_tensor(torch.nn.functional.normalize(moved, dim=1).mean(dim=0).norm())


def _gradient(
    u: torch.Tensor, y: torch.Tensor, held: torch.Tensor, *, seed: int, budget: float
) -> tuple[torch.Tensor, float]:
    """∇f at all events (N, P, D) of a network that has seen those not held out; its error on the held-out ones."""
    inputs, seen = u.reshape(len(u), -1), torch.nonzero(~held)[:, 0]
    stop = torch.arange(len(seen)) % 5 == 2
    start = new_network(inputs.shape[1], _FIT_WIDTH, 2, torch.Generator().manual_seed(seed))
    fit_on, stop_on = seen[~stop], seen[stop]
    fit = fit_network(
        start,
        inputs[fit_on],
        y[fit_on],
        (inputs[stop_on], y[stop_on]),
        steps=max(1, round(_FIT_STEPS * min(budget, 1.0))),
    )
    error = float((fit.network(inputs[held]) - y[held]).square().mean().sqrt())
    return fit.network.gradient(inputs).reshape(u.shape), error
