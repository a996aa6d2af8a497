"""A residual flow z = T(x) together with what a change of coordinates does to a vector field, in one pass.

The transported field is f′ = (∂T/∂x) f, and its slopes A = ∂f′/∂z need the second derivative of T along f. Both come
from forward-mode jets: with every point travel f, the D unit vectors and, for each of them, the mixed second
derivative. A layer costs 2D + 2 products with its weights, and one reverse pass gives the gradient of any loss in
z, ∂T/∂x, f′ and A.
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
        return torch.linalg.solve(self.jacobian, self.slopes).transpose(1, 2)


def seeded(x: torch.Tensor, f: torch.Tensor, df: torch.Tensor) -> torch.Tensor:
    """The jet (N, 2D + 2, D) of the identity: x, f, the unit vectors, and df[n, i, j] = ∂fⱼ/∂xᵢ."""
    n, d = x.shape
    unit = torch.eye(d, dtype=x.dtype, device=x.device).expand(n, d, d)
    return torch.cat([x[:, None], f[:, None], unit, df], dim=1)


def read(jet: torch.Tensor) -> Transported:
    """A jet's parts."""
    d = jet.shape[2]
    return Transported(jet[:, 0], jet[:, 2 : 2 + d], jet[:, 1], jet[:, 2 + d :])


@dataclass(frozen=True)
class Flow:
    """T = T_B ∘ … ∘ T_1, T_b(x) = x + s · net_b(x / s): tanh layers, the last one 0 at first, so that T begins at 1.

    blocks    weights (in, out) and biases (out,) of each block's layers
    spread    (D,) s, the spread of the coordinates: units decide how a network begins, not what it can say
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
            h = jet / self.spread
            for weight, bias in layers[:-1]:
                h = _tanh(_linear(h, weight, bias))
            jet = jet + _linear(h, *layers[-1]) * self.spread
        return read(jet)

    def push(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """z (N, D) and the transposed Jacobian (N, D, D) alone, at half the cost."""
        n, d = x.shape
        unit = torch.eye(d, dtype=x.dtype, device=x.device).expand(n, d, d)
        jet = torch.cat([x[:, None], unit], dim=1)
        for layers in self.blocks:
            h = jet / self.spread
            for weight, bias in layers[:-1]:
                h = _linear(h, weight, bias)
                y = torch.tanh(h[:, :1])
                h = torch.cat([y, h[:, 1:] * (1 - y * y)], dim=1)
            jet = jet + _linear(h, *layers[-1]) * self.spread
        return jet[:, 0], jet[:, 1:]

    def detached(self) -> Flow:
        """The same map on the CPU, without gradients."""
        blocks = [[(w.detach().cpu(), b.detach().cpu()) for w, b in layers] for layers in self.blocks]
        return Flow(blocks, self.spread.detach().cpu())


def new_flow(
    spread: torch.Tensor, *, blocks: int, layers: int, width: int, generator: torch.Generator, device: str
) -> Flow:
    """The identity, ready to be trained: float64, hidden weights and biases uniform in ±1/√fan-in."""
    d = len(spread)
    made = []
    for _ in range(blocks):
        hidden = []
        for fan_in, fan_out in pairwise([d, *[width] * layers]):
            drawn = (2 * torch.rand(fan_in + 1, fan_out, generator=generator, dtype=torch.float64) - 1) / math.sqrt(
                fan_in
            )
            hidden.append((drawn[:-1].to(device).requires_grad_(), drawn[-1].to(device).requires_grad_()))
        last = torch.zeros(width, d, dtype=torch.float64, device=device, requires_grad=True)
        bias = torch.zeros(d, dtype=torch.float64, device=device, requires_grad=True)
        made.append([*hidden, (last, bias)])
    return Flow(made, spread.to(device))


def identity_flow(spread: torch.Tensor) -> Flow:
    """The identity map."""
    return Flow([], spread)


def _linear(jet: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
    """A bias moves points and nothing else."""
    out = jet @ weight
    return torch.cat([out[:, :1] + bias, out[:, 1:]], dim=1)


def _tanh(jet: torch.Tensor) -> torch.Tensor:
    """y = tanh a: first derivatives times y′, mixed ones m y′ + y″ (∂ᵢa)(∂_f a), y″ = −2 y y′."""
    d = (jet.shape[1] - 2) // 2
    a, along_f, along_units, mixed = jet[:, :1], jet[:, 1:2], jet[:, 2 : 2 + d], jet[:, 2 + d :]
    y = torch.tanh(a)
    slope = 1 - y * y
    return torch.cat([y, slope * along_f, slope * along_units, slope * (mixed - 2 * y * along_units * along_f)], dim=1)
