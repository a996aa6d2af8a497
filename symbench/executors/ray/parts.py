"""Trials of a discovery method in several workers: its parts (`trial.parts`) are Ray tasks.

A coordinating Ray task runs the trial like any other, and holds no resources. Each part is a task that requests those
of one worker, and at most `workers` of them run at once. The driver submits such a trial only if everything in flight
leaves room for its workers (`trials`); should another job take the room, parts wait in Ray's queue within the trial's
time limit.

A part that is lost with its worker or node ends the attempt: the driver counts it as a lost worker of the trial, and
submits the trial again. An exception of a part is raised in the coordinating task, as if it had been computed there.
"""

from __future__ import annotations

import contextlib
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import ray

from symbench.calls import Calls
from symbench.errors import InfrastructureError
from symbench.executors.ray.options import task_options
from symbench.executors.ray.remedies import cancel
from symbench.executors.ray.settings import RunSettings, hard_limits
from symbench.executors.ray.supervisor import Failure
from symbench.plugins import load_plugins
from symbench.trial.context import TrialContext
from symbench.trial.execute import execute
from symbench.trial.process import limit_threads, time_limit_held
from symbench.trial.resources import Resources
from symbench.trial.result import TrialResult
from symbench.trial.spec import TrialSpec

S = TypeVar("S")
A = TypeVar("A")
B = TypeVar("B")

_POLL_S = 1.0
_FETCH_S = 120.0  # for a result to come from its node
_AHEAD = 2  # results that were not yet taken, for each worker


class LostPartError(Exception):
    """A worker that computed a part of the trial was lost."""


@dataclass(frozen=True)
class LostPart:
    """A task's last message if a part was lost, with the cause: the attempt is over, and there is no result."""

    cause: str


def execute_in_parts(spec: TrialSpec, context: TrialContext, settings: RunSettings) -> TrialResult | LostPart:
    """Run a trial whose method has parts, computed by `spec.resources.workers` tasks at once.

    To be called in a Ray task, which should hold no resources. The environment of the result has the number of workers
    and of parts, and its CPU time contains that of the parts.
    """
    parts = RayParts(spec.resources, settings)
    try:
        result = execute(spec, replace(context, part_map=parts))
    finally:
        parts.cancel()
    if parts.lost is not None:
        return LostPart(parts.lost)
    environment = {**result.environment, "workers": str(spec.resources.workers), "parts": str(parts.count)}
    timings = {**result.timings, "cpu": result.timings["cpu"] + parts.cpu_s}
    return result.model_copy(update={"environment": environment, "timings": timings})


class RayParts:
    """A `PartMap`.

    lost     the cause, if a part was lost
    count    parts that were computed
    cpu_s    CPU time that they took
    """

    def __init__(self, request: Resources, settings: RunSettings) -> None:
        self.lost: str | None = None
        self.count, self.cpu_s = 0, 0.0
        self._request, self._settings = request, settings
        self._ends = time.monotonic() + request.timeout_s
        options = {**task_options(request), "max_retries": 0, "name": "part"}
        self._remote = ray.remote(**options)(compute_part)
        self._running: list[Any] = []
        self._call = Calls("the Ray cluster")  # in a thread: Ray cannot be interrupted by the alarm of the time limit

    def __call__(self, function: Callable[[S, A], B], shared: S, parts: Iterable[A]) -> Iterator[B]:
        """Raises what the function raises, LostPartError, and MemoryError if Ray ended a part for its memory."""
        common, remaining = self._call(ray.put, (function, shared), limit_s=_FETCH_S), iter(parts)
        order: deque[Any] = deque()
        exhausted = False
        while True:
            while not exhausted and len(self._running) < self._request.workers and self._room(order):
                try:
                    part = next(remaining)
                except StopIteration:
                    exhausted = True
                    break
                order.append(self._submit(common, part))
            if not order:
                return
            if order[0] in self._running:
                _, self._running = self._call(ray.wait, self._running, timeout=_POLL_S, fetch_local=True)
            else:
                yield self._value(order.popleft())

    def cancel(self) -> None:
        """End the parts that still run; nothing can be computed afterwards."""
        with time_limit_held():
            with contextlib.suppress(InfrastructureError):
                self._call(cancel, self._running)
            self._running = []
            self._call.close()

    def _room(self, order: deque[Any]) -> bool:
        return len(order) < _AHEAD * self._request.workers

    def _submit(self, common: Any, part: Any) -> Any:
        left_s = max(self._ends - time.monotonic(), 1.0)
        request = self._request.model_copy(update={"workers": 1, "timeout_s": left_s})
        task = self._call(self._remote.remote, [common], part, request, self._settings)
        self._running.append(task)
        return task

    def _value(self, task: Any) -> Any:
        try:
            outcome = self._call(ray.get, task, timeout=_FETCH_S, limit_s=2 * _FETCH_S)
        except ray.exceptions.OutOfMemoryError as error:
            raise MemoryError(str(error)[:2000]) from None
        except ray.exceptions.RayError as error:
            self.lost = f"{type(error).__name__} in a part"
            raise LostPartError(self.lost) from error
        if isinstance(outcome, Failure):
            raise outcome.rebuilt("a part of the trial")
        value, cpu_s = outcome
        self.count += 1
        self.cpu_s += cpu_s
        return value


def compute_part(
    common: list[Any], part: Any, request: Resources, settings: RunSettings
) -> tuple[Any, float] | Failure:
    """The Ray task of a part: the function's value and the CPU time, or its exception.

    common   a reference to the function and to what all parts share, in a list, since it may need plug-ins to be read
    request  of this process, with the time that the trial has left
    """
    began = time.process_time()
    try:
        with limit_threads(max(1, int(request.cpus))), hard_limits(request, settings.limits):
            load_plugins(settings.plugins)
            function, shared = ray.get(common[0])
            return function(shared, part), time.process_time() - began
    except Exception as error:
        return Failure.of(error)
