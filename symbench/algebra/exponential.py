"""Exponentials of batches of small matrices, with a derivative that costs about three of them.

Scaling and squaring of a Taylor polynomial, evaluated as Paterson and Stockmeyer (1973) do: with the powers A to A⁴,
e^A ≈ B₀ + A⁴ (B₁ + A⁴ (B₂ + …)), where each block Bⱼ = Σ_m A^m / (4j + m)! is a combination of the same powers. For
4 × 4 matrices the time goes into calls rather than arithmetic, so all blocks come from one matrix product.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import torch

# Number of blocks b (the degree is 4b), and the norm θ up to which the remainder θ^(4b+1)/(4b+1)! is rounding.
_ACCURACY = {torch.float32: (2, 0.5), torch.float64: (4, 0.8)}


@cache
def _coefficients(blocks: int, dtype: torch.dtype, device: torch.device) -> torch.Tensor:
    """Rows: blocks; columns: 1, A, A², A³, A⁴ (the last only in the highest block)."""
    rows = [[1.0 / math.factorial(4 * j + m) for m in range(4)] + [0.0] for j in range(blocks)]
    rows[-1][4] = 1.0 / math.factorial(4 * blocks)
    return torch.tensor(rows, dtype=dtype, device=device)


class _Exponential(torch.autograd.Function):
    """The derivative runs back through the same products, two per product, with every intermediate kept."""

    @staticmethod
    def forward(ctx: Any, a: torch.Tensor) -> torch.Tensor:
        blocks, bound = _ACCURACY[a.dtype]
        norm = float(a.abs().sum(-1).amax()) if a.numel() else 0.0
        squarings = math.ceil(math.log2(norm / bound)) if bound < norm < math.inf else 0
        n, d, _ = a.shape
        powers = a.new_empty(5, n, d, d)
        one, first, second, third, fourth = powers
        one.copy_(torch.eye(d, dtype=a.dtype, device=a.device))
        torch.mul(a, 0.5**squarings, out=first)
        torch.bmm(first, first, out=second)
        torch.bmm(second, first, out=third)
        torch.bmm(second, second, out=fourth)
        block = torch.mm(_coefficients(blocks, a.dtype, a.device), powers.view(5, -1)).view(blocks, n, d, d)
        value, partial = block[-1], []
        for j in range(blocks - 2, -1, -1):
            partial.append(value)
            value = torch.baddbmm(block[j], fourth, value)
        squares = []
        for _ in range(squarings):
            squares.append(value)
            value = torch.bmm(value, value)
        ctx.save_for_backward(powers, *partial, *squares)
        ctx.squarings, ctx.blocks = squarings, blocks
        return value

    @staticmethod
    def backward(ctx: Any, *grads: torch.Tensor) -> torch.Tensor:
        g = grads[0]
        blocks: int = ctx.blocks
        powers, *rest = ctx.saved_tensors
        partial, squares = rest[: blocks - 1], rest[blocks - 1 :]
        _, first, second, _, fourth = powers
        for value in reversed(squares):
            g = _square_derivative(g, value)
        of_block, fourth_t = [], fourth.mT
        of_fourth = None
        for value in reversed(partial):
            of_block.append(g)
            of_fourth = torch.bmm(g, value.mT) if of_fourth is None else torch.baddbmm(of_fourth, g, value.mT)
            g = torch.bmm(fourth_t, g)
        of_block.append(g)
        coefficients = _coefficients(blocks, g.dtype, g.device)
        of_powers = torch.mm(coefficients.T, torch.stack(of_block).view(blocks, -1)).view_as(powers)
        g4 = of_powers[4] + of_fourth if of_fourth is not None else of_powers[4]
        g3 = of_powers[3]
        g2 = of_powers[2] + _square_derivative(g4, second)
        g2.baddbmm_(g3, first.mT)
        g1 = of_powers[1] + _square_derivative(g2, first)
        g1.baddbmm_(second.mT, g3)
        return g1.mul_(0.5**ctx.squarings)


def _square_derivative(g: torch.Tensor, a: torch.Tensor) -> torch.Tensor:
    """The gradient with respect to a of anything whose gradient with respect to a·a is g: g aᵀ + aᵀ g."""
    transposed = a.mT
    return torch.bmm(g, transposed).baddbmm_(transposed, g)


def exponential(a: torch.Tensor) -> torch.Tensor:
    """e^A of every matrix in a batch (…, d, d), float32 or float64, differentiable once.

    Agrees with `torch.matrix_exp` to rounding. Meant for d ≤ 10. Raises TypeError for other types.
    """
    if a.dtype not in _ACCURACY:
        raise TypeError(f"exponentials are taken of float32 and float64, not of {a.dtype}")
    flat = a.reshape(-1, a.shape[-2], a.shape[-1])
    result: torch.Tensor = _Exponential.apply(flat)  # type: ignore[no-untyped-call]
    return result.reshape(a.shape)
