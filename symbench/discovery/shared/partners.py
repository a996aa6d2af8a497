"""The parameters that methods share which count functions against permuted partners."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from symbench.component import Track
from symbench.discovery.base import DiscoveryMethod
from symbench.tasks.base import InvariantTask, Task

if TYPE_CHECKING:
    from symbench.discovery.shared.counted_invariants import PartnerSearch


class PartsMethod(DiscoveryMethod):
    """A method of the invariant track for events of certain parts.

    parts   kinds of events that the method takes (`InvariantSample.parts`)
    """

    tracks: ClassVar[frozenset[Track]] = frozenset({Track.INVARIANT})
    parts: ClassVar[frozenset[str]]

    def incompatibility(self, task: Task) -> str | None:
        reason = super().incompatibility(task)
        if reason is None and isinstance(task, InvariantTask) and task.parts not in self.parts:
            return (
                f"{self.name} takes events of {' or '.join(sorted(self.parts))}; those of {task.name} are {task.parts}"
            )
        return reason


class PartnerMethod(PartsMethod):
    """A search for functions that are narrower over events than over events with permuted partners."""

    cores: list[float] = Field(
        [0.5, 0.25],
        min_length=1,
        description="fractions of the events that a peak may contain; smaller ones need more events",
    )
    most: int = Field(4, ge=1, le=50, description="largest number of functions")
    starts: int = Field(24, ge=0, le=1_000, description="random starts of a search, beside that from all events")
    folds: int = Field(5, ge=2, le=20, description="folds for the held-out spreads")
    references: int = Field(5, ge=1, le=100, description="permutations of the partners in the reference")
    null_samples: int = Field(20, ge=20, le=1_000, description="permuted samples that are taken for data")
    level: float = Field(0.05, gt=0, lt=1, description="quantile of the null below which a function is significant")
    bound: float = Field(
        0.25, gt=0, lt=1, description="spread, relative to permuted partners, below which a function is nearly the same"
    )

    def search(self, budget: float, families: int = 1) -> PartnerSearch:
        """The settings of the search in each of some families of functions; the budget scales the random starts."""
        from symbench.discovery.shared.counted_invariants import PartnerSearch

        return PartnerSearch(
            cores=tuple(sorted(self.cores, reverse=True)),
            most=self.most,
            starts=round(self.starts * budget),
            folds=self.folds,
            references=self.references,
            null_samples=self.null_samples,
            level=self.level / families,
            bound=self.bound,
        )
