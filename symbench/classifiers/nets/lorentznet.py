"""LorentzNet: message passing on Minkowski norms and inner products.

The layer is that of arXiv:2201.08187, equations 3.1 to 3.6. Differences from the authors' code, all in the computation:

1. The first linear map of φ_e is split: W [hᵢ, hⱼ, ψᵢⱼ] = Wᵢ hᵢ + Wⱼ hⱼ + W_ψ ψᵢⱼ.
2. The batch normalisation that follows has the moments of such a sum in closed form from those of its terms: it costs
   O(N) instead of O(N²), and is folded into the three maps (`_fold`).
3. The other operations on pairs run jet by jet within the cache (`pair_messages`), with jets sorted by multiplicity.
4. Coordinates, norms and inner products are float64 for weights of any precision: p² of energetic particles is a small
   difference of large numbers.

Parameters have the names of the authors' modules.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from symbench.classifiers.nets.pair_messages import TILE_ELEMENTS, Move, Tile, Weights, pair_messages, tiles
from symbench.classifiers.training.distributed import GlobalBatchNorm

SCALARS = 2  # one-hot (constituent, beam) times the mass
BEAMS = ((2**0.5, 0.0, 0.0, 1.0), (2**0.5, 0.0, 0.0, -1.0))
_MINKOWSKI = (1.0, -1.0, -1.0, -1.0)
_ON_SHELL = 1e-13  # |p²| below this fraction of E² is rounding of float64, see `_masses`
_CLAMP = 100.0


@dataclass(frozen=True)
class _Pairs:
    """Which nodes and ordered pairs of a batch are real.

    nodes    (B, N) bool
    weight   (B, N, N) 1 for a pair of two different real nodes, else 0
    degree   (B, N) number of partners of each node, 0 for padding
    count    () number of pairs
    rows     (M,) the nodes that node-wise maps act on, as rows of (B·N)
    tiles    tiles of jets in which pairs are processed
    dtype    dtype of messages: that of the weights, or bfloat16 in training with autocast
    """

    nodes: Tensor
    weight: Tensor
    degree: Tensor
    count: Tensor
    rows: Tensor
    tiles: list[Tile]
    dtype: torch.dtype


class LorentzNet(nn.Module):
    """Logits (B, 2) from four-momenta (B, P, 4) in GeV and mask (B, P); Lorentz invariant with its spurions.

    spurions  (S, 4) buffer: the beam particles [√2, 0, 0, ±1], which precede the constituents. They break the symmetry
              to rotations about, and boosts along, the beam unless they are transformed with the jet, by the argument
              of `forward`.
    faithful  compute as the authors' code: float32 invariants, the ±100 clamp of the coordinate update, and padding in
              the pooling and in the normalisation of nodes.
    metric    (4, 4) symmetric J of the inner product ⟨p, q⟩ = pᵀ J q in norms and products of pairs, and in masses, by
              default Minkowski's. The network is invariant under the group that preserves J. It is not in the state
              dictionary, since it is not a weight.
    minkowski_masses  masses with Minkowski's product, whatever the metric: invariant only under what preserves both

    Raises ValueError for a metric that is not a finite symmetric 4 × 4 matrix.
    """

    spurions: Tensor
    metric: Tensor
    mass_metric: Tensor

    def __init__(
        self,
        width: int,
        blocks: int,
        *,
        c: float = 5e-3,
        dropout: float = 0.2,
        faithful: bool = False,
        metric: Tensor | None = None,
        minkowski_masses: bool = False,
    ) -> None:
        super().__init__()
        self.faithful = faithful
        minkowski = torch.diag(torch.tensor(_MINKOWSKI, dtype=torch.float64))
        chosen = minkowski if metric is None else _checked(metric.detach().clone().double())
        self.register_buffer("metric", chosen, persistent=False)
        self.register_buffer("mass_metric", minkowski if minkowski_masses else chosen, persistent=False)
        self.register_buffer("spurions", torch.tensor(BEAMS, dtype=torch.float64), persistent=False)
        self.embedding = nn.Linear(SCALARS, width)
        self.LGEBs = nn.ModuleList(
            LorentzGroupBlock(width, c=c, last=index == blocks - 1, faithful=faithful) for index in range(blocks)
        )
        self.graph_dec = nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Dropout(dropout), nn.Linear(width, 2))

    def forward(
        self, four_momenta: Tensor, mask: Tensor, features: Tensor | None = None, *, spurions: Tensor | None = None
    ) -> Tensor:
        """spurions: (B or 1, S, 4), in place of the beams along z. Autocast affects only messages in training."""
        kind, messages = four_momenta.device.type, self.embedding.weight.dtype
        if self.training and messages == torch.float32 and torch.is_autocast_enabled(kind):
            messages = torch.get_autocast_dtype(kind)
        with torch.autocast(kind, enabled=False):
            return self._logits(four_momenta, mask, spurions, messages)

    def _logits(self, four_momenta: Tensor, mask: Tensor, spurions: Tensor | None, messages: torch.dtype) -> Tensor:
        dtype = self.embedding.weight.dtype
        last = (mask * torch.arange(1, mask.shape[1] + 1, device=mask.device)).amax(dim=1)
        order = torch.argsort(last, stable=True)
        four_momenta, mask, occupied = four_momenta[order], mask[order], last[order].tolist()
        if spurions is not None and len(spurions) > 1:
            spurions = spurions[order]
        if not self.faithful:  # columns that are padding in every jet cost time only
            most = occupied[-1] if occupied else 0
            four_momenta, mask = four_momenta[:, :most], mask[:, :most]
        x, nodes, one_hot = self._with_spurions(four_momenta, mask, spurions)
        x = x.to(dtype if self.faithful else torch.float64)
        metric = self.metric.to(x.dtype)
        beams = x.shape[1] - mask.shape[1]
        width = len(self.embedding.weight)
        pairs = _pairs(nodes, [beams + n for n in occupied], dtype, messages, width=width, all_rows=self.faithful)
        scalars = _psi(_masses(x, self.mass_metric.to(x.dtype), self.faithful).unsqueeze(-1) * one_hot).to(dtype)
        h = self.embedding(scalars)
        for block in self.LGEBs:
            h, x = block(h, x, scalars, pairs, metric)
        h = h * nodes.unsqueeze(-1)
        members = torch.full_like(h[:, :1, 0], nodes.shape[1]) if self.faithful else nodes.sum(1, keepdim=True)
        pooled = (h.sum(dim=1) / members)[torch.argsort(order)]
        logits: Tensor = self.graph_dec(pooled)
        return logits

    def _with_spurions(self, p: Tensor, mask: Tensor, spurions: Tensor | None) -> tuple[Tensor, Tensor, Tensor]:
        beams = (self.spurions if spurions is None else spurions).to(p.dtype)
        beams = beams.expand(len(p), *beams.shape[-2:])
        count = beams.shape[1]
        nodes = torch.cat([mask.new_ones(len(p), count), mask], dim=1)
        is_beam = torch.arange(nodes.shape[1], device=p.device) < count
        one_hot = torch.stack([~is_beam, is_beam], dim=-1).to(p.dtype)
        return torch.cat([beams, p * mask.unsqueeze(-1)], dim=1), nodes, one_hot


class LorentzGroupBlock(nn.Module):
    """One Lorentz group equivariant block: h and x to the next h and x."""

    def __init__(self, width: int, *, c: float, last: bool, faithful: bool) -> None:
        super().__init__()
        self.width, self.c, self.last, self.faithful = width, c, last, faithful
        self.phi_e = nn.Sequential(
            nn.Linear(2 * width + 2, width, bias=False),
            nn.BatchNorm1d(width),
            nn.ReLU(),
            nn.Linear(width, width),
            nn.ReLU(),
        )
        self.phi_h = nn.Sequential(
            nn.Linear(2 * width + SCALARS, width), nn.BatchNorm1d(width), nn.ReLU(), nn.Linear(width, width)
        )
        self.phi_m = nn.Sequential(nn.Linear(width, 1), nn.Sigmoid())
        if not last:
            final = nn.Linear(width, 1, bias=False)
            nn.init.xavier_uniform_(final.weight, gain=1e-3)
            self.phi_x = nn.Sequential(nn.Linear(width, width), nn.ReLU(), final)

    def forward(self, h: Tensor, x: Tensor, scalars: Tensor, pairs: _Pairs, metric: Tensor) -> tuple[Tensor, Tensor]:
        received, scale = self._messages(h, _invariants(x, metric, self.faithful, h.dtype), pairs)
        if scale is not None:
            x = self._move(x, scale, pairs)
        return h + self._node_update(h, received, scalars, pairs), x

    def _messages(self, h: Tensor, psi: Tensor, pairs: _Pairs) -> tuple[Tensor, Tensor | None]:
        """The sum of messages to each node, (B, N, width), and φ_x of the message of each pair, (B, N, N)."""
        first, norm, _, second, _ = self.phi_e
        gate, _ = self.phi_m
        assert isinstance(first, nn.Linear)
        assert isinstance(norm, nn.BatchNorm1d)
        assert isinstance(second, nn.Linear)
        assert isinstance(gate, nn.Linear)
        to_i, to_j, to_psi = torch.split(first.weight, [self.width, self.width, 2], dim=1)
        a, b, w = _fold(norm, h @ to_i.T, h @ to_j.T, psi, to_psi.T, pairs)
        weights = Weights(second.weight, second.bias, gate.weight, gate.bias, self._mover())
        if pairs.dtype == h.dtype:
            return pair_messages(a, b, psi, w, pairs.weight, weights, pairs.tiles, fused=self.training)
        a, b, psi, w, real = (t.to(pairs.dtype) for t in (a, b, psi, w, pairs.weight))
        weights = Weights.of([t.to(pairs.dtype) for t in weights.all()])
        received, scale = pair_messages(a, b, psi, w, real, weights, pairs.tiles, fused=self.training)
        return received.to(h.dtype), None if scale is None else scale.to(h.dtype)

    def _mover(self) -> Move | None:
        if self.last:
            return None
        first, _, out = self.phi_x
        assert isinstance(first, nn.Linear)
        assert isinstance(out, nn.Linear)
        return Move(first.weight, first.bias, out.weight)

    def _move(self, x: Tensor, scale: Tensor, pairs: _Pairs) -> Tensor:
        """x + c · mean_j (xᵢ − xⱼ) φ_x(mᵢⱼ)."""
        scale = scale * pairs.weight
        partners = pairs.degree.clamp_min(1).unsqueeze(-1)
        if self.faithful:
            steps = (x.unsqueeze(2) - x.unsqueeze(1)) * scale.unsqueeze(-1)
            return x + self.c * (steps.clamp(-_CLAMP, _CLAMP).sum(dim=2) / partners)
        scale = scale.to(x.dtype)
        return x + self.c * (x * scale.sum(dim=2, keepdim=True) - scale @ x) / partners

    def _node_update(self, h: Tensor, received: Tensor, scalars: Tensor, pairs: _Pairs) -> Tensor:
        rows = torch.cat([h, received, scalars], dim=-1).flatten(0, 1)
        updated: Tensor = self.phi_h(rows[pairs.rows])
        return h.new_zeros(len(rows), self.width).index_copy(0, pairs.rows, updated).view_as(h)


def _fold(norm: nn.BatchNorm1d, a: Tensor, b: Tensor, psi: Tensor, w: Tensor, pairs: _Pairs) -> tuple[Tensor, ...]:
    """Terms whose sum over a pair is the batch normalisation of aᵢ + bⱼ + ψᵢⱼ w, over real pairs.

    a, b  (B, N, H);  psi  (2, B, N, N), symmetric in i and j;  w  (2, H)
    With all terms centred, the variance of the sum is the sum of the variances and twice the covariances of the terms;
    Σ_{i≠j} aᵢ bⱼ = (Σᵢ aᵢ)(Σⱼ bⱼ) − Σᵢ aᵢ bᵢ, and covariances with ψ need only sums of ψ over one index.
    """
    if norm.training:
        degree = pairs.degree.unsqueeze(-1)
        sum_a, sum_b = ((degree * t).sum(dim=(0, 1)) for t in (a, b))
        sum_psi = psi.flatten(1) @ pairs.weight.flatten()
        sum_a, sum_b, sum_psi, count = _over_batch(norm, sum_a, sum_b, sum_psi, pairs.count)
        mean_a, mean_b, mean_psi = sum_a / count, sum_b / count, sum_psi / count
        real = pairs.nodes.unsqueeze(-1)
        ca, cb, cpsi = (a - mean_a) * real, (b - mean_b) * real, (psi - mean_psi.view(-1, 1, 1, 1)) * pairs.weight
        flat = cpsi.flatten(1)
        mean = mean_a + mean_b + mean_psi @ w
        squares = (degree * (ca**2 + cb**2)).sum(dim=(0, 1)) + (w * ((flat @ flat.T) @ w)).sum(dim=0)
        per_node = cpsi.sum(3).permute(1, 2, 0) @ w
        crossed = (ca.sum(1) * cb.sum(1)).sum(0) + ((ca + cb) * per_node - ca * cb).sum(dim=(0, 1))
        (moment,) = _over_batch(norm, squares + 2 * crossed)
        variance = moment / count
        _track(norm, mean, variance * (count / (count - 1)))
    else:
        assert norm.running_mean is not None
        assert norm.running_var is not None
        mean, variance = norm.running_mean, norm.running_var
    scale = norm.weight * torch.rsqrt(variance.clamp_min(0) + norm.eps)
    return scale * a + (norm.bias - scale * mean), scale * b, scale * w


def _over_batch(norm: nn.BatchNorm1d, *sums: Tensor) -> tuple[Tensor, ...]:
    """Sums over the global batch, of which other processes may have a part."""
    return norm.over_ranks(*sums) if isinstance(norm, GlobalBatchNorm) else sums


@torch.no_grad()
def _track(norm: nn.BatchNorm1d, mean: Tensor, variance: Tensor) -> None:
    assert norm.momentum is not None
    assert norm.running_mean is not None
    assert norm.running_var is not None
    assert norm.num_batches_tracked is not None
    norm.running_mean.lerp_(mean, norm.momentum)
    norm.running_var.lerp_(variance, norm.momentum)
    norm.num_batches_tracked += 1


def _pairs(
    nodes: Tensor,
    occupied: list[int],
    dtype: torch.dtype,
    messages: torch.dtype | None = None,
    *,
    width: int,
    all_rows: bool,
) -> _Pairs:
    """occupied: the real nodes of a jet are among its first `occupied[b]`; width: channels of a pair."""
    other = ~torch.eye(nodes.shape[1], dtype=torch.bool, device=nodes.device)
    weight = (nodes.unsqueeze(2) & nodes.unsqueeze(1) & other).to(dtype)
    degree = weight.sum(dim=2)
    rows = torch.ones_like(nodes) if all_rows else nodes
    size = TILE_ELEMENTS // width if nodes.device.type == "cpu" else nodes.numel() * nodes.shape[1]
    over = tiles(occupied, size)
    return _Pairs(nodes, weight, degree, degree.sum(), rows.flatten().nonzero().squeeze(-1), over, messages or dtype)


def _checked(metric: Tensor) -> Tensor:
    if metric.shape != (4, 4) or not bool(metric.isfinite().all()) or not torch.equal(metric, metric.T):
        raise ValueError(f"a metric must be a finite symmetric 4 × 4 matrix, not {metric.tolist()}")
    return metric


def _masses(x: Tensor, metric: Tensor, faithful: bool) -> Tensor:
    """√|p²|, (B, N).

    p² of a massless particle is a rounding error of about ε E², of either sign; its square root would be 1e-6 GeV and
    depend on the frame. Values below 1e-13 E² therefore count as mass zero (a muon is above this up to 300 TeV, an
    electron up to 1.6 TeV). In the authors' float32 the rounding gives masses of up to 0.1 GeV. The derivative at mass
    zero, which does not exist, is set to zero.
    """
    squared = _inner(x, x, metric)
    if faithful:
        return squared.abs().sqrt()
    real = squared.abs() > _ON_SHELL * x[..., 0] ** 2
    return torch.where(real, squared.abs(), 1.0).sqrt() * real


def _invariants(x: Tensor, metric: Tensor, faithful: bool, dtype: torch.dtype) -> Tensor:
    """ψ(‖xᵢ − xⱼ‖²) and ψ(⟨xᵢ, xⱼ⟩), (2, B, N, N) of this dtype; products of vectors have the dtype of x."""
    if faithful:
        xi, xj = x.unsqueeze(2), x.unsqueeze(1)
        difference = xi - xj
        return _psi(torch.stack([_inner(difference, difference, metric), _inner(xi, xj, metric)])).to(dtype)
    inner = (x @ metric) @ x.transpose(1, 2)
    squared = torch.diagonal(inner, dim1=1, dim2=2)
    norm = squared.unsqueeze(2) + squared.unsqueeze(1) - 2 * inner
    return _psi(torch.stack([norm.to(dtype), inner.to(dtype)]))


def _inner(p: Tensor, q: Tensor, metric: Tensor) -> Tensor:
    """⟨p, q⟩; Minkowski's in the authors' order of operations, whose rounding `faithful` reproduces."""
    if torch.equal(metric, torch.diag(metric.new_tensor(_MINKOWSKI))):
        products = p * q
        return 2 * products[..., 0] - products.sum(dim=-1)
    return ((p @ metric) * q).sum(dim=-1)


def _psi(x: Tensor) -> Tensor:
    """sign(x) log(|x| + 1)."""
    return torch.sign(x) * torch.log(x.abs() + 1)
