"""Which columns of a file form the vectors and the label of a table."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Literal, NamedTuple

from symbench.data.tables.grammar import Check, Condition, Coordinates, Derived, Value
from symbench.data.tables.rows import columns_of


class TableFile(NamedTuple):
    """A file, its part of the split if its name states it, and the word for `{split}` in names."""

    path: str
    part: int | None = None
    word: str = ""


@dataclass(frozen=True)
class TableRequest:
    """Which columns of a file form the data.

    format       the name of a registered reader
    key          the tree, group or table in the file; None if it has only one
    vectors      P entries: d column names, or the name of an array (N, d)
    label        a column, or one-hot columns; None if it is derived, or if there is none
    event_id     columns whose values identify an event; if empty, the content of the row does
    coordinates  of the components; None for a linear vector that is not named as anything else
    unit         of the vectors: a name, or in GeV
    mass         GeV, for coordinates without mass or energy
    objects      number of leading objects that are taken from columns of lists
    charge       column of lists; of each event the leading objects of positive and of negative charge are taken
    derived      the label that is computed from the sum of the vectors
    split        column of the split, and the values of its parts
    weight       column with the weight of each event, which may be negative
    """

    format: str
    key: str | None
    vectors: tuple[str | tuple[str, ...], ...]
    label: str | tuple[str, ...] | None
    label_type: Literal["number", "class"]
    event_id: tuple[str, ...]
    coordinates: Coordinates | None = None
    unit: str | float | None = None
    mass: float = 0.0
    offsets: str | None = None
    objects: int | None = None
    charge: str | None = None
    derived: Derived | None = None
    where: tuple[Condition, ...] = ()
    drop_missing: bool = False
    accept: tuple[Check, ...] = ()
    split: str | None = None
    split_values: tuple[tuple[Value, ...], ...] | None = None
    weight: str | None = None

    def recipe(self) -> dict[str, Any]:
        """As JSON, for the identity of the data; without the fields that have their default."""
        defaults = {f.name: f.default for f in fields(self)}
        return {name: value for name, value in asdict(self).items() if getattr(self, name) != defaults[name]}

    def labels(self) -> tuple[str, ...]:
        """The columns of the label."""
        return () if self.label is None else (self.label,) if isinstance(self.label, str) else self.label

    def weights(self) -> tuple[str, ...]:
        """The column of the weight, if there is one."""
        return () if self.weight is None else (self.weight,)

    def components(self) -> tuple[str, ...]:
        """The columns of all vectors, each once."""
        flat = [name for v in self.vectors for name in ((v,) if isinstance(v, str) else v)]
        return tuple(dict.fromkeys(flat))

    def columns(self) -> tuple[str, ...]:
        """The names of all columns to read, each once."""
        single = [name for name in (self.charge, self.split, self.weight) if name is not None]
        compared = columns_of(self.where)
        return tuple(dict.fromkeys([*self.components(), *self.labels(), *self.event_id, *single, *compared]))

    def for_word(self, word: str) -> TableRequest:
        """The request with this word for `{split}` in the names of columns."""
        if not word:
            return self

        def named(name: str) -> str:
            return name.replace("{split}", word)

        label = self.label
        if label is not None:
            label = named(label) if isinstance(label, str) else tuple(map(named, label))
        vectors = tuple(named(v) if isinstance(v, str) else tuple(map(named, v)) for v in self.vectors)
        weight = None if self.weight is None else named(self.weight)
        return replace(self, vectors=vectors, label=label, weight=weight)
