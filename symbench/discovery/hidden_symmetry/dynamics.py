"""`hidden-symmetry` for trajectories: a property of the vector field whose values at states are known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import torch

from symbench.data.samples import ConservedQuantities
from symbench.discovery.base import Symmetry, TrajectorySample
from symbench.discovery.hidden_symmetry.field import SmoothField, fit_field, potential
from symbench.discovery.hidden_symmetry.flow import Flow, Transported, read, seeded
from symbench.discovery.hidden_symmetry.losses import (
    Residual,
    equivariance,
    excess_condition,
    hamiltonicity,
    modularity,
    plain_rate,
    symplectic,
    translation,
)
from symbench.discovery.hidden_symmetry.search import (
    FittedCoordinates,
    Objective,
    claim,
    generator_of,
    pulled_back,
    require_full_space,
    search,
    trained_condition,
)
from symbench.errors import IncompatibleError

if TYPE_CHECKING:
    from symbench.discovery.hidden_symmetry.method import HiddenSymmetry

FloatArray = npt.NDArray[np.float64]

_HELD_OUT = 4  # every fourth orbit
_FITTED_STATES = 600  # the kernel fit's cost grows with the cube
_STATES = 6_000  # at which the fitted field is evaluated for the training of T
_HELD_OUT_STATES = 1_000
_POTENTIAL_STATES = 1_000


@dataclass(frozen=True)
class Points:
    """States (N, D) in units of their size, and the field (N, D) and its slopes [n, i, j] = ∂fⱼ/∂xᵢ at them."""

    x: torch.Tensor
    f: torch.Tensor
    df: torch.Tensor

    def under(self, flow: Flow) -> Transported:
        """The points in the coordinates z of a flow."""
        return flow.transport(self.x, self.f, self.df)

    def batch(self, count: int, generator: torch.Generator) -> Points:
        """A batch, drawn with replacement."""
        rows = torch.randint(len(self.x), (count,), generator=generator).to(self.x.device)
        return Points(self.x[rows], self.f[rows], self.df[rows])

    def untransformed(self) -> Transported:
        """The points in their own coordinates, T = 1."""
        return read(seeded(self.x, self.f, self.df))


def discover_dynamics(
    method: HiddenSymmetry, sample: TrajectorySample, *, seed: int, budget: float, device: str
) -> Symmetry:
    """Fit the field, search coordinates, claim the vector field or the energy that follows from the property."""
    dimension = sample.x.shape[2]
    kind = "hamiltonicity" if method.property == "auto" else method.property
    _require(method, kind, dimension)
    x, f, held_x, held_f = _parts(sample)
    require_full_space(x)
    centre, size = x.mean(axis=0), float(np.sqrt(x.var(axis=0).mean()))
    u, held_u = (x - centre) / size, (held_x - centre) / size
    rows = _evenly(len(u), _FITTED_STATES)
    field = fit_field(u[rows], f[rows] / size, np.arange(len(rows)) % 4 == 0)
    error = float(np.sqrt(np.mean((field(held_u) - held_f / size) ** 2) / np.mean((held_f / size) ** 2)))
    points, held_out = _points(field, u, device), _points(field, held_u, device)
    residual = _residual(method, kind, points.untransformed(), sample.canonical)

    generator = torch.Generator().manual_seed(seed)

    def train(flow: Flow) -> tuple[torch.Tensor, torch.Tensor]:
        moved = points.batch(method.points, generator).under(flow)
        return residual(moved), excess_condition(moved.jacobian, trained_condition(method))

    objective = Objective(
        train, lambda flow: residual(held_out.under(flow)), lambda flow: held_out.under(flow).jacobian
    )
    fitted = search(method, objective, points.x.std(dim=0).cpu(), seed=seed, budget=budget, device=device)
    holds = fitted.holds(method) and error <= method.bound
    image = _image(method, kind, dimension, sample.canonical)
    fields = pulled_back(fitted.flow, centre, size, image) if holds and image is not None else None
    symmetry = claim(method, fitted, dimension, fields)
    scalars = symmetry.scalars | {"field_error": error}
    if holds and kind == "hamiltonicity":
        energy, mismatch = _energy(fitted, field, u[_evenly(len(u), _POTENTIAL_STATES)], held_u, centre, size)
        scalars["potential_mismatch"] = mismatch
        if mismatch <= method.bound:
            return replace(symmetry, scalars=scalars, conserved=energy, confidence=np.ones(1) - mismatch)
    return replace(symmetry, scalars=scalars)


def _require(method: HiddenSymmetry, kind: str, dimension: int) -> None:
    if kind == "label":
        raise IncompatibleError("trajectories have no label: `property: label` is for the function track")
    if kind == "hamiltonicity" and dimension % 2:
        raise IncompatibleError(f"a Hamiltonian system has as many p as q; these states have {dimension} coordinates")
    if kind == "translation" and method.axis >= dimension:
        raise IncompatibleError(
            f"axis {method.axis} does not exist: states have {dimension} coordinates, counted from 0"
        )
    if kind == "modularity" and method.module is not None and not all(0 <= i < dimension for i in method.module):
        raise IncompatibleError(
            f"module {list(method.module)} does not exist: states have {dimension} coordinates, counted from 0"
        )


def _parts(sample: TrajectorySample) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """States and velocities to train on, and those of held-out orbits; evenly spaced along the orbits."""
    held = np.arange(len(sample.x)) % _HELD_OUT == _HELD_OUT - 1
    if not held.any():
        raise IncompatibleError(f"{len(sample.x)} orbits are too few to hold one out: at least {_HELD_OUT} are needed")
    parts = []
    for mask, most in ((~held, _STATES), (held, _HELD_OUT_STATES)):
        x = sample.x[mask].reshape(-1, sample.x.shape[2])
        rows = _evenly(len(x), most)
        parts += [x[rows], sample.velocity[mask].reshape(x.shape)[rows]]
    return parts[0], parts[1], parts[2], parts[3]


def _evenly(count: int, most: int) -> npt.NDArray[np.intp]:
    return np.linspace(0, count - 1, min(count, most)).astype(np.intp)


def _points(field: SmoothField, u: FloatArray, device: str) -> Points:
    return Points(*(torch.from_numpy(np.ascontiguousarray(a)).to(device) for a in (u, field(u), field.slopes(u))))


def _residual(method: HiddenSymmetry, kind: str, before: Transported, canonical: bool) -> Residual:
    dimension = before.z.shape[1]
    if kind == "translation":
        return translation(method.axis)
    if kind == "rotation":
        return equivariance(generator_of(method, dimension, canonical).to(before.z.device))
    if kind == "hamiltonicity":
        return hamiltonicity(plain_rate(before))
    default = (0, dimension // 2) if canonical else tuple(range(max(1, dimension // 2)))
    module = torch.zeros(dimension, dtype=torch.bool, device=before.z.device)
    module[list(default if method.module is None else method.module)] = True
    return modularity(module)


def _image(
    method: HiddenSymmetry, kind: str, dimension: int, canonical: bool
) -> Callable[[torch.Tensor], torch.Tensor] | None:
    """The vector field of the symmetry in z; None for a property that is not a symmetry itself."""
    if kind == "translation":
        unit = torch.eye(dimension, dtype=torch.float64)[method.axis]
        return lambda z: unit.expand(len(z), dimension)
    if kind == "rotation":
        k = generator_of(method, dimension, canonical)
        return lambda z: z @ k.T
    return None


def _energy(
    fitted: FittedCoordinates, field: SmoothField, u: FloatArray, held_u: FloatArray, centre: FloatArray, size: float
) -> tuple[ConservedQuantities, float]:
    """H with ∂H/∂z = Ωᵀf′ as a function of states x, and the relative error of its gradient on held-out points.

    It is fitted in z, in which the property makes it simple.
    """

    def target(at: FloatArray) -> tuple[FloatArray, FloatArray]:
        points = _points(field, at, "cpu")
        with torch.no_grad():
            moved = points.under(fitted.flow)
            return moved.z.numpy(), np.asarray((moved.f @ symplectic(moved.z)).numpy())

    energy = potential(*target(u))
    z, gradient = target(held_u)
    mismatch = float(np.sqrt(np.mean((energy.gradients(z)[:, 0] - gradient) ** 2) / np.mean(gradient**2)))

    def pushed(x: FloatArray) -> tuple[FloatArray, FloatArray]:
        with torch.no_grad():
            z, jacobian = fitted.flow.push(torch.from_numpy(np.ascontiguousarray((x - centre) / size)))
        return z.numpy(), jacobian.numpy()

    def gradients(x: FloatArray) -> FloatArray:
        z, jacobian = pushed(x)
        return np.asarray(np.einsum("nij,nkj->nki", jacobian, energy.gradients(z)) / size)

    return ConservedQuantities(1, lambda x: energy.values(pushed(x)[0]), gradients), mismatch
