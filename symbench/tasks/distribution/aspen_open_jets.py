"""`aspen-open-jets`: the density of the constituents of jets recorded by CMS, from the files of Aspen Open Jets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from symbench.data.sizes import Sizes
from symbench.extras import Requirement
from symbench.registry import task
from symbench.tasks.base import FOUR_MOMENTUM, DataContext, DistributionTask
from symbench.tasks.distribution.jets_density import JetsDensity
from symbench.tasks.distribution.top_tagging_density import JET_SCALE

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from symbench.data.container import Dataset

PF_CANDIDATES = ("px", "py", "pz", "E", "d0", "d0Err", "dz", "dzErr", "charge", "PDG ID", "PUPPI weight")
"""The columns of the array `PFCands` (N, 150, 11)."""

EVENT = ("run", "luminosity block", "event")
"""The columns of the array `event_info` (N, 3)."""


@task("aspen-open-jets")
class AspenOpenJets(DistributionTask):
    """The leading constituents of AK8 jets recorded by CMS in 2016, and the sum of the others.

    The truth is the rotation about the beam: neither beams nor detector single out an azimuth. Boosts along the beam
    change the density, because jets are selected by pT and |η|. Events are numbered by run, luminosity block and event:
    the jets of one event are in one part of the split. The jets have no class; for a derived label, or with jets of
    your own, see `jets` in docs/data.md.
    """

    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "density of jet constituents recorded by CMS (Aspen Open Jets); truth: beam rotation"
    reference: ClassVar[str] = "Amram et al., arXiv:2412.10504; files: doi:10.25592/uhhfdm.16505"
    component_names: ClassVar[tuple[str, ...]] = FOUR_MOMENTUM

    path: str = Field(
        min_length=1,
        description="an HDF5 file of the record, or files by `*` and `?`, relative to the suite",
        json_schema_extra={"suite_path": True},
    )
    jets: int | None = Field(None, ge=20, description="number of jets, the first ones; by default all")
    leading: int = Field(2, ge=1, le=50, description="constituents that are vectors, by falling transverse momentum")
    rest: bool = Field(True, description="whether the sum of all other constituents is one more vector")
    puppi: bool = Field(True, description="multiply the four-momenta by the PUPPI weight, as in the clustering")
    test_fraction: float = Field(0.2, gt=0, lt=1, description="fraction of test jets for the metrics")

    @property
    def scale(self) -> float:
        return JET_SCALE

    def requirements(self) -> tuple[Requirement, ...]:
        return self._density().requirements()

    def identity(self) -> dict[str, Any]:
        return self._density().identity()

    def sizes(self) -> Sizes:
        return self._density().sizes()

    def selection(self) -> str | None:
        return self._density().selection()

    def load(self, context: DataContext) -> Dataset:
        return self._density().load(context)

    def truth(self) -> npt.NDArray[np.float64]:
        from symbench.algebra.bases import beam_rotation

        return beam_rotation()

    def truth_name(self) -> str:
        return "so(2)"

    def _density(self) -> JetsDensity:
        weight = f"PFCands[{PF_CANDIDATES.index('PUPPI weight')}]" if self.puppi else None
        return JetsDensity(
            path=self.path,
            format="hdf5",
            components=[f"PFCands[{PF_CANDIDATES.index(name)}]" for name in ("px", "py", "pz", "E")],
            coordinates="px_py_pz_e",
            constituent_weight=weight,
            constituents=150,
            event_id=[f"event_info[{column}]" for column in range(len(EVENT))],
            jets=self.jets,
            leading=self.leading,
            rest=self.rest,
            test_fraction=self.test_fraction,
        )
