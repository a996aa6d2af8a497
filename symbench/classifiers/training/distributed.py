"""Training in several processes that gives what one process gives.

Every rank draws the same permutation and takes its share of each global batch; what a network computes over a batch
is computed over the global one: gradients (DistributedDataParallel), the moments of batch normalisation, and the
masks of dropout on jets. What is left is the order in which sums are added: in float64 the losses of LorentzNet
agree to 1e-12, in float32 those of the particle flow network to 1e-7. LorentzNet's in float32 part by a few times
1e-3 in three or four epochs and by several percent in twenty, where another epoch may be the best one: biases before a
batch normalisation have no gradient but rounding, which Adam makes steps of.
"""

from __future__ import annotations

import warnings
from typing import Any, cast

import torch
import torch.distributed as dist
from torch import Tensor, nn


class Ranks:
    """The processes that train together, seen from one of them; by default this one alone.

    rank, size   this process among how many
    jets, own    jets of the present global batch, and of this rank's share of it
    """

    def __init__(self, rank: int = 0, size: int = 1) -> None:
        if not 0 <= rank < size:
            raise ValueError(f"there is no rank {rank} among {size}")
        self.rank, self.size = rank, size
        self.jets = self.own = 0

    def share(self, rows: Tensor) -> Tensor:
        """This rank's rows of a global batch: every `size`-th, possibly none of a last small one."""
        own = rows[self.rank :: self.size]
        self.jets, self.own = len(rows), len(own)
        return own

    @property
    def weight(self) -> float:
        """What the mean loss over the share counts for, such that the ranks' mean gradient is the global batch's."""
        return self.size * self.own / self.jets

    def parallel(self, module: nn.Module) -> nn.Module:
        """The network to call in training: its gradients are means over the ranks.

        Batch normalisation and dropout inside `module` are replaced by their counterparts over the global batch;
        names, parameters and the state dictionary stay.
        """
        if self.size == 1:
            return module
        _replace_layers(module, self)
        if not any(p.requires_grad for p in module.parameters()):
            return module
        # Searching for unused parameters lets a network have some, and keeps the gradients' buckets as they are:
        # rebuilt after the first step they would add in another order, and a restarted training would not repeat.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # the successor of `broadcast_buffers` is in no older torch
            return nn.parallel.DistributedDataParallel(module, broadcast_buffers=False, find_unused_parameters=True)

    def total(self, value: Tensor) -> Tensor:
        """The sum over ranks; it can be differentiated."""
        return value if self.size == 1 else cast(Tensor, _Sum.apply(value))  # type: ignore[no-untyped-call]

    def align_generators(self, device: str) -> None:
        """Give every rank the default generators of the first: what it keeps in a checkpoint is then everyone's."""
        if self.size == 1:
            return
        for kind, state in generator_states(device).items():
            set_generator_state(kind, _from_first(state, device), device)


def generator_states(device: str) -> dict[str, Tensor]:
    """The states of torch's default generators that training on this device draws from."""
    states = {"cpu": torch.get_rng_state()}
    if device.startswith("cuda"):
        states["cuda"] = torch.cuda.get_rng_state(device)
    return states


def set_generator_state(kind: str, state: Tensor, device: str) -> None:
    """Set one of them; that of a GPU says nothing to a training that goes on without one."""
    if kind == "cpu":
        torch.set_rng_state(state)
    elif device.startswith("cuda"):
        torch.cuda.set_rng_state(state, device)


def backend_for(gpus: float) -> str:
    """The communication library of workers with so many GPUs each: NCCL wants a GPU of its own for every process."""
    return "nccl" if gpus >= 1 else "gloo"


def lost_a_peer(error: BaseException) -> bool:
    """Whether an error is the echo of another rank's end: communication failed, and not the training itself."""
    if isinstance(error, dist.DistError):
        return True
    text = str(error)
    return isinstance(error, RuntimeError) and ("gloo" in text or "NCCL" in text or "Connection closed by peer" in text)


class GlobalBatchNorm(nn.modules.batchnorm._BatchNorm):
    """Batch normalisation with the moments of the global batch, on any device (SyncBatchNorm is CUDA's alone)."""

    ranks: Ranks

    def over_ranks(self, *sums: Tensor) -> tuple[Tensor, ...]:
        """Sums over this rank's share, of any shapes, as sums over the global batch: one message."""
        joined = self.ranks.total(torch.cat([s.reshape(-1) for s in sums]))
        parts = torch.split(joined, [s.numel() for s in sums])
        return tuple(part.view_as(s) for part, s in zip(parts, sums, strict=True))

    def forward(self, input: Tensor) -> Tensor:
        if not self.training:
            return super().forward(input)
        given = input.dtype
        input = input.to(torch.promote_types(given, torch.float32))  # sums over a batch are too much for bfloat16
        over = [d for d in range(input.dim()) if d != 1]
        shape = [1, -1] + [1] * (input.dim() - 2)
        count = input.new_tensor(float(input.numel() // input.shape[1]))
        total, count = self.over_ranks(input.sum(over), count)
        mean = total / count
        centred = input - mean.view(shape)
        (squares,) = self.over_ranks((centred**2).sum(over))
        variance = squares / count
        if self.track_running_stats:
            self._track(mean, variance * (count / (count - 1)))
        scale = torch.rsqrt(variance + self.eps)
        if not self.affine:
            return (centred * scale.view(shape)).to(given)
        return (centred * (scale * self.weight).view(shape) + self.bias.view(shape)).to(given)

    @torch.no_grad()
    def _track(self, mean: Tensor, variance: Tensor) -> None:
        assert self.running_mean is not None
        assert self.running_var is not None
        assert self.num_batches_tracked is not None
        self.num_batches_tracked += 1
        momentum = 1 / float(self.num_batches_tracked) if self.momentum is None else self.momentum
        self.running_mean.lerp_(mean, momentum)
        self.running_var.lerp_(variance, momentum)


class GlobalBatchNorm1d(GlobalBatchNorm, nn.BatchNorm1d):
    """(N, C) or (N, C, L)."""


class GlobalBatchNorm2d(GlobalBatchNorm, nn.BatchNorm2d):
    """(N, C, H, W)."""


class GlobalDropout(nn.Dropout):
    """Dropout whose mask is that of the global batch: on the CPU, the very mask that one process would draw.

    So it is where the first dimension counts jets. Other inputs are masked by a generator that depends on the rank.
    """

    ranks: Ranks

    def forward(self, input: Tensor) -> Tensor:
        if not self.training or self.p == 0:
            return input
        keep = 1 - self.p
        if len(input) == self.ranks.own:
            everyone = torch.empty(self.ranks.jets, *input.shape[1:], dtype=input.dtype, device=input.device)
            noise = everyone.bernoulli_(keep)[self.ranks.rank :: self.ranks.size]
        else:
            seed = int(torch.randint(2**62, ())) + self.ranks.rank
            generator = torch.Generator(input.device).manual_seed(seed)
            noise = torch.empty_like(input).bernoulli_(keep, generator=generator)
        return input * (noise.div_(keep) if keep > 0 else noise)


_COUNTERPARTS: dict[type[nn.Module], type[Any]] = {
    nn.BatchNorm1d: GlobalBatchNorm1d,
    nn.BatchNorm2d: GlobalBatchNorm2d,
    nn.Dropout: GlobalDropout,
}


def _replace_layers(module: nn.Module, ranks: Ranks) -> None:
    """Turn layers that look at the whole batch into their counterparts, in place: same parameters, same buffers."""
    for layer in module.modules():
        counterpart = _COUNTERPARTS.get(type(layer))
        if counterpart is not None:
            layer.__class__ = counterpart
            layer.ranks = ranks  # type: ignore[assignment]  # no module or tensor: an attribute like any other
        elif isinstance(layer, nn.modules.batchnorm._BatchNorm) and not isinstance(layer, GlobalBatchNorm):
            raise NotImplementedError(f"{type(layer).__name__} has no counterpart over several workers: use workers: 1")


class _Sum(torch.autograd.Function):
    """The sum over ranks. Every rank's loss depends on every rank's term, so gradients are summed as well."""

    @staticmethod
    def forward(ctx: Any, value: Tensor) -> Tensor:
        return _all_reduced(value)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        return _all_reduced(gradients[0])


def _all_reduced(value: Tensor) -> Tensor:
    total = value.detach().clone(memory_format=torch.contiguous_format)
    dist.all_reduce(total)
    return total


def _from_first(state: Tensor, device: str) -> Tensor:
    """The first rank's bytes; NCCL moves what lies on the GPU alone."""
    moved = state.to(device)
    dist.broadcast(moved, src=0)
    return moved.cpu()
