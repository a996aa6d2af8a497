"""How networks of `invariant-network` are trained: many at once, each on a sample and a reference of its own.

With hidden features h of a network, its function is w·h + b. The w of least variance over the core of the events, in
units of that over the core of the reference, is an eigenvector. The gradient of the log of this ratio by the layers
before is that at fixed w, since w is stationary: variable projection (Golub and Pereyra, SIAM J. Numer. Anal. 10 (1973)
413). Without it, steps are lost in directions in which nothing is seen of a narrow peak.

The longer the training, the flatter is F within the peak, which makes it narrower than the true function and its
gradient there smaller, down to noise: steps are few.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch

from symbench.discovery.shared.networks import Functions, new_functions

if TYPE_CHECKING:
    from symbench.discovery.invariant_network.method import InvariantNetwork

_WIDE = 0.1  # share of the steps in which all events count
_FLOOR = 1e-6  # of a ratio of variances


def train(
    method: InvariantNetwork, events: torch.Tensor, reference: torch.Tensor, steps: int, generator: torch.Generator
) -> Functions:
    """Networks of inputs r, one for each of n samples (n, N, r) with references (n, M, r), in double precision."""
    n, _, r = events.shape
    functions = new_functions(n, r, method.width, method.depth, 1, generator, "cpu")
    trained = [*functions.weights[:-1], *functions.biases[:-1]]
    optimiser = torch.optim.Adam(trained, lr=method.rate)
    last = torch.zeros_like(functions.weights[-1]).detach()
    for step in range(steps):
        for group in optimiser.param_groups:
            group["lr"] = method.rate * 0.5 * (1 + math.cos(math.pi * step / steps))
        here = _features(functions, _drawn(events, method.batch_size, generator))
        there = _features(functions, _drawn(reference, 2 * method.batch_size, generator))
        core = 1.0 if step < max(1, _WIDE * steps) else method.core
        inside, outside = _cores(here, last, core), _cores(there, last, core)
        last = _narrowest(here.detach(), there.detach(), inside, outside, method.ridge)
        narrow, wide = _variance(here @ last, inside), _variance(there @ last, outside)
        loss = (torch.log(narrow + _FLOOR * wide.detach()) - torch.log(wide)).sum()
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
    with torch.no_grad():
        here, there = _features(functions, events), _features(functions, reference)
        inside, outside = _cores(here, last, method.core), _cores(there, last, method.core)
        last = _narrowest(here, there, inside, outside, method.ridge)
    return Functions([*functions.weights[:-1], last], functions.biases).chosen(list(range(n)))


def _features(functions: Functions, z: torch.Tensor) -> torch.Tensor:
    """The last hidden layer (n, B, h) at inputs (n, B, r)."""
    h = z
    for weight, bias in zip(functions.weights[:-1], functions.biases[:-1], strict=True):
        h = torch.nn.functional.silu(h @ weight + bias)
    return h


def _drawn(x: torch.Tensor, most: int, generator: torch.Generator) -> torch.Tensor:
    if x.shape[1] <= most:
        return x
    return x[:, torch.randint(x.shape[1], (most,), generator=generator)]


def _cores(features: torch.Tensor, last: torch.Tensor, core: float) -> torch.Tensor:
    """Weights (n, B, 1) of the events in the shortest interval with a fraction `core` of the values; sums are 1."""
    values = (features.detach() @ last)[..., 0]
    count = values.shape[1]
    inside = min(count, max(2, round(core * count)))
    ordered = values.sort(dim=1).values
    first = (ordered[:, inside - 1 :] - ordered[:, : count - inside + 1]).argmin(dim=1, keepdim=True)
    low, high = ordered.gather(1, first), ordered.gather(1, first + inside - 1)
    chosen = ((values >= low) & (values <= high)).float()
    return (chosen / chosen.sum(dim=1, keepdim=True))[..., None]


def _variance(values: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """(n,) of values (n, B, 1)."""
    mean = (weights * values).sum(dim=1, keepdim=True)
    return (weights * (values - mean).square()).sum(dim=(1, 2))


def _covariance(features: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    features, weights = features.double(), weights.double()
    centred = features - (weights * features).sum(dim=1, keepdim=True)
    return (weights * centred).transpose(1, 2) @ centred


def _narrowest(
    here: torch.Tensor, there: torch.Tensor, inside: torch.Tensor, outside: torch.Tensor, ridge: float
) -> torch.Tensor:
    """w (n, h, 1) of the smallest ratio of variances, each feature with a penalty of `ridge` times its variance."""
    reference = _covariance(there, outside)
    size = reference.diagonal(dim1=1, dim2=2)
    penalty = torch.diag_embed(ridge * size + 1e-9 * size.mean(dim=1, keepdim=True) + torch.finfo(size.dtype).tiny)
    inverse = torch.linalg.inv(torch.linalg.cholesky(reference + penalty))
    ratio = inverse @ (_covariance(here, inside) + penalty) @ inverse.transpose(1, 2)
    narrowest: torch.Tensor = inverse.transpose(1, 2) @ torch.linalg.eigh(ratio).eigenvectors[:, :, :1]
    return narrowest.float()
