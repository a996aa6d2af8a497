"""The part of LorentzNet that runs over all pairs of nodes, tile by tile.

    hᵢⱼ = ReLU(aᵢ + bⱼ + ψᵢⱼ w)         the first layer of φ_e, normalisation folded in
    mᵢⱼ = ReLU(W₂ hᵢⱼ + b₂)             its second layer
    gᵢⱼ = σ(w_m · mᵢⱼ + b_m) · real      the gate φ_m, zero for pairs with padding
    Mᵢ  = Σⱼ gᵢⱼ mᵢⱼ                      the messages that node i receives
    sᵢⱼ = w_x · ReLU(W_x gᵢⱼ mᵢⱼ + b_x)   φ_x, how far xᵢ moves along xᵢ − xⱼ; not in the last block

With ordinary operations each line reads and writes all pairs times all channels; memory traffic takes the time, not
arithmetic. Here a tile is one or a few jets, small enough that the result of a line is still in the cache when the next
line needs it, forward and backward; the products with W₂ and W_x remain. A tile has as many rows as its largest jet has
nodes, so that little padding is computed if jets are sorted by their multiplicity.

The backward pass is written by hand: it runs over the same tiles and uses h, m and the hidden layer of φ_x. It can be
differentiated once. Outside of training the same function is left to autograd, which has forward-mode and higher
derivatives too.

Computations are in the dtype of the inputs. For bfloat16 the gradients of weights, which are sums over tiles, are
summed in float32.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

TILE_ELEMENTS = 150_000  # pairs × channels that fit the cache of a CPU core; on an accelerator all jets are one tile


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
    """Tiles of about this many pairs, for jets whose real nodes are among the first `occupied[b]`."""
    result: list[Tile] = []
    start = 0
    while start < len(occupied):
        stop, nodes = start, 0
        while stop < len(occupied):
            wider = max(nodes, occupied[stop])
            if stop > start and (stop + 1 - start) * wider**2 > pairs:
                break
            stop, nodes = stop + 1, wider
        result.append(Tile(start, stop, nodes))
        start = stop
    return result


@dataclass(frozen=True)
class Move:
    """W_x, b_x and w_x of φ_x, as torch stores them, (out, in)."""

    weight: Tensor
    bias: Tensor
    out: Tensor


@dataclass(frozen=True)
class Weights:
    """W₂, b₂, w_m and b_m, as torch stores them, and φ_x in all blocks but the last."""

    second: Tensor
    second_bias: Tensor
    gate: Tensor
    gate_bias: Tensor
    move: Move | None = None

    def all(self) -> tuple[Tensor, ...]:
        """All tensors, in the order of `of`."""
        four = (self.second, self.second_bias, self.gate, self.gate_bias)
        return four if self.move is None else (*four, self.move.weight, self.move.bias, self.move.out)

    @classmethod
    def of(cls, tensors: Sequence[Tensor]) -> Weights:
        """The weights from the tensors of `all`."""
        second, second_bias, gate, gate_bias, *move = tensors
        return cls(second, second_bias, gate, gate_bias, Move(*move) if move else None)


def pair_messages(
    a: Tensor, b: Tensor, psi: Tensor, w: Tensor, real: Tensor, weights: Weights, over: list[Tile], *, fused: bool
) -> tuple[Tensor, Tensor | None]:
    """M (B, N, H) and s (B, N, N); s is None if `weights` has no φ_x.

    a, b   (B, N, H)
    psi    (F, B, N, N), w (F, H)
    real   (B, N, N) 1 or 0
    over   tiles that cover all real pairs
    fused  use the hand-written backward pass, which keeps only the tensors that it needs and cannot be differentiated
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
    """M and s; appends the tensors that the backward pass needs to `kept`, unless that is None."""
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
    """The derivative of ReLU, in place; a product with a comparison takes ten times as long."""
    return cast(Tensor, torch.ops.aten.threshold_backward.grad_input(grad, output, 0, grad_input=grad))


def _add_product(total: Tensor, left: Tensor, right: Tensor) -> None:
    """total += left @ right, of two matrices or a matrix and a vector, whose dtype may have a lower precision."""
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
        a, b, psi, w, scale, *rest = ctx.saved_tensors
        weights, kept = Weights.of(rest[: ctx.weights]), iter(rest[ctx.weights :])
        totals = _Gradients.zeros(a, b, psi if ctx.needs_input_grad[3] else None, w, weights)
        through = _Through.of(weights.move)
        for tile in ctx.over:
            hidden, message, gate = next(kept), next(kept), next(kept)
            moved = None if weights.move is None else next(kept)
            d_logit, d_message = _of_messages(
                tile, message, gate, moved, grad_received, grad_scale, scale, through, totals.weights
            )
            d_message = _of_gate(message, gate, d_logit, d_message, weights, totals.weights)
            _add_product(totals.weights.second, d_message.T, hidden)
            totals.weights.second_bias.add_(d_message.sum(0))
            d_hidden = _only_where_positive(d_message @ weights.second, hidden)
            totals.add_inputs(tile, psi, w, d_hidden)
        if weights.move is not None and totals.weights.move is not None:
            totals.weights.move.weight.mul_(weights.move.out[0].unsqueeze(1))
            totals.weights.move.bias.mul_(weights.move.out[0])
        return None, totals.a, totals.b, totals.psi, totals.w, None, *totals.weights.all()


@dataclass(frozen=True)
class _Gradients:
    """Gradients of inputs and weights, filled tile by tile; those of w and the weights are float32 or better."""

    a: Tensor
    b: Tensor
    psi: Tensor | None
    w: Tensor
    weights: Weights

    @classmethod
    def zeros(cls, a: Tensor, b: Tensor, psi: Tensor | None, w: Tensor, weights: Weights) -> _Gradients:
        summed = torch.promote_types(a.dtype, torch.float32)
        return cls(
            torch.zeros_like(a),
            torch.zeros_like(b),
            None if psi is None else torch.zeros_like(psi),
            torch.zeros_like(w, dtype=summed),
            Weights.of([torch.zeros_like(t, dtype=summed) for t in weights.all()]),
        )

    def add_inputs(self, tile: Tile, psi: Tensor, w: Tensor, d_hidden: Tensor) -> None:
        """The part of a tile in the gradients of a, b, ψ and w, from that of h (k·n·n, H)."""
        n = tile.nodes
        k = tile.stop - tile.start
        _add_product(self.w, tile.features(psi), d_hidden)
        if self.psi is not None:
            self.psi[:, tile.start : tile.stop, :n, :n] = (w @ d_hidden.T).view(-1, k, n, n)
        per_pair = d_hidden.view(k, n, n, -1)
        tile.rows(self.a).copy_(per_pair.sum(2))
        tile.rows(self.b).copy_(per_pair.sum(1))


@dataclass(frozen=True)
class _Through:
    """Products of the weights of φ_x: w_x W_x, by which s depends on a message, and w_x b_x."""

    weight: Tensor
    bias: Tensor

    @classmethod
    def of(cls, move: Move | None) -> _Through | None:
        return None if move is None else cls(move.out[0].unsqueeze(1) * move.weight, move.out[0] * move.bias)


def _of_messages(
    tile: Tile,
    message: Tensor,
    gate: Tensor,
    moved: Tensor | None,
    grad_received: Tensor,
    grad_scale: Tensor,
    scale: Tensor,
    through: _Through | None,
    totals: Weights,
) -> tuple[Tensor, Tensor]:
    """Gradients of the gate times g, (k·n·n,), and of m, (k·n·n, H), through M and s; adds those of φ_x to `totals`.

    With u = W_x m the gradient of the gate through s needs only φ_x's hidden layer y, since g u = y − b_x if y > 0.
    """
    k, n, _ = gate.shape
    flat = gate.flatten()
    pulled = tile.rows(grad_received).reshape(k * n, 1, -1)
    d_logit = torch.bmm(message.view(k * n, n, -1), pulled.transpose(1, 2)).flatten().mul_(flat)
    if moved is None or through is None or totals.move is None:
        return d_logit, (gate.view(k * n, n, 1) * pulled).flatten(0, 1)
    out = tile.pairs(grad_scale).flatten()
    _add_product(totals.move.out[0], moved.T, out)
    step = moved.sign()
    _add_product(totals.move.bias, step.T, out)  # multiplied by w_x after the last tile, as the gradient of W_x
    d_logit += out * (tile.pairs(scale).flatten() - step @ through.bias)
    step *= (out * flat).unsqueeze(1)
    _add_product(totals.move.weight, step.T, message)
    d_message = step @ through.weight
    d_message.view(k * n, n, -1).addcmul_(gate.view(k * n, n, 1), pulled)
    return d_logit, d_message


def _of_gate(
    message: Tensor, gate: Tensor, d_logit: Tensor, d_message: Tensor, weights: Weights, totals: Weights
) -> Tensor:
    """The gradient of m before its ReLU, with the part through the gate; adds those of the gate to `totals`."""
    d_logit *= 1 - gate.flatten()
    _add_product(totals.gate[0], message.T, d_logit)
    totals.gate_bias.add_(d_logit.sum())
    return _only_where_positive(d_message.addcmul_(d_logit.unsqueeze(1), weights.gate), message)
