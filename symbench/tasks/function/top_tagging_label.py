"""`top-tagging-label`: which linear maps of the leading constituents leave the label top or QCD unchanged?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from symbench.data.sizes import Sizes
from symbench.extras import Requirement
from symbench.registry import task
from symbench.tasks.base import FOUR_MOMENTUM, DataContext, FunctionTask
from symbench.tasks.distribution.top_tagging_density import JET_SCALE, TopTaggingDensity

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from symbench.data.container import Dataset


@task("top-tagging-label")
class TopTaggingLabel(FunctionTask):
    """Which linear maps of the two leading constituents leave the class of a jet unchanged?

    The question is about P(top | x). The published answer, so(1,3) ⊕ dilation, cannot be the truth: two massless
    vectors have no invariant of that group, so P would be constant. Agreement with it has columns of its own.

    The truth is the rotation about the beam. It is a symmetry by construction: beams are not polarised, and jets are
    selected by pT and |η|. No other one was found: a linear map that takes massless vectors to massless vectors is a
    Lorentz transformation times a dilation, and for every subgroup of these that contains the rotation, boosted trees
    lose from its invariants what they learn from those of the rotation (tests/benchmarks/top_tagging_symmetry.py;
    numbers in docs/discovery.md).
    """

    version: ClassVar[str] = "2"
    summary: ClassVar[str] = "top or QCD from two leading constituents; truth: the rotation about the beam"
    reference: ClassVar[str] = TopTaggingDensity.reference
    component_names: ClassVar[tuple[str, ...]] = FOUR_MOMENTUM

    jets: int = Field(6000, ge=100, multiple_of=2, description="number of jets, half of each class")
    test_jets: int = Field(2000, ge=10, description="test jets for the metrics")

    @property
    def scale(self) -> float:
        return JET_SCALE

    @property
    def label_kind(self) -> Literal["number", "class"]:
        return "class"

    def requirements(self) -> tuple[Requirement, ...]:
        return self._density().requirements()

    def identity(self) -> dict[str, Any]:
        return self._density().identity()

    def sizes(self) -> Sizes:
        return self._density().sizes()

    def load(self, context: DataContext) -> Dataset:
        return self._density().load(context)

    def truth(self) -> npt.NDArray[np.float64]:
        return self._density().truth()

    def truth_name(self) -> str:
        return self._density().truth_name()

    def published(self) -> npt.NDArray[np.float64]:
        return self._density().published()

    def _density(self) -> TopTaggingDensity:
        return TopTaggingDensity(jets=self.jets, test_jets=self.test_jets)
