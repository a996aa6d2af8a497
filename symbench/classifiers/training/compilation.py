"""Compilation of the training step of a network, if it saves time.

A network is compiled for tensors of one shape, and again for each other shape. Batches have one shape, except the last
of an epoch, which runs uncompiled. Networks that drop padding or list pairs have other shapes in every batch, and only
networks with an attribute `fixed_shapes = True` are compiled.

By default a training on a GPU is compiled if it has at least `WORTH_STEPS` steps: compilation takes half a minute to
two minutes for these networks, and saves a fifth of steps of ten milliseconds or more. The rule counts steps instead of
measuring time so that it decides equally in every repetition.
"""

from __future__ import annotations

import logging
import warnings
from typing import Any

import torch
from torch import Tensor, nn

from symbench.classifiers.training.distributed import generator_states, set_generator_state

BACKEND = "inductor"
WORTH_STEPS = 20_000

_log = logging.getLogger(__name__)


def refusal(compile: str, module: nn.Module, device: str, *, ranks: int, steps: int) -> str | None:
    """Why a training with this setting (auto, on or off) is not compiled; None if it is.

    ranks   number of processes that train together
    steps   number of planned steps
    """
    if compile == "off":
        return "compile is off"
    if not getattr(module, "fixed_shapes", False):
        return "shapes of tensors differ between batches"
    if ranks > 1:
        return "several processes train it"
    if compile == "auto" and not device.startswith("cuda"):
        return "by default only networks on a GPU are compiled"
    if compile == "auto" and steps < WORTH_STEPS:
        return f"{steps} steps are too few to save time: by default at least {WORTH_STEPS}"
    return None


class Compiled:
    """A network to call in training: compiled for batches of one size, uncompiled for others or if compilation fails.

    failure   why compilation failed: no compiler, or an operation that cannot be compiled
    """

    def __init__(self, module: nn.Module, batch_size: int, device: str) -> None:
        self.module, self.batch_size, self.device = module, batch_size, device
        self.failure: str | None = None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # warnings of the compiler about itself
            self._compiled: Any = torch.compile(module, dynamic=False, backend=BACKEND)
        self._tried = False

    def __call__(self, four_momenta: Tensor, mask: Tensor, features: Tensor | None) -> Tensor:
        inputs = (four_momenta, mask, features)
        if self.failure is not None or len(four_momenta) != self.batch_size:
            return self._uncompiled(*inputs)
        if self._tried:
            logits: Tensor = self._compiled(*inputs)
            return logits
        self._tried = True
        states = generator_states(self.device)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                logits = self._compiled(*inputs)
            return logits
        except Exception as error:  # any exception; one of the network itself is raised again below
            self.failure = f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"
            _log.warning("the network is trained uncompiled: %s", self.failure)
            for kind, state in states.items():
                set_generator_state(kind, state, self.device)
            return self._uncompiled(*inputs)

    def _uncompiled(self, *inputs: Tensor | None) -> Tensor:
        logits: Tensor = self.module(*inputs)
        return logits
