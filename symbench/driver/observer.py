"""The events that a run reports to a progress display."""

from __future__ import annotations

from typing import Protocol

from symbench.trial.result import TrialResult


class Observer(Protocol):
    """Receives the events of a run, to display them."""

    def executing_on(self, where: str) -> None: ...
    def making_data(self, task: str) -> None: ...
    def searching(self, searches: int, configurations: int | None) -> None: ...
    def planned(self, to_run: int, done: int) -> None: ...
    def finished(self, result: TrialResult) -> None: ...
