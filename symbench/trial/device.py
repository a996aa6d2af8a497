"""Which device a trial computes on: said by its request, never found out by looking."""

from __future__ import annotations

import os

from symbench.errors import InfrastructureError
from symbench.trial.resources import Resources


def device_name(asked: Resources) -> str:
    """`cuda` for a trial that asks for GPUs, or a part of one; `cpu` for every other, whatever the node has."""
    return "cuda" if asked.gpus > 0 else "cpu"


def require_device(asked: Resources) -> None:
    """Raise InfrastructureError when a trial asks for GPUs in a process where torch sees none."""
    if asked.gpus <= 0:
        return
    import torch

    if not torch.cuda.is_available():
        visible = os.environ.get("CUDA_VISIBLE_DEVICES")
        raise InfrastructureError(
            f"the trial asks for {asked.gpus:g} GPUs, and torch {torch.__version__} sees no CUDA device here "
            f"(CUDA_VISIBLE_DEVICES={visible!r}): install a torch with CUDA and the driver on every GPU node, "
            "or ask for no GPU"
        )
