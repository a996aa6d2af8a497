"""Dynamical systems with known conserved quantities: many orbits each, drawn once and integrated to rounding.

An event is an orbit of `steps` states `time_step` apart; a method sees states and their velocities. Three are
controls: `damped-pendulum` and `lorenz` conserve nothing, and so does `recorded-pendulum`.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field, model_validator

from symbench.data.sizes import Sizes
from symbench.registry import task
from symbench.tasks.base import DataContext, DynamicsTask

if TYPE_CHECKING:
    from symbench.data.container import Dataset
    from symbench.data.dynamics import System
    from symbench.tasks.samples import ConservedQuantities

_DATA_SEED = 20_230_131  # one draw of orbits for everybody: a trial's seed chooses among them
_SCHEME = "Gauss-Legendre 12"


def _steps(default: int) -> Any:
    return Field(default, ge=10, le=100_000, description="states of an orbit")


def _time_step(default: float) -> Any:
    return Field(default, gt=0, le=100, description="time between two states, in the system's unit")


class Dynamics(DynamicsTask):
    """Orbits of one system, from a fixed seed.

    With noise σ, in standard deviations of each coordinate, states are noisy, training and test ones alike, and
    velocities are estimated from them (a quartic fitted to the seven nearest states); without, velocities are exact.
    """

    version: ClassVar[str] = "1"
    names: ClassVar[tuple[str, ...]]  # of the conserved quantities
    longest_substep: ClassVar[float] = 0.1  # of the integrator

    trajectories: int = Field(1_000, ge=4, le=100_000, description="orbits to draw training sets from")
    test_trajectories: int = Field(300, ge=4, le=100_000, description="orbits kept for the metrics")
    steps: int = _steps(50)
    time_step: float = _time_step(0.3)
    noise: float = Field(0.0, ge=0, le=1, description="noise of the states, in standard deviations of each coordinate")

    @abstractmethod
    def system(self) -> System:
        """The equation of motion, the range of orbits and what they conserve."""

    @property
    def dt(self) -> float:
        return self.time_step

    def identity(self) -> dict[str, Any]:
        own = {name: getattr(self, name) for name in type(self).model_fields if name not in _SPLIT}
        return {
            "generator": "PCG64",
            "data_seed": _DATA_SEED,
            "scheme": _SCHEME,
            "orbits": self.trajectories + self.test_trajectories,
            **own,
        }

    def sizes(self) -> Sizes:
        return Sizes(train=self.trajectories, validation=0, test=self.test_trajectories)

    def load(self, context: DataContext) -> Dataset:
        """Integrate: a second or two for a thousand orbits, so nothing is kept on disk. Raises DataError."""
        import math

        import numpy as np

        from symbench.data.container import Dataset, Provenance
        from symbench.data.dynamics import trajectories

        total = self.trajectories + self.test_trajectories
        states, velocity = trajectories(
            self.system(),
            total,
            steps=self.steps,
            dt=self.time_step,
            substeps=math.ceil(self.time_step / self.longest_substep),
            noise=self.noise,
            seed=_DATA_SEED,
        )
        estimated = "velocities estimated" if self.noise > 0 else "velocities exact"
        return Dataset(
            vectors=states,
            mask=np.ones(states.shape[:2], dtype=np.bool_),
            label=np.zeros(total),
            event_id=np.arange(total, dtype=np.uint64),
            provenance=Provenance(
                source=f"made: {self.summary}",
                selection=f"{self.steps} states {self.time_step:g} apart, seed {_DATA_SEED}, noise {self.noise:g}",
                licence="CC0-1.0",
                notes=(f"{_SCHEME}, {estimated}",),
            ),
            features=velocity,
        )

    def conserved(self) -> ConservedQuantities:
        return self.system().truth

    def conserved_names(self) -> tuple[str, ...]:
        return self.names


_SPLIT = frozenset({"trajectories", "test_trajectories"})


@task("harmonic-1d")
class Harmonic1d(Dynamics):
    """One oscillator."""

    summary: ClassVar[str] = "harmonic oscillator in one dimension; conserves 1"
    canonical: ClassVar[bool] = True
    names: ClassVar[tuple[str, ...]] = ("E",)

    def system(self) -> System:
        from symbench.data.dynamics_oscillators import harmonic

        return harmonic([1.0])


@task("harmonic-2d-isotropic")
class Harmonic2dIsotropic(Dynamics):
    """Two equal frequencies: every orbit is closed, and the three quantities form su(2)."""

    summary: ClassVar[str] = "isotropic oscillator in the plane; conserves 3, which form su(2)"
    canonical: ClassVar[bool] = True
    names: ClassVar[tuple[str, ...]] = ("E₁ − E₂", "q₁q₂ + p₁p₂", "q₁p₂ − q₂p₁")

    def system(self) -> System:
        from symbench.data.dynamics_oscillators import harmonic

        return harmonic([1.0, 1.0])


@task("harmonic-2d-anisotropic")
class Harmonic2dAnisotropic(Dynamics):
    """Frequencies 1 and √2: an orbit fills a torus, so the two energies are all there is."""

    summary: ClassVar[str] = "oscillators of frequencies 1 and √2; conserves 2"
    canonical: ClassVar[bool] = True
    names: ClassVar[tuple[str, ...]] = ("E₁", "E₂")

    steps: int = _steps(100)
    time_step: float = _time_step(0.5)

    def system(self) -> System:
        from symbench.data.dynamics_oscillators import harmonic

        return harmonic([1.0, 2.0**0.5])


@task("kepler-2d")
class Kepler2d(Dynamics):
    """A planet in the plane: closed orbits, hence the largest possible number of quantities."""

    summary: ClassVar[str] = "Kepler problem in the plane; conserves 3"
    canonical: ClassVar[bool] = True
    names: ClassVar[tuple[str, ...]] = ("L", "A₁", "A₂")
    longest_substep: ClassVar[float] = 0.05

    def system(self) -> System:
        from symbench.data.dynamics_gravity import kepler

        return kepler(2)


@task("kepler-3d")
class Kepler3d(Dynamics):
    """A planet in space: L and A form so(4) on bound orbits, five of the six are independent."""

    summary: ClassVar[str] = "Kepler problem in space; conserves 5, of so(4)"
    canonical: ClassVar[bool] = True
    names: ClassVar[tuple[str, ...]] = ("L₁", "L₂", "L₃", "A₁", "A₂")
    longest_substep: ClassVar[float] = 0.05

    def system(self) -> System:
        from symbench.data.dynamics_gravity import kepler

        return kepler(3)


@task("two-body")
class TwoBody(Dynamics):
    """Two masses with their centre of mass at rest: 8 components, on a subspace of dimension 4."""

    summary: ClassVar[str] = "two bodies in the plane, centre of mass at rest; conserves 3"
    canonical: ClassVar[bool] = True
    names: ClassVar[tuple[str, ...]] = ("L", "A₁", "A₂")
    longest_substep: ClassVar[float] = 0.05

    def system(self) -> System:
        from symbench.data.dynamics_gravity import two_body

        return two_body()


@task("three-body")
class ThreeBody(Dynamics):
    """Three equal masses in the plane with softened gravity and their centre of mass at rest."""

    summary: ClassVar[str] = "three bodies in the plane, centre of mass at rest; conserves 2"
    canonical: ClassVar[bool] = True
    names: ClassVar[tuple[str, ...]] = ("E", "L")
    longest_substep: ClassVar[float] = 0.17

    time_step: float = _time_step(0.5)

    def system(self) -> System:
        from symbench.data.dynamics_gravity import three_body

        return three_body()


@task("pendulum")
class Pendulum(Dynamics):
    """A pendulum that swings far, up to 2.5 rad."""

    summary: ClassVar[str] = "pendulum at large amplitude; conserves 1"
    canonical: ClassVar[bool] = True
    names: ClassVar[tuple[str, ...]] = ("E",)

    def system(self) -> System:
        from symbench.data.dynamics_oscillators import pendulum

        return pendulum()


@task("double-pendulum")
class DoublePendulum(Dynamics):
    """At the default energies chaotic almost everywhere, both rods turning over: only the energy is left.

    At low energies it is two coupled oscillators, with a second quantity that is conserved to the accuracy of the
    small angles.
    """

    summary: ClassVar[str] = "chaotic double pendulum; conserves 1"
    canonical: ClassVar[bool] = True
    names: ClassVar[tuple[str, ...]] = ("E",)
    longest_substep: ClassVar[float] = 0.06

    lowest_energy: float = Field(6.0, gt=0, le=20, description="above the state of rest, in m g l; 6 is the summit")
    highest_energy: float = Field(11.0, gt=0, le=20, description="above the state of rest, in m g l")

    @model_validator(mode="after")
    def _ordered(self) -> DoublePendulum:
        if self.highest_energy < self.lowest_energy:
            raise ValueError(f"highest_energy {self.highest_energy} is below lowest_energy {self.lowest_energy}")
        return self

    def system(self) -> System:
        from symbench.data.dynamics_oscillators import double_pendulum

        return double_pendulum((self.lowest_energy, self.highest_energy))


@task("rigid-body")
class RigidBody(Dynamics):
    """Free rotation in the body's frame."""

    summary: ClassVar[str] = "free rigid body, moments of inertia 1, 2, 3; conserves 2"
    names: ClassVar[tuple[str, ...]] = ("|L|²/2", "E")

    time_step: float = _time_step(1.0)

    def system(self) -> System:
        from symbench.data.dynamics_other import rigid_body

        return rigid_body()


@task("lotka-volterra")
class LotkaVolterra(Dynamics):
    """Predators and prey."""

    summary: ClassVar[str] = "predators and prey; conserves 1, not a polynomial"
    names: ClassVar[tuple[str, ...]] = ("u + v − ln(uv)",)

    def system(self) -> System:
        from symbench.data.dynamics_other import lotka_volterra

        return lotka_volterra()


@task("damped-pendulum")
class DampedPendulum(Dynamics):
    """A control: friction until the pendulum is at rest, near enough."""

    summary: ClassVar[str] = "pendulum with friction; a control that conserves nothing"
    names: ClassVar[tuple[str, ...]] = ()

    steps: int = _steps(100)
    damping: float = Field(0.2, gt=0, le=10, description="γ of ṗ = −sin θ − γ p")

    def system(self) -> System:
        from symbench.data.dynamics_oscillators import pendulum

        return pendulum(self.damping)


@task("lorenz")
class Lorenz(Dynamics):
    """A control: a chaotic attractor."""

    summary: ClassVar[str] = "Lorenz attractor; a control that conserves nothing"
    names: ClassVar[tuple[str, ...]] = ()
    longest_substep: ClassVar[float] = 0.025

    steps: int = _steps(100)
    time_step: float = _time_step(0.1)

    def system(self) -> System:
        from symbench.data.dynamics_other import lorenz

        return lorenz()
