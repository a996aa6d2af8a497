"""A suite whose every word was checked: its blocks, their entries, and how they expand into trials."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from symbench.classifiers.base import Classifier
from symbench.component import Component
from symbench.discovery.base import DiscoveryMethod
from symbench.metrics.version import METRICS_VERSION
from symbench.plugins import Plugin
from symbench.suite.published import Published, PublishedFigure
from symbench.tasks.base import Task
from symbench.trial.resources import Resources
from symbench.trial.spec import ComponentSpec, Source, TrialSpec
from symbench.tuning.search import Search, SearchState


@dataclass(frozen=True)
class Entry:
    """A method of a block, ready to run.

    link      whose result it uses, if it uses one
    search    how its recipe is tuned, where it is
    standing  how far that search has come, where a journal was asked
    """

    label: str
    component: DiscoveryMethod | Classifier
    resources: Resources
    incompatibility: str | None
    link: Link | None = None
    published: tuple[Published, ...] = ()
    search: Search | None = None
    search_state: SearchState | None = None

    @property
    def waiting(self) -> bool:
        """Whether its parameters are not known yet, because its search has not finished."""
        return self.search is not None and (self.search_state is None or not self.search_state.finished)


@dataclass(frozen=True)
class Block:
    """A task and everything that is tried on it.

    data_digest   of the task's data; without its files, the digest that the journal remembers
    """

    task: Task
    task_label: str
    entries: tuple[Entry, ...]
    train_sizes: tuple[int, ...]
    seeds: tuple[int, ...]
    budget: float
    evaluation: Mapping[str, Any]
    baseline: str | None
    data_digest: str

    def __len__(self) -> int:
        return len(self.entries) * len(self.train_sizes) * len(self.seeds)

    def trials(self) -> Iterator[TrialSpec]:
        """Every trial of the block, the largest training sizes first: long trials early fill the cores evenly."""
        for size in sorted(self.train_sizes, reverse=True):
            for seed in self.seeds:
                for entry in self.entries:
                    yield self.trial(entry, size, seed)

    def trial(self, entry: Entry, train_size: int, seed: int) -> TrialSpec:
        """One of them."""
        return TrialSpec(
            track=self.task.track,
            task=component_spec(self.task),
            method=component_spec(entry.component),
            train_size=train_size,
            seed=seed,
            budget=self.budget,
            evaluation=dict(self.evaluation),
            data_digest=self.data_digest,
            metrics_version=METRICS_VERSION[self.task.track],
            resources=entry.resources,
            task_label=self.task_label,
            method_label=entry.label,
            source=entry.link.source(seed) if entry.link else None,
        )

    @cached_property
    def seed_set(self) -> frozenset[int]:
        """The seeds, to look one up among many."""
        return frozenset(self.seeds)


@dataclass(frozen=True)
class Suite:
    """A suite in which every word was checked. `trials` expands it lazily: a million trials need no memory.

    folder    where relative paths of the suite start
    plugins   the plug-ins that it names, loaded in this process; trials in other processes need them too
    """

    name: str
    description: str
    file: str
    text: str
    blocks: tuple[Block, ...]
    folder: Path
    plugins: tuple[Plugin, ...] = ()

    def __len__(self) -> int:
        return sum(len(block) for block in self.blocks)

    def trials(self) -> Iterator[TrialSpec]:
        for block in self.blocks:
            yield from block.trials()

    def incompatibilities(self) -> dict[tuple[str, str], str]:
        """(task label, method label) → reason, for the entries that cannot answer their task's question."""
        return {
            (block.task_label, entry.label): entry.incompatibility
            for block in self.blocks
            for entry in block.entries
            if entry.incompatibility is not None
        }

    def searches(self) -> Iterator[tuple[Block, Entry, Search]]:
        """Every entry that is tuned, with its block and its search."""
        for block in self.blocks:
            for entry in block.entries:
                if entry.search is not None:
                    yield block, entry, entry.search

    def waiting(self) -> set[tuple[str, str]]:
        """(task label, method label) of the entries whose parameters a search has yet to find."""
        return {(block.task_label, entry.label) for block, entry, _ in self.searches() if entry.waiting}

    def links(self) -> Iterator[tuple[Block, Entry, Link]]:
        """Every entry that uses another's result, with its block and what it uses."""
        for block in self.blocks:
            for entry in block.entries:
                if entry.link is not None:
                    yield block, entry, entry.link

    def published(self) -> Iterator[PublishedFigure]:
        """Every published figure that an entry is compared with, in the order of the file."""
        for block in self.blocks:
            for entry in block.entries:
                for figure in entry.published:
                    yield PublishedFigure(block.task_label, entry.label, max(block.train_sizes), figure)


@dataclass(frozen=True)
class Link:
    """A discovery entry and the training size of its trials that another entry uses."""

    block: Block
    entry: Entry
    train_size: int

    @property
    def labels(self) -> tuple[str, str]:
        return self.block.task_label, self.entry.label

    @property
    def identity(self) -> tuple[str, str, int]:
        """What two links to the same trials have in common."""
        return (*self.labels, self.train_size)

    def __str__(self) -> str:
        return f"{self.entry.label} on {self.block.task_label} at {self.train_size}"

    def seed(self, seed: int) -> int:
        """The source's seed for a trial of this seed: the same, or where it has none such, its seeds in turn."""
        seeds = self.block.seeds
        return seed if seed in self.block.seed_set else seeds[seed % len(seeds)]

    def source(self, seed: int) -> Source:
        """The trial that one of this seed uses."""
        spec = self.block.trial(self.entry, self.train_size, self.seed(seed))
        return Source(
            key=spec.key,
            question=spec.question,
            task_label=spec.task_label,
            method_label=spec.method_label,
            train_size=spec.train_size,
            seed=spec.seed,
        )

    def describe(self, seeds: Sequence[int]) -> str:
        """What is used by trials of these seeds, for people."""
        text = f"{self}, seed by seed"
        others = [seed for seed in seeds if seed not in self.block.seed_set]
        if others:
            shown = ", ".join(f"{seed} by {self.seed(seed)}" for seed in others[:5])
            more = f" and {len(others) - 5} more" if len(others) > 5 else ""
            text += f"; it has fewer seeds: {shown}{more}"
        return text


def component_spec(component: Component) -> ComponentSpec:
    """A component as specs hold it."""
    return ComponentSpec(
        name=component.name,
        parameters=component.parameters(),
        locations=component.locations(),
        version=component.version,
    )
