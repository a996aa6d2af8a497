"""The trials of one entry: specs that differ only in training size and seed, so that a key takes a microsecond.

Building a spec and its canonical JSON takes about fifty microseconds, too long for each pass over the plan of a million
trials. Within an entry, the JSON differs in two numbers only: it is made once, and its first part is hashed once. For
trials that use another trial's result, the key or question of that trial differs too.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from symbench.trial.spec import Source, TrialSpec

if TYPE_CHECKING:
    from symbench.suite.blocks import CheckedSuite


class TrialTemplate:
    """The common part of the specs of one entry; `common` is any of these specs."""

    def __init__(self, common: TrialSpec) -> None:
        self.common = common
        self._fields = {name: getattr(common, name) for name in TrialSpec.model_fields}
        self._names = set(TrialSpec.model_fields)
        self._key: _Hash | None = None
        self._question: _Hash | None = None

    @property
    def labels(self) -> tuple[str, str]:
        """(task label, method label) of the entry."""
        return self.common.task_label, self.common.method_label

    def key(self, train_size: int, seed: int, source: str | None = None) -> str:
        """`TrialSpec.key` of this trial; `source` is the key of its source."""
        if self._key is None:
            self._key = _Hash(self.common.content())
        return self._key.digest(train_size, seed, source)

    def question(self, train_size: int, seed: int, source: str | None = None) -> str:
        """`TrialSpec.question` of this trial; `source` is the question of its source."""
        if self._question is None:
            self._question = _Hash(self.common.question_content())
        return self._question.digest(train_size, seed, source)

    def spec(self, train_size: int, seed: int, source: Source | None = None) -> TrialSpec:
        """The trial itself; it shares all fields but these with the template, which validated them."""
        own = {"train_size": train_size, "seed": seed, "source": source}
        return TrialSpec.model_construct(self._names, **{**self._fields, **own})


class PlannedTrial(NamedTuple):
    """A trial before its spec is built; `source` is the trial whose result it uses."""

    template: TrialTemplate
    train_size: int
    seed: int
    source: PlannedTrial | None = None

    @property
    def key(self) -> str:
        return self.template.key(self.train_size, self.seed, self.source.key if self.source else None)

    @property
    def question(self) -> str:
        return self.template.question(self.train_size, self.seed, self.source.question if self.source else None)

    @property
    def spec(self) -> TrialSpec:
        return self.template.spec(self.train_size, self.seed, self.source.as_source() if self.source else None)

    def as_source(self) -> Source:
        """This trial as the source of another."""
        common = self.template.common
        return Source(
            key=self.key,
            question=self.question,
            task_label=common.task_label,
            method_label=common.method_label,
            train_size=self.train_size,
            seed=self.seed,
        )


def planned_trials(suite: CheckedSuite) -> Iterator[PlannedTrial]:
    """Every trial of a suite, in the order of `Suite.trials`, generated lazily."""
    known: dict[tuple[str, str], TrialTemplate] = {}
    for block in suite.blocks:
        # the innermost loop of `Block.trials` is over the entries, so that its first trials have one of each entry
        templates = [TrialTemplate(spec) for spec in islice(block.trials(), len(block.entries))]
        entries = [(template, entry.link) for template, entry in zip(templates, block.entries, strict=True)]
        known |= {(block.task_label, entry.label): s for s, entry in zip(templates, block.entries, strict=True)}
        for size in sorted(block.train_sizes, reverse=True):
            for seed in block.seeds:
                for template, link in entries:
                    source = (
                        None if link is None else PlannedTrial(known[link.labels], link.train_size, link.seed(seed))
                    )
                    yield PlannedTrial(template, size, seed, source)


class _Hash:
    """SHA-256 of the canonical JSON of an object in which `seed`, `source` and `train_size` are filled in."""

    def __init__(self, content: dict[str, object]) -> None:
        names = sorted(content.keys() - {"source"})
        fields = {name: f"{_json(name)}:{_json(content[name])}" for name in names}
        seed, size = names.index("seed"), names.index("train_size")
        head = "{" + "".join(fields[name] + "," for name in names[:seed]) + '"seed":'
        between = "".join("," + fields[name] for name in names[seed + 1 : size])
        after = "".join("," + fields[name] for name in names[size + 1 :])
        assert not [name for name in names if "seed" < name < "source"]
        self._head = hashlib.sha256(head.encode())
        self._middle = between + ',"train_size":'
        self._tail = after + "}"

    def digest(self, train_size: int, seed: int, source: str | None = None) -> str:
        hashed = self._head.copy()
        used = f',"source":"{source}"' if source is not None else ""
        hashed.update(f"{seed}{used}{self._middle}{train_size}{self._tail}".encode())
        return hashed.hexdigest()


def _json(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
