"""Invariant masses of leptons recorded by CMS in 2010 to 2012, from files of CERN Open Data; truth so(1,3).

The files are not part of the package: `symbench data fetch TASK` downloads them. Digests and sizes are known without
the files.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field, model_validator

from symbench.data.cms.open_data import FILES, GROUPS, OpenFile, missing
from symbench.data.cms.windows import WINDOWS
from symbench.data.sizes import Sizes
from symbench.registry import task
from symbench.tasks.base import FOUR_MOMENTUM, DataContext, FunctionTask

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import torch

    from symbench.data.container import Dataset

_READER = "1"
_LEAST_TRAINING = 50


class _LeptonMass(FunctionTask):
    """M² of all leptons of an event. One number scales all components, which leaves the algebra unchanged."""

    version: ClassVar[str] = "1"
    reference: ClassVar[str] = "CMS, CERN Open Data records 545, 700 and 5200"
    component_names: ClassVar[tuple[str, ...]] = FOUR_MOMENTUM

    test_events: int = Field(1_000, ge=10, le=3_000, description="test events for the metrics")

    @abstractmethod
    def files(self) -> tuple[OpenFile, ...]:
        """The files that are read."""

    @abstractmethod
    def events(self) -> int:
        """The number of selected events; pinned, and verified when the files are read."""

    def identity(self) -> dict[str, Any]:
        return {"sha256": [file.sha256 for file in self.files()], "reader": _READER}

    def to_fetch(self, data: Path) -> tuple[str, ...]:
        return missing(self.files(), data)

    def sizes(self) -> Sizes:
        return Sizes(train=self.events() - self.test_events, validation=0, test=self.test_events)

    def truth(self) -> npt.NDArray[np.float64]:
        from symbench.algebra.bases import so

        return so(1, 3)

    def truth_name(self) -> str:
        return "so(1,3)"

    def label_function(self) -> Callable[[torch.Tensor], torch.Tensor]:
        scale = self.scale

        def mass_squared(x: torch.Tensor) -> torch.Tensor:
            total = scale * x.sum(dim=1)
            return total[:, 0] ** 2 - total[:, 1:].square().sum(dim=1)

        return mass_squared


@task("cms-dimuon-mass-2011")
class DimuonMass2011(_LeptonMass):
    """Muon pairs of 2011, near the Z or at the Υ.

    At the Υ the masses differ by at most 4 %: the label determines its gradient only in a thin shell, which makes this
    sample difficult.
    """

    summary: ClassVar[str] = "invariant mass of 2011 muon pairs (CERN Open Data); truth so(1,3)"

    resonance: Literal["z", "upsilon"] = Field("z", description="pairs of 60 to 120 GeV, or of 9.0 to 9.7 GeV")

    @property
    def scale(self) -> float:
        return 50.0 if self.resonance == "z" else 10.0  # GeV, about the energy of a muon

    def files(self) -> tuple[OpenFile, ...]:
        z, upsilon = GROUPS["cms-dimuon-mass-2011"]
        return (z,) if self.resonance == "z" else (upsilon,)

    def events(self) -> int:
        return self.files()[0].rows

    def load(self, context: DataContext) -> Dataset:
        from symbench.data.cms.tables import read_dimuons

        return read_dimuons(self.files()[0], context.cache, "all")


@task("cms-dimuon-mass-2010")
class DimuonMass2010(_LeptonMass):
    """Muon pairs of 2010 over a wide range of masses, of opposite or of the same sign.

    Pairs of the same sign are a control of the data, not of the answer: they contain no resonance, but their mass is
    Lorentz invariant too, so that the truth is the same six generators.
    """

    summary: ClassVar[str] = "invariant mass of 2010 muon pairs, 2 to 110 GeV (CERN Open Data); truth so(1,3)"

    pairs: Literal["all", "opposite_sign", "same_sign"] = Field("opposite_sign", description="charges of the muons")
    window: Literal["all", "jpsi", "psi2s"] = Field(
        "all", description="all masses, or pairs of opposite sign near the J/ψ or the ψ(2S) (`data.cms.windows`)"
    )

    @model_validator(mode="after")
    def _resonances_are_neutral(self) -> DimuonMass2010:
        if self.window != "all" and self.pairs != "opposite_sign":
            raise ValueError(f"window {self.window} is of pairs of opposite sign: set pairs: opposite_sign")
        if self.window != "all" and self.test_events > self.events() - _LEAST_TRAINING:
            raise ValueError(f"{self.events()} pairs in window {self.window}: set fewer test_events")
        return self

    @property
    def scale(self) -> float:
        return 20.0  # GeV, about the energy of a muon

    def files(self) -> tuple[OpenFile, ...]:
        return (FILES["MuRun2010B_0.csv"],)

    def identity(self) -> dict[str, Any]:
        window = {} if self.window == "all" else {"window": [WINDOWS[self.window].low, WINDOWS[self.window].high]}
        return {**super().identity(), "pairs": self.pairs, **window}

    def events(self) -> int:
        if self.window != "all":
            return WINDOWS[self.window].teaching_events
        return {"all": 10_000, "opposite_sign": 6_258, "same_sign": 3_742}[self.pairs]

    def load(self, context: DataContext) -> Dataset:
        from symbench.data.cms.tables import read_dimuons

        data = read_dimuons(self.files()[0], context.cache, self.pairs)
        if self.window == "all":
            return data
        import numpy as np

        from symbench.errors import DataError

        low, high = WINDOWS[self.window].low, WINDOWS[self.window].high
        mass = np.sqrt(data.label)
        inside = data.take(np.flatnonzero((mass >= low) & (mass < high)))
        if len(inside) != self.events():
            raise DataError(f"{len(inside)} pairs of {low:g} to {high:g} GeV, expected {self.events()}")
        selection = f"{data.provenance.selection}; mass of {low:g} to {high:g} GeV"
        return replace(inside, provenance=replace(data.provenance, selection=selection))


@task("cms-dielectron-mass")
class DielectronMass(_LeptonMass):
    """Electron pairs of 2011 near the Z, as massless four-momenta: the file contains only pT, η and φ.

    All vectors are light-like: the label is known only on the light cone, which so(1,3) preserves. so(1,3) is still the
    complete symmetry of 2 p·q for light-like p and q, since these span the space.
    """

    summary: ClassVar[str] = "invariant mass of 2011 electron pairs, massless (CERN Open Data); truth so(1,3)"

    @property
    def scale(self) -> float:
        return 50.0

    def files(self) -> tuple[OpenFile, ...]:
        return GROUPS["cms-dielectron-mass"]

    def events(self) -> int:
        return self.files()[0].rows

    def load(self, context: DataContext) -> Dataset:
        from symbench.data.cms.tables import read_dielectrons

        return read_dielectrons(context.cache)


@task("cms-fourlepton-mass")
class FourLeptonMass(_LeptonMass):
    """Events with four leptons; a small sample, 278 events.

    The mass of all four does not depend on the pairing into Z bosons or on the order of the leptons. With 200 events
    `nullspace` claims zero to three of the six generators: they are too few for its fit with sixteen inputs.
    """

    summary: ClassVar[str] = "invariant mass of four-lepton events, 278 of them (CERN Open Data); truth so(1,3)"

    test_events: int = Field(78, ge=10, le=250, description="test events for the metrics, of 278")

    @property
    def scale(self) -> float:
        return 50.0

    def files(self) -> tuple[OpenFile, ...]:
        return GROUPS["cms-fourlepton-mass"]

    def events(self) -> int:
        return sum(file.rows for file in self.files())

    def load(self, context: DataContext) -> Dataset:
        from symbench.data.cms.tables import read_four_leptons

        return read_four_leptons(context.cache)
