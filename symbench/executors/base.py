"""The interface of executors."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar

from symbench.data.splits import Pool
from symbench.plugins import Plugin
from symbench.trial.checkpoints import CheckpointFolder
from symbench.trial.resources import Resources
from symbench.trial.result import TrialResult
from symbench.trial.spec import TrialSpec

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from symbench.tuning.course import Course

SourceGenerators = Callable[[TrialSpec], "npt.NDArray[np.float64] | None"]
"""The generators (k, d, d) of a trial's source, None without a source. Called when the trial is started."""


def no_source(spec: TrialSpec) -> None:
    """The `SourceGenerators` of trials without a source."""
    return None


def no_work() -> None:
    """The default of what an executor calls before it waits."""


def never_ready() -> RuntimeError:
    """The error if the remaining trials wait for a result although no trial is running: the list of specs is wrong."""
    return RuntimeError("the trials that remain wait for a result that no trial will give")


class Executor(ABC):
    """Runs trials; a context manager that owns the processes it starts.

    Results: `run` yields exactly one result for every spec, in the order of completion. An exception, a time-out or a
    lost worker is a result: `run` raises only InfrastructureError, if no trial can run any more. Closing the iterator
    early cancels the running trials.

    Order: the iterable of specs may yield None, if the next spec is known only after another result was taken. The
    executor then continues with the trials that it has, and asks again after the next result.

    Waiting: the executor calls `before_waiting` whenever it has no further result at hand, that is, before it executes
    a trial itself or waits for other processes. The caller then acknowledges the results that it has taken.

    Thread safety: an executor is used from one thread.

    `symbench.executors.conformance.check_executor` checks all of this.
    """

    name: ClassVar[str]
    isolates: ClassVar[bool]
    """Whether the driver survives a trial that kills its process."""

    @abstractmethod
    def __enter__(self) -> Executor:
        """Start or join the machines; raises InfrastructureError."""

    @abstractmethod
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop what `__enter__` started, and nothing else."""

    def admit(self, requests: Mapping[Resources, str]) -> None:
        """Check before the run that every request can be met; each is mapped to the names of its entries.

        Raises InfrastructureError with the request and the available resources.
        """
        return None

    @abstractmethod
    def run(
        self,
        specs: Iterable[TrialSpec | None],
        pools: Mapping[str, Pool],
        plugins: Sequence[Plugin] = (),
        source_generators: SourceGenerators = no_source,
        checkpoints: CheckpointFolder | None = None,
        before_waiting: Callable[[], None] = no_work,
    ) -> Generator[TrialResult, None, None]:
        """Execute trials.

        pools            the events of each data digest
        plugins          to be loaded in every worker
        checkpoints      where trainings keep their state, for a trial that is run again; nowhere by default
        before_waiting   called in this thread; its exceptions end the run
        """

    def search(
        self,
        courses: Sequence[Course],
        pools: Mapping[str, Pool],
        plugins: Sequence[Plugin],
        keep: Callable[[TrialResult], None],
    ) -> None:
        """Train the missing configurations of these searches, and pass each result to `keep` as soon as it is there.

        By default one after the other in this process. Raises InfrastructureError if no training can run any more.
        """
        from symbench.tuning.course import train_here

        for course in courses:
            while (spec := course.next()) is not None:
                result = train_here(course, spec, pools[spec.data_digest], plugins)
                course.ended(result)
                keep(result)

    @abstractmethod
    def fan_out(self, function: Callable[[Any], Any], arguments: list[Any]) -> list[Any]:
        """Apply a picklable function to each argument, in parallel if possible; results in the order of arguments."""

    @abstractmethod
    def describe(self) -> str:
        """One line for people: where trials run."""
