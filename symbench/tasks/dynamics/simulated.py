"""Base class of tasks with simulated orbits of dynamical systems whose conserved quantities are known.

An event is an orbit of `steps` states, `time_step` apart; a method receives states and velocities. Three tasks are
controls without conserved quantities: `damped-pendulum`, `lorenz`, and `recorded-pendulum`, which is not simulated.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from symbench.data.sizes import Sizes
from symbench.tasks.base import DataContext, DynamicsTask

if TYPE_CHECKING:
    from symbench.data.container import Dataset
    from symbench.data.orbits.integrate import System
    from symbench.data.samples import ConservedQuantities


_DATA_SEED = 20_230_131  # fixed: a trial's seed selects from these orbits

_SCHEME = "Gauss-Legendre 12"


def steps_field(default: int) -> Any:
    return Field(default, ge=10, le=100_000, description="number of states of an orbit")


def time_step_field(default: float) -> Any:
    return Field(default, gt=0, le=100, description="time between two states, in the system's unit")


class Dynamics(DynamicsTask):
    """Orbits of one system, from a fixed seed.

    With noise, training and test states are both noisy, and velocities are estimated from them (a quartic fitted to the
    seven nearest states); without noise velocities are exact.

    names            of the conserved quantities
    longest_substep  upper limit of the integrator's step, in the system's unit of time
    """

    version: ClassVar[str] = "1"
    names: ClassVar[tuple[str, ...]]
    longest_substep: ClassVar[float] = 0.1

    trajectories: int = Field(1_000, ge=4, le=100_000, description="orbits from which training sets are drawn")
    test_trajectories: int = Field(300, ge=4, le=100_000, description="test orbits for the metrics")
    steps: int = steps_field(50)
    time_step: float = time_step_field(0.3)
    noise: float = Field(0.0, ge=0, le=1, description="noise of the states, in standard deviations of each coordinate")

    @abstractmethod
    def system(self) -> System:
        """The equation of motion, the distribution of initial states and the conserved quantities."""

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
        """Integrate the orbits: one or two seconds for a thousand, so they are not stored on disk. Raises DataError."""
        import math

        from symbench.data.container import Dataset, Provenance
        from symbench.data.orbits.integrate import trajectories

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
        return Dataset.numbered(
            vectors=states,
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
