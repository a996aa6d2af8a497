"""Training in several processes, equal to that in one process up to rounding.

Every rank draws the same permutation and takes its share of each global batch. Everything that a network computes over
a batch is computed over the global batch: gradients (DistributedDataParallel), moments of batch normalisation, and
masks of dropout on jets. Only the order of sums differs. In float64 the losses of LorentzNet agree to 1e-12, in float32
those of the particle flow network to 1e-7. Those of LorentzNet in float32 differ by a few 1e-3 after three or four
epochs and by several percent after twenty, so that another epoch may be the best one: biases before a batch
normalisation have gradients of rounding only, which Adam scales up.
"""

from __future__ import annotations

import warnings
from typing import Any, cast

import torch
import torch.distributed as dist
from torch import Tensor, nn


class Ranks:
    """The processes that train together, from the view of one of them; by default a single process.

    rank, size   number of this process, from 0, and number of processes
    jets, own    jets of the current global batch, and of this rank's share of it
    """

    def __init__(self, rank: int = 0, size: int = 1) -> None:
        if not 0 <= rank < size:
            raise ValueError(f"there is no rank {rank} among {size} processes, counted from 0")
        self.rank, self.size = rank, size
        self.jets = self.own = 0

    def share(self, rows: Tensor) -> Tensor:
        """This rank's rows of a global batch: every `size`-th row, possibly none of a small last batch."""
        own = self.share_of(rows)
        self.jets, self.own = len(rows), len(own)
        return own

    def share_of(self, values: Tensor) -> Tensor:
        """The values (B, …) of this rank's rows of a global batch."""
        return values[self.rank :: self.size]

    @property
    def weight(self) -> float:
        """The weight of the share's mean loss, with which the ranks' mean gradient is that of the global batch."""
        return self.size * self.own / self.jets

    def parallel(self, module: nn.Module) -> nn.Module:
        """The network to call in training, whose gradients are means over the ranks.

        Batch normalisation and dropout inside `module` are replaced by their counterparts over the global batch; names,
        parameters and the state dictionary do not change.
        """
        if self.size == 1:
            return module
        _replace_layers(module, self)
        if not any(p.requires_grad for p in module.parameters()):
            return module
        # Searching for unused parameters allows a network to have some. It also keeps the buckets of gradients: if they
        # were rebuilt after the first step, sums would be in another order after a restart.
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore", FutureWarning
            )  # older versions of torch lack the successor of `broadcast_buffers`
            return nn.parallel.DistributedDataParallel(module, broadcast_buffers=False, find_unused_parameters=True)

    def total(self, value: Tensor) -> Tensor:
        """The differentiable sum over ranks."""
        return value if self.size == 1 else cast(Tensor, _Sum.apply(value))  # type: ignore[no-untyped-call]

    def align_generators(self, device: str) -> None:
        """Set the default generators of every rank to those of the first, whose state is saved in checkpoints."""
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
    """Set the state of a default generator; that of a GPU is ignored on a CPU."""
    if kind == "cpu":
        torch.set_rng_state(state)
    elif device.startswith("cuda"):
        torch.cuda.set_rng_state(state, device)


def backend_for(gpus: float) -> str:
    """The communication library of workers with this many GPUs each: NCCL needs a whole GPU per process."""
    return "nccl" if gpus >= 1 else "gloo"


def lost_a_peer(error: BaseException) -> bool:
    """Whether an error is the failure of communication after another rank ended, not one of the training itself."""
    if isinstance(error, dist.DistError):
        return True
    text = str(error)
    return isinstance(error, RuntimeError) and ("gloo" in text or "NCCL" in text or "Connection closed by peer" in text)


class GlobalBatchNorm(nn.modules.batchnorm._BatchNorm):
    """Batch normalisation with the moments of the global batch, on any device (SyncBatchNorm needs CUDA)."""

    ranks: Ranks

    def over_ranks(self, *sums: Tensor) -> tuple[Tensor, ...]:
        """Sums over the global batch from those over this rank's share, of any shapes, in one message."""
        joined = self.ranks.total(torch.cat([s.reshape(-1) for s in sums]))
        parts = torch.split(joined, [s.numel() for s in sums])
        return tuple(part.view_as(s) for part, s in zip(parts, sums, strict=True))

    def forward(self, input: Tensor) -> Tensor:
        if not self.training:
            return super().forward(input)
        dtype = input.dtype
        input = input.to(torch.promote_types(dtype, torch.float32))  # bfloat16 is too coarse for sums over a batch
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
            return (centred * scale.view(shape)).to(dtype)
        return (centred * (scale * self.weight).view(shape) + self.bias.view(shape)).to(dtype)

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
    """For inputs (N, C) or (N, C, L)."""


class GlobalBatchNorm2d(GlobalBatchNorm, nn.BatchNorm2d):
    """For inputs (N, C, H, W)."""


class GlobalDropout(nn.Dropout):
    """Dropout with the mask of the global batch: on the CPU the same mask that one process would draw.

    This applies if the first dimension counts jets; for other inputs the generator depends on the rank.
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
    """Replace layers that depend on the whole batch by their counterparts, in place; parameters and buffers stay."""
    for layer in module.modules():
        counterpart = _COUNTERPARTS.get(type(layer))
        if counterpart is not None:
            layer.__class__ = counterpart
            layer.ranks = ranks  # type: ignore[assignment]  # neither a module nor a tensor
        elif isinstance(layer, nn.modules.batchnorm._BatchNorm) and not isinstance(layer, GlobalBatchNorm):
            raise NotImplementedError(f"{type(layer).__name__} is not available with several workers: use workers: 1")


class _Sum(torch.autograd.Function):
    """The sum over ranks. The loss of each rank depends on the terms of all ranks, so gradients are summed too."""

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
    """The state of the first rank, by way of the device: NCCL transfers tensors on GPUs only."""
    moved = state.to(device)
    dist.broadcast(moved, src=0)
    return moved.cpu()
