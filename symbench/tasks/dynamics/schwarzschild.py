"""`schwarzschild-orbits`: radial motion in the metric of a black hole, in coordinates that hide its structure."""

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
    """Radial motion around a black hole in the coordinates (R/r, dr/dt), which hide that it is Hamiltonian in (r, p).

    p = E ṙ / f², f = 1 − 2M/r, and the energy E depends on both coordinates; orbits are usually written in 1/r. Lengths
    are in units of the radius R = 12 M of the stable circular orbit, times in units of its inverse radial frequency;
    L = 4 M. The orbits extend from 0.54 R to 2.8 R.

    The reference studies the metric of the black hole instead: in Gullstrand–Painlevé time its spatial sections are
    flat, hence invariant under translations. That is a property of a tensor field, which orbits do not contain. This
    task uses the motion and the reference's property of Hamiltonicity; no figure of the reference corresponds to it.
    """

    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "orbits around a black hole, (1/r, dr/dt); conserves 1, hidden Hamiltonicity"
    reference: ClassVar[str] = "Liu, Tegmark, Phys. Rev. Lett. 128 (2022) 180201, arXiv:2109.09721"
    names: ClassVar[tuple[str, ...]] = ("E",)

    angular_momentum: float = Field(
        4.0, gt=3.5, le=20, description="L per mass, in M; stable circular orbits exist above √12"
    )

    def system(self) -> System:
        from symbench.data.orbits.schwarzschild import schwarzschild

        return schwarzschild(self.angular_momentum, (0.54, 0.92))
