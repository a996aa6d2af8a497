"""`table`: the user's own file; named columns form the vectors and the label."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from symbench.data.sizes import Sizes
from symbench.data.tables.grammar import COMPONENTS, Coordinates, Derived
from symbench.errors import DataError, SymbenchError
from symbench.registry import task
from symbench.tasks.base import DataContext, FunctionTask
from symbench.tasks.own_files import OwnFiles, split_tree

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from symbench.data.container import Dataset
    from symbench.data.tables.request import TableRequest

MINIMUM_EVENTS = 10

Matrix = list[list[float]]


@task("table")
class TableTask(OwnFiles, FunctionTask):
    """N rows of P vectors of dimension d, with a number or class for each; of repeated events one row is kept.

    The data are identified by the SHA-256 of the file, not by its path.
    """

    version: ClassVar[str] = "2"
    summary: ClassVar[str] = "your own CSV, Parquet, Feather, NPZ, HDF5 or ROOT file"

    path: str = Field(
        min_length=1, description="the file, relative to the suite", json_schema_extra={"suite_path": True}
    )
    vectors: list[list[str]] | list[str] = Field(
        min_length=1,
        description="P lists of d column names, as in [[E, px, py, pz]]; or, for NPZ and HDF5, names of (N, d) arrays",
    )
    label: str | list[str] | None = Field(
        None, description="column of the label, or one-hot columns; omit it with `derived_label`"
    )
    label_type: Literal["number", "class"] = Field("number", description="a number, or a class: an integer or a word")
    derived_label: Derived | None = Field(
        None, description="label that is computed from the sum of the vectors, instead of a column"
    )
    coordinates: Coordinates | None = Field(
        None,
        description="meaning of the components, angles in radian; vectors become cartesian. By default a linear "
        "vector, which components that look like a pT with angles are not",
    )
    objects: int | None = Field(
        None, ge=1, le=100, description="leading objects by pT to take from columns with lists, each becomes a vector"
    )
    charge: str | None = Field(
        None, min_length=1, description="column with lists of charges: take the leading object of each sign"
    )
    known_truth: str | list[Matrix] | None = Field(
        None,
        description="the true algebra: a name such as so(1,3), `none`, or matrices; omit it if the symmetry is unknown",
    )
    divide_by: float = Field(
        1.0,
        gt=0,
        allow_inf_nan=False,
        description="scale that divides all vectors before a method receives them, in their unit",
    )
    test_fraction: float = Field(0.2, gt=0, lt=1, description="fraction of test events for the metrics")

    @field_validator("format")
    @classmethod
    def _registered(cls, name: str | None) -> str | None:
        from symbench.data.tables.suffixes import known_format

        return name if name is None else known_format(name)

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
    def _consistent(self) -> TableTask:
        from symbench.data.tables.suffixes import format_of

        format_of(split_tree(self.path)[0], self.format)
        if (self.label is None) == (self.derived_label is None):
            raise ValueError("set either `label`, a column, or `derived_label`")
        if self.derived_label is not None and self.label_type == "class":
            raise ValueError("a derived label is a number")
        if self.objects is not None and self.charge is not None:
            raise ValueError("set either `objects`, the leading ones, or `charge`, a pair of opposite charges")
        if self.coordinates in COMPONENTS:
            needed = COMPONENTS[self.coordinates]
            for vector in self.vectors:
                if isinstance(vector, list) and len(vector) != needed:
                    raise ValueError(f"{self.coordinates} has {needed} components, not {', '.join(vector)}")
        return self

    @property
    def scale(self) -> float:
        return self.divide_by

    @property
    def label_kind(self) -> Literal["number", "class"]:
        return self.label_type

    def identity(self) -> dict[str, Any]:
        from symbench.data.tables.table import READER, file_digest, reader_version

        request = self._request()
        return {
            "sha256": file_digest(self._file()),
            "reader": reader_version(READER, request.format),
            **request.recipe(),
        }

    def sizes(self) -> Sizes:
        events = len(self._read())
        if events < MINIMUM_EVENTS:
            raise DataError(f"{self.path}: {events} distinct events are too few, {MINIMUM_EVENTS} are needed")
        self.truth()
        test = min(max(1, round(events * self.test_fraction)), events - 1)
        return Sizes(train=events - test, validation=0, test=test)

    def selection(self) -> str | None:
        return self._read().provenance.selection

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
        if self.coordinates in COMPONENTS:
            return 2 if self.coordinates == "pt_phi" else 4
        first = self.vectors[0]
        return len(first) if isinstance(first, list) else int(self._read().vectors.shape[2])

    def _request(self) -> TableRequest:
        from symbench.data.tables.request import TableRequest
        from symbench.data.tables.suffixes import format_of

        return TableRequest(
            format=format_of(self._file(), self.format),
            key=self.key or split_tree(self.path)[1],
            vectors=tuple(v if isinstance(v, str) else tuple(v) for v in self.vectors),
            label=tuple(self.label) if isinstance(self.label, list) else self.label,
            label_type=self.label_type,
            event_id=tuple(self.event_id),
            coordinates=self.coordinates,
            unit=self.unit,
            mass=self.mass,
            offsets=self.offsets,
            objects=self.objects,
            charge=self.charge,
            derived=self.derived_label,
            where=self.conditions(),
            drop_missing=self.drop_missing,
            accept=tuple(self.accept),
        )

    def _file(self) -> str:
        return split_tree(self.path)[0]

    def _read(self) -> Dataset:
        from symbench.data.tables.table import read_table

        return read_table(self._file(), self._request())
