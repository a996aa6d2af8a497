"""`parts-table`: the user's own events without a label, as vectors or named blocks that belong together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from symbench.errors import DataError
from symbench.registry import task
from symbench.tasks.base import DataContext
from symbench.tasks.invariant.pairing import WithControl
from symbench.tasks.own_truth import Matrix
from symbench.tasks.own_vectors import OwnVectors

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from symbench.data.container import Dataset
    from symbench.data.samples import ConservedQuantities


@task("parts-table")
class PartsTable(OwnVectors, WithControl):
    """N rows of P vectors of dimension d: which functions do the vectors of a row share, whatever the row?

    Files, columns and coordinates are stated as for `density-table`. Vectors are of one kind, such as two muons, unless
    `blocks` names them, such as the muon pair, the jets and the missing momentum. With `partners: permuted`, vectors
    come from different rows, and the truth is none.
    """

    summary: ClassVar[str] = (
        "what the parts of an event share, in your own CSV, Parquet, Feather, NPZ, HDF5 or ROOT files"
    )

    blocks: list[str] = Field(
        default_factory=list, description="names of the P vectors, if they are different things; needed by `balance`"
    )
    known_form: Matrix | None = Field(
        None,
        description="the true form J (d × d): the sum of xᵀJy over pairs of vectors is nearly the same in every event",
    )

    @model_validator(mode="after")
    def _consistent_parts(self) -> Self:
        if len(set(self.blocks)) < len(self.blocks):
            raise ValueError(f"a name repeats in {self.blocks}")
        if self.known_form is not None and self.known_truth == "none":
            raise ValueError("a truth of `none` has no `known_form`")
        count = self._stated()
        if count is not None and count < 2:
            raise ValueError("an event needs two vectors or more")
        if self.blocks and count is not None and len(self.blocks) != count:
            raise ValueError(f"{len(self.blocks)} names in `blocks` for {count} vectors")
        return self

    @property
    def parts(self) -> Literal["vectors", "blocks"]:  # type: ignore[override]
        return "blocks" if self.blocks else "vectors"

    def part_names(self) -> tuple[str, ...]:
        return tuple(self.blocks)

    def identity(self) -> dict[str, Any]:
        return {**super().identity(), **self.control_identity()}

    def load(self, context: DataContext) -> Dataset:
        return WithControl.load(self, context)

    def events(self, context: DataContext) -> Dataset:
        data = self._read()
        if data.vectors.shape[1] < 2 or (self.blocks and data.vectors.shape[1] != len(self.blocks)):
            wanted = f"{len(self.blocks)} names in `blocks`" if self.blocks else "two or more are needed"
            raise DataError(f"{self.path}: events of {data.vectors.shape[1]} vectors; {wanted}")
        return data

    def width(self) -> int:
        data = self._read()
        return int(data.vectors.shape[1] * data.vectors.shape[2])

    def shared(self) -> ConservedQuantities | None:
        import numpy as np

        from symbench.data.event_functions import pair_forms
        from symbench.data.samples import no_quantities

        if self.known_truth in ("none", []):
            return no_quantities(self.width())
        if self.known_form is None:
            return None
        form, d = np.array(self.known_form, dtype=np.float64), self._dimension()
        if form.shape != (d, d) or not np.isfinite(form).all():
            raise DataError(f"{self.path}: known_form of shape {form.shape}, the vectors have {d} components")
        return pair_forms(form[None], self._read().vectors.shape[1])

    def shared_names(self) -> tuple[str, ...] | None:
        if self.known_truth in ("none", []):
            return ()
        return None if self.known_form is None else ("Σ xᵀJy",)

    def truth(self) -> npt.NDArray[np.float64] | None:
        return None if self.partners == "permuted" else super().truth()

    def truth_name(self) -> str | None:
        if self.partners == "permuted":
            return "none"
        return super().truth_name() or WithControl.truth_name(self)

    def _stated(self) -> int | None:
        """The number of vectors, if the columns alone state it."""
        if self.objects is not None or self.charge is not None:
            return None
        lists = all(isinstance(vector, list) for vector in self.vectors)
        return len(self.vectors) if lists else None
