"""What `laligan` does: an autoencoder, and LieGAN's game between its encodings."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from torch.nn.functional import cosine_similarity, leaky_relu, softplus
from torch.nn.utils.parametrizations import orthogonal

from symbench.algebra.exponential import exponential
from symbench.discovery.base import DistributionSample, FunctionSample, Symmetry
from symbench.discovery.liegan.fit import events_of
from symbench.discovery.shared.two_sample import halves
from symbench.errors import IncompatibleError

if TYPE_CHECKING:
    from symbench.discovery.laligan.method import LaLieGan

FloatArray = npt.NDArray[np.float64]


class Autoencoder(nn.Module):
    """Rows (N, w) to latent vectors (N, m) of running mean 0, and back."""

    mean: torch.Tensor

    def __init__(self, width: int, hidden: int, latent: int) -> None:
        super().__init__()
        last = orthogonal(nn.Linear(hidden, latent, bias=False))
        self.encoder = nn.Sequential(nn.Linear(width, hidden), nn.SiLU(), nn.Linear(hidden, hidden), nn.SiLU(), last)
        self.decoder = nn.Sequential(
            nn.Linear(latent, hidden), nn.SiLU(), nn.Linear(hidden, hidden), nn.SiLU(), nn.Linear(hidden, width)
        )
        self.register_buffer("mean", torch.zeros(latent))

    def encode(self, rows: torch.Tensor) -> torch.Tensor:
        raw: torch.Tensor = self.encoder(rows)
        if self.training:
            centre = raw.mean(dim=0)
            self.mean.lerp_(centre.detach(), 0.1)
            return raw - centre
        return raw - self.mean

    def decode(self, z: torch.Tensor) -> torch.Tensor:
        rows: torch.Tensor = self.decoder(z)
        return rows


def fit(
    method: LaLieGan, sample: FunctionSample | DistributionSample, *, seed: int, budget: float, device: str
) -> Symmetry:
    """Train, and push the latent generators through the decoder; the array `latent_generators` (k, m, m) acts on z.

    Raises IncompatibleError for a mask that does not fit the latent dimension, and for companions that are not as
    many numbers as an event.
    """
    n, vectors, d = sample.x.shape
    none = np.zeros((0, d, d))
    if n < 4:
        return Symmetry(none, np.zeros(0))
    size = float(np.sqrt(np.mean(sample.x**2)))
    events = events_of(sample)
    if events.companions not in (0, vectors):
        raise IncompatibleError(
            f"laligan encodes companions as it does events: {vectors} vectors, not {events.companions}"
        )
    rows, other = events.x[:, :vectors].flatten(1), events.x[:, vectors:].flatten(1)
    fitted, held = halves(n, method.held_out, np.random.Generator(np.random.PCG64([seed, 6])))
    random = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]):  # layers draw their start from the global generator
        torch.manual_seed(seed)
        net = Autoencoder(rows.shape[1], method.autoencoder_hidden, method.latent).to(device)
    steps = max(1, round(method.steps * budget))
    kept = torch.from_numpy(fitted)
    train = tuple(part[kept].to(device) for part in (rows, other, events.y))
    generators, losses = _train(method, net, train, events.classes, random, steps=steps, device=device)
    net = net.eval().cpu().double()
    with torch.no_grad():
        test = rows[torch.from_numpy(held)].double()
        lost = (net.decode(net.encode(test)) - test).square().sum()
        error = float(lost / (test - test.mean(dim=0)).square().sum().clamp_min(1e-12))
    claimed = error <= method.worst
    return Symmetry(
        generators=none,
        confidence=np.full(method.channels if claimed else 0, 0.5),  # as LieGAN: nothing is tested
        steps=steps,
        arrays={"latent_generators": generators.double().numpy(), "loss_curve": losses},
        scalars={"reconstruction_error": error},
        fields=_fields(net, generators.double(), size) if claimed else None,
    )


def _fields(net: Autoencoder, generators: torch.Tensor, size: float) -> Callable[[FloatArray], FloatArray]:
    """x (N, P, d) → (k, N, P, d): the velocity of the decoding when e^{tL} moves the encoding."""

    def fields(x: FloatArray) -> FloatArray:
        rows = torch.from_numpy(np.ascontiguousarray(x / size, dtype=np.float64)).flatten(1)
        with torch.no_grad():
            z = net.encode(rows)
        pushed = [_push(net, z, z @ generator.T) for generator in generators]
        return np.asarray(size * torch.stack(pushed).numpy().reshape(len(generators), *x.shape))

    return fields


def _push(net: Autoencoder, z: torch.Tensor, velocity: torch.Tensor) -> torch.Tensor:
    """∂decode(z) velocity, both (N, m): (N, w), as the derivative by u of uᵀ ∂decode(z)."""
    z = z.clone().requires_grad_()
    rows = net.decode(z)
    u = torch.zeros_like(rows, requires_grad=True)
    (back,) = torch.autograd.grad(rows, z, u, create_graph=True)
    (forward,) = torch.autograd.grad(back, u, velocity)
    return forward


def _train(
    method: LaLieGan,
    net: Autoencoder,
    train: tuple[torch.Tensor, ...],
    classes: int,
    random: torch.Generator,
    *,
    steps: int,
    device: str,
) -> tuple[torch.Tensor, FloatArray]:
    """Latent generators (k, m, m), and a curve of (reconstruction, generator, discriminator) losses."""
    rows, other, beside = train
    n, latent = len(rows), method.latent
    pair = other.shape[1] > 0
    width = latent * (2 if pair else 1) + (method.embedding if classes else beside.shape[1])
    mask_array = method.mask_matrix(latent)
    mask = torch.ones(latent, latent) if mask_array is None else torch.from_numpy(mask_array).float()
    mask = mask.to(device)
    start = torch.randn(method.channels, latent, latent, generator=random)
    generators = (start.to(device) * mask).requires_grad_()
    layers: list[torch.Tensor] = []
    for fan_in, fan_out in ((width, method.hidden), (method.hidden, method.hidden), (method.hidden, 1)):
        for shape in ((fan_in, fan_out), (fan_out,)):
            drawn = (2 * torch.rand(*shape, generator=random) - 1) / fan_in**0.5
            layers.append(drawn.to(device).requires_grad_())

    if classes:
        layers.append(torch.randn(classes, method.embedding, generator=random).to(device).requires_grad_())

    def logit(z: torch.Tensor, label: torch.Tensor) -> torch.Tensor:
        w1, b1, w2, b2, w3, b3 = layers[:6]
        if classes:
            label = layers[6][label]
        h = leaky_relu(torch.cat([z, label], dim=1) @ w1 + b1, 0.2)
        return leaky_relu(h @ w2 + b2, 0.2) @ w3 + b3

    players = [*net.parameters(), generators]
    of_net = torch.optim.Adam(net.parameters(), lr=method.autoencoder_rate)
    of_g = torch.optim.Adam([generators], lr=method.generator_rate, betas=(0.5, 0.999))
    of_d = torch.optim.Adam(layers, lr=method.discriminator_rate)
    schedule = torch.optim.lr_scheduler.LambdaLR(of_net, lambda done: 1 - done / steps)
    curve = np.empty((min(steps, 200), 3))
    reports = {round(i): row for row, i in enumerate(np.linspace(0, steps - 1, len(curve)))}
    net.train()
    for done in range(steps):
        chosen = torch.randint(n, (min(method.batch_size, n),), generator=random)
        coefficients = (method.sigma * torch.randn(len(chosen), method.channels, generator=random)).to(device)
        chosen = chosen.to(device)
        x, label = rows[chosen], beside[chosen]
        batch = torch.cat([x, other[chosen]]) if pair else x
        z = net.encode(batch)
        lost = (net.decode(z) - batch).square().mean()
        g = exponential(torch.einsum("bc,cij->bij", coefficients, generators * mask))
        # (B, 1 or 2, m): the encoded event, and its companion where there is one.
        real = torch.stack(torch.split(z, len(x)), dim=1)
        fake = real @ g.mT
        cosine = cosine_similarity(fake[:, 0], real[:, 0], dim=-1).mean().abs()
        game = softplus(-logit(fake.flatten(1), label)).mean() + method.cosine_weight * cosine
        game = game + method.correlation_weight * _correlation(generators * mask)
        gradients = torch.autograd.grad(lost + method.adversarial_weight * game, players)
        against = softplus(-logit(real.detach().flatten(1), label)).mean()
        against = (against + softplus(logit(fake.detach().flatten(1), label)).mean()) / 2
        for parameter, gradient in zip(players, gradients, strict=True):
            parameter.grad = gradient
        for layer, gradient in zip(layers, torch.autograd.grad(against, layers), strict=True):
            layer.grad = gradient
        of_net.step()
        of_g.step()
        of_d.step()
        schedule.step()
        if done in reports:
            curve[reports[done]] = torch.stack([lost, game, against]).detach().cpu().numpy()
    return (generators * mask).detach().cpu(), curve


def _correlation(generators: torch.Tensor) -> torch.Tensor:
    unit = torch.nn.functional.normalize(generators.flatten(1), dim=1) * generators.shape[1] ** 0.5
    total: torch.Tensor = (unit @ unit.T).triu(1).abs().sum()
    return total
