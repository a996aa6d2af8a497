"""`top-tagging-density`: the density of leading jet constituents; boosts are a symmetry of the physics, but not of the
selection.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from symbench.data.sizes import Sizes
from symbench.extras import Requirement
from symbench.registry import task
from symbench.tasks.base import FOUR_MOMENTUM, DataContext, DistributionTask
from symbench.tasks.classification.top_tagging import TopTagging

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from symbench.data.container import Dataset


_JETS = {"constituents": 20}  # as in the classification suites, so that both use one set of jets


JET_SCALE = 100.0  # GeV, about the energy of a leading constituent


def leading_constituents(jets: TopTagging, context: DataContext) -> Dataset:
    """The jets with only their two leading constituents."""
    from dataclasses import replace

    whole = jets.load(context)
    return replace(whole, vectors=whole.vectors[:, :2].copy(), mask=whole.mask[:, :2].copy())


def lorentz_and_dilation() -> npt.NDArray[np.float64]:
    """so(1,3) ⊕ dilation (7, 4, 4), the published symmetry of top tagging; no data have it."""
    import numpy as np

    from symbench.algebra.bases import dilation, so

    return np.concatenate([so(1, 3), dilation(4)])


@task("top-tagging-density")
class TopTaggingDensity(DistributionTask):
    """The joint density of the two leading constituents and the class of top and QCD jets.

    The truth is the rotation about the beam: beams are not polarised, and jets are selected by pT and |η|. A linear
    symmetry keeps the second moments of either constituent in either class, and of the maps that keep all four only
    this rotation is left. The published answer, so(1,3) ⊕ dilation, is not a symmetry of any density; agreement with it
    has columns of its own.
    """

    version: ClassVar[str] = "2"
    summary: ClassVar[str] = "density of two leading jet constituents and class; truth: the rotation about the beam"
    reference: ClassVar[str] = "Yang et al., arXiv:2302.00236, section 5.4"
    component_names: ClassVar[tuple[str, ...]] = FOUR_MOMENTUM
    companion: ClassVar[Literal["none", "class", "vectors"]] = "class"

    jets: int = Field(6000, ge=100, multiple_of=2, description="number of jets, half of each class")
    test_jets: int = Field(2000, ge=10, description="test jets for the metrics")

    @property
    def scale(self) -> float:
        return JET_SCALE

    def requirements(self) -> tuple[Requirement, ...]:
        return self._classification().requirements()

    def identity(self) -> dict[str, Any]:
        return {"jets": self._classification().identity(), "leading": 2}

    def sizes(self) -> Sizes:
        sizes = self._classification().sizes()
        return Sizes(sizes.train + sizes.validation, 0, sizes.test)

    def load(self, context: DataContext) -> Dataset:
        return leading_constituents(self._classification(), context)

    def truth(self) -> npt.NDArray[np.float64]:
        from symbench.algebra.bases import beam_rotation

        return beam_rotation()

    def truth_name(self) -> str:
        return "so(2)"

    def published(self) -> npt.NDArray[np.float64]:
        return lorentz_and_dilation()

    def _classification(self) -> TopTagging:
        return TopTagging(jets=self.jets, test_jets=self.test_jets, **_JETS)
