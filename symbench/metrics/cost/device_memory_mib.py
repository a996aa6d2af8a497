"""Memory on the GPU."""

from __future__ import annotations

from symbench.metrics.metric import Metric

METRICS = (
    Metric("device_memory_mib", "peak GPU memory", "largest GPU memory of the trial's tensors", "MiB", "lower", 0),
)


def device_memory_mib(device: str) -> float:
    """The largest memory of tensors on a CUDA device since this process started or its peak was reset."""
    import torch

    return torch.cuda.max_memory_allocated(device) / 2**20
