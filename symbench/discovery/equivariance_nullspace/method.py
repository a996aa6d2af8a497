"""`equivariance-nullspace`: fit a target of several components and find (A, B) with f(e^{tA} x) = e^{tB} f(x)."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from symbench.component import Track
from symbench.discovery.base import DiscoveryMethod, LabelKind
from symbench.registry import discovery_method


@discovery_method("equivariance-nullspace")
class EquivarianceNullspace(DiscoveryMethod):
    """Pairs of matrices with Σ_p ∂_p f · A x_p − B f(x) = 0: linear equations in A (d, d) and B (D, D) together.

    Neither the group nor its representation on the target is given. f is one network for each component of the target,
    in its own frame, fitted by Levenberg–Marquardt without one fold of the sample; another fold ends its fit. As in
    `nullspace`, everything is in whitened coordinates, pairs are proposed without a fold and judged on its central
    events by functions not fitted to them, and the claim is the largest algebra among the pairs that pass. A pair has
    the label spread

        σ² = (E ‖Σ_p ∂_p f · A x_p − B f‖²_W / m) / (E Σ_p ‖A x_p‖²_W / P r + E ‖B f‖²_W / m)

    with ‖·‖_W in units of the covariances of vectors (rank r) and target (rank m): the violation, in standard
    deviations of the target, by displacements of vectors and target of the size of the data. Components of the target
    that are 0, as the antisymmetric part of a symmetric tensor, are left out.

    Differences from the reference (LieSD finds A for a B that is given, from the gradients of one network):

    1. B is found, not given;
    2. the count is decided on held-out events by a bound with a meaning, not by a gap of singular values;
    3. pairs are an algebra: (A, B) with (A′, B′) have the commutators ([A, A′], [B, B′]) in the span. B then represents
       the algebra of A; `representation_residual` states how well.
    """

    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "an algebra and its representation on a target of several components, found together"
    reference: ClassVar[str] = "Hu, Li, Lin, LieSD, ICML 2024 (for a given representation)"
    tracks: ClassVar[frozenset[Track]] = frozenset({Track.FUNCTION})
    of_labels: ClassVar[frozenset[LabelKind]] = frozenset({"tensors"})
    tested_share: ClassVar[float] = 0.8  # `algebra.label_spread.CENTRAL`

    width: int = Field(64, ge=2, le=2048, description="units of a hidden layer")
    depth: int = Field(2, ge=1, le=8, description="hidden layers, SiLU")
    steps: int = Field(60, ge=1, le=10_000, description="largest number of Levenberg–Marquardt steps of a fit")
    folds: int = Field(5, ge=3, le=50, description="parts of the sample, each held out once")
    bound: float = Field(0.2, gt=0, lt=1, description="label spread σ below which a pair is a symmetry")
    confidence: float = Field(0.95, ge=0.5, lt=1, description="one-sided confidence that σ is below the bound")
