"""Forward-mode differentiation of networks: which operations have no forward derivative, and how to avoid them."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator

import torch

_NO_DERIVATIVE = (
    *("forward ad", "forward mode", "forward-mode", "jvp", "derivative"),
    *("require grad", "not have been used"),
)


def has_no_derivative(error: RuntimeError) -> bool:
    """Whether torch raised this error because an operation has no derivative in the requested mode."""
    return any(word in str(error).lower() for word in _NO_DERIVATIVE)


@contextlib.contextmanager
def differentiable() -> Iterator[None]:
    """Compute attention by plain products, which have forward derivatives; its fused kernels have none."""
    from torch.nn.attention import SDPBackend, sdpa_kernel

    fast = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with sdpa_kernel(SDPBackend.MATH), warnings.catch_warnings():
            # the first forward derivative of a process loads rules that torch compiles with its deprecated torch.jit
            warnings.filterwarnings("ignore", message=".*torch.jit", category=DeprecationWarning)
            yield
    finally:
        torch.backends.mha.set_fastpath_enabled(fast)
