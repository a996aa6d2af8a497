"""`cms-dimuon-mass`: the invariant mass of recorded muon pairs; the truth is so(1,3), six generators."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from symbench.data.sizes import Sizes
from symbench.registry import task
from symbench.tasks.base import FOUR_MOMENTUM, DataContext, FunctionTask

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import torch

    from symbench.data.container import Dataset

_EVENTS = 500  # distinct events of the file; verified when it is read
_SCALE = 50.0  # GeV, about the energy of a muon from a Z


@task("cms-dimuon-mass")
class DimuonMass(FunctionTask):
    """Which linear maps of both four-momenta leave the dimuon mass of recorded collisions unchanged?

    The label is M² by default: like the labels of the toys it is a polynomial of the components and smooth everywhere,
    while M has a cusp at 0. Both have the same level sets and therefore the same symmetry. All components are divided
    by 50 GeV, which leaves the algebra unchanged.
    """

    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "invariant mass of muon pairs recorded by CMS; truth so(1,3)"
    reference: ClassVar[str] = "CMS open data, scikit-hep-testdata 0.3.3"
    component_names: ClassVar[tuple[str, ...]] = FOUR_MOMENTUM

    label: Literal["mass_squared", "mass"] = Field("mass_squared", description="M² in GeV², or M in GeV")
    test_events: int = Field(100, ge=10, le=450, description="test events for the metrics, of 500")

    def identity(self) -> dict[str, Any]:
        from symbench.data.cms.zmumu import SELECTION, SHA256

        return {"sha256": SHA256, "selection": SELECTION, "label": self.label}

    def sizes(self) -> Sizes:
        return Sizes(train=_EVENTS - self.test_events, validation=0, test=self.test_events)

    def load(self, context: DataContext) -> Dataset:
        from symbench.data.cms.zmumu import read_dimuons

        return read_dimuons(self.label)

    @property
    def scale(self) -> float:
        return _SCALE

    def truth(self) -> npt.NDArray[np.float64]:
        from symbench.algebra.bases import so

        return so(1, 3)

    def truth_name(self) -> str:
        return "so(1,3)"

    def label_function(self) -> Callable[[torch.Tensor], torch.Tensor]:
        squared = self.label == "mass_squared"

        def mass(x: torch.Tensor) -> torch.Tensor:
            total = _SCALE * x.sum(dim=1)
            m2 = total[:, 0] ** 2 - total[:, 1:].square().sum(dim=1)
            return m2 if squared else m2.clamp_min(0).sqrt()

        return mass
