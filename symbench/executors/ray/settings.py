"""What all tasks of a run have in common, and the limits of their processes, which hold whatever a trial does."""

from __future__ import annotations

import contextlib
import faulthandler
import resource
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from symbench.executors.limits import Limits
from symbench.plugins import Plugin
from symbench.trial.checkpoints import CheckpointFolder
from symbench.trial.resources import GIB, Resources


@dataclass(frozen=True)
class RunSettings:
    """What all tasks of a run have in common."""

    plugins: tuple[Plugin, ...]
    limits: Limits
    checkpoints: CheckpointFolder | None = None


@contextlib.contextmanager
def hard_limits(request: Resources, limits: Limits) -> Iterator[None]:
    """End this process `grace_s` after the trial's time limit, and limit its memory to the request."""
    with _hard_stop(request.timeout_s + limits.grace_s), _memory_limit(request):
        yield


@contextlib.contextmanager
def _hard_stop(seconds: float) -> Iterator[None]:
    """End this process after `seconds`, even if Python never runs again: a thread of C does it, without the GIL."""
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
def _memory_limit(request: Resources) -> Iterator[None]:
    """Refuse the trial more private memory than it requested, beyond what the worker holds when the trial begins.

    This is the kernel's limit on data (Linux): an allocation beyond it fails in the trial that made it, before the
    node runs out of memory; Ray itself enforces no limit. Memory that is shared, as data sets are, or mapped from files
    does not count. There is no limit with GPUs, whose driver maps unused memory, nor with several workers, which are
    separate processes.
    """
    held = _data_bytes()
    if not request.memory_gib or request.gpus or request.workers > 1 or held is None:
        yield
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    limit = held + int(request.memory_gib * GIB)
    resource.setrlimit(resource.RLIMIT_DATA, (limit if hard == resource.RLIM_INFINITY else min(limit, hard), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


def _data_bytes() -> int | None:
    """Private writable memory of this process as the limit counts it; None if the kernel does not report it."""
    with contextlib.suppress(OSError, StopIteration), open("/proc/self/status") as file:
        return int(next(line for line in file if line.startswith("VmData:")).split()[1]) * 1024
    return None
