"""Checkpoints: the state of a training as bytes, from which another worker continues it.

A checkpoint holds tensors, numbers and texts, and is read by `torch.load(weights_only=True)`, which runs no code. It
does not depend on the number of processes: one process may continue a training of several.
"""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass, field, fields
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from symbench.classifiers.training.distributed import set_generator_state

FORMAT = 1


class Checkpoints(Protocol):
    """The store of the latest checkpoint of a training.

    every_s   least time between checkpoints in seconds; 0: after each epoch and after every `CHECKPOINT_STEPS` steps
    """

    every_s: float

    def load(self) -> bytes | None:
        """The latest checkpoint; None if there is none yet."""

    def save(self, checkpoint: bytes) -> None:
        """Replace the latest checkpoint; if that fails, the old one remains."""


@dataclass
class Progress:
    """The state of a training apart from weights, optimiser and random generators.

    epoch            number of finished epochs
    batch            number of finished batches of the current epoch
    step             number of finished steps
    loss_sum         Σ loss · jets over the finished batches of the current epoch
    order            state, at the start of the current epoch, of the generator that shuffles the jets
    best, best_epoch weights of the epoch with the lowest validation loss, and its number, counted from 1
    seconds          wall time of the training steps
    """

    epoch: int = 0
    batch: int = 0
    step: int = 0
    loss_sum: float = 0.0
    seconds: float = 0.0
    best_epoch: int = 0
    train_loss: list[float] = field(default_factory=list)
    validation_loss: list[float] = field(default_factory=list)
    best: dict[str, Tensor] = field(default_factory=dict)
    order: Tensor = field(default_factory=lambda: torch.empty(0, dtype=torch.uint8))

    @classmethod
    def of(cls, checkpoint: dict[str, Any]) -> Progress:
        return cls(**{f.name: checkpoint["progress"][f.name] for f in fields(cls)})


def write(
    progress: Progress,
    module: nn.Module,
    optimiser: torch.optim.Optimizer,
    generators: dict[str, Tensor],
    training: str,
) -> bytes:
    """The bytes of a checkpoint; `training` identifies the training that it belongs to."""
    content = {
        "format": FORMAT,
        "training": training,
        "progress": {f.name: getattr(progress, f.name) for f in fields(progress)},
        "module": module.state_dict(),
        "optimiser": optimiser.state_dict(),
        "generators": generators,
    }
    buffer = io.BytesIO()
    torch.save(content, buffer)
    return buffer.getvalue()


def read(data: bytes, training: str) -> dict[str, Any]:
    """The content of a checkpoint, on the CPU; raises ValueError if it is damaged or of another training.

    torch's own error for a file with code, which advises to run it, is replaced.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            content: dict[str, Any] = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    except Exception as error:  # damaged bytes may raise any exception
        kind = type(error).__name__
        raise ValueError(
            f"the checkpoint is damaged, or holds more than tensors, numbers and texts ({kind}): delete it"
        ) from None
    version = content.get("format") if isinstance(content, dict) else None
    if version != FORMAT:
        raise ValueError(f"the checkpoint has format {version!r}, this version reads {FORMAT}: delete it")
    if content.get("training") != training:
        raise ValueError(f"the checkpoint is of another training: {content.get('training')}, not {training}")
    return content


def resume(data: bytes, training: str, module: nn.Module, optimiser: torch.optim.Optimizer, device: str) -> Progress:
    """Restore network, optimiser and torch's default generators; returns the progress.

    Raises ValueError as `read` does, and if the checkpoint does not fit the network; the restoration is then partial.
    """
    content = read(data, training)
    try:
        module.load_state_dict(content["module"])
        optimiser.load_state_dict(content["optimiser"])
        for kind, state in content["generators"].items():
            set_generator_state(kind, state, device)
        return Progress.of(content)
    except (KeyError, RuntimeError, TypeError, ValueError, AttributeError) as error:
        what = (str(error).splitlines() or [""])[0][:300]
        raise ValueError(f"the checkpoint does not fit this network ({type(error).__name__}: {what})") from None
