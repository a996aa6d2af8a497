"""A function-track task out of a user's own file: which columns form the vectors, which one is the label."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from symbench.data.sizes import Sizes
from symbench.errors import DataError, SymbenchError
from symbench.registry import task
from symbench.tasks.base import DataContext, FunctionTask

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from symbench.data.container import Dataset
    from symbench.data.tables.table import TableRequest

MINIMUM_EVENTS = 10

Matrix = list[list[float]]


@task("table")
class TableTask(FunctionTask):
    """N rows of P vectors of dimension d, and a number or class for each; one row an event is kept.

    The path is no part of what decides a result: the SHA-256 of the file is.
    """

    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "your own CSV, Parquet, NPZ, HDF5 or ROOT file"

    path: str = Field(
        min_length=1, description="the file, relative to the suite", json_schema_extra={"suite_path": True}
    )
    format: Literal["csv", "parquet", "npz", "hdf5", "root"] | None = Field(
        None, description="of the file; by its suffix where not given"
    )
    key: str | None = Field(None, description="ROOT tree, HDF5 group or table; the only one where not given")
    vectors: list[list[str]] | list[str] = Field(
        min_length=1,
        description="P lists of d column names, as in [[E, px, py, pz]]; or, for NPZ and HDF5, names of (N, d) arrays",
    )
    label: str = Field(min_length=1, description="column of the label")
    label_type: Literal["number", "class"] = Field("number", description="a number, or a class given as an integer")
    event_id: list[str] = Field(
        default_factory=list,
        description="columns that identify an event, as in [run, event]; the row's content where empty",
    )
    known_truth: str | list[Matrix] | None = Field(
        None,
        description="the algebra that is there: a name as so(1,3), `none`, or matrices; null where nobody knows",
    )
    divide_by: float = Field(
        1.0,
        gt=0,
        allow_inf_nan=False,
        description="what vectors are divided by before a method sees them, in their unit",
    )
    test_fraction: float = Field(0.2, gt=0, lt=1, description="share of the events kept to test with")

    @field_validator("vectors")
    @classmethod
    def _equal_lengths(cls, vectors: list[list[str]] | list[str]) -> list[list[str]] | list[str]:
        lists = [v for v in vectors if isinstance(v, list)]
        if len({len(v) for v in lists}) > 1:
            raise ValueError(f"every vector needs the same number of columns, got {[len(v) for v in lists]}")
        for columns in lists:
            if not columns:
                raise ValueError("a vector needs at least one column")
            if len(set(columns)) < len(columns):
                raise ValueError(f"a column repeats within the vector {columns}")
        return vectors

    @model_validator(mode="after")
    def _known_suffix(self) -> TableTask:
        from symbench.data.tables.format import format_of

        format_of(self.path, self.format)
        return self

    @property
    def scale(self) -> float:
        return self.divide_by

    @property
    def label_kind(self) -> Literal["number", "class"]:
        return self.label_type

    def identity(self) -> dict[str, Any]:
        from symbench.data.tables.table import file_digest

        return {"sha256": file_digest(self.path), "reader": "1", **self._request().recipe()}

    def sizes(self) -> Sizes:
        events = len(self._read())
        if events < MINIMUM_EVENTS:
            raise DataError(f"{self.path}: {events} distinct events are too few, {MINIMUM_EVENTS} are needed")
        self.truth()
        test = min(max(1, round(events * self.test_fraction)), events - 1)
        return Sizes(train=events - test, validation=0, test=test)

    def load(self, context: DataContext) -> Dataset:
        return self._read()

    def truth(self) -> npt.NDArray[np.float64] | None:
        from symbench.data.tables.table import check_algebra

        if self.known_truth is None:
            return None
        dimension = self._dimension()
        if not isinstance(self.known_truth, str):
            return check_algebra(self.known_truth, dimension, f"{self.path}: known_truth")
        if self.known_truth == "none":
            return check_algebra([], dimension, f"{self.path}: known_truth")
        from symbench.algebra.names import named_algebra

        try:
            basis = named_algebra(self.known_truth)
        except (SymbenchError, ValueError) as error:
            raise DataError(f"{self.path}: known_truth: {error}") from error
        return check_algebra(basis, dimension, f"{self.path}: known_truth {self.known_truth!r}")

    def truth_name(self) -> str | None:
        if isinstance(self.known_truth, str):
            return self.known_truth
        return "none" if self.known_truth == [] else None

    def _dimension(self) -> int:
        first = self.vectors[0]
        return len(first) if isinstance(first, list) else int(self._read().vectors.shape[2])

    def _request(self) -> TableRequest:
        from symbench.data.tables.format import format_of
        from symbench.data.tables.table import TableRequest

        return TableRequest(
            format=format_of(self.path, self.format),
            key=self.key,
            vectors=tuple(v if isinstance(v, str) else tuple(v) for v in self.vectors),
            label=self.label,
            label_type=self.label_type,
            event_id=tuple(self.event_id),
        )

    def _read(self) -> Dataset:
        from symbench.data.tables.table import read_table

        return read_table(self.path, self._request())
