"""Trials one after the other in this process: for debugging, and where Ray cannot run."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any, ClassVar

from symbench.data.splits import Pool
from symbench.errors import InfrastructureError
from symbench.executors.base import Executor, Given, never_ready, nothing_given
from symbench.registry import Plugin
from symbench.trial.checkpoints import CheckpointPlace
from symbench.trial.execute import execute
from symbench.trial.resources import Resources
from symbench.trial.result import TrialResult
from symbench.trial.spec import TrialSpec


class LocalExecutor(Executor):
    """No isolation: a trial that takes its process down takes the driver with it, and the journal resumes."""

    name: ClassVar[str] = "local"
    isolates: ClassVar[bool] = False

    def __enter__(self) -> LocalExecutor:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def admit(self, requests: Mapping[Resources, str]) -> None:
        several = [who for asked, who in requests.items() if asked.workers > 1]
        if several:
            raise InfrastructureError(f"trials of several workers need the executor 'ray': {'; '.join(several)}")

    def run(
        self,
        specs: Iterable[TrialSpec | None],
        pools: Mapping[str, Pool],
        plugins: Sequence[Plugin] = (),
        given: Given = nothing_given,
        checkpoints: CheckpointPlace | None = None,
    ) -> Generator[TrialResult, None, None]:
        for spec in specs:
            if spec is None:  # every trial so far has ended, and its result was taken
                raise never_ready()
            yield execute(spec, pools[spec.data_digest], plugins, given=given(spec), checkpoints=checkpoints)

    def fan_out(self, function: Callable[[Any], Any], arguments: list[Any]) -> list[Any]:
        return [function(argument) for argument in arguments]

    def describe(self) -> str:
        return "in this process, one trial at a time"
