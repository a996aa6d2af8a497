"""`harmonic-1d`, `harmonic-2d-isotropic`, `harmonic-2d-anisotropic`: harmonic oscillators."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from symbench.registry import task
from symbench.tasks.dynamics.simulated import Dynamics, steps_field, time_step_field

if TYPE_CHECKING:
    from symbench.data.orbits.integrate import System


@task("harmonic-1d")
class Harmonic1d(Dynamics):
    """One oscillator; the energy is conserved."""

    summary: ClassVar[str] = "harmonic oscillator in one dimension; conserves 1"
    canonical: ClassVar[bool] = True
    names: ClassVar[tuple[str, ...]] = ("E",)

    def system(self) -> System:
        from symbench.data.orbits.oscillators import harmonic

        return harmonic([1.0])


@task("harmonic-2d-isotropic")
class Harmonic2dIsotropic(Dynamics):
    """Two equal frequencies: every orbit is closed, and the three conserved quantities form su(2)."""

    summary: ClassVar[str] = "isotropic oscillator in the plane; conserves 3, which form su(2)"
    canonical: ClassVar[bool] = True
    names: ClassVar[tuple[str, ...]] = ("E₁ − E₂", "q₁q₂ + p₁p₂", "q₁p₂ − q₂p₁")

    def system(self) -> System:
        from symbench.data.orbits.oscillators import harmonic

        return harmonic([1.0, 1.0])


@task("harmonic-2d-anisotropic")
class Harmonic2dAnisotropic(Dynamics):
    """Frequencies 1 and √2: an orbit fills a torus, so only the two energies are conserved."""

    summary: ClassVar[str] = "oscillators of frequencies 1 and √2; conserves 2"
    canonical: ClassVar[bool] = True
    names: ClassVar[tuple[str, ...]] = ("E₁", "E₂")

    steps: int = steps_field(100)
    time_step: float = time_step_field(0.5)

    def system(self) -> System:
        from symbench.data.orbits.oscillators import harmonic

        return harmonic([1.0, 2.0**0.5])
