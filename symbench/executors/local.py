"""Trials one after the other in this process: for debugging, and for machines on which Ray cannot run."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any, ClassVar

from symbench.data.splits import Pool
from symbench.errors import InfrastructureError
from symbench.executors.base import Executor, SourceGenerators, never_ready, no_source
from symbench.plugins import Plugin
from symbench.trial.checkpoints import CheckpointFolder
from symbench.trial.context import TrialContext
from symbench.trial.execute import execute
from symbench.trial.resources import Resources
from symbench.trial.result import TrialResult
from symbench.trial.spec import TrialSpec


class LocalExecutor(Executor):
    """No isolation: a trial that kills its process kills the driver too; the journal resumes the run."""

    name: ClassVar[str] = "local"
    isolates: ClassVar[bool] = False

    def __enter__(self) -> LocalExecutor:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def admit(self, requests: Mapping[Resources, str]) -> None:
        entries = [names for request, names in requests.items() if request.workers > 1]
        if entries:
            raise InfrastructureError(f"trials of several workers need the executor 'ray': {'; '.join(entries)}")

    def run(
        self,
        specs: Iterable[TrialSpec | None],
        pools: Mapping[str, Pool],
        plugins: Sequence[Plugin] = (),
        source_generators: SourceGenerators = no_source,
        checkpoints: CheckpointFolder | None = None,
    ) -> Generator[TrialResult, None, None]:
        for spec in specs:
            if spec is None:  # every trial so far has ended, and its result was taken
                raise never_ready()
            pool, generators = pools[spec.data_digest], source_generators(spec)
            yield execute(spec, TrialContext(pool, plugins, source_generators=generators, checkpoints=checkpoints))

    def fan_out(self, function: Callable[[Any], Any], arguments: list[Any]) -> list[Any]:
        return [function(argument) for argument in arguments]

    def describe(self) -> str:
        return "in this process, one trial at a time"
