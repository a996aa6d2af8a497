"""What runs in a Ray worker: one trial, with an end to its time and memory that needs no help from the trial."""

from __future__ import annotations

import contextlib
import faulthandler
import os
import resource
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import ray

from symbench.errors import DataError, SymbenchError
from symbench.executors.ray.shared_data import SharedPool, cache_folder, open_pool
from symbench.registry import Plugin
from symbench.trial.checkpoints import CheckpointPlace
from symbench.trial.execute import execute, unexecuted
from symbench.trial.resources import GIB, Resources
from symbench.trial.result import Status, TrialError, TrialResult
from symbench.trial.spec import TrialSpec

_WORTH_TELLING_S = 1.0


@dataclass(frozen=True)
class Started:
    """What a task yields before its result: it waits for no node any more, or for no data. `at` is its node's clock."""

    node: str
    pid: int
    at: float


def run_trial(
    spec: TrialSpec,
    shared: SharedPool,
    plugins: Sequence[Plugin],
    given: npt.NDArray[np.float64] | None,
    grace_s: float,
    data_wait_s: float,
    checkpoints: CheckpointPlace | None = None,
) -> Iterator[Started | TrialResult]:
    """Yield Started, again where the data was waited for, then the result.

    Waiting for the data has a limit of its own, before the trial's begins.
    """
    node, begun = ray.get_runtime_context().get_node_id(), time.monotonic()
    yield Started(node, os.getpid(), time.time())
    try:
        pool = open_pool(shared, data_wait_s)
    except (SymbenchError, OSError, ray.exceptions.RayError) as error:
        message = f"the data did not reach the node within {data_wait_s:g} s: {str(error)[:1500]}"
        yield unexecuted(spec, Status.FAILED, type(error).__name__, message)
        return
    if time.monotonic() - begun > _WORTH_TELLING_S:
        yield Started(node, os.getpid(), time.time())
    asked = spec.resources
    if checkpoints is not None:
        checkpoints = _seen_from_here(checkpoints)
    with hard_stop(asked.timeout_s + grace_s), memory_limit(asked):
        if asked.workers > 1:
            from symbench.executors.ray.train import execute_with_workers

            result = execute_with_workers(spec, pool, plugins, given, checkpoints)
        else:
            result = execute(spec, pool, plugins, given=given, checkpoints=checkpoints)
    if result.status is Status.OOM and asked.memory_gib and result.error:
        message = f"{result.error.message} (the trial asked for {asked.memory_gib:g} GiB)"
        error_told = TrialError(type=result.error.type, message=message, traceback=result.error.traceback)
        result = result.model_copy(update={"error": error_told})
    yield result


def _seen_from_here(place: CheckpointPlace) -> CheckpointPlace | None:
    """Where this node keeps the checkpoints of a run; None where it has no folder for them."""
    try:
        return place.seen_from_node(cache_folder)
    except (OSError, DataError):
        return None


@contextlib.contextmanager
def hard_stop(seconds: float) -> Iterator[None]:
    """End this process after `seconds`, even where Python never runs again: a thread of C does it, without the GIL."""
    file = sys.__stderr__
    if file is None:  # a process without standard error
        yield
        return
    faulthandler.dump_traceback_later(seconds, exit=True, file=file)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()


@contextlib.contextmanager
def memory_limit(asked: Resources) -> Iterator[None]:
    """Refuse the trial more private memory than it asked for, on top of what the worker holds when it begins.

    The kernel's limit on data (Linux): an allocation past it fails in the trial that made it, before the node runs
    short. Memory that is shared, as data sets are, or mapped from files does not count. Ray sets memory aside only on
    paper. Not with GPUs, whose driver maps memory that no one uses, nor with several workers, which are processes of
    their own.
    """
    held = _data_bytes()
    if not asked.memory_gib or asked.gpus or asked.workers > 1 or held is None:
        yield
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    limit = held + int(asked.memory_gib * GIB)
    resource.setrlimit(resource.RLIMIT_DATA, (limit if hard == resource.RLIM_INFINITY else min(limit, hard), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


def _data_bytes() -> int | None:
    """Private writable memory of this process as the limit counts it; None where the kernel does not say."""
    with contextlib.suppress(OSError, StopIteration), open("/proc/self/status") as file:
        return int(next(line for line in file if line.startswith("VmData:")).split()[1]) * 1024
    return None
