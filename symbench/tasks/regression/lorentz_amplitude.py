"""`lorentz-amplitude`: the squared amplitude of e⁻μ⁻ → e⁻μ⁻, a scalar that is invariant under O(1,3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from symbench.data.signature import Signature
from symbench.registry import task
from symbench.tasks.regression.sampled import SampledTarget

if TYPE_CHECKING:
    import numpy as np

    from symbench.algebra.representations import MatrixGroup
    from symbench.tasks.regression.sampled import Floats


@task("lorentz-amplitude")
class LorentzAmplitude(SampledTarget):
    """4 [p^(μ p̃^ν) − (p·p̃ − p²) η^{μν}] [q_(μ q̃_ν) − (q·q̃ − q²) η_{μν}] of four momenta p, q, p̃, q̃.

    Tree level, averaged over spins up to a factor, without the propagator. The momenta are N(0, 1/16) in each component
    and on no mass shell, as in the paper, so that p² and q² stand for the masses squared. The round brackets are the
    symmetric part: (p^μ p̃^ν + p^ν p̃^μ)/2; the authors' code has p^μ p̃^ν, which changes the variance by 0.2 %.
    """

    summary: ClassVar[str] = "the amplitude of electron-muon scattering: 4 T1 → T0, O(1,3)"
    reference: ClassVar[str] = "Finzi, Welling, Wilson, arXiv:2104.09459, section 7.1"

    def outputs(self) -> Signature:
        return Signature(vectors=4, dimension=4)

    def group(self) -> MatrixGroup:
        from symbench.algebra.representations import orthogonal

        return orthogonal(1, 3)

    def draw(self, rng: np.random.Generator, count: int) -> tuple[Floats, None]:
        return rng.standard_normal((count, 4, 4)) / 4.0, None

    def target(self, vectors: Floats, scalars: Floats | None) -> Floats:
        import numpy as np

        eta = np.diag([1.0, -1.0, -1.0, -1.0])
        inner = np.einsum("nia,ab,njb->ijn", vectors, eta, vectors)
        electron, muon = inner[0, 2] - inner[0, 0], inner[1, 3] - inner[1, 1]
        exchanged = 0.5 * (inner[0, 1] * inner[2, 3] + inner[0, 3] * inner[2, 1])
        contracted = exchanged - muon * inner[0, 2] - electron * inner[1, 3] + 4.0 * electron * muon
        return np.asarray(4.0 * contracted)[:, None]
