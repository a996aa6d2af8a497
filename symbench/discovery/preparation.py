"""What methods of the function track do to a sample before they look for anything."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from symbench.algebra.subspace import moment_factor, second_moment
from symbench.discovery.base import FunctionSample
from symbench.errors import IncompatibleError

FloatArray = npt.NDArray[np.float64]


def standardised_label(sample: FunctionSample) -> FloatArray | None:
    """Labels with mean 0 and variance 1; None where they are all the same.

    Raises IncompatibleError for three classes or more, which one number cannot stand for.
    """
    if sample.label_kind == "class" and len(np.unique(sample.y)) > 2:
        raise IncompatibleError("this method reads numbers and two classes; these labels have three classes or more")
    y = sample.y.astype(np.float64)
    spread = float(y.std())
    return (y - y.mean()) / spread if spread > 0 else None


def support(x: FloatArray) -> FloatArray:
    """An orthonormal frame (d, r) of the subspace that vectors x (N, P, d) span; outside it nothing can be learnt."""
    factor = moment_factor(second_moment(x))
    return np.asarray(factor / np.linalg.norm(factor, axis=0)) if factor.shape[1] < x.shape[2] else np.eye(x.shape[2])
