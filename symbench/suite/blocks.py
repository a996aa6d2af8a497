"""A checked suite: its blocks, their entries, and how they expand into trials."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from symbench.classifiers.learner import Learner
from symbench.component import Component, Track
from symbench.discovery.base import DiscoveryMethod
from symbench.errors import DataError
from symbench.metrics.version import METRICS_VERSION
from symbench.plugins import Plugin
from symbench.suite.published import Published, PublishedFigure
from symbench.tasks.base import Task
from symbench.trial.resources import Resources
from symbench.trial.spec import ComponentSpec, Source, TrialSpec
from symbench.tuning.search import Search, SearchState
from symbench.which_is_real.entry import WhichIsReal


@dataclass(frozen=True)
class Entry:
    """A method of a block, ready to run.

    link           the entry whose result it uses; None if it uses none
    search         the search of its parameters; None without one
    search_state   the state of that search; None if the suite was not compared with a journal
    """

    label: str
    component: DiscoveryMethod | Learner | WhichIsReal
    resources: Resources
    incompatibility: str | None
    link: Link | None = None
    published: tuple[Published, ...] = ()
    search: Search | None = None
    search_state: SearchState | None = None

    @property
    def waiting(self) -> bool:
        """Whether its parameters are still unknown, because its search has not finished."""
        return self.search is not None and (self.search_state is None or not self.search_state.finished)


@dataclass(frozen=True)
class Block:
    """A task and the entries that are compared on it.

    data_digest   digest of the task's data; without its files, the digest recorded in the journal
    by_seed       the parameter of the task that has the value of the seed, if the task is another one for each seed:
                  every block then has one seed, and the blocks of all seeds have one label
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
    by_seed: str | None = None

    @cached_property
    def track(self) -> Track:
        """The track of its trials: that of the task, unless its transformations are challenged."""
        challenges = any(isinstance(entry.component, WhichIsReal) for entry in self.entries)
        return Track.CHALLENGE if challenges else self.task.track

    def __len__(self) -> int:
        return len(self.entries) * len(self.train_sizes) * len(self.seeds)

    def trials(self) -> Iterator[TrialSpec]:
        """Every trial of the block, largest training sizes first: starting long trials early balances the cores."""
        for size in sorted(self.train_sizes, reverse=True):
            for seed in self.seeds:
                for entry in self.entries:
                    yield self.trial(entry, size, seed)

    def trial(self, entry: Entry, train_size: int, seed: int) -> TrialSpec:
        """The trial of an entry with this training size and seed."""
        return TrialSpec(
            track=self.track,
            task=component_spec(self.task),
            method=component_spec(entry.component),
            train_size=train_size,
            seed=seed,
            budget=self.budget,
            evaluation=dict(self.evaluation),
            data_digest=self.data_digest,
            metrics_version=METRICS_VERSION[self.track],
            resources=entry.resources,
            task_label=self.task_label,
            method_label=entry.label,
            source=entry.link.source(seed) if entry.link else None,
        )

    @cached_property
    def seed_set(self) -> frozenset[int]:
        """The seeds as a set, for fast membership tests."""
        return frozenset(self.seeds)


@dataclass(frozen=True)
class CheckedSuite:
    """A checked suite. `trials` expands it lazily: a million trials need no memory.

    folder    relative paths of the suite start here
    plugins   plug-ins of the suite, loaded in this process; processes that execute trials load them too
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
        """(task label, method label) → reason, for entries whose method does not support their task's track."""
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
        """(task label, method label) of the entries whose search has not finished."""
        return {(block.task_label, entry.label) for block, entry, _ in self.searches() if entry.waiting}

    def pools(self) -> dict[str, int]:
        """Task label → number of events from which training events are drawn, of the tasks whose data are here."""
        found = {}
        for block in self.blocks:
            try:
                found[block.task_label] = block.task.sizes().train
            except DataError:
                continue
        return found

    def links(self) -> Iterator[tuple[Block, Entry, Link]]:
        """Every entry that uses another's result, with its block and its link."""
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
    """A discovery entry, and the training size of those of its trials that another entry uses."""

    block: Block
    entry: Entry
    train_size: int

    @property
    def labels(self) -> tuple[str, str]:
        return self.block.task_label, self.entry.label

    @property
    def identity(self) -> tuple[str, str, int]:
        """Labels and training size: equal for two links to the same trials."""
        return (*self.labels, self.train_size)

    def __str__(self) -> str:
        return f"{self.entry.label} on {self.block.task_label} at {self.train_size}"

    def seed(self, seed: int) -> int:
        """The source's seed for a trial of this seed: the same, or if the source lacks it, its seeds in turn."""
        seeds = self.block.seeds
        return seed if seed in self.block.seed_set else seeds[seed % len(seeds)]

    def source(self, seed: int) -> Source:
        """The source trial of a trial with this seed."""
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
        """The source trials of these seeds as text."""
        text = f"{self}, seed by seed"
        others = [seed for seed in seeds if seed not in self.block.seed_set]
        if others:
            shown = ", ".join(f"{seed} by {self.seed(seed)}" for seed in others[:5])
            more = f" and {len(others) - 5} more" if len(others) > 5 else ""
            text += f"; it has fewer seeds: {shown}{more}"
        return text


def component_spec(component: Component) -> ComponentSpec:
    """A component in the form that specs contain."""
    return ComponentSpec(
        name=component.name,
        parameters=component.parameters(),
        locations=component.locations(),
        version=component.version,
    )
