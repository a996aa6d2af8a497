"""Recorded leptons without a label in (pT, η, φ): the same events, the same function, and no matrix that leaves it.

The algebra is so(1,3) as non-linear vector fields (`tasks.function.cms.ptetaphi`). Only pT is divided by the unit of
the task, since η and φ have none. E is not among the components: the mass of the lepton is information that only the
truth has.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from symbench.data.masses import MUON_MASS
from symbench.registry import task
from symbench.tasks.base import DataContext
from symbench.tasks.invariant.cms.leptons import DimuonSpectrum, FourLeptons, JPsiPairs, Leptons, UpsilonPairs, ZPairs

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from symbench.data.container import Dataset
    from symbench.data.samples import ConservedQuantities, VectorFields

    _Leptons = Leptons
else:  # at run time a plain class, so that the fields of a task are those of its other base
    _Leptons = object


class _PtEtaPhi(_Leptons):
    """Vectors (N, P, 3): pT in GeV, η, φ in (−π, π]."""

    component_names: ClassVar[tuple[str, ...]] = ("pT", "η", "φ")
    vector_coordinates: ClassVar[Literal["cartesian", "pt_eta_phi"]] = "pt_eta_phi"

    def identity(self) -> dict[str, Any]:
        return {**super().identity(), "coordinates": self.vector_coordinates}

    def events(self, context: DataContext) -> Dataset:
        from symbench.tasks.function.cms.ptetaphi import pt_eta_phi

        data = super().events(context)  # type: ignore[safe-super]  # every task has another base, with events
        return replace(data, vectors=pt_eta_phi(data.vectors))

    def width(self) -> int:
        return 3 * self.leptons

    def scaled(self, data: Dataset) -> npt.NDArray[np.float64]:
        import numpy as np

        return np.asarray(data.vectors / (self.unit, 1.0, 1.0), dtype=np.float64)

    def shared(self) -> ConservedQuantities | None:
        from symbench.data.event_functions import of_momenta

        functions = super().shared()
        return None if functions is None else of_momenta(functions, self.leptons, MUON_MASS / self.unit)

    def truth(self) -> npt.NDArray[np.float64] | None:
        return None

    def truth_fields(self) -> VectorFields | None:
        if not self.invariant_names():
            return None
        from symbench.tasks.function.cms.ptetaphi import lorentz_fields

        return lambda x: lorentz_fields(x, MUON_MASS / self.unit)


@task("cms-z-pairs-ptetaphi")
class ZPairsPtEtaPhi(_PtEtaPhi, ZPairs):
    """The pairs of `cms-z-pairs` in (pT, η, φ)."""

    summary: ClassVar[str] = "recorded Z → μμ in (pT, η, φ), without a label; truth p₁·p₂, so(1,3) as fields"


@task("cms-upsilon-pairs-ptetaphi")
class UpsilonPairsPtEtaPhi(_PtEtaPhi, UpsilonPairs):
    """The pairs of `cms-upsilon-pairs` in (pT, η, φ)."""

    summary: ClassVar[str] = "recorded Υ → μμ in (pT, η, φ), without a label; truth p₁·p₂, so(1,3) as fields"


@task("cms-jpsi-pairs-ptetaphi")
class JPsiPairsPtEtaPhi(_PtEtaPhi, JPsiPairs):
    """The pairs of `cms-jpsi-pairs` in (pT, η, φ)."""

    summary: ClassVar[str] = "recorded J/ψ → μμ in (pT, η, φ), without a label; truth p₁·p₂, so(1,3) as fields"


@task("cms-dimuon-spectrum-ptetaphi")
class DimuonSpectrumPtEtaPhi(_PtEtaPhi, DimuonSpectrum):
    """The pairs of `cms-dimuon-spectrum` in (pT, η, φ)."""

    summary: ClassVar[str] = "recorded muon pairs, 2 to 110 GeV, in (pT, η, φ); truth so(1,3) as fields"


@task("cms-four-leptons-ptetaphi")
class FourLeptonsPtEtaPhi(_PtEtaPhi, FourLeptons):
    """The events of `cms-four-leptons` in (pT, η, φ)."""

    summary: ClassVar[str] = "recorded four-lepton events in (pT, η, φ), without a label; truth so(1,3) as fields"
