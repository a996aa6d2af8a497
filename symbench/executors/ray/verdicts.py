"""Whose fault a lost worker is: the trial's, or its node's.

Workers die with their node, and Ray reports the node up to a minute later. So a trial that was lost too often fails
only if the node of its last attempt answers; if that node proves to be dead, its losses there do not count.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any

import ray

from symbench.calls import direct
from symbench.executors.ray.flights import InFlight
from symbench.executors.ray.remedies import probe
from symbench.trial.result import TrialResult

VERDICT_S = 90.0  # for a node to answer or to be declared dead
_ANSWER_S = 5.0


@dataclass(frozen=True)
class _Doubtful:
    """A trial that fails with this result if its node is alive."""

    flight: InFlight
    node: str
    result: TrialResult
    give_up: float


class Verdicts:
    """The trials whose nodes have been asked; true if there are any."""

    def __init__(self, call: Callable[..., Any] | None = None) -> None:
        self._call = call or direct
        self._doubtful: dict[Any, _Doubtful] = {}

    def __bool__(self) -> bool:
        return bool(self._doubtful)

    def ask(self, flight: InFlight, node: str, result: TrialResult) -> None:
        """Ask the node of the last attempt whether it lives."""
        answer = self._call(probe, node)
        self._doubtful[answer] = _Doubtful(flight, node, result, time.monotonic() + VERDICT_S)

    def decided(self, dead: Collection[str]) -> Iterator[tuple[InFlight, TrialResult | None]]:
        """The trials of nodes that have answered, have died or are given up: with the result, None to try again."""
        for answer, doubtful in list(self._doubtful.items()):
            lives = False
            if doubtful.node not in dead:
                ready, _ = self._call(ray.wait, [answer], timeout=0)
                lives = bool(ready) and self._call(_succeeded, answer)
                if not lives and time.monotonic() < doubtful.give_up:
                    continue
            del self._doubtful[answer]
            again = not lives and doubtful.flight.attempts.verdict(dead) is None
            yield doubtful.flight, None if again else doubtful.result


def _succeeded(answer: Any) -> bool:
    try:
        ray.get(answer, timeout=_ANSWER_S)
    except ray.exceptions.RayError:
        return False
    return True
