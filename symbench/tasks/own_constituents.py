"""Discovery tasks on the user's jets: the leading constituents, and the sum of the others, are the vectors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field

from symbench.data.sizes import Sizes
from symbench.data.tables.grammar import Derived
from symbench.errors import DataError
from symbench.tasks.own_files import sizes_without_validation
from symbench.tasks.own_jets import MINIMUM_JETS, OwnJets
from symbench.tasks.own_truth import OwnTruth

if TYPE_CHECKING:
    import numpy.typing as npt

    from symbench.data.container import Dataset
    from symbench.tasks.base import DataContext


class OwnConstituents(OwnTruth, OwnJets):
    """Fields of a discovery task that reads jets; a base beside that of the track.

    Of each jet the `leading` constituents by pT are vectors, (E, px, py, pz) in GeV. With `rest`, the sum of the other
    constituents that are read is one more vector, so that a derived label is a function of the vectors. Jets with fewer
    constituents are left out and counted. Validation jets are used to train: discovery methods hold out their own.
    """

    leading: int = Field(2, ge=1, le=50, description="constituents that are vectors, by falling transverse momentum")
    rest: bool = Field(True, description="whether the sum of all other constituents is one more vector")

    weight: str | None = Field(
        None,
        min_length=1,
        description="column with the weight of each jet, not negative: jets are accepted with probability w / max w, "
        "so that methods and metrics use jets of equal weight; the effective number is stated",
    )

    def sizes(self) -> Sizes:
        data = self._constituents()
        if len(data) < MINIMUM_JETS:
            raise DataError(f"{self.path}: {len(data)} jets are too few, {MINIMUM_JETS} are needed")
        self.truth()
        return sizes_without_validation(data, self.test_fraction, f"{self.path}", "jets")

    def identity(self) -> dict[str, Any]:
        return {
            **super().identity(),
            "leading": [self.leading, self.rest],
            **({"derived": derived} if (derived := self._derived()) is not None else {}),
        }

    def selection(self) -> str | None:
        return self._constituents().provenance.selection

    def load(self, context: DataContext) -> Dataset:
        """The vectors and labels of all jets; raises DataError."""
        return self._constituents()

    def _derived(self) -> Derived | None:
        """The label that is computed from the sum of the vectors; None for a class, or without a label."""
        return None

    def _weight(self) -> str | None:
        return self.weight

    def _dimension(self) -> int:
        return 4

    def _where(self) -> str:
        return self.path

    def _constituents(self) -> Dataset:
        from dataclasses import replace

        import numpy as np

        from symbench.data.tables.vectors import derived_label
        from symbench.data.weights import unweighted

        data = self._read()
        needed = self.leading + (1 if self.rest else 0)
        enough = np.flatnonzero(data.mask.sum(axis=1) >= needed)
        few = len(data) - len(enough)
        if not len(enough):
            raise DataError(f"{self.path}: no jet has {needed} constituents")
        data, weighted = data.take(enough), ""
        if data.weight is not None and self.weight is not None:
            rows = unweighted(self.path, self.weight, data.weight, data.event_id)
            weighted = f"; {np.count_nonzero(~rows):,} jets not accepted by their weight {self.weight}"
            data = replace(data.take(np.flatnonzero(rows)), weight=None)
        vectors: npt.NDArray[Any] = np.asarray(data.vectors[:, : self.leading], dtype=np.float64)
        if self.rest:
            others = data.vectors[:, self.leading :].sum(axis=1, dtype=np.float64, keepdims=True)
            vectors = np.concatenate([vectors, others], axis=1)
        label, derived = data.label, self._derived()
        if derived is not None:
            label = derived_label(self.path, vectors, derived)
        counted = f"; {few:,} jets with fewer than {needed} constituents left out" if few else ""
        what = f"vectors: {self.leading} leading constituents" + (" and the sum of the others" if self.rest else "")
        provenance = replace(
            data.provenance,
            selection=data.provenance.selection + counted + weighted,
            notes=(*data.provenance.notes, what),
        )
        part = None if data.part is None else np.where(data.part == 2, 2, 0).astype(np.uint8)
        return replace(
            data,
            vectors=vectors,
            mask=np.ones(vectors.shape[:2], dtype=np.bool_),
            label=label,
            features=None,
            part=part,
            provenance=provenance,
        )
