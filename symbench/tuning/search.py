"""A search: its trainings, and the winner among their results.

Its key is the digest of the entry's recipe, its task and data, the space and the settings. The number of configurations
is not part of the key: their list is the same for every budget, so that a larger budget continues where a smaller one
ended. Trainings of a search are recorded in the journal like trials, but are no trials: `configuration` in their spec
names their search.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any, Literal

from pydantic import Field, model_validator

from symbench.component import FrozenModel, Track
from symbench.trial.resources import Resources
from symbench.trial.result import Status, TrialResult
from symbench.trial.spec import ComponentSpec, Configuration, TrialSpec
from symbench.tuning.space import Space, configurations

LOSS = "validation_loss"
STOPPED = "stopped"
_PURPOSE = 0x74756E65  # "tune": no other seed is drawn from the same sequence
_SEEDS_FROM = 1 << 58  # seeds of searches are larger than any seed of a suite
_HOPELESS = 5  # so many failures from the first configuration on end a search that could last for ever


class Settings(FrozenModel):
    """The `tune` section of a suite."""

    search: Literal["random", "asha", "none"] = Field(
        "random",
        description="random; asha: random, and trainings with higher losses are stopped early; none: no search",
    )
    trials: int | None = Field(
        None, ge=1, le=10_000, strict=True, description="configurations for each entry, including the default recipe"
    )
    core_minutes: float | None = Field(
        None, gt=0, allow_inf_nan=False, description="CPUs times training minutes for each entry, instead of trials"
    )
    train_size: int | None = Field(
        None, gt=0, strict=True, description="training events; by default as many as in the block's largest trials"
    )
    seed: int = Field(0, ge=0, strict=True, description="decides the configurations and their training")
    reduction: int = Field(3, ge=2, le=10, description="asha continues about one training in so many, twice")

    @model_validator(mode="after")
    def _one_budget(self) -> Settings:
        if self.search != "none" and (self.trials is None) == (self.core_minutes is None):
            raise ValueError("a search has a budget: either trials or core_minutes")
        return self

    def __str__(self) -> str:
        if self.core_minutes is not None:
            return f"{self.search}, {self.core_minutes:g} core minutes"
        return f"{self.search}, {self.trials} configuration{'s' if self.trials != 1 else ''}"


@dataclass(frozen=True)
class Search:
    """The search for one entry. `method` is its default recipe; the settings' training size is filled in."""

    task: ComponentSpec
    task_label: str
    method: ComponentSpec
    method_label: str
    space: Space
    settings: Settings
    budget: float
    data_digest: str
    metrics_version: str
    resources: Resources
    track: Track = Track.CLASSIFICATION

    @cached_property
    def key(self) -> str:
        """SHA-256 of the canonical JSON of everything that decides the trainings."""
        settings = self.settings.model_dump(exclude={"trials", "core_minutes"})
        if self.settings.search != "asha":
            del settings["reduction"]
        content = {
            "settings": settings,
            "task": self.task.model_dump(mode="json", exclude={"locations"}),
            "method": self.method.model_dump(mode="json", exclude={"locations"}),
            "space": {name: self.space[name].model_dump(mode="json", exclude_none=True) for name in self.space},
            "budget": self.budget,
            "data_digest": self.data_digest,
            "metrics_version": self.metrics_version,
        }
        text = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def train_size(self) -> int:
        """Training events of each configuration."""
        assert self.settings.train_size is not None
        return self.settings.train_size

    def configurations(self) -> Iterator[dict[str, Any]]:
        """The parameters of every configuration; endless if the budget is one of time."""
        first = {name: self.method.parameters[name] for name in self.space}
        return islice(configurations(self.space, self.key, first), self.settings.trials)

    def specs(self) -> Iterator[TrialSpec]:
        """The trainings, in the order of the configurations."""
        seed = search_seed(self.settings.seed)
        for index, drawn in enumerate(self.configurations()):
            yield TrialSpec(
                track=self.track,
                task=self.task,
                method=self.method.model_copy(update={"parameters": {**self.method.parameters, **drawn}}),
                train_size=self.train_size,
                seed=seed,
                budget=self.budget,
                data_digest=self.data_digest,
                metrics_version=self.metrics_version,
                resources=self.resources,
                task_label=self.task_label,
                method_label=self.method_label,
                configuration=Configuration(search=self.key, index=index),
            )


def search_seed(seed: int) -> int:
    """The seed of every training of a search, which no trial of a suite has.

    It is the same for all entries of a suite, so that their configurations are compared on the same events.
    """
    import numpy as np

    return _SEEDS_FROM + int(np.random.SeedSequence([seed, _PURPOSE]).generate_state(1, np.uint64)[0] >> np.uint64(7))


@dataclass(frozen=True)
class SearchState:
    """How far a search has come, from the journal.

    results    of the configurations that count, by index: with a budget of time, those up to the one that spent it
    finished   whether no configuration remains to be trained
    """

    search: Search
    results: Mapping[int, TrialResult]
    finished: bool

    @property
    def winner(self) -> TrialResult | None:
        """The result with the lowest validation loss among complete trainings, the first of equals.

        None before the search is finished, and if no training ended well.
        """
        if not self.finished:
            return None
        whole = [r for _, r in sorted(self.results.items()) if r.status is Status.OK and STOPPED not in r.notes]
        return min(whole, key=lambda result: result.metrics[LOSS], default=None)

    @property
    def fruitless(self) -> bool:
        """Whether the search is finished and no training ended well."""
        return self.finished and self.winner is None

    @property
    def changed(self) -> dict[str, Any]:
        """The winner's values of the parameters in the space; empty without a winner."""
        winner = self.winner
        return {name: winner.spec.method.parameters[name] for name in self.search.space} if winner else {}

    @property
    def core_seconds(self) -> float:
        """CPUs times seconds of training, over the configurations that count."""
        return sum(core_seconds(result) for result in self.results.values())


def core_seconds(result: TrialResult) -> float:
    """The cost of one training of a search: CPUs times seconds of training and validation."""
    seconds = result.timings.get("fit", result.timings.get("total", 0.0))
    return seconds * result.spec.resources.cpus


def search_state(search: Search, results: Mapping[int, TrialResult]) -> SearchState:
    """The state of a search with these results."""
    limit = search.settings.core_minutes
    if limit is None:
        counting = range(sum(1 for _ in search.configurations()))
        known = {index: results[index] for index in counting if index in results}
        return SearchState(search, known, len(known) == len(counting))
    known, spent, finished = {}, 0.0, False
    for index, _ in enumerate(search.configurations()):
        if index not in results:
            break
        known[index] = results[index]
        spent += core_seconds(results[index])
        hopeless = len(known) == _HOPELESS and not any(r.status is Status.OK for r in known.values())
        if spent >= 60 * limit or hopeless:
            finished = True
            break
    else:
        finished = True
    return SearchState(search, known, finished)


def by_search(recorded: Iterable[TrialResult]) -> dict[str, dict[int, TrialResult]]:
    """The results of searches among those of a journal: key of the search → index → result."""
    results: dict[str, dict[int, TrialResult]] = {}
    for result in recorded:
        configuration = result.spec.configuration
        if configuration is not None:
            results.setdefault(configuration.search, {})[configuration.index] = result
    return results
