"""The device of a trial: decided by its request, not by the devices that its node has."""

from __future__ import annotations

import os

from symbench.errors import InfrastructureError
from symbench.trial.resources import Resources


def device_name(request: Resources) -> str:
    """`cuda` for a trial that requests GPUs, or a fraction of one; `cpu` for all others, whatever the node has."""
    return "cuda" if request.gpus > 0 else "cpu"


def require_device(request: Resources) -> None:
    """Raise InfrastructureError if a trial requests GPUs in a process in which torch finds none."""
    if request.gpus <= 0:
        return
    import torch

    if not torch.cuda.is_available():
        visible = os.environ.get("CUDA_VISIBLE_DEVICES")
        raise InfrastructureError(
            f"the trial asks for {request.gpus:g} GPUs, and torch {torch.__version__} finds no CUDA device here "
            f"(CUDA_VISIBLE_DEVICES={visible!r}): install a torch with CUDA and the driver on every GPU node, "
            "or ask for no GPU"
        )
