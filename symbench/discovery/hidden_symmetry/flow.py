"""A residual flow z = T(x), and a vector field in the coordinates z, in one pass.

The transported field is f′ = (∂T/∂x) f; its slopes A = ∂f′/∂z need the second derivative of T along f. Both come from
forward-mode jets: each point carries the derivatives along f and along the D unit vectors, and the mixed second
derivative of f and each unit vector. A layer costs 2D + 2 products with its weights, and one reverse pass gives the
gradient of any loss in z, ∂T/∂x, f′ and A.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import pairwise

import torch


@dataclass(frozen=True)
class Transported:
    """Points and a field in the coordinates z.

    z         (N, D)
    jacobian  (N, D, D) transposed, [n, i, j] = ∂zⱼ/∂xᵢ
    f         (N, D) f′
    slopes    (N, D, D) transposed, [n, i, j] = ∂f′ⱼ/∂xᵢ
    """

    z: torch.Tensor
    jacobian: torch.Tensor
    f: torch.Tensor
    slopes: torch.Tensor

    @property
    def a(self) -> torch.Tensor:
        """A = ∂f′/∂z (N, D, D), [n, j, k] = ∂f′ⱼ/∂zₖ."""
        solved: torch.Tensor = torch.linalg.solve(self.jacobian, self.slopes)
        return solved.transpose(1, 2)


Jet = tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]
"""Points (N, 1, D), derivatives along f (N, 1, D) and along unit vectors (N, D, D), and mixed ones (N, D, D)."""


def seeded(x: torch.Tensor, f: torch.Tensor, df: torch.Tensor) -> Jet:
    """The jet of the identity at x (N, D): f (N, D), the unit vectors, and df[n, i, j] = ∂fⱼ/∂xᵢ."""
    n, d = x.shape
    return x[:, None], f[:, None], torch.eye(d, dtype=x.dtype, device=x.device).expand(n, d, d), df


def read(jet: Jet) -> Transported:
    """The parts of a jet by name."""
    return Transported(jet[0][:, 0], jet[2], jet[1][:, 0], jet[3])


_FIRST = 1.0  # of the spread: the first change of coordinates of a restricted flow


@dataclass(frozen=True)
class Flow:
    """T = T_B ∘ … ∘ T_1 with T_b(x) = x + s · net_b(x / s): tanh layers, the last layer 0 at the start, so that T = 1.

    blocks    weights (in, out) and biases (out,) of the layers of each block
    spread    (D,) s, the spread of the coordinates
    """

    blocks: list[list[tuple[torch.Tensor, torch.Tensor]]]
    spread: torch.Tensor
    parameters: list[torch.Tensor] = field(init=False)

    def __post_init__(self) -> None:
        flat = [tensor for layers in self.blocks for layer in layers for tensor in layer]
        object.__setattr__(self, "parameters", flat)

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """z (…, D) of x (…, D)."""
        for layers in self.blocks:
            h = x / self.spread
            for weight, bias in layers[:-1]:
                h = torch.tanh(h @ weight + bias)
            x = x + (h @ layers[-1][0] + layers[-1][1]) * self.spread
        return x

    def transport(self, x: torch.Tensor, f: torch.Tensor, df: torch.Tensor) -> Transported:
        """Points x (N, D), the field f (N, D) there and its slopes df[n, i, j] = ∂fⱼ/∂xᵢ, in the coordinates z."""
        jet = seeded(x, f, df)
        for layers in self.blocks:
            h = _scaled(jet, 1 / self.spread)
            for weight, bias in layers[:-1]:
                h = _tanh(_linear(h, weight, bias))
            jet = _sum(jet, _scaled(_linear(h, *layers[-1]), self.spread))
        return read(jet)

    def push(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """z (N, D) and the transposed Jacobian (N, D, D) only, at half the cost."""
        n, d = x.shape
        z, jacobian = x, torch.eye(d, dtype=x.dtype, device=x.device).expand(n, d, d)
        for layers in self.blocks:
            y, slopes = z / self.spread, jacobian / self.spread
            for weight, bias in layers[:-1]:
                y = torch.tanh(y @ weight + bias)
                slopes = (slopes @ weight) * (1 - y * y)[:, None]
            weight, bias = layers[-1]
            z, jacobian = z + (y @ weight + bias) * self.spread, jacobian + slopes @ weight * self.spread
        return z, jacobian

    def restrict(self, moves: tuple[int, ...], generator: torch.Generator) -> None:
        """Let T change these coordinates only, and begin with a random change of about their spread."""
        for layers in self.blocks:
            weight, bias = layers[-1]
            free = torch.zeros(len(self.spread), dtype=weight.dtype, device=weight.device)
            free[list(moves)] = 1
            noise = torch.randn(weight.shape, generator=generator, dtype=weight.dtype).to(weight.device)
            with torch.no_grad():
                weight += _FIRST * free * noise / math.sqrt(len(weight))
            for tensor in (weight, bias):
                tensor.register_hook(lambda gradient, free=free: gradient * free)

    def detached(self) -> Flow:
        """The same map on the CPU, without gradients."""
        blocks = [[(w.detach().cpu(), b.detach().cpu()) for w, b in layers] for layers in self.blocks]
        return Flow(blocks, self.spread.detach().cpu())


def new_flow(
    spread: torch.Tensor, *, blocks: int, layers: int, width: int, generator: torch.Generator, device: str
) -> Flow:
    """A trainable flow that is the identity: float64, hidden weights and biases uniform in ±1/√fan-in."""
    d = len(spread)
    flow_blocks = []
    for _ in range(blocks):
        hidden = []
        for fan_in, fan_out in pairwise([d, *[width] * layers]):
            drawn = (2 * torch.rand(fan_in + 1, fan_out, generator=generator, dtype=torch.float64) - 1) / math.sqrt(
                fan_in
            )
            hidden.append((drawn[:-1].to(device).requires_grad_(), drawn[-1].to(device).requires_grad_()))
        last = torch.zeros(width, d, dtype=torch.float64, device=device, requires_grad=True)
        bias = torch.zeros(d, dtype=torch.float64, device=device, requires_grad=True)
        flow_blocks.append([*hidden, (last, bias)])
    return Flow(flow_blocks, spread.to(device))


def identity_flow(spread: torch.Tensor) -> Flow:
    """The identity map."""
    return Flow([], spread)


def _scaled(jet: Jet, factor: torch.Tensor) -> Jet:
    return jet[0] * factor, jet[1] * factor, jet[2] * factor, jet[3] * factor


def _sum(one: Jet, other: Jet) -> Jet:
    return one[0] + other[0], one[1] + other[1], one[2] + other[2], one[3] + other[3]


def _linear(jet: Jet, weight: torch.Tensor, bias: torch.Tensor) -> Jet:
    """A linear layer; the bias moves points and leaves derivatives unchanged."""
    return jet[0] @ weight + bias, jet[1] @ weight, jet[2] @ weight, jet[3] @ weight


def _tanh(jet: Jet) -> Jet:
    """y = tanh a: first derivatives times y′, mixed ones m y′ + y″ (∂ᵢa)(∂_f a), y″ = −2 y y′."""
    a, along_f, along_units, mixed = jet
    y = torch.tanh(a)
    slope = 1 - y * y
    moved = slope * along_f
    return y, moved, slope * along_units, slope * mixed - (2 * y * moved) * along_units
