"""What methods of the function track do to a sample before they look for anything."""

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
    """Labels with mean 0 and variance 1; None where they are all the same.

    Raises IncompatibleError for three classes or more, which one number cannot stand for.
    """
    if sample.label_kind == "class" and len(np.unique(sample.y)) > 2:
        raise IncompatibleError("this method reads numbers and two classes; these labels have three classes or more")
    y = sample.y.astype(np.float64)
    spread = float(y.std())
    return (y - y.mean()) / spread if spread > 0 else None


def label_of_order_one(sample: FunctionSample) -> LabelFunction | None:
    """The label's formula where its spread is within a factor of 10 of 1, as a toy's is; else in units of that spread.

    A loss that adds the change of a label to norms of order 1 means something only then: in GeV² the change of a
    dimuon's mass squared outweighs the norms by a factor of a million, and nothing else is minimised.
    """
    label, spread = sample.label_function, float(np.std(sample.y))
    if label is None or spread == 0 or 1 / _ORDER_ONE <= spread <= _ORDER_ONE:
        return label
    return lambda x: label(x) / spread


def support(x: FloatArray) -> FloatArray:
    """An orthonormal frame (d, r) of the subspace that vectors x (N, P, d) span; outside it nothing can be learnt."""
    factor = moment_factor(second_moment(x))
    return np.asarray(factor / np.linalg.norm(factor, axis=0)) if factor.shape[1] < x.shape[2] else np.eye(x.shape[2])
