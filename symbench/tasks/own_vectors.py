"""Tasks whose events are vectors that columns of the user's files form (docs/data.md states the grammar for users)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from pydantic import Field, field_validator, model_validator

from symbench.data.sizes import Sizes
from symbench.data.tables.grammar import COMPONENTS, Coordinates
from symbench.errors import DataError
from symbench.tasks.base import FOUR_MOMENTUM
from symbench.tasks.own_files import (
    OwnFiles,
    SplitRule,
    check_words,
    matching_files,
    sizes_without_validation,
    split_column,
    split_tree,
    words_of,
)
from symbench.tasks.own_truth import OwnTruth

if TYPE_CHECKING:
    from symbench.data.container import Dataset
    from symbench.data.tables.request import TableFile, TableRequest
    from symbench.tasks.base import DataContext

MINIMUM_EVENTS = 10


class OwnVectors(OwnFiles, OwnTruth):
    """Fields of a discovery task that reads P vectors of dimension d from each row of the user's files.

    A base beside that of the track, as in `class DensityTable(OwnVectors, DistributionTask)`. A subclass states a label
    by overriding `_label`. Repeated events are dropped and counted. The data are identified by the SHA-256 of the
    files, not by their paths.
    """

    path: str = Field(
        min_length=1,
        description="the file, or files by `*` and `?`, relative to the suite; `{split}` in it stands for the words of "
        "`split`",
        json_schema_extra={"suite_path": True},
    )
    vectors: list[list[str]] | list[str] = Field(
        min_length=1,
        description="P lists of d column names, as in [[E, px, py, pz]]; or, for NPZ and HDF5, names of (N, d) arrays",
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
    weight: str | None = Field(
        None,
        min_length=1,
        description="column with the weight of each event, not negative: events are accepted with probability "
        "w / max w, so that methods and metrics use events of equal weight; the effective number is stated",
    )
    split: str | SplitRule | None = Field(
        None,
        description="split of the files: a column with 0, 1, 2 or train, val, test; {column, train, test} with its "
        "values; or {train, test} with the words for {split} in path, vectors and label. Validation events are used to "
        "train",
    )
    test_fraction: float = Field(
        0.2, gt=0, lt=1, description="fraction of test events for the metrics, without a `split`"
    )

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
    def _consistent_vectors(self) -> Self:
        from symbench.data.tables.suffixes import format_of

        format_of(self._file(), self.format)
        if self.objects is not None and self.charge is not None:
            raise ValueError("set either `objects`, the leading ones, or `charge`, a pair of opposite charges")
        if self.coordinates in COMPONENTS:
            needed = COMPONENTS[self.coordinates]
            for vector in self.vectors:
                if isinstance(vector, list) and len(vector) != needed:
                    raise ValueError(f"{self.coordinates} has {needed} components, not {', '.join(vector)}")
        label = self._label().get("label") or ()
        named = [label] if isinstance(label, str) else list(label)
        columns = [name for v in self.vectors for name in ([v] if isinstance(v, str) else v)]
        weight = [] if self.weight is None else [self.weight]
        check_words(self.split, [self.path, *columns, *named, *weight])
        return self

    def identity(self) -> dict[str, Any]:
        from symbench.data.tables.table import READER, digests, reader_version

        request = self._request()
        files = digests(self._files())
        one = len(files) == 1 and len(files[0]) == 1
        return {
            **({"sha256": files[0][0]} if one else {"files": files}),
            "reader": reader_version(READER, request.format),
            **request.recipe(),
        }

    def sizes(self) -> Sizes:
        data = self._read()
        if len(data) < MINIMUM_EVENTS:
            raise DataError(f"{self.path}: {len(data)} distinct events are too few, {MINIMUM_EVENTS} are needed")
        self.truth()
        return sizes_without_validation(data, self.test_fraction, f"{self.path}", "events")

    def selection(self) -> str | None:
        return self._read().provenance.selection

    def load(self, context: DataContext) -> Dataset:
        return self._read()

    def _where(self) -> str:
        return self.path

    def _label(self) -> dict[str, Any]:
        """The fields of the label in the request: `label`, `label_type` and `derived`."""
        return {"label": None, "label_type": "number"}

    def vector_components(self) -> tuple[str, ...]:
        """Cartesian components if `coordinates` are stated, else the columns of the first vector."""
        if self.coordinates in COMPONENTS:
            return FOUR_MOMENTUM if self._dimension() == len(FOUR_MOMENTUM) else FOUR_MOMENTUM[1:3]
        return tuple(self.vectors[0]) if isinstance(self.vectors[0], list) else ()

    def _dimension(self) -> int:
        if self.coordinates in COMPONENTS:
            return 2 if self.coordinates == "pt_phi" else 4
        first = self.vectors[0]
        return len(first) if isinstance(first, list) else int(self._read().vectors.shape[2])

    def _request(self) -> TableRequest:
        from symbench.data.tables.request import TableRequest
        from symbench.data.tables.suffixes import format_of

        column, values = split_column(self.split)
        return TableRequest(
            format=format_of(self._file(), self.format),
            key=self.key or split_tree(self.path)[1],
            vectors=tuple(v if isinstance(v, str) else tuple(v) for v in self.vectors),
            event_id=tuple(self.event_id),
            coordinates=self.coordinates,
            unit=self.unit,
            mass=self.mass,
            offsets=self.offsets,
            objects=self.objects,
            charge=self.charge,
            where=self.conditions(),
            drop_missing=self.drop_missing,
            accept=tuple(self.accept),
            split=column,
            split_values=values,
            weight=self.weight,
            **self._label(),
        )

    def _file(self) -> str:
        return split_tree(self.path)[0]

    def _files(self) -> list[TableFile]:
        """Every file, with its part of the split if names state it; raises MissingDataError."""
        from symbench.data.tables.request import TableFile

        return [
            TableFile(file, part, word)
            for part, word in words_of(self.split)
            for file in matching_files(self._file().replace("{split}", word))
        ]

    def _read(self) -> Dataset:
        from dataclasses import replace

        import numpy as np

        from symbench.data.tables.table import read_tables

        data = read_tables(self._files(), self._request())
        if data.part is None or not (data.part == 1).any():
            return data
        return replace(data, part=np.where(data.part == 2, 2, 0).astype(np.uint8))
