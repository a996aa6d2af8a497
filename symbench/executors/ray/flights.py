"""One attempt at a trial on Ray: its task, when it started, and its messages."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import ray

from symbench.executors.ray.attempts import Attempts
from symbench.executors.ray.task import Started
from symbench.trial.result import TrialResult

FETCH_S = 120.0  # for one message of a task to come from its node


@dataclass
class InFlight:
    """A task that has been submitted; times by the monotonic clock."""

    attempts: Attempts
    submitted: float
    started: Started | None = None
    started_at: float = 0.0  # when the message of its start was read
    ended: float | None = None

    def age(self) -> float:
        """Seconds since the trial began, a lower limit: since its message was read, or by its node's clock.

        This process may have been busy when the message arrived. The node's clock is used if it agrees with the time
        of submission.
        """
        if self.started is None:
            return 0.0
        now = time.monotonic()
        by_node = time.time() - self.started.at
        return max(now - self.started_at, by_node if by_node <= now - self.submitted else 0.0)

    def annotated(self, result: TrialResult) -> TrialResult:
        """The result with notes on where it ran and how often it was tried."""
        result = self.attempts.annotated(result)
        if self.started is None:
            return result
        return result.model_copy(update={"notes": {**result.notes, "node": self.started.node}})


def next_message(task: Any) -> Any:
    """The next message of a streaming task; raises EOFError at its end."""
    try:
        return ray.get(next(task), timeout=FETCH_S)
    except StopIteration:
        raise EOFError from None
