"""A small actor beside a training in several workers, which survives the loss of workers and of the coordinating task.

It keeps the latest checkpoint in memory, so that workers on any nodes need no shared disk, and from time to time in a
folder, for a trial that is tried again. It keeps the error that a worker raised, and frees the workers' placement group
if the coordinating task is killed before it could.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import threading
import time
from dataclasses import dataclass
from typing import Any

import ray

from symbench.executors.ray.private import actor_lives, placement_groups_of
from symbench.trial.checkpoints import Cadence, TrialCheckpoints
from symbench.trial.traceback_text import traceback_text
from symbench.words import error_kind, error_message

_WATCH_EVERY_S = 1.0
_MARGIN_S = 300.0
_ANSWERS_S = 30.0
_SAVE_S = 600.0


@dataclass(frozen=True)
class Failure:
    """An exception on its way to another process: pickled if possible, otherwise by name and text."""

    pickled: bytes | None
    kind: str
    message: str
    traceback: str

    @classmethod
    def of(cls, error: BaseException) -> Failure:
        """The exception in a form that can be sent."""
        try:
            pickled = pickle.dumps(error)
        except Exception:
            pickled = None
        return cls(pickled, error_kind(error), error_message(error), traceback_text(error))

    def rebuilt(self, where: str = "a training worker") -> BaseException:
        """The exception, with the worker's traceback as a note."""
        error: BaseException = RuntimeError(f"{self.kind}: {self.message}")
        if self.pickled is not None:
            with contextlib.suppress(Exception):
                error = pickle.loads(self.pickled)  # noqa: S301  # from this trial's own worker
        error.add_note(f"in {where}:\n{self.traceback}")
        return error


class TrainingSupervisor:
    """The actor.

    lifetime_s    when it ends by itself, if no process has ended it
    checkpoints   where an earlier attempt at the trial left its latest checkpoint, and where this one is saved
    """

    def __init__(self, lifetime_s: float, checkpoints: TrialCheckpoints | None = None) -> None:
        self._checkpoints = checkpoints
        self._cadence = Cadence(checkpoints.every_s if checkpoints else 0.0)
        self._latest = checkpoints.load() if checkpoints else None
        self._failure: Failure | None = None
        self._starts = 0
        self._notes: dict[str, str] = {}
        self._resumed_at = 0
        self._controller: Any = None
        self._ends = time.monotonic() + lifetime_s
        threading.Thread(target=self._guard, daemon=True).start()

    def load(self) -> bytes | None:
        """The latest checkpoint."""
        return self._latest

    def save(self, checkpoint: bytes) -> None:
        """Replace the latest checkpoint."""
        self._latest = checkpoint
        checkpoints = self._checkpoints
        if checkpoints is not None and self._cadence.due():
            self._cadence.keep(lambda: checkpoints.save(checkpoint))

    def failed(self, failure: Failure) -> None:
        """Keep the first error."""
        self._failure = self._failure or failure

    def failure(self) -> Failure | None:
        """The error that the training itself raised."""
        return self._failure

    def started(self) -> None:
        """Count a start of the workers."""
        self._starts += 1

    def starts(self) -> int:
        """How often workers were started."""
        return self._starts

    def trained(self, notes: dict[str, str], resumed_at: int) -> None:
        """Keep the notes of the training, and the step of an earlier attempt at the trial at which it resumed."""
        self._notes = notes
        if self._starts == 1:  # workers that are started again resume at a step of this attempt
            self._resumed_at = resumed_at

    def training_notes(self) -> tuple[dict[str, str], int]:
        """The last arguments of `trained`."""
        return self._notes, self._resumed_at

    def watch(self, controller: Any) -> None:
        """Watch this actor of Ray Train: when it is dead, free its placement group, and end after a while.

        The controller also ends after a training that ended well; the coordinating task then still asks for the result.
        """
        self._controller = controller

    def controller(self) -> Any:
        """The actor that is watched; None before `watch`."""
        return self._controller

    def free(self) -> None:
        """Remove the workers' placement group, which ends workers that still run."""
        if self._controller is not None:
            for group in placement_groups_of(self._controller):
                ray.util.remove_placement_group(group)

    def _guard(self) -> None:
        while time.monotonic() < self._ends and not self._orphaned():
            time.sleep(_WATCH_EVERY_S)
        try:
            self.free()
            time.sleep(_ANSWERS_S)
        finally:
            os._exit(0)  # no process uses the actor any more

    def _orphaned(self) -> bool:
        """Whether the controller is dead; one that is busy placing workers is not."""
        return self._controller is not None and not actor_lives(self._controller, 10 * _WATCH_EVERY_S)


def start_supervisor(timeout_s: float, checkpoints: TrialCheckpoints | None = None) -> Any:
    """A supervisor for a trial with this time limit, on this node; the caller kills it when the training has ended."""
    here = ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy(
        ray.get_runtime_context().get_node_id(), soft=False
    )
    remote = ray.remote(num_cpus=0, lifetime="detached", max_restarts=0, scheduling_strategy=here)(TrainingSupervisor)
    return remote.remote(timeout_s + _MARGIN_S, checkpoints)


class SupervisedCheckpoints:
    """`symbench.classifiers.training.checkpoint.Checkpoints` in the memory of a supervisor."""

    every_s = 0.0

    def __init__(self, supervisor: Any) -> None:
        self.supervisor = supervisor

    def load(self) -> bytes | None:
        """The latest checkpoint, or None if there is none yet."""
        checkpoint: bytes | None = ray.get(self.supervisor.load.remote(), timeout=_ANSWERS_S)
        return checkpoint

    def save(self, checkpoint: bytes) -> None:
        """Replace the latest checkpoint; returns when the supervisor has it."""
        ray.get(self.supervisor.save.remote(checkpoint), timeout=_SAVE_S)
