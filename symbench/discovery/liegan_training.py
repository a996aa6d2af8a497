"""LieGAN's training: batches, epochs, and what the generators became."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import torch

from symbench.algebra.metric import invariant_metric
from symbench.discovery.base import FunctionSample, Symmetry
from symbench.discovery.liegan_step import Discriminator, Step

if TYPE_CHECKING:
    from symbench.discovery.liegan import LieGan


def train(method: LieGan, sample: FunctionSample, *, seed: int, budget: float, device: str) -> Symmetry:
    """Train generators on the sample; the arrays hold the metric tensor and the losses after each epoch.

    Vectors are divided by their root mean square, one number that leaves the algebra as it is.
    """
    n, vectors, d = sample.x.shape
    random = torch.Generator().manual_seed(seed)
    x = torch.from_numpy(sample.x / np.sqrt(np.mean(sample.x**2))).float().contiguous()
    labels, classes = _labels(sample)
    width = vectors * d + (method.embedding if classes else 1)
    discriminator = Discriminator(width, method.hidden, random, classes=classes, embedding=method.embedding)
    # Kaiming normal of a (c, d, d) array, as the authors initialise: fan-in d².
    generators = torch.randn(method.channels, d, d, generator=random) * (math.sqrt(2) / d)
    discriminator.move(device)
    x, labels, generators = x.to(device), labels.to(device), generators.to(device)
    step = Step(
        generators,
        discriminator,
        cosine_weight=method.cosine_weight,
        correlation_weight=method.correlation_weight,
        generator_rate=method.generator_rate,
        discriminator_rate=method.discriminator_rate,
    )
    batches = math.ceil(n / method.batch_size)
    epochs = max(1, round(budget * max(method.epochs, math.ceil(method.min_steps / batches))))
    curve = np.empty((epochs, 4))
    for epoch in range(epochs):
        order = torch.randperm(n, generator=random)
        coefficients = (method.sigma * torch.randn(n, method.channels, generator=random)).to(device)
        drawn_x, drawn_y = x[order.to(device)], labels[order.to(device)]
        losses = None
        for start in range(0, n, method.batch_size):
            rows = slice(start, start + method.batch_size)
            last = start + method.batch_size >= n
            losses = step(drawn_x[rows], drawn_y[rows], coefficients[rows], report=last)
        if losses is not None:
            parts = (losses.generator, losses.cosine, losses.correlation, losses.discriminator)
            curve[epoch] = torch.stack(parts).cpu().numpy()
    found = generators.detach().cpu().double().numpy()
    return Symmetry(
        generators=found,
        confidence=np.full(method.channels, 0.5),  # a discriminator that is fooled says nothing about how sure
        steps=epochs * batches,
        arrays={"metric_tensor": invariant_metric(found), "loss_curve": curve},
        scalars={"discriminator_loss": float(curve[-1, 3])},
    )


def _labels(sample: FunctionSample) -> tuple[torch.Tensor, int]:
    """Standardised numbers (N, 1) and 0, or classes (N,) counted from 0 and how many there are."""
    if sample.label_kind == "class":
        values, index = np.unique(sample.y, return_inverse=True)
        return torch.from_numpy(index.astype(np.int64)), len(values)
    y = sample.y.astype(np.float64)
    spread = float(y.std()) or 1.0
    return torch.from_numpy((y - y.mean()) / spread).float()[:, None], 0
