"""One trial of `which-is-real`: the events of a task, and the metrics of the answer."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from symbench.errors import IncompatibleError
from symbench.tasks.base import ClassificationTask, DistributionTask, Task
from symbench.trial.result import Outcome
from symbench.which_is_real.events import EventVectors

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from symbench.data.container import Dataset
    from symbench.which_is_real.entry import WhichIsReal


def run_challenge(entry: WhichIsReal, task: Task, data: Dataset, *, seed: int) -> Outcome:
    """Test the transformation on the events of a trial, classes and charges included.

    Raises IncompatibleError for events on which it cannot be tested.
    """
    from symbench.which_is_real.pair_test import which_is_real

    reason = entry.incompatibility(task)
    if reason is not None:
        raise IncompatibleError(reason)
    started = time.perf_counter()
    try:
        found = which_is_real(
            events_of(task, data), entry.move, labels=classes_of(task, data), seed=seed, control=entry.control
        )
    except ValueError as error:
        raise IncompatibleError(f"{task.name}: {error}") from None
    return Outcome(
        metrics={
            "challenge_events": float(found.events),
            "challenge_accuracy": found.accuracy,
            "challenge_accuracy_error": found.accuracy_error,
            "challenge_z": found.z,
            "challenge_p": found.p,
        },
        notes={"control": "events exchanged with their copies at random"} if entry.control else {},
        timings={"fit": time.perf_counter() - started},
    )


def events_of(task: Task, data: Dataset) -> EventVectors:
    """The vectors of a task's events, padding as zeros, and the charges of constituents that it identifies."""
    import numpy as np

    vectors = np.where(data.mask[..., None], data.vectors, 0.0).astype(np.float64)
    identified = data.features is not None and getattr(task, "identification", False)
    if data.features is None or not identified:
        return EventVectors(vectors)
    return EventVectors(vectors, np.where(data.mask, data.features[..., 0], 0.0).astype(np.float64))


def classes_of(task: Task, data: Dataset) -> npt.NDArray[np.int64] | None:
    """The classes that a transformation keeps, of tasks that have them."""
    import numpy as np

    if isinstance(task, ClassificationTask):
        return np.asarray(data.label, dtype=np.int64)
    if isinstance(task, DistributionTask):
        companion = task.sample(data).y
        if companion is not None and companion.ndim == 1:
            return np.asarray(companion, dtype=np.int64)
    return None
