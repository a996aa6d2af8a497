"""Memory on the GPU."""

from __future__ import annotations

from symbench.metrics.metric import Metric

METRICS = (
    Metric("device_memory_mib", "peak GPU memory", "most GPU memory that tensors of the trial took", "MiB", "lower", 0),
)


def device_memory_mib(device: str) -> float:
    """The most that tensors took on a CUDA device since this process began or its peak was reset."""
    import torch

    return torch.cuda.max_memory_allocated(device) / 2**20
