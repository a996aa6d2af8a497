"""What LorentzNet computes on every pair of nodes, tile by tile.

    hᵢⱼ = ReLU(aᵢ + bⱼ + ψᵢⱼ w)         the first layer of φ_e, normalisation folded in
    mᵢⱼ = ReLU(W₂ hᵢⱼ + b₂)             its second layer
    gᵢⱼ = σ(w_m · mᵢⱼ + b_m) · real      the gate φ_m, zero for pairs that are none
    Mᵢ  = Σⱼ gᵢⱼ mᵢⱼ                      what node i receives
    sᵢⱼ = w_x · ReLU(W_x gᵢⱼ mᵢⱼ + b_x)   φ_x, how far xᵢ moves along xᵢ − xⱼ; not in the last block

Written with ordinary operations each line reads and writes all pairs times all channels, and that, not arithmetic, is
what takes the time. Here a tile is one or a few jets, small enough that a line's result is still in the cache when the
next line needs it, forward and backward; the products with W₂ and W_x are what remains. A tile has as many rows as
its largest jet has nodes, so that hardly any padding is computed where jets come sorted by their multiplicity.

Backward is written out: it goes through the tiles in the same way and keeps h, m and φ_x's hidden layer. It can be
differentiated once. Outside of training the same function is left to autograd, which can do more (forward-mode
derivatives, higher ones).

All of it has the type of what it is given. Given bfloat16, the gradients of weights, which are sums over tiles, are
added up in float32.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

TILE_ELEMENTS = 150_000  # pairs × channels that a CPU core keeps near; an accelerator takes all jets as one tile


@dataclass(frozen=True)
class Tile:
    """Jets [start, stop) of a batch, whose real nodes are among their first `nodes`."""

    start: int
    stop: int
    nodes: int

    def rows(self, t: Tensor) -> Tensor:
        """(B, N, …) to the tile's (k, n, …)."""
        return t[self.start : self.stop, : self.nodes]

    def pairs(self, t: Tensor) -> Tensor:
        """(B, N, N, …) to the tile's (k, n, n, …)."""
        return t[self.start : self.stop, : self.nodes, : self.nodes]

    def features(self, t: Tensor) -> Tensor:
        """(F, B, N, N) to the tile's (F, k·n·n)."""
        return t[:, self.start : self.stop, : self.nodes, : self.nodes].flatten(1)


def tiles(occupied: list[int], pairs: int) -> list[Tile]:
    """Tiles of about so many pairs for jets whose real nodes are among the first `occupied[b]`."""
    found: list[Tile] = []
    start = 0
    while start < len(occupied):
        stop, nodes = start, 0
        while stop < len(occupied):
            wider = max(nodes, occupied[stop])
            if stop > start and (stop + 1 - start) * wider**2 > pairs:
                break
            stop, nodes = stop + 1, wider
        found.append(Tile(start, stop, nodes))
        start = stop
    return found


@dataclass(frozen=True)
class Move:
    """W_x, b_x and w_x of φ_x, as torch stores them, (out, in)."""

    weight: Tensor
    bias: Tensor
    out: Tensor


@dataclass(frozen=True)
class Weights:
    """W₂, b₂, w_m and b_m, as torch stores them, and φ_x where there is one."""

    second: Tensor
    second_bias: Tensor
    gate: Tensor
    gate_bias: Tensor
    move: Move | None = None

    def all(self) -> tuple[Tensor, ...]:
        four = (self.second, self.second_bias, self.gate, self.gate_bias)
        return four if self.move is None else (*four, self.move.weight, self.move.bias, self.move.out)

    @classmethod
    def of(cls, tensors: Sequence[Tensor]) -> Weights:
        """What `all` gave."""
        second, second_bias, gate, gate_bias, *move = tensors
        return cls(second, second_bias, gate, gate_bias, Move(*move) if move else None)


def pair_messages(
    a: Tensor, b: Tensor, psi: Tensor, w: Tensor, real: Tensor, weights: Weights, over: list[Tile], *, fused: bool
) -> tuple[Tensor, Tensor | None]:
    """M (B, N, H) and s (B, N, N), the latter None where `weights` has no φ_x.

    a, b   (B, N, H)
    psi    (F, B, N, N), w (F, H)
    real   (B, N, N) 1 or 0
    over   tiles that cover all real pairs
    fused  keep for backward only what it needs, and differentiate once at most
    """
    if fused:
        received, scale = cast(tuple[Tensor, Tensor], _Fused.apply(over, a, b, psi, w, real, *weights.all()))  # type: ignore[no-untyped-call]
    else:
        received, scale = _forward(over, a, b, psi, w, real, weights, None)
    return received, (None if weights.move is None else scale)


def _hidden(tile: Tile, a: Tensor, b: Tensor, psi: Tensor, w: Tensor) -> Tensor:
    """(k·n·n, H)."""
    total = (tile.rows(a).unsqueeze(2) + tile.rows(b).unsqueeze(1)).flatten(0, 2)
    return total.addmm_(tile.features(psi).T, w).relu_()


def _forward(
    over: list[Tile],
    a: Tensor,
    b: Tensor,
    psi: Tensor,
    w: Tensor,
    real: Tensor,
    weights: Weights,
    kept: list[Tensor] | None,
) -> tuple[Tensor, Tensor]:
    """M and s; what backward needs is appended to `kept` where it is given."""
    received, scale = torch.zeros_like(a), torch.zeros_like(real)
    for tile in over:
        hidden = _hidden(tile, a, b, psi, w)
        message = torch.addmm(weights.second_bias, hidden, weights.second.T).relu_()
        gate = torch.addmv(weights.gate_bias, message, weights.gate[0]).sigmoid()
        gate = gate.view(-1, tile.nodes, tile.nodes) * tile.pairs(real)
        tile.rows(received).copy_(_sum_over(gate, message))
        of_tile = [hidden, message, gate]
        move = weights.move
        if move is not None:
            moved = torch.mm(message, move.weight.T).mul_(gate.flatten().unsqueeze(1)).add_(move.bias).relu_()
            tile.pairs(scale).copy_((moved @ move.out[0]).view_as(gate))
            of_tile.append(moved)
        if kept is not None:
            kept += of_tile
    return received, scale


def _sum_over(gate: Tensor, message: Tensor) -> Tensor:
    """Σⱼ gᵢⱼ mᵢⱼ, (k, n, H), of gate (k, n, n) and message (k·n·n, H)."""
    k, n, _ = gate.shape
    return torch.bmm(gate.view(k * n, 1, n), message.view(k * n, n, -1)).view(k, n, -1)


def _only_where_positive(grad: Tensor, output: Tensor) -> Tensor:
    """The derivative of ReLU in place; a product with a comparison takes ten times as long."""
    return cast(Tensor, torch.ops.aten.threshold_backward.grad_input(grad, output, 0, grad_input=grad))


def _add_product(total: Tensor, left: Tensor, right: Tensor) -> None:
    """total += left @ right, of two matrices or a matrix and a vector, whose type may be a lower one."""
    if total.dtype != left.dtype:
        total.add_(left @ right)
    elif right.dim() == 1:
        total.addmv_(left, right)
    else:
        total.addmm_(left, right)


class _Fused(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        over: list[Tile],
        a: Tensor,
        b: Tensor,
        psi: Tensor,
        w: Tensor,
        real: Tensor,
        *weights: Tensor,
    ) -> tuple[Tensor, Tensor]:
        kept: list[Tensor] = []
        received, scale = _forward(over, a, b, psi, w, real, Weights.of(weights), kept)
        ctx.over, ctx.weights = over, len(weights)
        ctx.save_for_backward(a, b, psi, w, scale, *weights, *kept)
        return received, scale

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_received: Tensor, grad_scale: Tensor) -> tuple[Tensor | None, ...]:
        """With u = W_x m: the derivative of the gate needs φ_x's hidden layer y alone, as g u = y − b_x where y > 0."""
        a, b, psi, w, scale, *rest = ctx.saved_tensors
        weights, kept = Weights.of(rest[: ctx.weights]), iter(rest[ctx.weights :])
        move = weights.move
        summed = torch.promote_types(a.dtype, torch.float32)
        da, db, dw = torch.zeros_like(a), torch.zeros_like(b), torch.zeros_like(w, dtype=summed)
        dpsi = torch.zeros_like(psi) if ctx.needs_input_grad[3] else None
        found = [torch.zeros_like(t, dtype=summed) for t in weights.all()]
        d = Weights.of(found)
        if move is not None:
            through = move.out[0].unsqueeze(1) * move.weight
            lever = move.out[0] * move.bias
        for tile in ctx.over:
            hidden, message, gate = next(kept), next(kept), next(kept)
            k, n, _ = gate.shape
            flat = gate.flatten()
            pulled = tile.rows(grad_received).reshape(k * n, 1, -1)
            d_logit = torch.bmm(message.view(k * n, n, -1), pulled.transpose(1, 2)).flatten().mul_(flat)
            if d.move is not None:
                moved = next(kept)
                out = tile.pairs(grad_scale).flatten()
                _add_product(d.move.out[0], moved.T, out)
                step = moved.sign()
                _add_product(d.move.bias, step.T, out)  # times w_x, as the next but one: after the last tile
                d_logit += out * (tile.pairs(scale).flatten() - step @ lever)
                step *= (out * flat).unsqueeze(1)
                _add_product(d.move.weight, step.T, message)
                d_message = step @ through
                d_message.view(k * n, n, -1).addcmul_(gate.view(k * n, n, 1), pulled)
            else:
                d_message = (gate.view(k * n, n, 1) * pulled).flatten(0, 1)
            d_logit *= 1 - flat
            _add_product(d.gate[0], message.T, d_logit)
            d.gate_bias.add_(d_logit.sum())
            d_message = _only_where_positive(d_message.addcmul_(d_logit.unsqueeze(1), weights.gate), message)
            _add_product(d.second, d_message.T, hidden)
            d.second_bias.add_(d_message.sum(0))
            d_hidden = _only_where_positive(d_message @ weights.second, hidden)
            _add_product(dw, tile.features(psi), d_hidden)
            if dpsi is not None:
                dpsi[:, tile.start : tile.stop, :n, :n] = (w @ d_hidden.T).view(-1, k, n, n)
            per_pair = d_hidden.view(k, n, n, -1)
            tile.rows(da).copy_(per_pair.sum(2))
            tile.rows(db).copy_(per_pair.sum(1))
        if move is not None and d.move is not None:
            d.move.weight.mul_(move.out[0].unsqueeze(1))
            d.move.bias.mul_(move.out[0])
        return None, da, db, dpsi, dw, None, *found
