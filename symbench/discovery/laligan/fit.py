"""How `laligan` trains: an autoencoder, and LieGAN's game between its encodings."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import torch

from symbench.discovery.base import DistributionSample, FunctionSample, Symmetry
from symbench.discovery.laligan.autoencoder import Autoencoder
from symbench.discovery.laligan.game import train
from symbench.discovery.liegan.fit import Events, events_of
from symbench.discovery.shared.two_sample import halves
from symbench.errors import IncompatibleError

if TYPE_CHECKING:
    from symbench.discovery.laligan.method import LaLieGan

FloatArray = npt.NDArray[np.float64]

_FEWEST = 4  # events: at least two to train on and two to hold out


def fit(
    method: LaLieGan, sample: FunctionSample | DistributionSample, *, seed: int, budget: float, device: str
) -> Symmetry:
    """Train, and push the latent generators through the decoder; the array `latent_generators` (k, m, m) acts on z.

    Raises IncompatibleError if the mask does not fit the latent dimension, or if companions have not as many
    components as an event.
    """
    n, vectors, d = sample.x.shape
    none = np.zeros((0, d, d))
    if n < _FEWEST:
        return Symmetry(none, np.zeros(0))
    size = float(np.sqrt(np.mean(sample.x**2)))
    events = events_of(sample)
    rows, companions = _rows(events, vectors)
    fitted, held = halves(n, method.held_out, np.random.Generator(np.random.PCG64([seed, 6])))
    random = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]):  # torch's layers are drawn from the global generator
        torch.manual_seed(seed)
        net = Autoencoder(rows.shape[1], method.autoencoder_hidden, method.latent).to(device)
    steps = max(1, round(method.steps * budget))
    kept = torch.from_numpy(fitted)
    part = (rows[kept].to(device), companions[kept].to(device), events.y[kept].to(device))
    generators, losses = train(method, net, part, events.classes, random, steps=steps, device=device)
    net = net.eval().cpu().double()
    error = _reconstruction_error(net, rows[torch.from_numpy(held)].double())
    claimed = error <= method.worst
    return Symmetry(
        generators=none,
        confidence=np.full(method.channels if claimed else 0, 0.5),  # as LieGAN: no test stands behind it
        steps=steps,
        arrays={"latent_generators": generators.double().numpy(), "loss_curve": losses},
        scalars={"reconstruction_error": error},
        fields=_fields(net, generators.double(), size) if claimed else None,
    )


def _rows(events: Events, vectors: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Events (N, w) and their companions (N, w), or (N, 0) without companions, as rows of components."""
    if events.companions not in (0, vectors):
        raise IncompatibleError(
            f"laligan encodes companions with the encoder of events: it needs {vectors} companion vectors, "
            f"not {events.companions}"
        )
    return events.x[:, :vectors].flatten(1), events.x[:, vectors:].flatten(1)


def _reconstruction_error(net: Autoencoder, rows: torch.Tensor) -> float:
    """The share of the variance of rows (N, w) that encoding and decoding lose."""
    with torch.no_grad():
        lost = (net.decode(net.encode(rows)) - rows).square().sum()
        return float(lost / (rows - rows.mean(dim=0)).square().sum().clamp_min(1e-12))


def _fields(net: Autoencoder, generators: torch.Tensor, size: float) -> Callable[[FloatArray], FloatArray]:
    """x (N, P, d) → (k, N, P, d): the velocity of the decoded event when e^{tL} moves its encoding."""

    def fields(x: FloatArray) -> FloatArray:
        rows = torch.from_numpy(np.ascontiguousarray(x / size, dtype=np.float64)).flatten(1)
        with torch.no_grad():
            z = net.encode(rows)
        pushed = [_push(net, z, z @ generator.T) for generator in generators]
        return np.asarray(size * torch.stack(pushed).numpy().reshape(len(generators), *x.shape))

    return fields


def _push(net: Autoencoder, z: torch.Tensor, velocity: torch.Tensor) -> torch.Tensor:
    """∂decode(z) velocity, both (N, m): (N, w), computed as the derivative of uᵀ ∂decode(z) with respect to u."""
    z = z.clone().requires_grad_()
    rows = net.decode(z)
    u = torch.zeros_like(rows, requires_grad=True)
    (back,) = torch.autograd.grad(rows, z, u, create_graph=True)
    (forward,) = torch.autograd.grad(back, u, velocity)
    return forward
