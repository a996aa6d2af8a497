"""Scalar functions of a state as small networks, several at once, with exact gradients, for conserved quantities."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import torch

from symbench.data.samples import ConservedQuantities
from symbench.discovery.base import TrajectorySample
from symbench.metrics.conservation import Frame, frame_of

FloatArray = npt.NDArray[np.float64]

_CHUNK = 4_096  # states evaluated at once


@dataclass(frozen=True)
class Functions:
    """n networks of one shape, SiLU between layers: weights (n, in, out) and biases (n, 1, out) of each layer."""

    weights: list[torch.Tensor]
    biases: list[torch.Tensor]

    @property
    def parameters(self) -> list[torch.Tensor]:
        return [*self.weights, *self.biases]

    def __call__(self, z: torch.Tensor) -> torch.Tensor:
        """Outputs (n, B, out) at inputs (B, r), or at different inputs (n, B, r) of each network."""
        h = z
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            h = torch.nn.functional.silu(h @ weight + bias)
        return h @ self.weights[-1] + self.biases[-1]

    def value_and_gradient(self, z: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Values (n, B) and gradients (n, B, r) of networks with one output, at (B, r); differentiable in weights."""
        h, slopes = z, []
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            a = h @ weight + bias
            s = torch.sigmoid(a)
            slopes.append(s * (1 + a * (1 - s)))
            h = a * s
        value = (h @ self.weights[-1] + self.biases[-1])[..., 0]
        g = self.weights[-1].transpose(1, 2).expand(-1, len(z), -1)
        for weight, slope in zip(self.weights[-2::-1], slopes[::-1], strict=True):
            g = (g * slope) @ weight.transpose(1, 2)
        return value, g

    def chosen(self, which: list[int]) -> Functions:
        """Some of the networks, detached, in double precision on the CPU."""
        rows = torch.tensor(which, dtype=torch.long)

        def moved(tensors: list[torch.Tensor]) -> list[torch.Tensor]:
            return [t.detach().cpu().double().index_select(0, rows) for t in tensors]

        return Functions(moved(self.weights), moved(self.biases))


def new_functions(
    n: int, inputs: int, width: int, depth: int, outputs: int, generator: torch.Generator, device: str
) -> Functions:
    """n float32 networks of `depth` hidden layers, uniform in ±1/√fan-in as torch's own, with gradients enabled."""
    sizes = [inputs, *[width] * depth, outputs]
    weights, biases = [], []
    for fan_in, fan_out in pairwise(sizes):
        drawn = (2 * torch.rand(n, fan_in + 1, fan_out, generator=generator) - 1) / math.sqrt(fan_in)
        weights.append(drawn[:, :-1].to(device).requires_grad_())
        biases.append(drawn[:, -1:].to(device).requires_grad_())
    return Functions(weights, biases)


def minimise(
    parameters: list[torch.Tensor], loss: Callable[[], torch.Tensor], *, steps: int, rate: float
) -> FloatArray:
    """Minimise by Adam, its rate falling to 0 along a cosine; returns the loss at about 100 of the steps."""
    optimiser = torch.optim.Adam(parameters, lr=rate)
    curve: list[float] = []
    every = max(1, steps // 100)
    for step in range(steps):
        for group in optimiser.param_groups:
            group["lr"] = rate * 0.5 * (1 + math.cos(math.pi * step / steps))
        optimiser.zero_grad(set_to_none=True)
        value = loss()
        value.backward()
        optimiser.step()
        if step % every == 0:
            curve.append(float(value.detach()))
    return np.asarray(curve)


def late_mean(curve: FloatArray) -> float:
    """The mean of the last tenth of a loss curve: a single batch is too noisy."""
    return float(curve[-max(1, len(curve) // 10) :].mean())


def as_quantities(functions: Functions, frame: Frame) -> ConservedQuantities:
    """Trained networks with one output, functions of states in a frame, as functions of states (M, D)."""
    n = len(functions.weights[0])

    def evaluate(x: FloatArray) -> tuple[FloatArray, FloatArray]:
        z = torch.from_numpy(frame.states(x))
        values, gradients = [], []
        with torch.no_grad():
            for start in range(0, len(z), _CHUNK):
                part = z[start : start + _CHUNK]
                value, gradient = functions.value_and_gradient(part)
                values.append(value.T.numpy())
                gradients.append(gradient.transpose(0, 1).numpy())
        return np.concatenate(values), np.concatenate(gradients)

    return ConservedQuantities(n, lambda x: evaluate(x)[0], lambda x: np.asarray(evaluate(x)[1] @ frame.down.T))


def framed(sample: TrajectorySample, device: str) -> tuple[Frame, torch.Tensor, torch.Tensor]:
    """The frame of a sample, and its states and velocities in it, (N, T, r) float32."""
    n, steps, dimension = sample.x.shape
    frame = frame_of(sample.x.reshape(-1, dimension))

    def moved(values: FloatArray) -> torch.Tensor:
        return torch.from_numpy(values.reshape(n, steps, frame.rank)).float().to(device)

    return (
        frame,
        moved(frame.states(sample.x.reshape(-1, dimension))),
        moved(frame.velocities(sample.velocity.reshape(-1, dimension))),
    )
