"""The trials of one entry: specs that differ by training size and seed alone, so that a key costs a microsecond.

Building a spec and its canonical JSON takes some fifty microseconds, which a suite of a million trials would pay at
every pass over its plan. All but two numbers of that text are the same for a whole entry: it is made once here, and
its first part hashed once.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from symbench.trial import TrialSpec

if TYPE_CHECKING:
    from symbench.suite import Suite


class Series:
    """One spec for every training size and seed; `template` is any of them."""

    def __init__(self, template: TrialSpec) -> None:
        self.template = template
        self._fields = {name: getattr(template, name) for name in TrialSpec.model_fields}
        self._names = set(TrialSpec.model_fields)
        self._key: _Hash | None = None
        self._question: _Hash | None = None

    def key(self, train_size: int, seed: int) -> str:
        """`TrialSpec.key` of this trial."""
        if self._key is None:
            self._key = _Hash(self.template.content())
        return self._key.digest(train_size, seed)

    def question(self, train_size: int, seed: int) -> str:
        """`TrialSpec.question` of this trial."""
        if self._question is None:
            self._question = _Hash(self.template.question_content())
        return self._question.digest(train_size, seed)

    def spec(self, train_size: int, seed: int) -> TrialSpec:
        """The trial itself. What is not a number was checked with the template and is shared with it."""
        spec = TrialSpec.__new__(TrialSpec)
        object.__setattr__(spec, "__dict__", {**self._fields, "train_size": train_size, "seed": seed})
        object.__setattr__(spec, "__pydantic_fields_set__", self._names)
        object.__setattr__(spec, "__pydantic_extra__", None)
        object.__setattr__(spec, "__pydantic_private__", None)
        return spec


class Cell(NamedTuple):
    """A trial before its spec is built."""

    series: Series
    train_size: int
    seed: int

    @property
    def key(self) -> str:
        return self.series.key(self.train_size, self.seed)

    @property
    def question(self) -> str:
        return self.series.question(self.train_size, self.seed)

    @property
    def spec(self) -> TrialSpec:
        return self.series.spec(self.train_size, self.seed)


def cells(suite: Suite) -> Iterator[Cell]:
    """Every trial of a suite, in the order of `Suite.trials`; none is held."""
    for block in suite.blocks:
        # the innermost of a block's loops goes over its entries: its first trials are one of each
        entries = [Series(spec) for spec in islice(block.trials(), len(block.entries))]
        for size in sorted(block.train_sizes, reverse=True):
            for seed in block.seeds:
                for series in entries:
                    yield Cell(series, size, seed)


class _Hash:
    """SHA-256 of the canonical JSON of an object in which `seed` and `train_size` are filled in."""

    def __init__(self, content: dict[str, object]) -> None:
        names = sorted(content)
        fields = {name: f"{_json(name)}:{_json(content[name])}" for name in names}
        seed, size = names.index("seed"), names.index("train_size")
        head = "{" + "".join(fields[name] + "," for name in names[:seed]) + '"seed":'
        between = "".join("," + fields[name] for name in names[seed + 1 : size])
        after = "".join("," + fields[name] for name in names[size + 1 :])
        self._head = hashlib.sha256(head.encode())
        self._middle = between + ',"train_size":'
        self._tail = after + "}"

    def digest(self, train_size: int, seed: int) -> str:
        found = self._head.copy()
        found.update(f"{seed}{self._middle}{train_size}{self._tail}".encode())
        return found.hexdigest()


def _json(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
