"""`three-body`: three masses in the plane."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from symbench.registry import task
from symbench.tasks.dynamics.simulated import Dynamics, time_step_field

if TYPE_CHECKING:
    from symbench.data.orbits.integrate import System


@task("three-body")
class ThreeBody(Dynamics):
    """Three equal masses in the plane with softened gravity; the centre of mass is at rest."""

    summary: ClassVar[str] = "three bodies in the plane, centre of mass at rest; conserves 2"
    canonical: ClassVar[bool] = True
    names: ClassVar[tuple[str, ...]] = ("E", "L")
    longest_substep: ClassVar[float] = 0.17

    time_step: float = time_step_field(0.5)

    def system(self) -> System:
        from symbench.data.orbits.gravity import three_body

        return three_body()
