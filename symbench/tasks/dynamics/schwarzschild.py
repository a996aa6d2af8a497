"""`schwarzschild-orbits`: radial motion in the metric of a black hole, in coordinates that hide its symmetry."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from symbench.registry import task
from symbench.tasks.dynamics.simulated import Dynamics

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from symbench.data.orbits.integrate import System

    FloatArray = npt.NDArray[np.float64]


@task("schwarzschild-orbits")
class SchwarzschildOrbits(Dynamics):
    """Radial motion around a black hole in (R/r, dr/dt), Hamiltonian in (r, p): that it is so is hidden.

    p = E ṙ / f², f = 1 − 2M/r, where the energy E depends on both coordinates; 1/r is what orbits are written in. Space
    and time are in units of the stable circular orbit's radius R = 12 M and of its radial frequency; L = 4 M. The range
    of orbits reaches from 0.54 R to 2.8 R.

    The black hole of the paper is its metric: in the time of Gullstrand and Painlevé its spatial sections are flat,
    invariant under translations. That is a property of a tensor field, which orbits do not carry; this is its motion,
    and the property that of the paper's Hamiltonicity. No figure of the paper belongs to it.
    """

    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "orbits around a black hole, (1/r, dr/dt); conserves 1, hidden Hamiltonicity"
    reference: ClassVar[str] = "Liu, Tegmark, Phys. Rev. Lett. 128 (2022) 180201, arXiv:2109.09721"
    names: ClassVar[tuple[str, ...]] = ("E",)

    angular_momentum: float = Field(4.0, gt=3.5, le=20, description="L per mass, in M; an orbit is stable above √12")

    def system(self) -> System:
        from symbench.data.orbits.relativity import schwarzschild

        return schwarzschild(self.angular_momentum, (0.54, 0.92))
