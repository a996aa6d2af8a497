"""The training of `laligan`: autoencoder and latent generators against a discriminator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import torch
from torch.nn.functional import cosine_similarity, softplus

from symbench.algebra.exponential import exponential
from symbench.discovery.laligan.autoencoder import Autoencoder
from symbench.discovery.shared.discriminator import Discriminator

if TYPE_CHECKING:
    from symbench.discovery.laligan.method import LaLieGan

FloatArray = npt.NDArray[np.float64]

_CURVE = 200  # rows of the loss curve


def train(
    method: LaLieGan,
    net: Autoencoder,
    events: tuple[torch.Tensor, torch.Tensor, torch.Tensor],
    classes: int,
    random: torch.Generator,
    *,
    steps: int,
    device: str,
) -> tuple[torch.Tensor, FloatArray]:
    """Latent generators (k, m, m), and a curve of (reconstruction, generator, discriminator) losses.

    events   rows (N, w), companions (N, w) or (N, 0), and labels (N, e) or classes (N,)
    """
    rows, companions, labels = events
    game = _new_game(method, net, companions.shape[1] > 0, labels, classes, random, steps=steps, device=device)
    curve = np.empty((min(steps, _CURVE), 3))
    reported = {round(i): row for row, i in enumerate(np.linspace(0, steps - 1, len(curve)))}
    net.train()
    for step in range(steps):
        batch = torch.randint(len(rows), (min(method.batch_size, len(rows)),), generator=random)
        coefficients = (method.sigma * torch.randn(len(batch), method.channels, generator=random)).to(device)
        batch = batch.to(device)
        losses = game.step(rows[batch], companions[batch], labels[batch], coefficients)
        if step in reported:
            curve[reported[step]] = losses.cpu().numpy()
    return game.masked().detach().cpu(), curve


def _new_game(
    method: LaLieGan,
    net: Autoencoder,
    has_companions: bool,
    labels: torch.Tensor,
    classes: int,
    random: torch.Generator,
    *,
    steps: int,
    device: str,
) -> _Game:
    """Generators and discriminator drawn from `random`, in this order, and their optimisers."""
    latent = method.latent
    matrix = method.mask_matrix(latent)
    mask = (torch.ones(latent, latent) if matrix is None else torch.from_numpy(matrix).float()).to(device)
    start = torch.randn(method.channels, latent, latent, generator=random)
    generators = (start.to(device) * mask).requires_grad_()
    width = latent * (2 if has_companions else 1) + (method.embedding if classes else labels.shape[1])
    discriminator = Discriminator(width, method.hidden, random, classes=classes, embedding=method.embedding).to(device)
    of_net = torch.optim.Adam(net.parameters(), lr=method.autoencoder_rate)
    return _Game(
        method,
        net,
        generators,
        mask,
        discriminator,
        of_net,
        torch.optim.Adam([generators], lr=method.generator_rate, betas=(0.5, 0.999)),
        torch.optim.Adam(discriminator.parameters(), lr=method.discriminator_rate),
        torch.optim.lr_scheduler.LambdaLR(of_net, lambda done: 1 - done / steps),
        has_companions,
    )


@dataclass(frozen=True)
class _Game:
    method: LaLieGan
    net: Autoencoder
    generators: torch.Tensor
    mask: torch.Tensor
    discriminator: Discriminator
    of_net: torch.optim.Optimizer
    of_generators: torch.optim.Optimizer
    of_discriminator: torch.optim.Optimizer
    schedule: torch.optim.lr_scheduler.LRScheduler
    has_companions: bool

    def masked(self) -> torch.Tensor:
        """The generators (k, m, m), zero where the mask is."""
        return self.generators * self.mask

    def step(
        self, rows: torch.Tensor, companions: torch.Tensor, label: torch.Tensor, coefficients: torch.Tensor
    ) -> torch.Tensor:
        """One update of all players; returns the three losses before it."""
        batch = torch.cat([rows, companions]) if self.has_companions else rows
        z = self.net.encode(batch)
        lost = (self.net.decode(z) - batch).square().mean()
        g = exponential(torch.einsum("bc,cij->bij", coefficients, self.masked()))
        # (B, 1 or 2, m): the encoded event, and its companion if there are any.
        real = torch.stack(torch.split(z, len(rows)), dim=1)
        fake = real @ g.mT
        game = self._generator_loss(real, fake, label)
        players = [*self.net.parameters(), self.generators]
        gradients = torch.autograd.grad(lost + self.method.adversarial_weight * game, players)
        against = self._discriminator_loss(real.detach(), fake.detach(), label)
        for player, gradient in zip(players, gradients, strict=True):
            player.grad = gradient
        self.of_net.step()
        self.of_generators.step()
        self.discriminator.descend(against, self.of_discriminator)
        self.schedule.step()
        return torch.stack([lost, game, against]).detach()

    def _generator_loss(self, real: torch.Tensor, fake: torch.Tensor, label: torch.Tensor) -> torch.Tensor:
        """LieGAN's loss of the generators, on latent vectors (B, 1 or 2, m)."""
        cosine = cosine_similarity(fake[:, 0], real[:, 0], dim=-1).mean().abs()
        loss = softplus(-self.discriminator(fake.flatten(1), label)).mean() + self.method.cosine_weight * cosine
        return loss + self.method.correlation_weight * _correlation(self.masked())

    def _discriminator_loss(self, real: torch.Tensor, fake: torch.Tensor, label: torch.Tensor) -> torch.Tensor:
        loss = softplus(-self.discriminator(real.flatten(1), label)).mean()
        return (loss + softplus(self.discriminator(fake.flatten(1), label)).mean()) / 2


def _correlation(generators: torch.Tensor) -> torch.Tensor:
    """Σ_{i<j} |⟨L̂ᵢ, L̂ⱼ⟩| of generators (k, m, m), each scaled to ‖L̂‖² = m."""
    unit = torch.nn.functional.normalize(generators.flatten(1), dim=1) * generators.shape[1] ** 0.5
    total: torch.Tensor = (unit @ unit.T).triu(1).abs().sum()
    return total
