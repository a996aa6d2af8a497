"""A small actor beside a training in several workers: it outlives each of them, and the task that coordinates them.

It keeps the latest checkpoint in memory, so that workers on any nodes need no shared disk; the error that a worker
raised; and it frees the workers' reservation if the coordinating task is killed before it could.
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

_WATCH_EVERY_S = 1.0
_MARGIN_S = 300.0


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


class Keeper:
    """The actor. `lifetime_s` is when it ends by itself, in case no one is left to end it."""

    def __init__(self, lifetime_s: float) -> None:
        self._checkpoint: bytes | None = None
        self._failure: Failure | None = None
        self._starts = 0
        self._group: Any = None
        self._controller: Any = None
        self._ends = time.monotonic() + lifetime_s
        threading.Thread(target=self._guard, daemon=True).start()

    def load(self) -> bytes | None:
        """The latest checkpoint."""
        return self._checkpoint

    def save(self, checkpoint: bytes) -> None:
        """Keep this one instead."""
        self._checkpoint = checkpoint

    def failed(self, failure: Failure) -> None:
        """Keep the first error."""
        self._failure = self._failure or failure

    def failure(self) -> Failure | None:
        """The error that the training itself raised."""
        return self._failure

    def started(self, group: Any) -> None:
        """Count a start of the workers, and know their reservation."""
        self._starts += 1
        self._group = group

    def starts(self) -> int:
        """How often workers were started."""
        return self._starts

    def watch(self, controller: Any) -> None:
        """Free the reservation and end when this actor of Ray Train is dead."""
        self._controller = controller

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
        if self._group is not None:
            with contextlib.suppress(Exception):
                ray.util.remove_placement_group(self._group)
        os._exit(0)  # the actor is no one's any more

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


def keeper_for(timeout_s: float) -> Any:
    """A keeper for a trial with this time limit, on this node, to be killed when the training has ended."""
    here = ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy(
        ray.get_runtime_context().get_node_id(), soft=False
    )
    remote = ray.remote(num_cpus=0, lifetime="detached", max_restarts=0, scheduling_strategy=here)(Keeper)
    return remote.remote(timeout_s + _MARGIN_S)


class KeptByActor:
    """`symbench.classifiers.checkpoint.Checkpoints` in a keeper."""

    def __init__(self, keeper: Any) -> None:
        self.keeper = keeper

    def load(self) -> bytes | None:
        """The latest, or None when there is none yet."""
        found: bytes | None = ray.get(self.keeper.load.remote())
        return found

    def save(self, checkpoint: bytes) -> None:
        """Replace the latest; returns when the keeper has it."""
        ray.get(self.keeper.save.remote(checkpoint))
