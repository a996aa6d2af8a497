"""`two-body`: two masses that attract each other in the plane."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from symbench.registry import task
from symbench.tasks.dynamics.simulated import Dynamics

if TYPE_CHECKING:
    from symbench.data.orbits.integrate import System


@task("two-body")
class TwoBody(Dynamics):
    """Two masses in the plane; the centre of mass is at rest, so that the 8 components span 4 dimensions."""

    summary: ClassVar[str] = "two bodies in the plane, centre of mass at rest; conserves 3"
    canonical: ClassVar[bool] = True
    names: ClassVar[tuple[str, ...]] = ("L", "A₁", "A₂")
    longest_substep: ClassVar[float] = 0.05

    def system(self) -> System:
        from symbench.data.orbits.gravity import two_body

        return two_body()
