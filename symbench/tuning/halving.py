"""Which trainings of a search continue: asynchronous successive halving, in the variant that stops trainings.

Li et al., MLSys 2020, arXiv:1810.05934; the stopping variant, which promotes no training later, is that of Ray Tune's
`ASHAScheduler`. Rung 1 is reached after 1/η² of the planned epochs and rung 2 after 1/η. At each rung a training is
stopped if its lowest validation loss so far is above the 1/η quantile of the losses reported at that rung before it.
The losses that earlier, interrupted runs of the search reported count too.
"""

from __future__ import annotations

from collections.abc import Iterable

from symbench.trial.result import TrialResult
from symbench.tuning.search import Settings

RUNGS = 2


def portions(settings: Settings) -> tuple[float, ...]:
    """The parts of a training, as fractions of its planned epochs; after each it is decided whether it continues."""
    if settings.search != "asha":
        return (1.0,)
    return tuple(settings.reduction ** float(rung - RUNGS) for rung in range(RUNGS + 1))


def rung_metric(rung: int) -> str:
    """The metric that records the lowest loss of a training at a rung, counted from 1."""
    return f"rung_{rung}_loss"


class Halving:
    """The decisions of one search. The default recipe (configuration 0) is never stopped: it is the fallback."""

    def __init__(self, settings: Settings, earlier: Iterable[TrialResult] = ()) -> None:
        self._active = settings.search == "asha"
        self._reduction = settings.reduction
        self._losses: dict[int, dict[int, float]] = {rung: {} for rung in range(1, RUNGS + 1)}
        for result in sorted(earlier, key=lambda r: r.finished_at):
            for rung in self._losses:
                loss = result.metrics.get(rung_metric(rung))
                if loss is not None and result.spec.configuration is not None:
                    self.stops(result.spec.configuration.index, rung, loss)

    def stops(self, index: int, rung: int, loss: float) -> bool:
        """Whether this configuration ends at this rung (1 or 2) with this loss, which is recorded.

        A configuration counts once at a rung: a training that is repeated after its worker was lost continues.
        """
        return self._active and self._lags(index, rung, loss) and index != 0

    def _lags(self, index: int, rung: int, loss: float) -> bool:
        import numpy as np

        rungs = (self._losses[lower] for lower in range(rung, 0, -1))
        losses = next((known for known in rungs if index not in known), None)
        if losses is None:
            return False
        # The quantile is taken of −loss, as Ray does, so that it rounds alike.
        rewards = [-known for known in losses.values()]
        losses[index] = loss
        return bool(rewards) and -loss < float(np.nanpercentile(rewards, (1 - 1 / self._reduction) * 100))
