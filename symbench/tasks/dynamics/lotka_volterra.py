"""`lotka-volterra`: predators and prey; one quantity is conserved."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from symbench.registry import task
from symbench.tasks.dynamics.simulated import Dynamics

if TYPE_CHECKING:
    from symbench.data.orbits.integrate import System


@task("lotka-volterra")
class LotkaVolterra(Dynamics):
    """Populations of predators and prey; the conserved quantity is not a polynomial."""

    summary: ClassVar[str] = "predators and prey; conserves 1, not a polynomial"
    names: ClassVar[tuple[str, ...]] = ("u + v − ln(uv)",)

    def system(self) -> System:
        from symbench.data.orbits.lotka_volterra import lotka_volterra

        return lotka_volterra()
