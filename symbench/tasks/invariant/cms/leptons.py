"""Leptons recorded by CMS, without a mass: do the vectors of an event share a function, and which group leaves it?

For leptons of one resonance it is p₁·p₂ = (M² − m₁² − m₂²)/2, since M is nearly the same in all events. Neither M nor a
formula of it is given. What the data contain of it all the same is stated with each task: the energy is √(p² + m²) with
the mass of the lepton, and some files were selected by mass.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from symbench.data.cms.open_data import FILES, GROUPS, OpenFile
from symbench.data.cms.windows import WINDOWS
from symbench.data.masses import MUON_MASS
from symbench.data.sizes import Sizes
from symbench.registry import task
from symbench.tasks.base import DataContext
from symbench.tasks.invariant.pairing import WithControl

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from symbench.data.container import Dataset
    from symbench.data.samples import ConservedQuantities

_READER = "1"
_2010 = FILES["MuRun2010B_0.csv"]


class Leptons(WithControl):
    """Four-momenta of the leptons of an event, divided by one number, which leaves the algebra unchanged."""

    reference: ClassVar[str] = "CMS, CERN Open Data records 545, 700 and 5200"
    component_names: ClassVar[tuple[str, ...]] = ("E", "px", "py", "pz")
    leptons: ClassVar[int] = 2
    unit: ClassVar[float] = 50.0  # GeV, about the energy of a lepton

    test_events: int = Field(500, ge=10, le=3_000, description="test events for the metrics")

    @abstractmethod
    def pool(self) -> int:
        """The number of selected events; verified when the files are read."""

    @abstractmethod
    def source(self) -> dict[str, Any]:
        """What identifies files and selection."""

    def identity(self) -> dict[str, Any]:
        return {**self.source(), "reader": _READER, **self.control_identity()}

    def sizes(self) -> Sizes:
        return Sizes(train=self.pool() - self.test_events, validation=0, test=self.test_events)

    @property
    def scale(self) -> float:
        return self.unit

    def width(self) -> int:
        return 4 * self.leptons

    def shared(self) -> ConservedQuantities | None:
        from symbench.algebra.bases import minkowski
        from symbench.data.event_functions import pair_forms

        return pair_forms(minkowski(1, 3)[None], self.leptons)

    def shared_names(self) -> tuple[str, ...] | None:
        return ("p₁·p₂",)

    def truth(self) -> npt.NDArray[np.float64] | None:
        if not self.invariant_names():
            return None
        from symbench.algebra.bases import so

        return so(1, 3)

    def truth_name(self) -> str | None:
        return "so(1,3)" if self.invariant_names() else super().truth_name()


@task("cms-z-pairs")
class ZPairs(Leptons):
    """496 muon pairs of opposite sign near the Z, of the package scikit-hep-testdata; no download is needed.

    CMS selected events with two muons for this file, by a mass near that of the Z. E is computed from the recorded
    momentum and the mass of the muon.
    """

    summary: ClassVar[str] = "recorded Z → μμ without a label; truth p₁·p₂ and so(1,3)"
    reference: ClassVar[str] = "CMS open data, scikit-hep-testdata 0.3.3"

    test_events: int = Field(46, ge=10, le=400, description="test events for the metrics, of 496")

    def pool(self) -> int:
        return 496

    def source(self) -> dict[str, Any]:
        from symbench.data.cms.zmumu import SELECTION, SHA256

        return {"sha256": SHA256, "selection": SELECTION, "pairs": "opposite_sign"}

    def events(self, context: DataContext) -> Dataset:
        from symbench.data.cms.zmumu import read_dimuons

        return _without_label(read_dimuons(pairs="opposite_sign"))


class _MuonPairs(Leptons):
    """Muon pairs of one file of CERN Open Data."""

    file: ClassVar[OpenFile]
    sign: ClassVar[str] = "opposite_sign"

    def source(self) -> dict[str, Any]:
        return {"sha256": self.file.sha256, "pairs": self.sign}

    def events(self, context: DataContext) -> Dataset:
        from symbench.data.cms.tables import read_dimuons

        return _without_label(read_dimuons(self.file, context.cache, self.sign))  # type: ignore[arg-type]


@task("cms-upsilon-pairs")
class UpsilonPairs(_MuonPairs):
    """Muon pairs of 2011 from 9.0 to 9.7 GeV: Υ(1S) on a continuum, which the file's selection cuts off.

    The selection by mass is information about the form: its width, 7 % of M, is as narrow as the claim needs.
    """

    summary: ClassVar[str] = "recorded Υ → μμ without a label; truth p₁·p₂ and so(1,3)"
    unit: ClassVar[float] = 10.0
    file: ClassVar[OpenFile] = GROUPS["cms-upsilon-pairs"][0]

    def pool(self) -> int:
        return self.file.rows


@task("cms-jpsi-pairs")
class JPsiPairs(_MuonPairs):
    """947 muon pairs of opposite sign of 2010 between 2.95 and 3.25 GeV: J/ψ on a continuum.

    The window is a selection by mass, made here, and information about the form; `cms-dimuon-spectrum` has none.
    """

    summary: ClassVar[str] = "recorded J/ψ → μμ without a label; truth p₁·p₂ and so(1,3)"
    unit: ClassVar[float] = 10.0
    file: ClassVar[OpenFile] = _2010

    test_events: int = Field(147, ge=10, le=800, description="test events for the metrics, of 947")

    def pool(self) -> int:
        return WINDOWS["jpsi"].teaching_events

    def source(self) -> dict[str, Any]:
        return {**super().source(), "window": [WINDOWS["jpsi"].low, WINDOWS["jpsi"].high]}

    def events(self, context: DataContext) -> Dataset:
        import numpy as np

        from symbench.data.cms.tables import read_dimuons

        data = read_dimuons(self.file, context.cache, "opposite_sign")
        mass, window = np.sqrt(data.label), WINDOWS["jpsi"]
        kept = data.take(np.flatnonzero((mass >= window.low) & (mass < window.high)))
        selection = f"{data.provenance.selection}; {len(kept)} of them from {window.low:g} to {window.high:g} GeV"
        return _without_label(replace(kept, provenance=replace(kept.provenance, selection=selection)))


@task("cms-dimuon-spectrum")
class DimuonSpectrum(_MuonPairs):
    """Muon pairs of 2010 of opposite sign, 2 to 110 GeV: J/ψ, ψ(2S), Υ and Z at once on a continuum, nothing selected.

    About 15 % of the pairs are J/ψ. The file begins at 2 GeV.
    """

    summary: ClassVar[str] = "recorded muon pairs, 2 to 110 GeV, without a label or a resonance; truth so(1,3)"
    unit: ClassVar[float] = 20.0
    file: ClassVar[OpenFile] = _2010

    def pool(self) -> int:
        return 6_258


@task("cms-same-sign")
class SameSign(_MuonPairs):
    """Muon pairs of 2010 of the same sign, 2 to 110 GeV: no resonance, and an unknown answer.

    The pairs are no control of the form: half of them have masses below 8 GeV, crowded above the file's lower end of
    2 GeV, so that p₁·p₂ is narrower than with permuted partners. A claim of it is a statement about the selection.
    """

    summary: ClassVar[str] = "recorded muon pairs of the same sign, without a resonance; truth unknown"
    unit: ClassVar[float] = 20.0
    file: ClassVar[OpenFile] = _2010
    sign: ClassVar[str] = "same_sign"

    def pool(self) -> int:
        return 3_742

    def shared(self) -> ConservedQuantities | None:
        return None

    def shared_names(self) -> tuple[str, ...] | None:
        return None


@task("cms-four-leptons")
class FourLeptons(Leptons):
    """278 four-lepton candidates of 2011 and 2012: a small sample, of which few are of one resonance.

    The sum of all p_p·p_q is (M² − Σm²)/2 with the mass of all four, which ranges from 70 GeV to 1 TeV.
    """

    summary: ClassVar[str] = "recorded four-lepton events without a label; truth so(1,3)"
    leptons: ClassVar[int] = 4

    test_events: int = Field(58, ge=10, le=200, description="test events for the metrics, of 278")

    def pool(self) -> int:
        return sum(file.rows for file in GROUPS["cms-four-leptons"])

    def source(self) -> dict[str, Any]:
        return {"sha256": [file.sha256 for file in GROUPS["cms-four-leptons"]]}

    def events(self, context: DataContext) -> Dataset:
        from symbench.data.cms.tables import read_four_leptons

        return _without_label(read_four_leptons(context.cache))

    def shared_names(self) -> tuple[str, ...] | None:
        return ("Σ pᵢ·pⱼ",)


def _without_label(data: Dataset) -> Dataset:
    """Muons with E from p and the mass of the muon, and no label: the mass that the reader verified is dropped."""
    import numpy as np

    vectors = np.array(data.vectors, dtype=np.float64)
    if vectors.shape[1] == 2:
        vectors[..., 0] = np.sqrt(np.sum(vectors[..., 1:] ** 2, axis=2) + MUON_MASS**2)
    note = "without a label; E from p and the mass of the lepton"
    origin = replace(data.provenance, notes=(*data.provenance.notes, note))
    return replace(data, vectors=vectors, label=np.zeros(len(vectors)), provenance=origin)
