"""The density of collisions and of jets, where boosts are a symmetry of the physics but not of what is selected."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from symbench.data.sizes import Sizes
from symbench.extras import Requirement
from symbench.registry import task
from symbench.tasks.base import DataContext, DistributionTask
from symbench.tasks.classification.top_tagging import TopTagging

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from symbench.data.container import Dataset


_JETS = {"constituents": 20}  # as the classification suites make them, so that one set of jets serves both


JET_SCALE = 100.0  # GeV, about the energy of a leading constituent


def leading_constituents(jets: TopTagging, context: DataContext) -> Dataset:
    """The same jets with their two leading constituents only."""
    from dataclasses import replace

    whole = jets.load(context)
    return replace(whole, vectors=whole.vectors[:, :2].copy(), mask=whole.mask[:, :2].copy())


def lorentz_and_dilation() -> npt.NDArray[np.float64]:
    """so(1,3) ⊕ dilation (7, 4, 4), what is published as the symmetry of top tagging."""
    import numpy as np

    from symbench.algebra.bases import dilation, so

    return np.concatenate([so(1, 3), dilation(4)])


@task("top-tagging-density")
class TopTaggingDensity(DistributionTask):
    """The density of the two leading constituents of top and QCD jets, with the class beside them.

    The truth is what is published as the answer, so(1,3) ⊕ dilation, and no exact symmetry of any density: a method
    that reports boosts reports an approximation, which `defect_max` and the two-sample AUC show.
    """

    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "density of two leading jet constituents and class; published answer so(1,3)+dilation"
    reference: ClassVar[str] = "Yang et al., arXiv:2302.00236, section 5.4"
    companion: ClassVar[Literal["none", "class", "vectors"]] = "class"

    jets: int = Field(6000, ge=100, multiple_of=2, description="jets in all, half of each class")
    test_jets: int = Field(2000, ge=10, description="jets kept for the metrics")

    @property
    def scale(self) -> float:
        return JET_SCALE

    def requirements(self) -> tuple[Requirement, ...]:
        return self._made().requirements()

    def identity(self) -> dict[str, Any]:
        return {"jets": self._made().identity(), "leading": 2}

    def sizes(self) -> Sizes:
        made = self._made().sizes()
        return Sizes(made.train + made.validation, 0, made.test)

    def load(self, context: DataContext) -> Dataset:
        return leading_constituents(self._made(), context)

    def truth(self) -> npt.NDArray[np.float64]:
        return lorentz_and_dilation()

    def _made(self) -> TopTagging:
        return TopTagging(jets=self.jets, test_jets=self.test_jets, **_JETS)
