"""`cms-dimuon-azimuth`: the density of recorded dimuons; the symmetry is rotation about the beam."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from symbench.data.sizes import Sizes
from symbench.registry import task
from symbench.tasks.base import FOUR_MOMENTUM, DataContext, DistributionTask
from symbench.tasks.function.cms.dimuon import DimuonMass

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from symbench.data.container import Dataset


@task("cms-dimuon-azimuth")
class DimuonAzimuth(DistributionTask):
    """Which linear maps of both four-momenta leave the density of recorded dimuons unchanged?

    The detector and the selection are symmetric about the beam: one generator, J_z. Rapidity is cut at about ±2.4, so
    boosts along the beam change the density, although they leave every mass unchanged.
    """

    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "density of muon pairs recorded by CMS; truth: the rotation about the beam"
    reference: ClassVar[str] = DimuonMass.reference
    component_names: ClassVar[tuple[str, ...]] = FOUR_MOMENTUM

    test_events: int = Field(100, ge=10, le=450, description="test events for the metrics, of 500")

    @property
    def scale(self) -> float:
        return self._recorded().scale

    def identity(self) -> dict[str, Any]:
        return self._recorded().identity()

    def sizes(self) -> Sizes:
        return self._recorded().sizes()

    def load(self, context: DataContext) -> Dataset:
        return self._recorded().load(context)

    def truth(self) -> npt.NDArray[np.float64]:
        from symbench.algebra.bases import beam_rotation

        return beam_rotation()

    def truth_name(self) -> str:
        return "so(2)"

    def _recorded(self) -> DimuonMass:
        return DimuonMass(test_events=self.test_events)
