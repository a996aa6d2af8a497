"""A small actor beside a training in several workers: it outlives each of them, and the task that coordinates them.

It keeps the latest checkpoint in memory, so that workers on any nodes need no shared disk, and now and then in a folder
for a trial that is tried again; the error that a worker raised; and it frees the workers' reservation if the
coordinating task is killed before it could.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import threading
import time
import traceback
from dataclasses import dataclass
from typing import Any

import ray

from symbench.trial.checkpoints import Cadence, FolderCheckpoints

_WATCH_EVERY_S = 1.0
_MARGIN_S = 300.0
_ANSWERS_S = 30.0


@dataclass(frozen=True)
class Failure:
    """An exception on its way to another process: pickled where possible, by name and text otherwise."""

    pickled: bytes | None
    kind: str
    message: str
    traceback: str

    def rebuilt(self) -> BaseException:
        """The exception, with the worker's traceback as a note."""
        error: BaseException = RuntimeError(f"{self.kind}: {self.message}")
        if self.pickled is not None:
            with contextlib.suppress(Exception):
                error = pickle.loads(self.pickled)  # noqa: S301  # from this trial's own worker
        error.add_note(f"in a training worker:\n{self.traceback}")
        return error


class TrainingSupervisor:
    """The actor. `lifetime_s` is when it ends by itself, in case no one is left to end it.

    folder   where an earlier attempt at the trial left its latest checkpoint, and where this one does
    """

    def __init__(self, lifetime_s: float, folder: FolderCheckpoints | None = None) -> None:
        self._folder = folder
        self._cadence = Cadence(folder.every_s if folder else 0.0)
        self._checkpoint = folder.load() if folder else None
        self._failure: Failure | None = None
        self._starts = 0
        self._notes: dict[str, str] = {}
        self._resumed_at = 0
        self._controller: Any = None
        self._ends = time.monotonic() + lifetime_s
        threading.Thread(target=self._guard, daemon=True).start()

    def load(self) -> bytes | None:
        """The latest checkpoint."""
        return self._checkpoint

    def save(self, checkpoint: bytes) -> None:
        """Keep this one instead."""
        self._checkpoint = checkpoint
        folder = self._folder
        if folder is not None and self._cadence.due():
            self._cadence.keep(lambda: folder.save(checkpoint))

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
        """Keep how it was computed, and the step of an earlier attempt at the trial that it went on from."""
        self._notes = notes
        if self._starts == 1:  # workers that start again go on from a step of this attempt
            self._resumed_at = resumed_at

    def how(self) -> tuple[dict[str, str], int]:
        """What `trained` was told last."""
        return self._notes, self._resumed_at

    def watch(self, controller: Any) -> None:
        """Free the reservation when this actor of Ray Train is dead, and end once no one can have a question left.

        A training that has ended well ends its controller too: the coordinating task then still asks for the result.
        """
        self._controller = controller

    def controller(self) -> Any:
        """That actor, or None before it introduced itself."""
        return self._controller

    @staticmethod
    def describe(error: BaseException) -> Failure:
        """An exception as it can travel."""
        try:
            pickled = pickle.dumps(error)
        except Exception:
            pickled = None
        text = "".join(traceback.format_exception(error))
        return Failure(pickled, type(error).__name__, str(error)[:2000], text[-4000:])

    def _guard(self) -> None:
        while time.monotonic() < self._ends and not self._orphaned():
            time.sleep(_WATCH_EVERY_S)
        try:
            self.free()
            time.sleep(_ANSWERS_S)
        finally:
            os._exit(0)  # the actor is no one's any more

    def free(self) -> None:
        """Take the workers' reservation from them, which ends them where they still run."""
        if self._controller is not None:
            for group in _reserved_by(self._controller):
                ray.util.remove_placement_group(group)

    def _orphaned(self) -> bool:
        if self._controller is None:
            return False
        try:
            ray.get(self._controller.__ray_ready__.remote(), timeout=10 * _WATCH_EVERY_S)
        except ray.exceptions.GetTimeoutError:
            return False  # busy placing workers
        except ray.exceptions.RayError:
            return True
        return False


def _reserved_by(actor: Any) -> list[Any]:
    """The reservations that an actor made. Ray keeps them until the job ends, and its public table names no maker."""
    from ray._private.state import state
    from ray.core.generated.gcs_pb2 import PlacementGroupTableData as Row
    from ray.util.placement_group import PlacementGroup

    rows = [Row.FromString(row) for row in state._connect_and_get_accessor().get_placement_group_table()]
    return [
        PlacementGroup(ray.PlacementGroupID(row.placement_group_id))
        for row in rows
        if row.creator_actor_id == actor._actor_id.binary() and row.state != Row.REMOVED
    ]


def keeper_for(timeout_s: float, folder: FolderCheckpoints | None = None) -> Any:
    """A keeper for a trial with this time limit, on this node, to be killed when the training has ended."""
    here = ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy(
        ray.get_runtime_context().get_node_id(), soft=False
    )
    remote = ray.remote(num_cpus=0, lifetime="detached", max_restarts=0, scheduling_strategy=here)(TrainingSupervisor)
    return remote.remote(timeout_s + _MARGIN_S, folder)


class KeptByActor:
    """`symbench.classifiers.training.checkpoint.Checkpoints` in a keeper."""

    every_s = 0.0

    def __init__(self, keeper: Any) -> None:
        self.keeper = keeper

    def load(self) -> bytes | None:
        """The latest, or None when there is none yet."""
        found: bytes | None = ray.get(self.keeper.load.remote())
        return found

    def save(self, checkpoint: bytes) -> None:
        """Replace the latest; returns when the keeper has it."""
        ray.get(self.keeper.save.remote(checkpoint))
