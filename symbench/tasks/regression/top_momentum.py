"""`top-momentum`: the four-momentum of a hadronically decaying top quark from the constituents of its jet."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from symbench.data.signature import Signature
from symbench.registry import task
from symbench.tasks import jet_recipe
from symbench.tasks.base import DataContext, RegressionTask

if TYPE_CHECKING:
    from symbench.algebra.representations import MatrixGroup
    from symbench.data.container import Dataset
    from symbench.data.jets.recipe import Process


@task("top-momentum")
class TopMomentum(jet_recipe.JetRecipe, RegressionTask):
    """The top quarks and jets of `top-tagging`: neutrinos are removed, the jet may have lost or gained radiation.

    The vectors are the leading constituents and, last, the sum of all others that are kept, so that the sum of all
    vectors is the jet. The quark's momentum moves with its decay products under every Lorentz transformation; the
    selection of jets by pT and η does not, so that the best prediction is equivariant under rotations about the beam
    exactly, and under boosts as far as the selection is far away.
    """

    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "the momentum of a top quark from its jet: constituents → T1, so(1,3)"
    reference: ClassVar[str] = "jets as in Kasieczka et al., arXiv:1902.09914; target made for this benchmark"
    processes: ClassVar[tuple[Process, ...]] = ("top",)

    vectors: int = Field(8, ge=2, le=100, description="vectors of an event: the leading constituents and their rest")

    def outputs(self) -> Signature:
        return Signature(vectors=self.vectors, dimension=4, target=(1,))

    def group(self) -> MatrixGroup:
        from symbench.algebra.representations import orthogonal

        return orthogonal(1, 3, special=True)

    def identity(self) -> dict[str, object]:
        return {**super().identity(), "vectors": self.vectors}

    def load(self, context: DataContext) -> Dataset:
        """Read the jets from the cache, or generate them in parallel; raises DataError."""
        from symbench.data.store import load_or_make

        return load_or_make(context.cache / self.digest, self.identity(), lambda: self._make(context))

    def _make(self, context: DataContext) -> Dataset:
        import numpy as np

        from symbench.data.container import Dataset, content_ids
        from symbench.extras import require_all

        require_all(self.requirements(), self.name)
        ((constituents, _, tops),) = jet_recipe.generate(self.recipe(), self.processes, self.jets, context)
        leading = constituents[:, : self.vectors - 1]
        rest = constituents[:, self.vectors - 1 :].sum(axis=1, keepdims=True)
        vectors = np.concatenate([leading, rest], axis=1)
        return Dataset(
            vectors=vectors,
            mask=np.ones(vectors.shape[:2], dtype=np.bool_),
            label=tops,
            event_id=content_ids(constituents),
            provenance=self._provenance(),
        )

    def _selection(self) -> str:
        return (
            f"14 TeV, no multiple interactions, neutrinos removed; hardest anti-kT R = {self.radius} jet with "
            f"|η| < {self.eta_max:g} of each event, {self.pt_min:g} to {self.pt_max:g} GeV, with a hadronically "
            f"decaying top quark and its three quarks within ΔR = {self.radius} of the jet axis; target: the top quark "
            "before its decay"
        )
