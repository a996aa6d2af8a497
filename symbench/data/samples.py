"""The input of a discovery method: a sample of a task's events, one type for each track, without the answer.

`truth` is None except for the reference rows of a table (methods with `sees_truth`), which use the known answer.
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
    truth            true generators (k*, d, d)
    label_function   vectors (N, P, d) → (N,), only for methods that receive the label as a formula (`sees_label`)
    truth_fields     the true vector fields, if they are not linear
    scale            x · scale is in the unit of the data, for instance GeV
    """

    x: FloatArray
    y: FloatArray | npt.NDArray[np.int64]
    label_kind: Literal["number", "class"]
    truth: FloatArray | None = None
    label_function: Callable[[torch.Tensor], torch.Tensor] | None = None
    truth_fields: VectorFields | None = None
    scale: float = 1.0


@dataclass(frozen=True)
class EquivarianceSample:
    """Function track: which pairs (A, B) satisfy f(e^{tA} x) = e^{tB} f(x), for a target of several components?

    x                     (N, P, d) float64, scaled by the task's scale
    y                     (N, D) float64 target
    scalars               (N, P, F) of the vectors, which no transformation changes; None without any
    truth                 true generators A (k*, d, d)
    truth_representation  and the B (k*, D, D) of each
    scale                 x · scale is in the unit of the data
    """

    x: FloatArray
    y: FloatArray
    scalars: FloatArray | None = None
    truth: FloatArray | None = None
    truth_representation: FloatArray | None = None
    scale: float = 1.0


@dataclass(frozen=True)
class DistributionSample:
    """Distribution track: which generators leave the density of x, or of (x, y), unchanged?

    x       (N, P, d) float64, scaled by the task's scale
    y       None, an int64 class (N,) that transformations keep, or vectors (N, Q, d) that are transformed with x
    truth   true generators (k*, d, d)
    scale   x · scale is in the unit of the data, for instance GeV
    """

    x: FloatArray
    y: npt.NDArray[np.int64] | FloatArray | None = None
    truth: FloatArray | None = None
    scale: float = 1.0


@dataclass(frozen=True)
class ConservedQuantities:
    """Functions that are constant along trajectories, or nearly the same in every event.

    count       number k of functions
    values      states (M, D) → (M, k); the state of an event (P, d) is its vectors in one row, D = P d
    gradients   states (M, D) → (M, k, D)
    """

    count: int
    values: Callable[[FloatArray], FloatArray]
    gradients: Callable[[FloatArray], FloatArray]


def no_quantities(dimension: int) -> ConservedQuantities:
    """No function of states (M, D)."""
    import numpy as np

    return ConservedQuantities(0, lambda x: np.zeros((len(x), 0)), lambda x: np.zeros((len(x), 0, dimension)))


@dataclass(frozen=True)
class TrajectorySample:
    """Dynamics track: which functions are constant along trajectories, which maps take trajectories to trajectories?

    x                 (N, T, D) float64: N trajectories of T states each
    velocity          (N, T, D) dx/dt at these states, from the equation of motion if it is known, else estimated
    dt                time between states
    canonical         whether the state is (q, p) with D even, so that Poisson brackets are defined
    truth             the true conserved quantities, of a task that asks for these
    truth_generators  (k*, D, D) the true linear symmetries of the equation of motion, of a task that asks for these
    """

    x: FloatArray
    velocity: FloatArray
    dt: float
    canonical: bool = False
    truth: ConservedQuantities | None = None
    truth_generators: FloatArray | None = None


@dataclass(frozen=True)
class InvariantSample:
    """Invariant track: which functions are nearly the same in every event, and are not if partners are exchanged?

    x                 (N, P, d) float64, scaled by the task's scale; P vectors of one kind, P named blocks, or for
                      reactions the parent and the products as numbers of each of d species
    parts             what the P rows of an event are
    names             of the P blocks, or of the d species; empty for vectors
    truth             the true functions of events, flattened to (N, P d)
    truth_generators  (k*, d, d) the algebra that leaves them unchanged, acting on all P vectors alike; None if it has
                      no such algebra
    scale             x · scale is in the unit of the data, for instance GeV
    truth_fields      the algebra as vector fields, if it is none of matrices
    """

    x: FloatArray
    parts: Literal["vectors", "blocks", "reactions"] = "vectors"
    names: tuple[str, ...] = ()
    truth: ConservedQuantities | None = None
    truth_generators: FloatArray | None = None
    scale: float = 1.0
    truth_fields: VectorFields | None = None


Sample = FunctionSample | EquivarianceSample | DistributionSample | TrajectorySample | InvariantSample
