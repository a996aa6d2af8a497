"""Exponentials of batches of small matrices, with a derivative that costs about three of them.

Scaling and squaring of a Taylor polynomial of degree 18 in five products (Bader, Blanes & Casas, Mathematics 7 (2019)
1174, arXiv:1710.10989, section 3): with B₀ … B₄ combinations of 1, A, A², A³ and A⁶,
e^A ≈ (B₂ + C) C + B₁ with C = B₀ B₄ + B₃. Differences from `torch.matrix_exp`, which evaluates the same polynomial:

1. Less overhead for small batches.
2. The derivative needs no exponential of twice the size.
3. Faster products of small matrices, for which `torch.bmm` uses a plain loop if d³ < 400. Matrices with d = 5, 6, 7 are
   padded to 8 × 8, at which its optimised product starts; large batches with d ≤ 6 have the batch dimension last,
   (d, d, n), and a product is d fused multiply-adds of whole batches.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import torch

# Largest norm at which the remainder of the polynomial is below rounding (table 2 of the reference).
_REACH = {torch.float32: 3.010066362817634, torch.float64: 1.090863719290036}

# Rows: B₀ … B₄; columns: 1, A, A², A³, A⁶.
_POLYNOMIAL = (
    (0.0, -1.00365581030144618291e-01, -8.02924648241156932449e-03, -8.92138498045729985177e-04, 0.0),
    (
        0.0,
        3.97849749499645077844e-01,
        1.36783778460411720168e00,
        4.98289622525382669416e-01,
        -6.37898194594723280150e-04,
    ),
    (
        -1.09676396052962061844e01,
        1.68015813878906206114e00,
        5.71779846478865511061e-02,
        -6.98210122488052056106e-03,
        3.34975017086070470649e-05,
    ),
    (
        -9.04316832390810593223e-02,
        -6.76404519071381882256e-02,
        6.75961301770459654925e-02,
        2.95552570429315521194e-02,
        -1.39180257516060693404e-05,
    ),
    (0.0, 0.0, -9.23364619367118555360e-02, -1.69364939002081722752e-02, -1.40086798182036094347e-05),
)

_PADDED = 8  # d³ ≥ 400 from here: torch.bmm's optimised product
_BATCH_LAST = 512  # least number of matrices with the batch dimension last
_UNEVEN = 256  # least number of matrices that are squared according to their own norms


@cache
def _coefficients(dtype: torch.dtype, device: torch.device) -> torch.Tensor:
    return torch.tensor(_POLYNOMIAL, dtype=dtype, device=device)


class _Exponential(torch.autograd.Function):
    """The derivative runs back through the same products, two for each, whose factors are kept."""

    @staticmethod
    def forward(ctx: Any, a: torch.Tensor, last: bool) -> torch.Tensor:
        """a (n, d, d), or (d, d, n) with the batch last."""
        batch = 2 if last else 0
        squarings, scale, active = _squarings(a, batch)
        powers = a.new_empty(5, *a.shape)
        one, first, second, third, sixth = powers
        one.copy_(torch.eye(a.shape[1], dtype=a.dtype, device=a.device)[..., None] if last else _eye(a))
        torch.mul(a, scale, out=first)
        _product(first, first, last, second)
        _product(first, second, last, third)
        _product(third, third, last, sixth)
        b = torch.mm(_coefficients(a.dtype, a.device), powers.view(5, -1)).view(powers.shape)
        c = _add_product(b[3], b[0], b[4], last)
        left = b[2].add_(c)
        value = _add_product(b[1], left, c, last)
        squares = []
        for m in range(squarings):
            rows = active[m]
            part = value if rows is None else value.index_select(batch, rows)
            squares.append(part)
            part = _product(part, part, last)
            value = part if rows is None else value.index_copy(batch, rows, part)
        ctx.save_for_backward(powers, b, c, *squares)
        ctx.last, ctx.scale, ctx.active = last, scale, active
        return value

    @staticmethod
    def backward(ctx: Any, *grads: torch.Tensor) -> tuple[torch.Tensor, None]:
        g, last = grads[0], ctx.last
        batch = 2 if last else 0
        powers, b, c, *squares = ctx.saved_tensors
        _, first, second, third, _ = powers
        for value, active in zip(reversed(squares), reversed(ctx.active), strict=True):
            if active is None:
                g = _square_derivative(g, value, last)
            else:
                part = _square_derivative(g.index_select(batch, active), value, last)
                g = g.index_copy(batch, active, part)
        # value = left c + B₁ with left = B₂ + c, and c = B₀ B₄ + B₃; b[2] holds left.
        of_b = g.new_empty(powers.shape)
        of_b[1] = g
        _product(g, _transpose(c, last), last, of_b[2])
        of_c = _product(_transpose(b[2], last), g, last, of_b[3]).add_(of_b[2])
        _product(of_c, _transpose(b[4], last), last, of_b[0])
        _product(_transpose(b[0], last), of_c, last, of_b[4])
        coefficients = _coefficients(g.dtype, g.device)
        _, g1, g2, g3, g6 = torch.mm(coefficients.T, of_b.view(5, -1)).view(powers.shape)
        g3 = g3.add_(_square_derivative(g6, third, last))
        g2 = _add_product(g2, _transpose(first, last), g3, last)
        g1 = _add_product(g1, g3, _transpose(second, last), last)
        g1 = g1.add_(_square_derivative(g2, first, last))
        return g1.mul_(ctx.scale), None


def _squarings(a: torch.Tensor, batch: int) -> tuple[int, torch.Tensor | float, list[torch.Tensor | None]]:
    """The number of squarings, the scale of the matrices, and the indices of the matrices that each squaring is for.

    None stands for all matrices: small batches are scaled together, since selecting rows costs more than squaring.
    """
    norms = a.abs().sum(1 if batch else 2).amax(0 if batch else 1)
    reach = _REACH[a.dtype]
    largest = float(norms.amax()) if norms.numel() else 0.0
    if not reach < largest < math.inf:
        return 0, 1.0, []
    most = math.ceil(math.log2(largest / reach))
    if len(norms) >= _UNEVEN:
        own = (norms / reach).log2().ceil().clamp(0, most)
        if float(own.sum()) < 0.75 * most * len(norms):
            scale = torch.exp2(-own)
            active = [torch.nonzero(own > m)[:, 0] for m in range(most)]
            return most, scale if batch else scale[:, None, None], [None if len(i) == len(own) else i for i in active]
    return most, 0.5**most, [None] * most


def _eye(a: torch.Tensor) -> torch.Tensor:
    return torch.eye(a.shape[-1], dtype=a.dtype, device=a.device)


def _transpose(a: torch.Tensor, last: bool) -> torch.Tensor:
    return a.transpose(0, 1) if last else a.mT


def _product(a: torch.Tensor, b: torch.Tensor, last: bool, out: torch.Tensor | None = None) -> torch.Tensor:
    """a b of every pair, into `out` if given."""
    if not last:
        return torch.bmm(a, b) if out is None else torch.bmm(a, b, out=out)
    columns, rows = a.unsqueeze(2).unbind(1), b.unbind(0)
    value = torch.mul(columns[0], rows[0]) if out is None else torch.mul(columns[0], rows[0], out=out)
    for column, row in zip(columns[1:], rows[1:], strict=True):
        value.addcmul_(column, row)
    return value


def _add_product(c: torch.Tensor, a: torch.Tensor, b: torch.Tensor, last: bool) -> torch.Tensor:
    """c + a b of every triple; overwrites c."""
    if not last:
        return c.baddbmm_(a, b)
    for column, row in zip(a.unsqueeze(2).unbind(1), b.unbind(0), strict=True):
        c.addcmul_(column, row)
    return c


def _square_derivative(g: torch.Tensor, a: torch.Tensor, last: bool) -> torch.Tensor:
    """The gradient with respect to a of anything whose gradient with respect to a·a is g: g aᵀ + aᵀ g."""
    transposed = _transpose(a, last)
    return _add_product(_product(g, transposed, last), transposed, g, last)


def exponential(a: torch.Tensor) -> torch.Tensor:
    """e^A of every matrix in a batch (…, d, d), float32 or float64, differentiable once.

    Agrees with `torch.matrix_exp` to rounding, which grows with the norm of the matrix or, in batches of fewer than
    256, with the largest norm in the batch. Intended for d ≤ 10. Raises TypeError for other dtypes.
    """
    if a.dtype not in _REACH:
        raise TypeError(f"exponentials are implemented for float32 and float64, not for {a.dtype}")
    d = a.shape[-1]
    flat = a.reshape(-1, d, d)
    if d <= 6 and len(flat) >= _BATCH_LAST:
        moved: torch.Tensor = _Exponential.apply(flat.permute(1, 2, 0).contiguous(), True)  # type: ignore[no-untyped-call]
        return moved.permute(2, 0, 1).reshape(a.shape)
    padding = _PADDED - d if 5 <= d < _PADDED and len(flat) > 8 else 0
    if padding:
        flat = torch.nn.functional.pad(flat, (0, padding, 0, padding))
    result: torch.Tensor = _Exponential.apply(flat, False)  # type: ignore[no-untyped-call]
    return (result[:, :d, :d] if padding else result).reshape(a.shape)
