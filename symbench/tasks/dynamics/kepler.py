"""`kepler-2d`, `kepler-3d`: the bound orbits of a 1/r potential."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from symbench.registry import task
from symbench.tasks.dynamics.simulated import Dynamics

if TYPE_CHECKING:
    from symbench.data.orbits.integrate import System


@task("kepler-2d")
class Kepler2d(Dynamics):
    """A planet in the plane: orbits are closed, so the number of conserved quantities, 3, is the largest possible."""

    summary: ClassVar[str] = "Kepler problem in the plane; conserves 3"
    canonical: ClassVar[bool] = True
    names: ClassVar[tuple[str, ...]] = ("L", "A₁", "A₂")
    longest_substep: ClassVar[float] = 0.05

    def system(self) -> System:
        from symbench.data.orbits.gravity import kepler

        return kepler(2)


@task("kepler-3d")
class Kepler3d(Dynamics):
    """A planet in space: L and A form so(4) on bound orbits; five of these six quantities are independent."""

    summary: ClassVar[str] = "Kepler problem in space; conserves 5, of so(4)"
    canonical: ClassVar[bool] = True
    names: ClassVar[tuple[str, ...]] = ("L₁", "L₂", "L₃", "A₁", "A₂")
    longest_substep: ClassVar[float] = 0.05

    def system(self) -> System:
        from symbench.data.orbits.gravity import kepler

        return kepler(3)
