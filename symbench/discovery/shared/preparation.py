"""Preparation of samples of the function track: labels in units of their spread, the support of the vectors."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from symbench.algebra.subspace import moment_factor, second_moment
from symbench.discovery.base import FunctionSample
from symbench.errors import IncompatibleError

if TYPE_CHECKING:
    import torch

FloatArray = npt.NDArray[np.float64]
LabelFunction = Callable[["torch.Tensor"], "torch.Tensor"]

_ORDER_ONE = 10.0


def standardised_label(sample: FunctionSample) -> FloatArray | None:
    """Labels with mean 0 and variance 1; None if they are all equal.

    Raises IncompatibleError for three classes or more, which one number cannot represent.
    """
    if sample.label_kind == "class" and len(np.unique(sample.y)) > 2:
        raise IncompatibleError(
            "this method needs labels that are numbers or two classes; these have three classes or more"
        )
    y = sample.y.astype(np.float64)
    spread = float(y.std())
    return (y - y.mean()) / spread if spread > 0 else None


def label_of_order_one(sample: FunctionSample) -> LabelFunction | None:
    """The formula of the label, divided by the spread of the label unless that is within a factor of 10 of 1.

    A loss that adds the change of a label to norms of order 1 needs a label of order 1: in GeV² the change of a
    dimuon's mass squared would outweigh the norms by a factor of a million.
    """
    label, spread = sample.label_function, float(np.std(sample.y))
    if label is None or spread == 0 or 1 / _ORDER_ONE <= spread <= _ORDER_ONE:
        return label
    return lambda x: label(x) / spread


def support(x: FloatArray) -> FloatArray:
    """An orthonormal frame (d, r) of the subspace that vectors x (N, P, d) span; nothing is known outside of it."""
    factor = moment_factor(second_moment(x))
    return np.asarray(factor / np.linalg.norm(factor, axis=0)) if factor.shape[1] < x.shape[2] else np.eye(x.shape[2])
