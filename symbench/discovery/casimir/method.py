"""`casimir`, `casimir-kinematic`: forms of vector pairs that are nearly the same in every event, and their algebra."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from symbench.discovery.shared.partners import PartnerMethod
from symbench.registry import discovery_method


@discovery_method("casimir")
class Casimir(PartnerMethod):
    """The forms J for which Σ_{p<q} x_pᵀ J x_q is nearly the same in every event, without a label.

    With φ the products of the components of two vectors, C = Cov φ over events and R = Cov φ over events with permuted
    partners, J is the solution of C w = λ R w of smallest λ, refined on the events of the peak
    (`shared.concentration`). Forms are counted against permuted samples that are taken for data
    (`shared.counted_invariants`); if none is accepted, the method abstains. The claimed algebra is
    {L : LᵀJ + JL = 0 for every accepted J}.

    For four-momenta of decays of one resonance J is the metric: p·q is (M² − Σm²)/2. That the components of a momentum
    enter with the energy, and that a file was selected by mass, are information that the method does not have but its
    sample has.
    """

    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "forms that vectors of an event share, against permuted partners; counts, abstains"
    reference: ClassVar[str] = "the generalised eigenproblem of Cov φ over events and over permuted partners"
    parts: ClassVar[frozenset[str]] = frozenset({"vectors"})

    forms: Literal["symmetric", "both"] = Field(
        "symmetric",
        description="symmetric forms, as for vectors of one kind; or also antisymmetric ones, which change sign if the "
        "two vectors are exchanged",
    )


@discovery_method("casimir-kinematic")
class CasimirKinematic(PartnerMethod):
    """The search of `casimir` among forms of massless momenta of (pT, η, φ), with vector fields as the algebra.

    The momenta (|p|, px, py, pz) are the second chart of `nullspace` with the kinematic library: they are information
    that the method has. The algebra of the forms is that of `casimir`, written as fields on (pT, η, φ).
    """

    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "forms of momenta of (pT, η, φ) that events share; counts, abstains; claims fields"
    reference: ClassVar[str] = Casimir.reference
    parts: ClassVar[frozenset[str]] = frozenset({"vectors"})

    @property
    def vector_coordinates(self) -> Literal["cartesian", "pt_eta_phi"]:
        return "pt_eta_phi"
