"""Label functions of the function track and their gradients."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import torch

FloatArray = npt.NDArray[np.float64]
LabelFunction = Callable[["torch.Tensor"], "torch.Tensor"]
"""f of vectors (N, P, d), (N,)."""


def label_gradient(f: LabelFunction, x: FloatArray) -> FloatArray:
    """∇_p f at x (N, P, d) by automatic differentiation: shape (N, P, d)."""
    import torch

    inputs = torch.from_numpy(np.ascontiguousarray(x)).requires_grad_()
    (gradient,) = torch.autograd.grad(f(inputs).sum(), inputs)
    return np.asarray(gradient.numpy())


def label_variance(values: FloatArray) -> float:
    """Var f of label values (N,), the mean square about their mean: the unit of every label spread σ²."""
    return float(np.var(values))


def label_values(f: LabelFunction, x: FloatArray) -> FloatArray:
    """f at x (N, P, d): shape (N,)."""
    import torch

    return np.asarray(f(torch.from_numpy(np.ascontiguousarray(x))).numpy())
