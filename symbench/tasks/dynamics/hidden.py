"""`hidden-oscillator`, `hidden-modes`: simple systems in coordinates z, observed as x = φ(z) with a curved map φ.

The answer that a method can discover is the inverse of `Hidden.map`, z = φ⁻¹(x): in z the hidden property is exact. For
orbits around a black hole (`schwarzschild-orbits`) the map has a physical origin: observed velocities are not canonical
momenta.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from symbench.registry import task
from symbench.tasks.dynamics.simulated import Dynamics

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from symbench.data.orbits.hidden import CurvedMap
    from symbench.data.orbits.integrate import System

    FloatArray = npt.NDArray[np.float64]


class Hidden(Dynamics):
    """A system in coordinates z, observed as x = φ(z): a linear mixing, then a curved map of every coordinate."""

    dimension: ClassVar[int]

    curvature: float = Field(0.5, ge=0, le=1, description="κ of the map (e^κu − 1)/κ of each coordinate; 0 is x = u")

    @abstractmethod
    def plain(self) -> System:
        """The system in z."""

    def mixing(self) -> FloatArray | None:
        """The matrix M of u = M z; None for the unit matrix."""
        return None

    def map(self) -> CurvedMap:
        """x = φ(z) and its inverse."""
        import numpy as np

        from symbench.data.orbits.hidden import CurvedMap

        mixing = self.mixing()
        return CurvedMap(self.curvature, np.eye(self.dimension) if mixing is None else mixing)

    def system(self) -> System:
        from symbench.data.orbits.hidden import hidden

        return hidden(self.plain(), self.map())


@task("hidden-oscillator")
class HiddenOscillator(Hidden):
    """ż = (z₂, −z₁) is Hamiltonian and invariant under rotations; ẋ as a function of x is neither.

    x = (e^κz − 1)/κ in each coordinate, so ẋ₁ = (1 + κx₁) ln(1 + κx₂)/κ, ẋ₂ = −(1 + κx₂) ln(1 + κx₁)/κ.
    """

    summary: ClassVar[str] = "harmonic oscillator in curved coordinates; conserves 1, hidden rotation"
    names: ClassVar[tuple[str, ...]] = ("E",)
    dimension: ClassVar[int] = 2

    def plain(self) -> System:
        from symbench.data.orbits.oscillators import harmonic

        return harmonic([1.0])


@task("hidden-modes")
class HiddenModes(Hidden):
    """Two oscillators of frequencies 1 and √2, rotated by 45° into two coupled ones, in curved coordinates.

    The state is (q₁, q₂, p₁, p₂) of the coupled oscillators; their modes, two uncoupled modules, are hidden.
    """

    summary: ClassVar[str] = "two oscillators, mixed and in curved coordinates; conserves 2, hidden modules"
    names: ClassVar[tuple[str, ...]] = ("E₁", "E₂")
    dimension: ClassVar[int] = 4

    curvature: float = Field(0.2, ge=0, le=1, description="κ of the map (e^κu − 1)/κ of each coordinate; 0 is x = u")

    def plain(self) -> System:
        from symbench.data.orbits.oscillators import harmonic

        return harmonic([1.0, 2.0**0.5])

    def mixing(self) -> FloatArray:
        import numpy as np

        rotation = np.array([[1.0, -1.0], [1.0, 1.0]]) / 2**0.5
        return np.asarray(np.kron(np.eye(2), rotation), dtype=np.float64)
