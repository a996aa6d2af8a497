"""`target-table`: the user's own files; named columns form the vectors, and others the tensors of the target."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Self

from pydantic import Field, model_validator

from symbench.data.sizes import Sizes
from symbench.registry import task
from symbench.tasks.base import RegressionTask
from symbench.tasks.own_vectors import MINIMUM_EVENTS, OwnVectors

if TYPE_CHECKING:
    from symbench.algebra.representations import MatrixGroup
    from symbench.data.container import Dataset
    from symbench.data.signature import Signature
    from symbench.data.tables.request import TableRequest


@task("target-table")
class TargetTable(OwnVectors, RegressionTask):
    """N rows of P vectors of dimension d, and a target of vectors in the same coordinates, with a number after them.

    `targets` are T1 of the group, `label` is a T0. `known_truth` states the algebra under which the target is
    equivariant, if it is known: errors of equivariance are then measured. Of repeated events one row is kept.
    """

    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "vectors and numbers to be predicted from your own CSV, Parquet, NPZ, HDF5 or ROOT files"

    targets: list[list[str]] | list[str] = Field(
        default_factory=list, description="lists of d column names, each a vector of the target, as in `vectors`"
    )
    label: str | None = Field(None, min_length=1, description="column of a number of the target, a scalar")
    validation_fraction: float = Field(
        0.1, gt=0, lt=1, description="fraction of validation events, which choose the epoch, without a `split`"
    )

    @model_validator(mode="after")
    def _has_target(self) -> Self:
        if not self.targets and self.label is None:
            raise ValueError("set `targets`, vectors, or `label`, a number, or both")
        if self.targets and (self.objects is not None or self.charge is not None):
            raise ValueError("`targets` are columns with one number a row: they cannot be used with lists of objects")
        first = self.vectors[0]
        wrong = [v for v in self.targets if isinstance(v, list) and isinstance(first, list) and len(v) != len(first)]
        if wrong:
            raise ValueError(f"a vector of the target has as many columns as one of `vectors`, not {wrong[0]}")
        if self.test_fraction + self.validation_fraction >= 1:
            raise ValueError("test_fraction and validation_fraction leave no event to train with")
        return self

    def sizes(self) -> Sizes:
        import numpy as np

        from symbench.errors import DataError

        data = self._read()
        events = len(data)
        if data.part is not None:
            found = Sizes(*np.bincount(data.part, minlength=3).tolist())
        else:
            test, validation = (max(1, round(events * f)) for f in (self.test_fraction, self.validation_fraction))
            found = Sizes(events - test - validation, validation, test)
        if events < MINIMUM_EVENTS or min(found.train, found.validation, found.test) < 1:
            raise DataError(f"{self.path}: {found} are too few events")
        return found

    def outputs(self) -> Signature:
        from symbench.data.signature import Signature

        target = (1,) * len(self.targets) + ((0,) if self.label is not None else ())
        vectors = self.objects or (2 if self.charge is not None else 1)
        return Signature(vectors=vectors * len(self.vectors), dimension=self._dimension(), target=target)

    def group(self) -> MatrixGroup | None:
        from symbench.algebra.representations import MatrixGroup

        truth = self.truth()
        return None if truth is None else MatrixGroup(truth)

    def _label(self) -> dict[str, Any]:
        return {"label": self.label, "label_type": "number"}

    def _request(self) -> TableRequest:
        """Vectors of events and of the target together: they are read, checked and converted alike."""
        from dataclasses import replace

        request = super()._request()
        targets = tuple(v if isinstance(v, str) else tuple(v) for v in self.targets)
        return replace(request, vectors=(*request.vectors, *targets))

    def identity(self) -> dict[str, Any]:
        return {**super().identity(), "targets": len(self.targets)}

    def _read(self) -> Dataset:
        from dataclasses import replace

        import numpy as np

        from symbench.data.tables.table import read_tables

        data = read_tables(self._files(), self._request())
        inputs = data.vectors.shape[1] - len(self.targets)
        parts = [np.asarray(data.vectors[:, inputs:], dtype=np.float64).reshape(len(data), -1)]
        if self.label is not None:
            parts.append(np.asarray(data.label, dtype=np.float64)[:, None])
        return replace(
            data,
            vectors=np.ascontiguousarray(data.vectors[:, :inputs]),
            mask=np.ascontiguousarray(data.mask[:, :inputs]),
            label=np.concatenate(parts, axis=1),
        )
