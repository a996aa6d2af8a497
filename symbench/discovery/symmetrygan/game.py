"""The training of `symmetrygan`: one group element against a discriminator."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import torch
from torch.nn.functional import cosine_similarity, one_hot, softplus

from symbench.discovery.liegan.fit import Events
from symbench.discovery.liegan.method import mask_matrix
from symbench.discovery.shared.discriminator import Discriminator

if TYPE_CHECKING:
    from symbench.discovery.symmetrygan.method import SymmetryGan

FloatArray = npt.NDArray[np.float64]


def play(method: SymmetryGan, events: Events, random: torch.Generator, *, steps: int, device: str) -> FloatArray:
    """The element (d, d) at the end of the training from one random start."""
    n, count, d = events.x.shape
    x = events.x.to(device)
    labels = one_hot(events.y, events.classes).float().to(device) if events.classes else events.y.to(device)
    mask = mask_matrix(method.mask, d)
    allowed = torch.ones(d, d) if mask is None else torch.from_numpy(mask).float()
    element = _random_start(d, random, allowed).to(device).requires_grad_()
    allowed = allowed.to(device)
    discriminator = Discriminator(count * d + labels.shape[1], method.hidden, random).to(device)
    of_g = torch.optim.Adam([element], lr=method.generator_rate, betas=(method.momentum, 0.999))
    of_d = torch.optim.Adam(discriminator.parameters(), lr=method.discriminator_rate, betas=(method.momentum, 0.999))
    schedule = torch.optim.lr_scheduler.LambdaLR(of_g, lambda done: 1 - done / steps if method.falls else 1.0)
    for _ in range(steps):
        rows = torch.randint(n, (2, min(method.batch_size, n)), generator=random).to(device)
        real, real_label = x[rows[0]].flatten(1), labels[rows[0]]
        original, moved_label = x[rows[1]], labels[rows[1]]
        image = original @ element.T
        moved = image.flatten(1)
        loss_of_g = softplus(-discriminator(moved, moved_label)).mean()
        if method.cosine_weight:
            kept = count - events.companions
            cosine = cosine_similarity(image[:, :kept], original[:, :kept], dim=2).mean().abs()
            loss_of_g = loss_of_g + method.cosine_weight * cosine
        (gradient,) = torch.autograd.grad(loss_of_g, element)
        loss = softplus(-discriminator(real, real_label)).mean()
        loss = loss + softplus(discriminator(moved.detach(), moved_label)).mean()
        element.grad = gradient * allowed
        of_g.step()
        discriminator.descend(loss, of_d)
        schedule.step()
    return np.asarray(element.detach().cpu().double().numpy())


def _random_start(d: int, random: torch.Generator, allowed: torch.Tensor) -> torch.Tensor:
    """A Gaussian matrix (d, d) of positive determinant; zero where the mask `allowed` (d, d) is."""
    start = torch.randn(d, d, generator=random) * allowed / math.sqrt(d)
    if torch.linalg.det(start) < 0:  # it would end among reflections, which have no real logarithm
        start[0] *= -1
    return start
