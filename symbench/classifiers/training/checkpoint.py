"""How far a training has come, as bytes: what a lost worker's successor goes on from.

A checkpoint holds tensors, numbers and texts and is read by `torch.load(weights_only=True)`, which runs no code. It
does not depend on how many processes wrote it: one process may go on where several stopped.
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
    """Where the latest checkpoint of one training is kept.

    every_s   seconds from one to the next, at least; 0: at the end of each epoch and of `CHECKPOINT_STEPS` steps
    """

    every_s: float

    def load(self) -> bytes | None:
        """The latest, or None when there is none yet."""

    def save(self, checkpoint: bytes) -> None:
        """Replace the latest, or leave it as it was if that fails."""


@dataclass
class Progress:
    """Everything but weights and generators that decides how a training goes on.

    epoch            epochs finished
    batch            batches done of the one after them
    loss_sum         Σ loss · jets over these batches
    order            state of the generator that draws the order of jets, before that epoch; empty before the first
    best, best_epoch weights of the epoch with the lowest validation loss, and its number from 1
    seconds          wall time of the training steps that were kept
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
    """The bytes of a checkpoint; `training` says of which training it is."""
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
    """The content of a checkpoint, on the CPU; raises ValueError for what is damaged or of another training.

    Neither what torch says of a file that holds code nor its advice to run it is passed on.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            content: dict[str, Any] = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    except Exception as error:  # damaged bytes raise whatever they come across
        kind = type(error).__name__
        raise ValueError(
            f"the checkpoint is damaged, or holds more than tensors, numbers and texts ({kind}): remove it"
        ) from None
    told = content.get("format") if isinstance(content, dict) else None
    if told != FORMAT:
        raise ValueError(f"the checkpoint has format {told!r}, this is {FORMAT}: remove it")
    if content.get("training") != training:
        raise ValueError(f"the checkpoint is of another training: {content.get('training')}, not {training}")
    return content


def resume(data: bytes, training: str, module: nn.Module, optimiser: torch.optim.Optimizer, device: str) -> Progress:
    """Set network, optimiser and torch's default generators as they were, and say how far it was.

    Raises ValueError as `read` does, and where another version of the network wrote it; what was set by then stays.
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
