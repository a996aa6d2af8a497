"""`top-tagging-label`: which linear maps of the leading constituents leave the label top or QCD unchanged?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from symbench.data.sizes import Sizes
from symbench.extras import Requirement
from symbench.registry import task
from symbench.tasks.base import DataContext, FunctionTask
from symbench.tasks.distribution.top_tagging_density import JET_SCALE, TopTaggingDensity, lorentz_and_dilation

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from symbench.data.container import Dataset


@task("top-tagging-label")
class TopTaggingLabel(FunctionTask):
    """Which linear maps of the two leading constituents leave the class of a jet unchanged?

    The truth is so(1,3) ⊕ dilation, approximately: neither boosts nor a change of scale turn a top quark into a gluon.
    """

    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "top or QCD from two leading constituents; truth so(1,3)+dilation, approximately"
    reference: ClassVar[str] = TopTaggingDensity.reference

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
        return lorentz_and_dilation()

    def _density(self) -> TopTaggingDensity:
        return TopTaggingDensity(jets=self.jets, test_jets=self.test_jets)
