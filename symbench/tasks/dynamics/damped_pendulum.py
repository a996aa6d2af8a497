"""`damped-pendulum`: a control without conserved quantities."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from symbench.registry import task
from symbench.tasks.dynamics.simulated import Dynamics, steps_field

if TYPE_CHECKING:
    from symbench.data.orbits.integrate import System


@task("damped-pendulum")
class DampedPendulum(Dynamics):
    """A control: a pendulum with friction, until it is nearly at rest."""

    summary: ClassVar[str] = "pendulum with friction; a control that conserves nothing"
    names: ClassVar[tuple[str, ...]] = ()

    steps: int = steps_field(100)
    damping: float = Field(0.2, gt=0, le=10, description="γ of ṗ = −sin θ − γ p")

    def system(self) -> System:
        from symbench.data.orbits.oscillators import pendulum

        return pendulum(self.damping)
