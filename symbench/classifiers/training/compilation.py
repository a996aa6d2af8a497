"""Compiling a network's training step, where that pays.

A compiled network is one for tensors of one shape; with another it is compiled again. Batches have one shape, but the
last of an epoch, which runs uncompiled; networks that leave out padding or list pairs have another in every batch.
A network says by an attribute `fixed_shapes: bool` that it has one; no other is compiled.

By default a training is compiled on a GPU from `WORTH_STEPS` steps on: the compiler takes half a minute to two minutes
for the networks here, and saves a fifth of a step that takes ten milliseconds or more; twenty thousand of these repay
it. A rule by steps, and not by measured time, decides alike in every repetition.
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
    """Why a training with this setting (auto, on or off) is not compiled; None where it is.

    ranks   processes that train together
    steps   that are planned
    """
    if compile == "off":
        return "not asked for"
    if not getattr(module, "fixed_shapes", False):
        return "the shapes of its tensors differ from batch to batch"
    if ranks > 1:
        return "several processes train it"
    if compile == "auto" and not device.startswith("cuda"):
        return "by default only on a GPU"
    if compile == "auto" and steps < WORTH_STEPS:
        return f"{steps} steps do not repay it, {WORTH_STEPS} would"
    return None


class Compiled:
    """A network to call in training: compiled for batches of one size, as it is for others and where that fails.

    `failure` says why it runs uncompiled after all: no compiler, or an operation that it cannot compile.
    """

    def __init__(self, module: nn.Module, batch_size: int, device: str) -> None:
        self.module, self.batch_size, self.device = module, batch_size, device
        self.failure: str | None = None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the compiler, about itself, as below
            self._compiled: Any = torch.compile(module, dynamic=False, backend=BACKEND)
        self._tried = False

    def __call__(self, four_momenta: Tensor, mask: Tensor, features: Tensor | None) -> Tensor:
        inputs = (four_momenta, mask, features)
        if self.failure is not None or len(four_momenta) != self.batch_size:
            return self._as_it_is(*inputs)
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
        except Exception as error:  # compilers fail in many ways; what the network itself raises comes again below
            self.failure = f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"
            _log.warning("the network is trained uncompiled: %s", self.failure)
            for kind, state in states.items():
                set_generator_state(kind, state, self.device)
            return self._as_it_is(*inputs)

    def _as_it_is(self, *inputs: Tensor | None) -> Tensor:
        logits: Tensor = self.module(*inputs)
        return logits
