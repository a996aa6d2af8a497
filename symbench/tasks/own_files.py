"""The grammar of the user's own files, shared by the tasks that read them (docs/data.md states it for users)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from symbench.component import Component
from symbench.data.sizes import Sizes
from symbench.data.tables.grammar import Check, Condition, Unit, Value, condition
from symbench.errors import DataError, MissingDataError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from symbench.data.container import Dataset


class SplitRule(BaseModel):
    """The split that the files have: by the values of a column, or by the words that stand for `{split}` in names."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    column: str | None = Field(None, min_length=1, description="column of the split; without it, `{split}` in names")
    train: Value | list[Value] = Field(description="values of the column, or the word for {split}, to train with")
    validation: Value | list[Value] | None = Field(
        None, description="the same, to validate with; classification needs it"
    )
    test: Value | list[Value] = Field(description="the same, to test with")

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        values = [value for part in self.values() for value in part]
        if len(set(map(str, values))) < len(values):
            raise ValueError(f"a value belongs to one part of the split, not to two: {values}")
        words = [part for part in (self.train, self.validation, self.test) if part is not None]
        if self.column is None and not all(isinstance(part, str) for part in words):
            raise ValueError("without `column`, each part is one word, which stands for {split} in names")
        return self

    def values(self) -> tuple[tuple[Value, ...], ...]:
        """The values of the parts to train, validate and test."""
        parts = (self.train, self.validation, self.test)
        return tuple(() if part is None else tuple(part) if isinstance(part, list) else (part,) for part in parts)


class OwnColumns(Component):
    """Fields of a task that reads named columns of the user's files.

    further_formats   those that no reader of tables has
    """

    further_formats: ClassVar[frozenset[str]] = frozenset()

    format: str | None = Field(
        None,
        description="format of the files: csv, parquet, feather, npz, npy, hdf5, root, or the name of another "
        "registered reader; by default the one with the suffix of the file",
    )
    key: str | None = Field(None, description="ROOT tree, HDF5 group or table; not needed if there is only one")
    where: dict[str, Value | list[Value]] = Field(
        default_factory=dict,
        description="rows to use: column, or product of columns as in Q1*Q2 → value, list of values, or a comparison "
        'as in "> 20"; the rows left out are counted',
    )
    drop_missing: bool = Field(False, description="leave out rows with a missing value, and count them")
    accept: list[Check] = Field(
        default_factory=list, description="checks of plausibility that stop the reading, to be overruled"
    )

    @field_validator("format")
    @classmethod
    def _registered(cls, name: str | None) -> str | None:
        from symbench.data.tables.suffixes import known_format

        return name if name is None or name in cls.further_formats else known_format(name)

    @field_validator("where")
    @classmethod
    def _parsed(cls, where: dict[str, Value | list[Value]]) -> dict[str, Value | list[Value]]:
        for columns, stated in where.items():
            condition(columns, stated)
        return where

    def conditions(self) -> tuple[Condition, ...]:
        """`where`, parsed."""
        return tuple(condition(columns, stated) for columns, stated in self.where.items())


class OwnFiles(OwnColumns):
    """Fields of a task whose columns are momenta of events."""

    offsets: str | None = Field(
        None, min_length=1, description="column of offsets (n + 1) or lengths (n) of lists stored one after another"
    )
    unit: Unit | float | None = Field(
        None, description="unit of momenta, energies and masses in the file, or its value in GeV; by default GeV"
    )
    mass: float = Field(
        0.0, ge=0, description="mass of every particle, GeV, for coordinates that state neither mass nor energy"
    )
    event_id: list[str] = Field(
        default_factory=list,
        description="columns that identify an event, as in [run, event]; by default the content of the row",
    )

    @field_validator("unit")
    @classmethod
    def _positive(cls, unit: Unit | float | None) -> Unit | float | None:
        if isinstance(unit, float) and unit <= 0:
            raise ValueError(f"a unit is a positive number of GeV, not {unit}")
        return unit


def split_tree(path: str) -> tuple[str, str | None]:
    """`file.root:tree` as the file and the tree."""
    file, colon, tree = path.rpartition(":")
    return (file, tree) if colon and file.endswith(".root") and tree else (path, None)


def matching_files(path: str) -> tuple[str, ...]:
    """The file, or the files that match `*` and `?` in its path, in order. Raises MissingDataError for none."""
    parts = Path(path).parts
    first = next((number for number, part in enumerate(parts) if "*" in part or "?" in part), None)
    if first is None:
        return (path,)
    found = sorted(str(file) for file in Path(*parts[:first]).glob("/".join(parts[first:])) if file.is_file())
    if not found:
        raise MissingDataError(f"{path}: no file matches")
    if len(found) > 100_000:
        raise DataError(f"{path}: {len(found):,} files match")
    return tuple(found)


def words_of(split: str | SplitRule | None) -> Sequence[tuple[int | None, str]]:
    """(part, word) of each part whose word stands for `{split}`; one without part and word if there are none."""
    if not isinstance(split, SplitRule) or split.column is not None:
        return ((None, ""),)
    return tuple((number, str(part[0])) for number, part in enumerate(split.values()) if part)


def split_column(split: str | SplitRule | None) -> tuple[str | None, tuple[tuple[Value, ...], ...] | None]:
    """The column of the split, and the values of its parts if the suite states them."""
    if isinstance(split, SplitRule):
        return (split.column, split.values()) if split.column is not None else (None, None)
    return split, None


def check_words(split: str | SplitRule | None, names: Sequence[str]) -> None:
    """Raise ValueError unless `{split}` in the names of files and columns and words for it come together."""
    words = isinstance(split, SplitRule) and split.column is None
    if words != any("{split}" in name for name in names):
        raise ValueError(
            "`{split}` in names of files or columns and `split: {train: …, validation: …, test: …}` need each other"
        )


def sizes_without_validation(data: Dataset, test_fraction: float, where: str, noun: str) -> Sizes:
    """Events to train and to test with: those of the data's own split, else a fraction; at least one of each.

    where, noun   for the DataError of a split that leaves nothing in a part
    """
    import numpy as np

    if data.part is None:
        test = min(max(1, round(len(data) * test_fraction)), len(data) - 1)
        return Sizes(train=len(data) - test, validation=0, test=test)
    train, _, test = np.bincount(data.part, minlength=3).tolist()
    if not train or not test:
        raise DataError(f"{where}: the split leaves {train:,} {noun} to train and {test:,} to test with")
    return Sizes(train=train, validation=0, test=test)
