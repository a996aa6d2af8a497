"""The interface of executors."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar

from symbench.data.splits import Pool
from symbench.registry import Plugin
from symbench.trial.checkpoints import CheckpointPlace
from symbench.trial.resources import Resources
from symbench.trial.result import TrialResult
from symbench.trial.spec import TrialSpec

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from symbench.tuning.course import Course

Given = Callable[[TrialSpec], "npt.NDArray[np.float64] | None"]
"""What a trial that uses another's result is given of it: generators (k, d, d). Asked when the trial is started."""


def nothing_given(spec: TrialSpec) -> None:
    """For trials that use no other's result."""
    return None


def never_ready() -> RuntimeError:
    """The error for trials that wait for a result when none is on its way: a mistake of who made the list."""
    return RuntimeError("the trials that remain wait for a result that no trial will give")


class Executor(ABC):
    """Runs trials; a context manager that owns whatever it starts.

    `run` yields exactly one result for every spec, in the order of completion, and never raises for what a trial
    does: an exception, a time-out, a dead worker are results. It raises InfrastructureError when nothing can run
    any more. Closing the iterator early cancels what is in flight.

    Among the specs may stand None: what follows is not known before another result was taken. It is asked again then.
    """

    name: ClassVar[str]
    isolates: ClassVar[bool]  # a trial that kills its process leaves the driver alive

    @abstractmethod
    def __enter__(self) -> Executor:
        """Start or join what trials run on; raises InfrastructureError."""

    @abstractmethod
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop what `__enter__` started, and only that."""

    def admit(self, requests: Mapping[Resources, str]) -> None:
        """Check before anything runs that every request, each with the entries that make it, can be met.

        Raises InfrastructureError that says what was asked and what there is.
        """
        return None

    @abstractmethod
    def run(
        self,
        specs: Iterable[TrialSpec | None],
        pools: Mapping[str, Pool],
        plugins: Sequence[Plugin] = (),
        given: Given = nothing_given,
        checkpoints: CheckpointPlace | None = None,
    ) -> Generator[TrialResult, None, None]:
        """Execute trials; `pools` holds the events of each data digest.

        checkpoints   where trainings keep how far they have come, for a trial that is tried again; nowhere by default
        """

    def search(
        self,
        courses: Sequence[Course],
        pools: Mapping[str, Pool],
        plugins: Sequence[Plugin],
        keep: Callable[[TrialResult], None],
    ) -> None:
        """Train what these searches lack, and hand `keep` each result as it comes: one after the other in this
        process, unless the executor has a better way. Raises InfrastructureError when nothing can run any more."""
        from symbench.tuning.course import train_here

        for course in courses:
            while (spec := course.next()) is not None:
                result = train_here(course, spec, pools[spec.data_digest], plugins)
                course.ended(result)
                keep(result)

    @abstractmethod
    def fan_out(self, function: Callable[[Any], Any], arguments: list[Any]) -> list[Any]:
        """Apply a picklable function to each argument, side by side where possible; results in order."""

    @abstractmethod
    def describe(self) -> str:
        """One line for people: where trials run."""
