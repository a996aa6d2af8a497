"""`cms-dimuon-mass-ptetaphi`: the mass of recorded muon pairs from (pT, η, φ); so(1,3) as non-linear vector fields.

A muon of mass m has px = pT cos φ, py = pT sin φ, pz = pT sinh η and E = √(pT² cosh² η + m²). A generator L of so(1,3)
changes the four-momentum by δp = L p; the change of the coordinates follows from
    δpT = cos φ δpx + sin φ δpy,   pT δφ = cos φ δpy − sin φ δpx,   pT cosh η δη = δpz − sinh η δpT:

    generator         δpT               δη                            δφ
    J_x (y → z)      −pT sinh η sin φ   cosh η sin φ                 −sinh η cos φ
    J_y (z → x)       pT sinh η cos φ  −cosh η cos φ                 −sinh η sin φ
    J_z (x → y)       0                 0                             1
    K_x               E cos φ          −(E/pT) tanh η cos φ          −(E/pT) sin φ
    K_y               E sin φ          −(E/pT) tanh η sin φ           (E/pT) cos φ
    K_z               0                 E/(pT cosh η)                 0

For a massless particle E = pT cosh η, and K_z is δη = 1. Neither the six fields nor their combinations are linear in
(pT, η, φ): no matrix other than 0 leaves the mass unchanged, so the linear truth is empty. J_z is affine, a translation
of φ; K_z is a translation of η up to a relative (m/p)²/2, 1e-5 for a muon from a Z.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field, model_validator

from symbench.data.masses import MUON_MASS
from symbench.data.samples import VectorFields
from symbench.data.sizes import Sizes
from symbench.registry import task
from symbench.tasks.base import DataContext, FunctionTask
from symbench.tasks.function.cms.dimuon import DimuonMass
from symbench.tasks.function.cms.tables import DimuonMass2010, DimuonMass2011

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import torch

    from symbench.data.container import Dataset

_SCALE = 50.0  # GeV, about the transverse momentum of a muon from a Z


@task("cms-dimuon-mass-ptetaphi")
class DimuonMassPtEtaPhi(FunctionTask):
    """Which vector fields on (pT, η, φ) of each muon leave the dimuon mass of recorded collisions unchanged?

    The events and the label M² are those of `cms-dimuon-mass`, or of samples that are fetched (`pairs`). Only pT is
    divided by 50 GeV, since η and φ have no unit. No linear map is a symmetry: a method that can only claim matrices
    should claim none, and scores 0.
    """

    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "mass of recorded muon pairs from (pT, η, φ); truth so(1,3) as non-linear vector fields"
    reference: ClassVar[str] = DimuonMass.reference
    vector_coordinates: ClassVar[Literal["cartesian", "pt_eta_phi"]] = "pt_eta_phi"

    pairs: Literal["zmumu", "z", "upsilon", "2010", "jpsi", "psi2s"] = Field(
        "zmumu",
        description="the 500 events of the package, or pairs that are fetched: 2011 at the Z or the Υ, 2010 with all "
        "masses, near the J/ψ or the ψ(2S)",
    )
    test_events: int = Field(100, ge=10, le=3_000, description="test events for the metrics")

    @model_validator(mode="after")
    def _enough_is_left(self) -> DimuonMassPtEtaPhi:
        self._recorded()  # it has the limits of its own sample
        return self

    def identity(self) -> dict[str, Any]:
        return {**self._recorded().identity(), "coordinates": self.vector_coordinates}

    def to_fetch(self, data: Path) -> tuple[str, ...]:
        return self._recorded().to_fetch(data)

    def sizes(self) -> Sizes:
        return self._recorded().sizes()

    def load(self, context: DataContext) -> Dataset:
        """Vectors (N, 2, 3): pT in GeV, η, φ in (−π, π]."""
        data = self._recorded().load(context)
        return replace(data, vectors=pt_eta_phi(data.vectors))

    def scaled(self, data: Dataset) -> npt.NDArray[np.float64]:
        import numpy as np

        return np.asarray(data.vectors / (_SCALE, 1.0, 1.0), dtype=np.float64)

    def truth(self) -> npt.NDArray[np.float64]:
        """The linear part of the truth: empty."""
        import numpy as np

        return np.zeros((0, 3, 3))

    def truth_name(self) -> str:
        return "so(1,3)"

    def truth_fields(self) -> VectorFields:
        return lambda x: lorentz_fields(x, MUON_MASS / _SCALE)

    def label_function(self) -> Callable[[torch.Tensor], torch.Tensor]:
        def mass_squared(x: torch.Tensor) -> torch.Tensor:
            pt, eta, phi = _SCALE * x[..., 0], x[..., 1], x[..., 2]
            energy = (pt.square() * eta.cosh().square() + MUON_MASS**2).sqrt().sum(dim=1)
            px, py, pz = (pt * phi.cos()).sum(dim=1), (pt * phi.sin()).sum(dim=1), (pt * eta.sinh()).sum(dim=1)
            return energy.square() - px.square() - py.square() - pz.square()

        return mass_squared

    def _recorded(self) -> DimuonMass | DimuonMass2010 | DimuonMass2011:
        test = self.test_events
        if self.pairs == "zmumu":
            return DimuonMass(test_events=test)
        if self.pairs in ("z", "upsilon"):
            return DimuonMass2011(resonance="z" if self.pairs == "z" else "upsilon", test_events=test)
        if self.pairs == "2010":
            return DimuonMass2010(test_events=test)
        return DimuonMass2010(window="jpsi" if self.pairs == "jpsi" else "psi2s", test_events=test)


def pt_eta_phi(vectors: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.float64]:
    """(pT, η, φ) of four-momenta (…, 4), in their unit and radians."""
    import numpy as np

    _, px, py, pz = np.moveaxis(vectors, -1, 0)
    pt = np.hypot(px, py)
    return np.stack([pt, np.arcsinh(pz / pt), np.arctan2(py, px)], axis=-1)


def lorentz_fields(x: npt.NDArray[np.float64], mass: float) -> npt.NDArray[np.float64]:
    """J_x, J_y, J_z, K_x, K_y, K_z at x = (pT, η, φ), (N, P, 3), as (6, N, P, 3); the mass in the unit of pT."""
    import numpy as np

    pt, eta, phi = np.moveaxis(x, -1, 0)
    sinh, cosh, sin, cos = np.sinh(eta), np.cosh(eta), np.sin(phi), np.cos(phi)
    zero, one = np.zeros_like(pt), np.ones_like(pt)
    energy = np.sqrt((pt * cosh) ** 2 + mass**2)
    ratio = energy / pt
    rows = (
        (-pt * sinh * sin, cosh * sin, -sinh * cos),
        (pt * sinh * cos, -cosh * cos, -sinh * sin),
        (zero, zero, one),
        (energy * cos, -ratio * np.tanh(eta) * cos, -ratio * sin),
        (energy * sin, -ratio * np.tanh(eta) * sin, ratio * cos),
        (zero, ratio / cosh, zero),
    )
    return np.stack([np.stack(row, axis=-1) for row in rows])
