"""One training of a search, whole or in parts: it uses training and validation events, and no test events."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from symbench.data.splits import Pool
from symbench.trial.context import TrialContext
from symbench.trial.result import Status, TrialResult
from symbench.trial.spec import TrialSpec
from symbench.tuning.halving import portions, rung_metric
from symbench.tuning.search import LOSS, STOPPED, Settings

if TYPE_CHECKING:
    from symbench.classifiers.learner import Learner
    from symbench.classifiers.training.loop import Training
    from symbench.data.container import Dataset
    from symbench.data.signature import Signature
    from symbench.plugins import Plugin


class MemoryCheckpoints:
    """The latest checkpoint of a training, in this process."""

    every_s = 0.0  # after each epoch: the next part goes on from the last one

    def __init__(self) -> None:
        self._latest: bytes | None = None

    def load(self) -> bytes | None:
        return self._latest

    def save(self, checkpoint: bytes) -> None:
        self._latest = checkpoint


@dataclass
class Parts:
    """A training in parts: each call of `next` trains up to the next rung and gives the result so far.

    `ended` is True if nothing is left to train: the training is complete, or has failed.
    """

    spec: TrialSpec
    settings: Settings
    pool: Pool
    plugins: Sequence[Plugin] = ()
    ended: bool = False
    rung: int = 0
    _rungs: dict[str, float] = field(default_factory=dict)
    _spent: dict[str, float] = field(default_factory=dict)
    _checkpoints: MemoryCheckpoints | None = None
    _epochs: int = 0
    _last_epoch: bool = False

    def __post_init__(self) -> None:
        if len(portions(self.settings)) > 1:
            self._checkpoints = MemoryCheckpoints()

    def next(self) -> TrialResult:
        """Train up to the next rung, or to the end."""
        from symbench.trial.execute import execute

        left = self.spec.resources.timeout_s - self._spent.get("total", 0.0)
        resources = self.spec.resources.model_copy(update={"timeout_s": max(left, 1e-3)})
        spec = self.spec.model_copy(update={"resources": resources})
        result = execute(spec, TrialContext(self.pool, self.plugins, trainer=self._train))
        self.rung += 1
        for name, seconds in result.timings.items():
            self._spent[name] = self._spent.get(name, 0.0) + seconds
        self.ended = self._last_epoch or result.status is not Status.OK or self.rung >= len(portions(self.settings))
        if not self.ended:
            self._epochs = int(result.metrics["epochs"])
            self._rungs[rung_metric(self.rung)] = result.metrics[LOSS]
        so_far = {"spec": self.spec, "metrics": {**result.metrics, **self._rungs}, "timings": dict(self._spent)}
        return result.model_copy(update=so_far)

    def _train(
        self,
        learner: Learner,
        train_data: Dataset,
        validation_data: Dataset,
        *,
        outputs: int | Signature = 2,
        seed: int,
        budget: float,
        device: str,
    ) -> Training:
        from symbench.classifiers.training.loop import planned_epochs, train

        epochs = planned_epochs(learner, len(train_data), budget)
        stops = [math.ceil(epochs * portion - 1e-9) for portion in portions(self.settings)]
        while stops[self.rung] <= self._epochs:  # a short training reaches several rungs at once: the last one counts
            self.rung += 1
        stop = stops[self.rung]
        interrupted = False

        def on_epoch(epoch: int, loss: float) -> bool:
            nonlocal interrupted
            interrupted = epoch >= stop
            return interrupted

        training = train(
            learner,
            train_data,
            validation_data,
            outputs=outputs,
            seed=seed,
            budget=budget,
            device=device,
            checkpoints=self._checkpoints,
            on_epoch=on_epoch,
        )
        self._last_epoch = stop == epochs or not interrupted
        return training


def stopped(result: TrialResult, rung: int) -> TrialResult:
    """The result of a training that was stopped at this rung."""
    epochs = int(result.metrics["epochs"])
    note = f"at rung {rung}, after {epochs} epoch{'s' if epochs != 1 else ''}: others had a lower loss there"
    return result.model_copy(update={"notes": {**result.notes, STOPPED: note}})
