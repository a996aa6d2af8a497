"""Dynamics whose simplicity is hidden: plain systems in z, seen through a curved map x = φ(z) that is known here.

What a method can find is the inverse of `Hidden.map`, z = φ⁻¹(x): there the property is exact. Of orbits around a black
hole the map is one of physics: observed velocities are not canonical momenta.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from symbench.registry import task
from symbench.tasks.dynamics import Dynamics

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from symbench.data.dynamics import System
    from symbench.data.dynamics_hidden import CurvedMap

    FloatArray = npt.NDArray[np.float64]


class Hidden(Dynamics):
    """A system in coordinates z, seen as x: every coordinate is stretched, after a linear mixing where there is one."""

    dimension: ClassVar[int]

    curvature: float = Field(0.5, ge=0, le=1, description="κ of the map (e^κu − 1)/κ of each coordinate; 0 is none")

    @abstractmethod
    def plain(self) -> System:
        """The system in z."""

    def mixing(self) -> FloatArray | None:
        """The matrix between z and the stretched coordinates u = M z; None for 1."""
        return None

    def map(self) -> CurvedMap:
        """x = φ(z) and its inverse."""
        import numpy as np

        from symbench.data.dynamics_hidden import CurvedMap

        mixing = self.mixing()
        return CurvedMap(self.curvature, np.eye(self.dimension) if mixing is None else mixing)

    def system(self) -> System:
        from symbench.data.dynamics_hidden import hidden

        return hidden(self.plain(), self.map())


@task("hidden-oscillator")
class HiddenOscillator(Hidden):
    """ż = (z₂, −z₁) is invariant under rotations and Hamiltonian; ẋ is neither, as far as one can see.

    x = (e^κz − 1)/κ in each coordinate, so ẋ₁ = (1 + κx₁) ln(1 + κx₂)/κ, ẋ₂ = −(1 + κx₂) ln(1 + κx₁)/κ.
    """

    summary: ClassVar[str] = "harmonic oscillator in curved coordinates; conserves 1, hidden rotation"
    names: ClassVar[tuple[str, ...]] = ("E",)
    dimension: ClassVar[int] = 2

    def plain(self) -> System:
        from symbench.data.dynamics_oscillators import harmonic

        return harmonic([1.0])


@task("hidden-modes")
class HiddenModes(Hidden):
    """Two oscillators of frequencies 1 and √2, turned by 45° into two coupled ones, in curved coordinates.

    State (q₁, q₂, p₁, p₂) of the coupled ones; the modes, two uncoupled modules, are hidden.
    """

    summary: ClassVar[str] = "two oscillators, mixed and in curved coordinates; conserves 2, hidden modules"
    names: ClassVar[tuple[str, ...]] = ("E₁", "E₂")
    dimension: ClassVar[int] = 4

    curvature: float = Field(0.2, ge=0, le=1, description="κ of the map (e^κu − 1)/κ of each coordinate; 0 is none")

    def plain(self) -> System:
        from symbench.data.dynamics_oscillators import harmonic

        return harmonic([1.0, 2.0**0.5])

    def mixing(self) -> FloatArray:
        import numpy as np

        turn = np.array([[1.0, -1.0], [1.0, 1.0]]) / 2**0.5
        return np.asarray(np.kron(np.eye(2), turn), dtype=np.float64)


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
        from symbench.data.dynamics_relativity import schwarzschild

        return schwarzschild(self.angular_momentum, (0.54, 0.92))
