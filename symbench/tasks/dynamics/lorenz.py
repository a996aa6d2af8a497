"""`lorenz`: a control, orbits on a strange attractor without conserved quantities."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from symbench.registry import task
from symbench.tasks.dynamics.simulated import Dynamics, steps_field, time_step_field

if TYPE_CHECKING:
    from symbench.data.orbits.integrate import System


@task("lorenz")
class Lorenz(Dynamics):
    """A control: orbits on the chaotic attractor of the Lorenz equations."""

    summary: ClassVar[str] = "Lorenz attractor; a control that conserves nothing"
    names: ClassVar[tuple[str, ...]] = ()
    longest_substep: ClassVar[float] = 0.025

    steps: int = steps_field(100)
    time_step: float = time_step_field(0.1)

    def system(self) -> System:
        from symbench.data.orbits.lorenz import lorenz

        return lorenz()
