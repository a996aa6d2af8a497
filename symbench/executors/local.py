"""Trials one after the other in this process: for debugging, and for machines on which Ray cannot run."""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any, ClassVar

from symbench.data.splits import Pool
from symbench.errors import InfrastructureError
from symbench.executors.base import Executor, SourceGenerators, never_ready, no_source, no_work
from symbench.plugins import Plugin
from symbench.trial.checkpoints import CheckpointFolder
from symbench.trial.clean_state import LEFT_BEHIND
from symbench.trial.context import TrialContext
from symbench.trial.execute import execute
from symbench.trial.resources import Resources
from symbench.trial.result import TrialResult
from symbench.trial.spec import TrialSpec
from symbench.words import one_line

_log = logging.getLogger("symbench.executors")


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
        before_waiting: Callable[[], None] = no_work,
    ) -> Generator[TrialResult, None, None]:
        for spec in specs:
            if spec is None:  # every trial so far has ended, and its result was taken
                raise never_ready()
            before_waiting()
            pool, generators = pools[spec.data_digest], source_generators(spec)
            context = TrialContext(pool, plugins, source_generators=generators, checkpoints=checkpoints)
            result = execute(spec, context)
            if LEFT_BEHIND in result.notes:
                _log.warning(
                    "%s on %s left %s in this process, which may change later trials; --executor ray runs those in "
                    "another process",
                    *(one_line(label) for label in (spec.method_label, spec.task_label)),
                    result.notes[LEFT_BEHIND],
                )
            yield result

    def fan_out(self, function: Callable[[Any], Any], arguments: list[Any]) -> list[Any]:
        return [function(argument) for argument in arguments]

    def describe(self) -> str:
        return "in this process, one trial at a time"
