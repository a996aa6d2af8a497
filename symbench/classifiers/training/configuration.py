"""One training of a search: it uses training and validation events, and no test events."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from symbench import registry
from symbench.data.splits import Pool
from symbench.tasks.base import PredictionTask
from symbench.trial.result import Outcome
from symbench.trial.spec import TrialSpec
from symbench.tuning.search import LOSS

if TYPE_CHECKING:
    from symbench.classifiers.training.loop import Trainer


def run_configuration(spec: TrialSpec, pool: Pool, device: str, trainer: Trainer | None) -> Outcome:
    """Train one configuration and return its validation loss; test events are never drawn.

    Raises IncompatibleError if there is no network for these outputs.
    """
    from symbench.classifiers.training.loop import train
    from symbench.data.sizes import validation_size
    from symbench.data.splits import draw_without_test
    from symbench.trial.device import require_device
    from symbench.trial.rebuild import rebuild

    require_device(spec.resources)
    task = rebuild(registry.find_task(spec.task.name), spec.task)
    assert isinstance(task, PredictionTask)
    started = time.perf_counter()
    train_data, validation = draw_without_test(
        pool.data,
        pool.sizes,
        train_size=spec.train_size,
        seed=spec.seed,
        validation_size=validation_size(pool.sizes, spec.train_size),
    )
    drawn = time.perf_counter()
    training = (trainer or train)(
        rebuild(registry.find_learner(spec.track, spec.method.name), spec.method),
        train_data,
        validation,
        outputs=task.outputs(),
        seed=spec.seed,
        budget=spec.budget,
        device=device,
    )
    metrics = {
        LOSS: float(training.validation_loss.min()),
        "best_epoch": float(training.best_epoch),
        "epochs": float(len(training.validation_loss)),
        "steps": float(training.steps),
        "parameters": float(training.parameters),
    }
    arrays = {"train_loss": training.train_loss, "validation_loss": training.validation_loss}
    return Outcome(metrics, arrays, {"data": drawn - started, "fit": time.perf_counter() - drawn})
