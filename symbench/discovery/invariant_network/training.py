"""How networks of `invariant-network` are trained: many at once, each on a sample of its own.

With hidden features h of a network, its function is w·h + b. The w of least variance over the core of the events, in
units of the mean square of ∇F·Δ there, is an eigenvector; Δ are exchanges of partners. The gradient of the log of this
ratio by the layers before is that at fixed w, since w is stationary: variable projection (Golub and Pereyra, SIAM J.
Numer. Anal. 10 (1973) 413). Without it, steps of a narrow peak are lost in directions in which nothing is seen of it.

∇F is taken at the events. The variance of F over exchanged events in its place is made large by functions that are flat
where events are and steep beside them, whose gradient says nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from symbench.discovery.shared.networks import Functions, new_functions

if TYPE_CHECKING:
    from symbench.discovery.invariant_network.method import InvariantNetwork

_WIDE = 0.1  # share of the steps in which all events count
_FLOOR = 1e-6  # of a ratio


@dataclass(frozen=True)
class Exchanges:
    """Inputs (n, M, r) of events, and the changes (n, M, r) of the inputs along an exchange of each, to first order."""

    inputs: torch.Tensor
    changes: torch.Tensor

    def drawn(self, most: int, generator: torch.Generator) -> Exchanges:
        rows = _rows(self.inputs, most, generator)
        return Exchanges(self.inputs[:, rows], self.changes[:, rows])


def train(
    method: InvariantNetwork, events: torch.Tensor, exchanges: Exchanges, steps: int, generator: torch.Generator
) -> Functions:
    """Networks of inputs r, one for each of n samples (n, N, r) with exchanges, in double precision."""
    n, _, r = events.shape
    functions = new_functions(n, r, method.width, method.depth, 1, generator, "cpu")
    trained = [*functions.weights[:-1], *functions.biases[:-1]]
    optimiser = torch.optim.Adam(trained, lr=method.rate)
    last = torch.zeros_like(functions.weights[-1])
    for step in range(steps):
        for group in optimiser.param_groups:
            group["lr"] = method.rate * 0.5 * (1 + math.cos(math.pi * step / steps))
        core = 1.0 if step < max(1, _WIDE * steps) else method.core
        some = events[:, _rows(events, method.batch_size, generator)]
        solved = _Solved.of(functions, some, exchanges.drawn(2 * method.batch_size, generator), last, core, method.ridge)
        last = solved.last
        optimiser.zero_grad(set_to_none=True)
        solved.loss().backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    with torch.no_grad():
        last = _Solved.of(functions, events, exchanges, last, method.core, method.ridge).last
    return Functions([*functions.weights[:-1], last], functions.biases).chosen(list(range(n)))


@dataclass(frozen=True)
class _Solved:
    """Features (n, B, h) of events in the core, their changes (n, B', h), weights of both, and the best w (n, h, 1)."""

    features: torch.Tensor
    changes: torch.Tensor
    inside: torch.Tensor
    of_changes: torch.Tensor
    last: torch.Tensor

    @classmethod
    def of(
        cls,
        functions: Functions,
        events: torch.Tensor,
        exchanges: Exchanges,
        last: torch.Tensor,
        core: float,
        ridge: float,
    ) -> _Solved:
        features, _ = _features(functions, events, None)
        there, changes = _features(functions, exchanges.inputs, exchanges.changes)
        low, high = _core(features, last, core)
        inside, of_changes = (_weights(each, last, low, high) for each in (features, there))
        narrowest = _narrowest(features.detach(), changes.detach(), inside, of_changes, ridge)
        return cls(features, changes, inside, of_changes, narrowest)

    def loss(self) -> torch.Tensor:
        """log of the variance of w·h over the core, in units of the mean square change; summed over networks."""
        values = self.features @ self.last
        mean = (self.inside * values).sum(dim=1, keepdim=True)
        narrow = (self.inside * (values - mean).square()).sum(dim=(1, 2))
        wide = (self.of_changes * (self.changes @ self.last).square()).sum(dim=(1, 2))
        return (torch.log(narrow + _FLOOR * wide.detach()) - torch.log(wide)).sum()


def _features(
    functions: Functions, z: torch.Tensor, change: torch.Tensor | None
) -> tuple[torch.Tensor, torch.Tensor]:
    """The last hidden layer (n, B, h) at inputs (n, B, r), and its change along that of the inputs."""
    h = z
    moved = torch.zeros(()) if change is None else change
    for weight, bias in zip(functions.weights[:-1], functions.biases[:-1], strict=True):
        a = h @ weight + bias
        s = torch.sigmoid(a)
        h = a * s
        if change is not None:
            moved = (moved @ weight) * (s * (1 + a * (1 - s)))
    return h, moved


def _rows(x: torch.Tensor, most: int, generator: torch.Generator) -> slice | torch.Tensor:
    return slice(None) if x.shape[1] <= most else torch.randint(x.shape[1], (most,), generator=generator)


def _core(features: torch.Tensor, last: torch.Tensor, core: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Both ends (n, 1) of the shortest interval with a fraction `core` of the values of w·h."""
    values = (features.detach() @ last)[..., 0]
    count = values.shape[1]
    inside = min(count, max(2, round(core * count)))
    ordered = values.sort(dim=1).values
    first = (ordered[:, inside - 1 :] - ordered[:, : count - inside + 1]).argmin(dim=1, keepdim=True)
    return ordered.gather(1, first), ordered.gather(1, first + inside - 1)


def _weights(features: torch.Tensor, last: torch.Tensor, low: torch.Tensor, high: torch.Tensor) -> torch.Tensor:
    """Equal weights (n, B, 1) of the events in an interval, with sum 1; of all if none is inside."""
    values = (features.detach() @ last)[..., 0]
    chosen = ((values >= low) & (values <= high)).float()
    chosen = torch.where(chosen.sum(dim=1, keepdim=True) > 0, chosen, torch.ones_like(chosen))
    return (chosen / chosen.sum(dim=1, keepdim=True))[..., None]


def _narrowest(
    features: torch.Tensor, changes: torch.Tensor, inside: torch.Tensor, of_changes: torch.Tensor, ridge: float
) -> torch.Tensor:
    """w (n, h, 1) of the smallest ratio, each feature with a penalty of `ridge` times its mean square change."""
    features, inside, changes = features.double(), inside.double(), changes.double()
    centred = features - (inside * features).sum(dim=1, keepdim=True)
    variance = (inside * centred).transpose(1, 2) @ centred
    reference = (of_changes.double() * changes).transpose(1, 2) @ changes
    size = reference.diagonal(dim1=1, dim2=2)
    penalty = torch.diag_embed(ridge * size + 1e-9 * size.mean(dim=1, keepdim=True) + torch.finfo(size.dtype).tiny)
    inverse = torch.linalg.inv(torch.linalg.cholesky(reference + penalty))
    ratio = inverse @ (variance + penalty) @ inverse.transpose(1, 2)
    return (inverse.transpose(1, 2) @ torch.linalg.eigh(ratio).eigenvectors[:, :, :1]).float()
