"""Matrix products in bfloat16 in training: when they are used, and which functions never use them.

Under torch's autocast, inputs and outputs of matrix products are bfloat16, with three significant digits; weights,
their updates, normalisations and the loss stay float32. Tensors in float64 are not affected, so neither are products
and logarithms of four-momenta. Functions in float32 that need full precision are decorated by `in_full_precision`.
Validation, tests and the measurement of invariance never use bfloat16.

A network with the attribute `autocast = True` is known to train as well in bfloat16. Without the attribute it uses
float32 unless its parameters say otherwise; with `autocast = False` it uses float32 always.
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

    By default on GPUs with bfloat16, for networks that are known to train well in it. Not by default on CPUs: few have
    instructions for it, and small networks do not become faster.
    """
    takes_it = getattr(module, "autocast", None)
    if precision == "bfloat16" and takes_it is False:
        _log.warning("%s has no bfloat16: it is trained in float32", type(module).__name__)
    if precision != "auto" or not takes_it or not device.startswith("cuda"):
        return precision == "bfloat16" and takes_it is not False
    return bool(torch.cuda.is_bf16_supported(including_emulation=False))


def forward_precision(mixed: bool, device: str) -> contextlib.AbstractContextManager[object]:
    """The context of the forward pass of a training step."""
    if not mixed:
        return contextlib.nullcontext()
    return torch.autocast(torch.device(device).type, dtype=torch.bfloat16)


def _device_type(args: tuple[object, ...]) -> str:
    for value in args:
        if isinstance(value, Tensor):
            return value.device.type
    raise TypeError("no argument is a tensor")


def in_full_precision(function: Callable[P, R]) -> Callable[P, R]:
    """Exempt a function of tensors, or a method, from autocast; its arguments are float32 or better."""

    @functools.wraps(function)
    def exact(*args: P.args, **kwargs: P.kwargs) -> R:
        kind = _device_type((*args, *kwargs.values()))
        if not torch.is_autocast_enabled(kind):
            return function(*args, **kwargs)
        with torch.autocast(kind, enabled=False):
            return function(*args, **kwargs)

    return exact
