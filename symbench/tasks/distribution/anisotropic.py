"""`anisotropic`: a control, a density without a linear symmetry."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from symbench.registry import task
from symbench.tasks.distribution.sampled_density import SampledDensity

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


@task("anisotropic")
class Anisotropic(SampledDensity):
    """A control: independent components with different distributions, none of them Gaussian.

    Proof: a linear symmetry of a density with finite second moments is, in whitened coordinates, a rotation. It would
    mix independent components into independent ones, which by the theorem of Darmois and Skitovich requires Gaussian
    components.
    """

    summary: ClassVar[str] = "independent, differently shaped components in 3 dimensions; truth: none"

    def truth(self) -> npt.NDArray[np.float64]:
        from symbench.algebra.bases import nothing

        return nothing(3)

    def truth_name(self) -> str:
        return "none"

    def draw(
        self, rng: np.random.Generator, count: int
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64] | None, npt.NDArray[np.int64] | None]:
        import numpy as np

        columns = [rng.exponential(1.0, count) - 1, rng.uniform(-1.7, 1.7, count), rng.gumbel(0.0, 0.8, count)]
        return np.stack(columns, axis=1)[:, None], None, None
