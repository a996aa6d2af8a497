"""`pendulum`: one pendulum; the energy is conserved."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from symbench.registry import task
from symbench.tasks.dynamics.simulated import Dynamics

if TYPE_CHECKING:
    from symbench.data.orbits.integrate import System


@task("pendulum")
class Pendulum(Dynamics):
    """A pendulum with amplitudes up to 2.5 rad."""

    summary: ClassVar[str] = "pendulum at large amplitude; conserves 1"
    canonical: ClassVar[bool] = True
    names: ClassVar[tuple[str, ...]] = ("E",)

    def system(self) -> System:
        from symbench.data.orbits.oscillators import pendulum

        return pendulum()
