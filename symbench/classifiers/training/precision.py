"""Whether a training computes its matrix products in bfloat16, and what never does.

Under torch's autocast matrix products take and give bfloat16, with three significant digits; weights, their updates,
normalisations and the loss stay float32. float64 is left alone, and with it the products and logarithms of
four-momenta, which are float64 in all networks here; what is not, and has to be exact, says `in_full_precision`.
Validation, tests and the measurement of invariance never compute in bfloat16.

A network says by an attribute `autocast: bool` whether it is known to train as well so. One without it is left in
float32 unless its parameters ask; one that says False computes in float32 alone.
"""

from __future__ import annotations

import contextlib
import functools
import logging
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import torch
from torch import Tensor, nn

P = ParamSpec("P")
R = TypeVar("R")

_log = logging.getLogger(__name__)


def is_mixed(precision: str, module: nn.Module, device: str) -> bool:
    """Whether a training in this `precision` (auto, float32 or bfloat16) computes in bfloat16 on this device.

    By default on GPUs that have it, where the network is known to take it. On a CPU it has to be asked for: few have
    instructions for it, and networks as small as are trained there gain nothing.
    """
    takes_it = getattr(module, "autocast", None)
    if precision == "bfloat16" and takes_it is False:
        _log.warning("%s computes in float32 alone", type(module).__name__)
    if precision != "auto" or not takes_it or not device.startswith("cuda"):
        return precision == "bfloat16" and takes_it is not False
    return bool(torch.cuda.is_bf16_supported(including_emulation=False))


def forward_precision(mixed: bool, device: str) -> contextlib.AbstractContextManager[object]:
    """What the forward pass of a training step runs in."""
    if not mixed:
        return contextlib.nullcontext()
    return torch.autocast(torch.device(device).type, dtype=torch.bfloat16)


def _device_type(args: tuple[object, ...]) -> str:
    for value in args:
        if isinstance(value, Tensor):
            return value.device.type
    raise TypeError("no tensor is given")


def in_full_precision(function: Callable[P, R]) -> Callable[P, R]:
    """A function of tensors, or method, that autocast leaves alone; what it is given is float32 or better."""

    @functools.wraps(function)
    def exact(*args: P.args, **kwargs: P.kwargs) -> R:
        kind = _device_type((*args, *kwargs.values()))
        if not torch.is_autocast_enabled(kind):
            return function(*args, **kwargs)
        with torch.autocast(kind, enabled=False):
            return function(*args, **kwargs)

    return exact
