"""Which trainings of a search go on: the asynchronous successive halving of Ray Tune, with a memory.

Li et al., MLSys 2020, arXiv:1810.05934, in the variant that stops trainings and promotes none. Rung 1 is reached after
1/η² of the planned epochs and rung 2 after 1/η: there a training is stopped when its lowest validation loss so far is
above the best 1/η of the losses that were seen at that rung. What earlier, interrupted runs of the search saw counts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from symbench.trial.result import TrialResult
from symbench.tuning.search import Settings

if TYPE_CHECKING:
    from ray.tune.schedulers import ASHAScheduler

RUNGS = 2


def portions(settings: Settings) -> tuple[float, ...]:
    """The parts of a training, as fractions of its planned epochs, after each of which is asked whether to go on."""
    if settings.search != "asha":
        return (1.0,)
    return tuple(settings.reduction ** float(rung - RUNGS) for rung in range(RUNGS + 1))


def rung_metric(rung: int) -> str:
    """The metric that keeps what a training had reached at a rung, counted from 1."""
    return f"rung_{rung}_loss"


@dataclass
class _Training:
    """What Ray's scheduler needs to know of a trial."""

    trial_id: str


class Halving:
    """The decisions of one search. The recipe as it is (index 0) is never stopped: every search can fall back on it."""

    def __init__(self, settings: Settings, earlier: Iterable[TrialResult] = ()) -> None:
        self._reduction = settings.reduction
        self._scheduler: ASHAScheduler | None = None
        if settings.search == "asha":
            from ray.tune.schedulers import ASHAScheduler

            self._scheduler = ASHAScheduler(
                time_attr="portion",
                metric="loss",
                mode="min",
                grace_period=1,
                max_t=self._reduction**RUNGS,
                reduction_factor=self._reduction,
            )
        self._known: dict[int, _Training] = {}
        for result in sorted(earlier, key=lambda r: r.finished_at):
            for rung in range(1, RUNGS + 1):
                loss = result.metrics.get(rung_metric(rung))
                if loss is not None and result.spec.configuration is not None:
                    self.stops(result.spec.configuration.index, rung, loss)

    def stops(self, index: int, rung: int, loss: float) -> bool:
        """Whether this configuration ends at this rung, having reached this loss."""
        scheduler: Any = self._scheduler
        if scheduler is None:
            return False
        if index not in self._known:
            self._known[index] = _Training(str(index))
            scheduler.on_trial_add(None, self._known[index])
        told = {"portion": self._reduction ** (rung - 1), "loss": loss}
        decision: str = scheduler.on_trial_result(None, self._known[index], told)
        return index != 0 and decision == scheduler.STOP
