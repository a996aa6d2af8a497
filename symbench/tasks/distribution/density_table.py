"""`density-table`: the user's own files without a label; named columns form the vectors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from symbench.registry import task
from symbench.tasks.base import DistributionTask
from symbench.tasks.own_vectors import OwnVectors

if TYPE_CHECKING:
    from symbench.data.container import Dataset
    from symbench.data.samples import DistributionSample


@task("density-table")
class DensityTable(OwnVectors, DistributionTask):
    """N rows of P vectors of dimension d; with `keep`, also a class for each, which transformations keep.

    The question is which linear maps leave the density of the vectors, or of vectors and class, unchanged. A symmetry
    of a density with finite second moments preserves these moments, so it is compact: boosts and dilations are none.
    """

    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "the density of vectors in your own CSV, Parquet, Feather, NPZ, HDF5 or ROOT files"

    keep: str | list[str] | None = Field(
        None,
        description="column of a class (integers or words), or one-hot columns: the density is that of vectors and "
        "class, and transformations keep the class",
    )

    def sample(self, data: Dataset, *, with_truth: bool = False) -> DistributionSample:
        from dataclasses import replace

        plain = super().sample(data, with_truth=with_truth)
        return plain if self.keep is None else replace(plain, y=data.label)

    def _label(self) -> dict[str, Any]:
        keep = tuple(self.keep) if isinstance(self.keep, list) else self.keep
        return {"label": keep, "label_type": "class"}
