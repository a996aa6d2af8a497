"""Smooth fits f(x) ≈ y to a few hundred events: a SiLU network by Levenberg–Marquardt, with its exact gradient.

A first-order optimiser needs thousands of steps, this one a few dozen. For N events and p > N weights a step
solves the N × N system (J Jᵀ + λ) a = y − f, δw = Jᵀ a. J itself (N × p) is never formed: a layer with inputs h and
back-propagated δ adds (h hᵀ + 1) ∘ (δ δᵀ) to J Jᵀ.

For two classes f is the log-odds of the second one, and the loss that of logistic regression. Its Gauss–Newton step is
the same with rows of J scaled by √w, w = p(1 − p), and the residual (y − p)/√w.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import torch

Layers = list[tuple[torch.Tensor, torch.Tensor]]

_FIRST_DAMPING, _LEAST_DAMPING = 1e-2, 1e-10  # relative to the mean diagonal of J Jᵀ
_RAISE, _LOWER, _ATTEMPTS = 4.0, 3.0, 8
_PATIENCE = 15  # steps without a better held-out loss
_CERTAIN = 1e-8  # smallest w: an event of a class that is certain has no weight in a step
_FITTED = 1e-7  # mean squared residual of a standardised label below which the gradient improves no further


@dataclass(frozen=True)
class Network:
    """Weights (in, out) and biases (out,) of the layers, SiLU between them, one output."""

    layers: Layers

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """f of inputs (N, D): shape (N,)."""
        return self.trace(x)[0]

    def trace(self, x: torch.Tensor) -> tuple[torch.Tensor, list[torch.Tensor], list[torch.Tensor]]:
        """f (N,), the input of each layer, and the slope of each activation."""
        inputs, slopes = [x], []
        for weight, bias in self.layers[:-1]:
            z = torch.addmm(bias, inputs[-1], weight)
            s = torch.sigmoid(z)
            slopes.append(s * (1 + z * (1 - s)))
            inputs.append(z * s)
        weight, bias = self.layers[-1]
        return torch.addmm(bias, inputs[-1], weight)[:, 0], inputs, slopes

    def gradient(self, x: torch.Tensor) -> torch.Tensor:
        """∇f at inputs (N, D): shape (N, D)."""
        _, _, slopes = self.trace(x)
        g = self.layers[-1][0].T.expand(len(x), -1)
        for (weight, _), slope in zip(self.layers[-2::-1], slopes[::-1], strict=True):
            g = (g * slope) @ weight.T
        return g


@dataclass(frozen=True)
class Fit:
    """A fitted network, the steps it took, and its loss on held-out events: mean squared error, or −log likelihood."""

    network: Network
    steps: int
    held_out_loss: float


def new_network(inputs: int, width: int, depth: int, generator: torch.Generator) -> Network:
    """A network of `depth` hidden layers, weights and biases uniform in ±1/√fan-in, float64 on the CPU."""
    sizes = [inputs] + [width] * depth + [1]
    layers: Layers = []
    for fan_in, fan_out in pairwise(sizes):
        drawn = torch.rand(fan_in + 1, fan_out, generator=generator, dtype=torch.float64)
        drawn = (2 * drawn - 1) / math.sqrt(fan_in)
        layers.append((drawn[:-1], drawn[-1]))
    return Network(layers)


def fit_network(
    start: Network,
    x: torch.Tensor,
    y: torch.Tensor,
    held_out: tuple[torch.Tensor, torch.Tensor],
    *,
    steps: int,
    classes: bool = False,
) -> Fit:
    """Fit standardised labels y (N,) at inputs x (N, D), starting from `start`; all float64 on one device.

    classes   whether labels are 0 or 1, and f is to be the log-odds of 1

    The result is the iterate that predicts the held-out events (inputs, labels) best, so that noise in the labels is
    not interpolated.
    """
    state = _State.at(start, x, y, classes)
    best, best_loss, best_step = start, _loss(start, *held_out, classes), 0
    damping, step = _FIRST_DAMPING, 0
    while step < steps and state.loss > _FITTED and step - best_step <= _PATIENCE:
        improved = _improve(state, x, y, damping, classes)
        if improved is None:
            break  # no damping helps: a stationary point to rounding
        state, damping = improved
        damping = max(damping / _LOWER, _LEAST_DAMPING)
        step += 1
        held_out_loss = _loss(state.network, *held_out, classes)
        if held_out_loss < best_loss:
            best, best_loss, best_step = state.network, held_out_loss, step
    return Fit(best, step, best_loss)


@dataclass(frozen=True)
class _State:
    """A network at the events: inputs of the layers, slopes of the activations, the residual (N,), and the loss.

    weight   √w (N,) of the rows of J; None for 1
    """

    network: Network
    inputs: list[torch.Tensor]
    slopes: list[torch.Tensor]
    residual: torch.Tensor
    weight: torch.Tensor | None
    loss: float

    @classmethod
    def at(cls, network: Network, x: torch.Tensor, y: torch.Tensor, classes: bool) -> _State:
        f, inputs, slopes = network.trace(x)
        if not classes:
            residual = y - f
            return cls(network, inputs, slopes, residual, None, float(residual.square().mean()))
        p = torch.sigmoid(f)
        weight = (p * (1 - p)).clamp_min(_CERTAIN).sqrt()
        return cls(network, inputs, slopes, (y - p) / weight, weight, _loss(network, x, y, classes))


def _improve(
    state: _State, x: torch.Tensor, y: torch.Tensor, damping: float, classes: bool
) -> tuple[_State, float] | None:
    """One step that lowers the loss, and the damping that it needed; None if no damping lowers it."""
    deltas = _deltas(state.network, state.slopes, len(x))
    gram = _gram(state.inputs, deltas)
    if state.weight is not None:
        gram = gram * state.weight[:, None] * state.weight
    scale = float(gram.diagonal().mean())
    identity = torch.eye(len(x), dtype=x.dtype, device=x.device)
    for _ in range(_ATTEMPTS):
        factor, failed = torch.linalg.cholesky_ex(gram + damping * scale * identity)
        if not int(failed):
            a = torch.cholesky_solve(state.residual[:, None], factor)
            if state.weight is not None:
                a = a * state.weight[:, None]
            proposal = _State.at(_moved(state, deltas, a), x, y, classes)
            if proposal.loss < state.loss:
                return proposal, damping
        damping *= _RAISE
    return None


def _moved(state: _State, deltas: list[torch.Tensor], a: torch.Tensor) -> Network:
    """The network after the step δw = Jᵀ a, a (N, 1)."""
    return Network(
        [
            (weight + h.T @ (a * delta), bias + (a * delta).sum(0))
            for (weight, bias), h, delta in zip(state.network.layers, state.inputs, deltas, strict=True)
        ]
    )


def _loss(network: Network, x: torch.Tensor, y: torch.Tensor, classes: bool) -> float:
    f = network(x)
    if classes:
        return float((torch.nn.functional.softplus(f) - y * f).mean())
    return float((y - f).square().mean())


def _deltas(network: Network, slopes: list[torch.Tensor], n: int) -> list[torch.Tensor]:
    """∂f/∂z of every layer's output z, first layer first: (N, out) each."""
    last = network.layers[-1][0]
    deltas = [torch.ones(n, 1, dtype=last.dtype, device=last.device)]
    for (weight, _), slope in zip(network.layers[:0:-1], slopes[::-1], strict=True):
        deltas.append((deltas[-1] @ weight.T) * slope)
    return deltas[::-1]


def _gram(inputs: list[torch.Tensor], deltas: list[torch.Tensor]) -> torch.Tensor:
    """J Jᵀ (N, N), J the derivative of f at each event with respect to all weights and biases."""
    total = torch.zeros(len(inputs[0]), len(inputs[0]), dtype=inputs[0].dtype, device=inputs[0].device)
    for h, delta in zip(inputs, deltas, strict=True):
        total += (h @ h.T + 1) * (delta @ delta.T)
    return total
