"""`isotropic-gas`: momenta of a gas at rest; the symmetry is so(3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from symbench.registry import task
from symbench.tasks.distribution.sampled_density import SampledDensity

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


@task("isotropic-gas")
class IsotropicGas(SampledDensity):
    """Two correlated momenta per event, without a preferred direction: the density is invariant under so(3).

    p₁ = r₁n₁ and p₂ = ½p₁ + r₂n₂, with r₁ and r₂ from a gamma distribution and uniform directions n₁ and n₂: a rotation
    of only one of the two momenta changes the density.
    """

    summary: ClassVar[str] = "two correlated momenta of an isotropic gas; truth so(3)"

    def truth(self) -> npt.NDArray[np.float64]:
        from symbench.algebra.bases import so

        return so(3)

    def truth_name(self) -> str:
        return "so(3)"

    def draw(
        self, rng: np.random.Generator, count: int
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64] | None, npt.NDArray[np.int64] | None]:
        import numpy as np

        direction = rng.standard_normal((count, 2, 3))
        direction /= np.linalg.norm(direction, axis=2, keepdims=True)
        p = direction * rng.gamma(3.0, 0.4, (count, 2, 1))
        p[:, 1] += p[:, 0] / 2
        return p, None, None
