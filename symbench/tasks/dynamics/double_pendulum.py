"""`double-pendulum`: two coupled pendulums; the energy is conserved."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field, model_validator

from symbench.registry import task
from symbench.tasks.dynamics.simulated import Dynamics

if TYPE_CHECKING:
    from symbench.data.orbits.integrate import System


@task("double-pendulum")
class DoublePendulum(Dynamics):
    """At the default energies both rods rotate and almost all orbits are chaotic: only the energy is conserved.

    At low energies the system is close to two coupled oscillators, with a second quantity that is conserved to the
    accuracy of the small-angle approximation.
    """

    summary: ClassVar[str] = "chaotic double pendulum; conserves 1"
    canonical: ClassVar[bool] = True
    names: ClassVar[tuple[str, ...]] = ("E",)
    longest_substep: ClassVar[float] = 0.06

    lowest_energy: float = Field(
        6.0, gt=0, le=20, description="lowest energy above the state of rest, in m g l; 6 is that of both rods upright"
    )
    highest_energy: float = Field(11.0, gt=0, le=20, description="highest energy above the state of rest, in m g l")

    @model_validator(mode="after")
    def _ordered(self) -> DoublePendulum:
        if self.highest_energy < self.lowest_energy:
            raise ValueError(f"highest_energy {self.highest_energy} is below lowest_energy {self.lowest_energy}")
        return self

    def system(self) -> System:
        from symbench.data.orbits.oscillators import double_pendulum

        return double_pendulum((self.lowest_energy, self.highest_energy))
