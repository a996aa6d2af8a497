"""Which columns of the user's files form jets, and which files."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace
from typing import Any, NamedTuple

from symbench.data.jets.constituents import Layout
from symbench.data.jets.nanoaod import NanoRequest
from symbench.data.tables.coordinates import unit_in_gev
from symbench.data.tables.grammar import Check, Condition, Value


class JetFile(NamedTuple):
    """A file: its class, None if a column states it; and its part of the split, and the word for `{split}` in names."""

    number: int | None
    path: str
    part: int | None = None
    word: str = ""


@dataclass(frozen=True)
class JetRequest:
    """Which columns of the files form the jets.

    format        of all files: the name of a registered reader, or `nanoaod`
    key           tree, group or table in them; None if each has only one
    components    of the coordinates: columns with `{i}` for the number of the constituent (from `first`), or lists or
                  arrays (n, P); or one array with a column for each component
    label         column of the class, or one-hot columns; None if each file is of one class
    classes       values of the label for class 0, 1, …
    class_names   compared with words in the label, if no class has such a value
    jets          number of jets, the first ones of each class in equal parts; None for all
    unit          of the momenta: a name, or in GeV
    mass          GeV of the constituents, for coordinates without mass or energy
    padding       value of padding beside zero
    event_id      columns that number the events, which stay in one part of the split
    split         column of the split, and the values of its parts
    fractions     of test and validation jets, used with `event_id`
    constituent_weight  column with a weight of each constituent
    weight        column with the weight of each jet, which may be negative
    """

    format: str
    key: str | None
    components: tuple[str, ...]
    coordinates: str
    first: int
    constituents: int
    label: str | tuple[str, ...] | None
    classes: tuple[Value, ...]
    jets: int | None
    nano: NanoRequest | None = None
    class_names: tuple[str, ...] = ()
    unit: str | float | None = None
    mass: float = 0.0
    padding: float | str | None = None
    offsets: str | None = None
    where: tuple[Condition, ...] = ()
    drop_missing: bool = False
    drop_empty: bool = False
    event_id: tuple[str, ...] = ()
    split: str | None = None
    split_values: tuple[tuple[Value, ...], ...] | None = None
    fractions: tuple[float, float] | None = None
    accept: tuple[Check, ...] = ()
    constituent_weight: str | None = None
    weight: str | None = None

    def recipe(self) -> dict[str, Any]:
        """The fields as JSON, for the identity of the data; without those that have their default."""
        every = asdict(self)
        defaults = {f.name: f.default for f in fields(self)}
        early = (
            "format",
            "key",
            "components",
            "coordinates",
            "first",
            "constituents",
            "label",
            "classes",
            "jets",
            "nano",
        )
        stated = {
            name: value for name, value in every.items() if name in early or getattr(self, name) != defaults[name]
        }
        if self.nano is not None:
            nano = {name: (None if x == float("inf") else x) for name, x in stated["nano"].items()}
            stated["nano"] = {name: x for name, x in nano.items() if name != "weight" or x is not None}
        return stated

    def labels(self) -> tuple[str, ...]:
        """The columns of the label."""
        return () if self.label is None else (self.label,) if isinstance(self.label, str) else self.label

    def layout(self) -> Layout:
        """How components are understood."""
        padding = float("nan") if self.padding == "nan" else self.padding
        assert not isinstance(padding, str)
        return Layout(self.coordinates, self.components, unit_in_gev(self.unit), self.mass, padding)

    def for_word(self, word: str) -> JetRequest:
        """The request with this word for `{split}` in the names of columns."""
        if not word:
            return self
        label = self.label
        if label is not None:
            label = (
                label.replace("{split}", word)
                if isinstance(label, str)
                else tuple(name.replace("{split}", word) for name in label)
            )
        components = tuple(c.replace("{split}", word) for c in self.components)
        others = {
            name: value.replace("{split}", word)
            for name in ("constituent_weight", "weight")
            if (value := getattr(self, name)) is not None
        }
        return replace(self, components=components, label=label, **others)
