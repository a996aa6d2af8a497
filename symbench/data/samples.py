"""What a discovery method sees: a sample of a task's events, one type a track, and nothing of the answer.

`truth` is filled only for the methods that bound the tables (`sees_truth`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import torch

    FloatArray = npt.NDArray[np.float64]

VectorFields = Callable[["FloatArray"], "FloatArray"]
"""k vector fields at events: x (N, P, d) → (k, N, P, d)."""


@dataclass(frozen=True)
class FunctionSample:
    """Function track: which generators leave the label unchanged?

    x                (N, P, d) float64, scaled by the task's scale
    y                (N,) float64 label, or int64 class
    truth            (k*, d, d)
    label_function   vectors (N, P, d) → (N,), for methods that are handed the label as a formula (`sees_label`)
    truth_fields     the true vector fields where they are not linear
    """

    x: FloatArray
    y: FloatArray | npt.NDArray[np.int64]
    label_kind: Literal["number", "class"]
    truth: FloatArray | None = None
    label_function: Callable[[torch.Tensor], torch.Tensor] | None = None
    truth_fields: VectorFields | None = None


@dataclass(frozen=True)
class DistributionSample:
    """Distribution track: which generators leave the density of x, or of (x, y), unchanged?

    x       (N, P, d) float64, scaled by the task's scale
    y       None, an int64 class (N,) that stays, or vectors (N, Q, d) that are transformed together with x
    truth   (k*, d, d)
    """

    x: FloatArray
    y: npt.NDArray[np.int64] | FloatArray | None = None
    truth: FloatArray | None = None


@dataclass(frozen=True)
class ConservedQuantities:
    """Functions that are constant along trajectories.

    values      states (M, D) → (M, k)
    gradients   states (M, D) → (M, k, D)
    """

    count: int
    values: Callable[[FloatArray], FloatArray]
    gradients: Callable[[FloatArray], FloatArray]


@dataclass(frozen=True)
class TrajectorySample:
    """Dynamics track: what is constant along trajectories, and what maps trajectories to trajectories?

    x          (N, T, D) float64: N trajectories of T states, T alike for all
    velocity   (N, T, D) dx/dt at these states, from the equation of motion where it is known, else estimated
    dt         time between states
    canonical  whether the state is (q, p), D even, so that Poisson brackets mean something
    truth      the true quantities
    """

    x: FloatArray
    velocity: FloatArray
    dt: float
    canonical: bool = False
    truth: ConservedQuantities | None = None


Sample = FunctionSample | DistributionSample | TrajectorySample
