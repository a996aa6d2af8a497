"""The part of `hidden-symmetry` that trajectories and labels share: train T, judge it on held-out points, claim."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import torch

from symbench.discovery.base import Symmetry
from symbench.discovery.hidden_symmetry.flow import Flow, identity_flow, new_flow
from symbench.discovery.shared.networks import minimise
from symbench.errors import IncompatibleError

if TYPE_CHECKING:
    from symbench.discovery.hidden_symmetry.method import HiddenSymmetry

FloatArray = npt.NDArray[np.float64]

_TRAINED_CONDITION = 0.25  # of the condition that a claim may have: above it training adds a cost
_SUPPORT = 1e-5  # of the largest spread: a direction with less is empty


@dataclass(frozen=True)
class Objective:
    """Squared residuals of a flow.

    train     differentiable: the residual on a batch, and further costs such as that of the Jacobian's condition
    held_out  the residual on held-out points
    jacobian  (M, D, D), transposed, at the held-out points
    """

    train: Callable[[Flow], tuple[torch.Tensor, torch.Tensor]]
    held_out: Callable[[Flow], torch.Tensor]
    jacobian: Callable[[Flow], torch.Tensor]


@dataclass(frozen=True)
class FittedCoordinates:
    """A trained map T, and its quality on held-out points.

    residual               root of the squared residual, and that of T = 1
    condition              99 % quantile of the Jacobian's condition
    folded                 share of points at which the Jacobian's determinant has the rarer sign
    curve                  training loss
    """

    flow: Flow
    residual: float
    residual_of_identity: float
    condition: float
    folded: float
    steps: int
    curve: FloatArray

    def holds(self, method: HiddenSymmetry) -> bool:
        """Whether the property is manifest in z, by the rule of `HiddenSymmetry`."""
        manifest = self.residual_of_identity <= method.bound
        lower = manifest or self.residual <= method.fraction * self.residual_of_identity
        return lower and self.residual <= method.bound and self.condition <= method.condition and self.folded == 0

    def scalars(self) -> dict[str, float]:
        """The scalars of a claim."""
        return {
            "residual": self.residual,
            "residual_of_identity": self.residual_of_identity,
            "condition": self.condition,
            "folded": self.folded,
        }


def search(
    method: HiddenSymmetry,
    objective: Objective,
    spread: torch.Tensor,
    *,
    seed: int,
    budget: float,
    device: str,
    moves: tuple[int, ...] | None = None,
) -> FittedCoordinates:
    """Train T, or return T = 1 if the property is manifest; spread (D,) is that of the coordinates that T acts on.

    moves   coordinates that T may change, all by default; T then does not start at 1, which can be a saddle point
    """
    identity = identity_flow(spread.to(device))
    before = float(objective.held_out(identity).detach().sqrt())
    if before <= method.bound:
        return FittedCoordinates(identity.detached(), before, before, 1.0, 0.0, 0, np.zeros(0))
    generator = torch.Generator().manual_seed(seed)
    flow = new_flow(
        spread, blocks=method.blocks, layers=method.layers, width=method.width, generator=generator, device=device
    )
    if moves is not None:
        flow.restrict(moves, generator)

    def loss() -> torch.Tensor:
        residual, cost = objective.train(flow)
        return residual / before**2 + cost

    steps = max(1, round(method.steps * budget))
    curve = minimise(flow.parameters, loss, steps=steps, rate=method.rate)
    with torch.no_grad():
        residual, jacobian = float(objective.held_out(flow).sqrt()), objective.jacobian(flow)
        stretches = torch.linalg.svdvals(jacobian)
        positive = float((torch.linalg.det(jacobian) > 0).double().mean())
    condition = float(torch.quantile(stretches[:, 0] / stretches[:, -1].clamp_min(1e-300), 0.99))
    return FittedCoordinates(flow.detached(), residual, before, condition, min(positive, 1 - positive), steps, curve)


def trained_condition(method: HiddenSymmetry) -> float:
    """The condition above which training adds a cost."""
    return max(1.0, _TRAINED_CONDITION * method.condition)


def pulled_back(
    flow: Flow, centre: FloatArray, size: float, image: Callable[[torch.Tensor], torch.Tensor]
) -> Callable[[FloatArray], FloatArray]:
    """The vector field w with (∂T/∂x) w = image(T(x)), as x (N, P, d) → (1, N, P, d); T is of (x − centre) / size."""

    def fields(x: FloatArray) -> FloatArray:
        points = torch.from_numpy(np.ascontiguousarray((x - centre).reshape(-1, x.shape[2]) / size))
        with torch.no_grad():
            z, jacobian = flow.push(points)
            w = torch.linalg.solve(jacobian.transpose(1, 2), image(z)[..., None])[..., 0]
        return np.asarray(w.numpy().reshape(1, *x.shape) * size)

    return fields


def claim(
    method: HiddenSymmetry,
    fitted: FittedCoordinates,
    dimension: int,
    fields: Callable[[FloatArray], FloatArray] | None,
) -> Symmetry:
    """The claim of a vector field, or of nothing; its scalars are reported in both cases."""
    return Symmetry(
        generators=np.zeros((0, dimension, dimension)),
        confidence=np.zeros(0) if fields is None else np.full(1, _confidence(method, fitted)),
        steps=fitted.steps,
        arrays={"loss_curve": fitted.curve},
        scalars=fitted.scalars(),
        fields=fields,
    )


def _confidence(method: HiddenSymmetry, fitted: FittedCoordinates) -> float:
    """1 for a residual of 0, falling to 0 at the bound."""
    return float(np.clip(1 - fitted.residual / method.bound, 0, 1))


def generator_of(method: HiddenSymmetry, dimension: int, canonical: bool) -> torch.Tensor:
    """K (D, D), the method's or the default; raises IncompatibleError if it does not fit D coordinates."""
    if method.generator is not None:
        if len(method.generator) != dimension:
            raise IncompatibleError(
                f"the generator acts on {len(method.generator)} coordinates; the data have {dimension}"
            )
        return torch.tensor(method.generator, dtype=torch.float64)
    if dimension < 2:
        raise IncompatibleError("a rotation needs at least two coordinates; the data have one")
    planes = [(0, 1), (dimension // 2, dimension // 2 + 1)] if canonical and dimension >= 4 else [(0, 1)]
    k = torch.zeros(dimension, dimension, dtype=torch.float64)
    for i, j in planes:
        k[i, j], k[j, i] = 1.0, -1.0
    return k


def require_full_space(x: FloatArray) -> None:
    """Raises IncompatibleError if x (M, D) span a subspace: derivatives out of it are not in the data."""
    spread = x.std(axis=0)
    values = np.linalg.svd((x - x.mean(axis=0)) / np.where(spread > 0, spread, 1.0), compute_uv=False)
    rank = int((values > _SUPPORT * values[0]).sum())
    if rank < x.shape[1]:
        raise IncompatibleError(f"the data span {rank} of {x.shape[1]} dimensions only: T is not determined")
