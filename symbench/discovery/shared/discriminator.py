"""The discriminator of the adversarial methods: LieGAN, LaLiGAN and SymmetryGAN."""

from __future__ import annotations

import math

import torch
from torch import nn
from torch.nn.functional import leaky_relu

LEAK = 0.2
"""Slope of LeakyReLU for negative inputs."""


class Discriminator(nn.Module):
    """An MLP, inputs → hidden → hidden → 1 with LeakyReLU, for events and the labels beside them.

    layers     weight (in, out) and bias (out,) of each of the three layers, uniform in ±1/√fan-in
    embedding  (classes, e), standard normal, for labels that are classes; None for labels that are numbers

    `inputs` counts the components of an event and of its label, after the embedding.
    """

    def __init__(
        self, inputs: int, hidden: int, generator: torch.Generator, *, classes: int = 0, embedding: int = 0
    ) -> None:
        super().__init__()
        self.layers = nn.ParameterList()
        for fan_in, fan_out in ((inputs, hidden), (hidden, hidden), (hidden, 1)):
            for shape in ((fan_in, fan_out), (fan_out,)):
                uniform = 2 * torch.rand(*shape, generator=generator) - 1
                self.layers.append(nn.Parameter(uniform / math.sqrt(fan_in)))
        drawn = torch.randn(classes, embedding, generator=generator) if classes else None
        self.embedding = None if drawn is None else nn.Parameter(drawn)

    def forward(self, events: torch.Tensor, label: torch.Tensor) -> torch.Tensor:
        """Logits (B, 1) of events (B, w) with labels (B, e), or with classes (B,) counted from 0."""
        w1, b1, w2, b2, w3, b3 = self.layers
        if self.embedding is not None:
            label = self.embedding[label]
        h = leaky_relu(torch.cat([events, label], dim=1) @ w1 + b1, LEAK)
        logits: torch.Tensor = leaky_relu(h @ w2 + b2, LEAK) @ w3 + b3
        return logits

    def descend(self, loss: torch.Tensor, optimiser: torch.optim.Optimizer) -> None:
        """One optimiser step down the gradient of a loss; gradients of everything else stay as they are."""
        weights = [*self.parameters()]
        for weight, gradient in zip(weights, torch.autograd.grad(loss, weights), strict=True):
            weight.grad = gradient
        optimiser.step()
