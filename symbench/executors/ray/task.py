"""The Ray task of one trial: its data, its execution within hard limits, and its messages to the driver."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import ray

from symbench.errors import DataError, SymbenchError
from symbench.executors.limits import Limits
from symbench.executors.ray.parts import LostPart, execute_in_parts
from symbench.executors.ray.settings import RunSettings, hard_limits
from symbench.executors.ray.shared_data import SharedPool, cache_folder, open_at_once, open_pool
from symbench.trial.checkpoints import CheckpointFolder
from symbench.trial.clean_state import LEFT_BEHIND
from symbench.trial.context import TrialContext
from symbench.trial.execute import execute, unexecuted
from symbench.trial.result import Status, TrialError, TrialResult
from symbench.trial.spec import TrialSpec

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


@dataclass(frozen=True)
class Started:
    """A task's message that it has a node; with its data, that its trial's time begins. `at` is the node's clock."""

    node: str
    pid: int
    at: float
    has_data: bool = True


def run_trial(
    spec: TrialSpec,
    shared: SharedPool,
    settings: RunSettings,
    source_generators: npt.NDArray[np.float64] | None = None,
) -> Iterator[Started | LostPart | TrialResult]:
    """Yield Started when the data are there, and before that if they are not at hand; then the result.

    Waiting for the data has a limit of its own, before the trial's begins. A trial that left something in its process
    that cannot be undone (`trial.clean_state`) is the last one of the process.
    """
    node = ray.get_runtime_context().get_node_id()
    try:
        pool = open_at_once(shared)
        if pool is None:
            yield Started(node, os.getpid(), time.time(), has_data=False)
            pool = open_pool(shared, settings.limits.data_wait_s)
    except (SymbenchError, OSError, ray.exceptions.RayError) as error:
        yield undelivered(spec, error, settings.limits)
        return
    yield Started(node, os.getpid(), time.time())
    context = TrialContext(
        pool,
        settings.plugins,
        source_generators=source_generators,
        checkpoints=_on_this_node(settings.checkpoints),
    )
    with hard_limits(spec.resources, settings.limits):
        result = _executed(spec, context, settings)
    if isinstance(result, LostPart):
        yield result
        return
    yield _with_requested_memory(result)
    if LEFT_BEHIND in result.notes:
        sys.exit(0)  # Ray delivers the result, and starts another process for the trials that follow


def with_common(
    shared: SharedPool, settings: RunSettings
) -> Callable[[TrialSpec, npt.NDArray[np.float64] | None], Iterator[Started | LostPart | TrialResult]]:
    """`run_trial` with everything that trials have in common, as a function for `ray.remote`."""

    def run_with_common(
        spec: TrialSpec, source_generators: npt.NDArray[np.float64] | None = None
    ) -> Iterator[Started | LostPart | TrialResult]:
        yield from run_trial(spec, shared, settings, source_generators)

    return run_with_common


def _executed(spec: TrialSpec, context: TrialContext, settings: RunSettings) -> TrialResult | LostPart:
    """In this process, or in several: networks train in workers, and parts of discovery methods are tasks."""
    if spec.resources.workers == 1:
        return execute(spec, context)
    if spec.track.trained:
        from symbench.executors.ray.train import execute_with_workers

        return execute_with_workers(spec, context)
    return execute_in_parts(spec, context, settings)


def undelivered(spec: TrialSpec, error: Exception, limits: Limits) -> TrialResult:
    """The result of a trial whose data could not be opened on its node."""
    message = f"the data did not reach the node within {limits.data_wait_s:g} s: {str(error)[:1500]}"
    return unexecuted(spec, Status.FAILED, type(error).__name__, message)


def _on_this_node(checkpoints: CheckpointFolder | None) -> CheckpointFolder | None:
    """Where this node keeps the checkpoints of a run; None if it has no folder for them."""
    if checkpoints is None:
        return None
    try:
        return checkpoints.on_this_node(cache_folder)
    except (OSError, DataError):
        return None


def _with_requested_memory(result: TrialResult) -> TrialResult:
    """The result; an out-of-memory error states how much memory the trial requested."""
    memory_gib = result.spec.resources.memory_gib
    if result.status is not Status.OOM or not memory_gib or not result.error:
        return result
    message = f"{result.error.message} (the trial asked for {memory_gib:g} GiB)"
    error = TrialError(type=result.error.type, message=message, traceback=result.error.traceback)
    return result.model_copy(update={"error": error})
