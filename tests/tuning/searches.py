"""Searches made up for tests, and results of their trainings without a training."""

from __future__ import annotations

from typing import Any

from symbench.trial.resources import Resources
from symbench.trial.result import Status, TrialError, TrialResult
from symbench.trial.spec import ComponentSpec, TrialSpec
from symbench.tuning.search import LOSS, Search, Settings
from symbench.tuning.space import Dimension

SPACE = {"learning_rate": Dimension(log_uniform=(1e-4, 1e-2)), "dropout": Dimension(choice=(0.0, 0.1, 0.2))}


def made_up(settings: Settings | None = None, **changes: Any) -> Search:
    """A search that nothing will run."""
    parameters = {"learning_rate": 0.001, "dropout": 0.0, "width": 8}
    given: dict[str, Any] = {
        "task": ComponentSpec(name="jets", version="1"),
        "task_label": "jets",
        "method": ComponentSpec(name="net", parameters=parameters, version="1"),
        "method_label": "net",
        "space": SPACE,
        "settings": settings or Settings(trials=4, train_size=100),
        "budget": 1.0,
        "data_digest": "d" * 64,
        "metrics_version": "2",
        "resources": Resources(cpus=2),
    }
    return Search(**{**given, **changes})


def ended(
    spec: TrialSpec,
    loss: float | None,
    *,
    seconds: float = 30.0,
    at: float = 0.0,
    stopped: str | None = None,
    **rungs: float,
) -> TrialResult:
    """What a training left: its lowest validation loss, or a failure without one."""
    return TrialResult(
        key=spec.key,
        spec=spec,
        status=Status.FAILED if loss is None else Status.OK,
        metrics={**({} if loss is None else {LOSS: loss}), **rungs},
        timings={"fit": seconds, "total": seconds + 1},
        notes={"stopped": stopped} if stopped else {},
        error=TrialError(type="ValueError", message="on purpose") if loss is None else None,
        finished_at=at,
    )
