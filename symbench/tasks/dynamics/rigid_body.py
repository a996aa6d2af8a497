"""`rigid-body`: Euler's equations of the free top; energy and squared angular momentum are conserved."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from symbench.registry import task
from symbench.tasks.dynamics.simulated import Dynamics, time_step_field

if TYPE_CHECKING:
    from symbench.data.orbits.integrate import System


@task("rigid-body")
class RigidBody(Dynamics):
    """Free rotation of a rigid body; the state is the angular momentum in the body's frame."""

    summary: ClassVar[str] = "free rigid body, moments of inertia 1, 2, 3; conserves 2"
    names: ClassVar[tuple[str, ...]] = ("|L|²/2", "E")

    time_step: float = time_step_field(1.0)

    def system(self) -> System:
        from symbench.data.orbits.rigid_body import rigid_body

        return rigid_body()
