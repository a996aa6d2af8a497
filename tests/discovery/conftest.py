"""Small samples of the toys and of the dimuons, made once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from symbench.data.container import Dataset
from symbench.data.splits import Split, split
from symbench.discovery.base import FunctionSample
from symbench.registry import find_task
from symbench.tasks.base import DataContext, FunctionTask

Draw = Callable[..., tuple[FunctionTask, Split]]


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def draw() -> Draw:
    """(task name, training size, seed) → the task and its events."""
    made: dict[FunctionTask, Dataset] = {}

    def events(name: str, size: int, seed: int = 0, **parameters: object) -> tuple[FunctionTask, Split]:
        task = find_task(name).model_validate(parameters)
        assert isinstance(task, FunctionTask)
        if task not in made:
            made[task] = task.load(DataContext(Path()))
        return task, split(made[task], task.sizes(), train_size=size, seed=seed, validation_size=0)

    return events


@pytest.fixture(scope="session")
def sample(draw: Draw) -> Callable[..., FunctionSample]:
    """The same as a method sees it."""

    def seen(name: str, size: int, seed: int = 0, **parameters: object) -> FunctionSample:
        task, events = draw(name, size, seed, **parameters)
        return FunctionSample(
            x=np.asarray(events.train.vectors / task.scale), y=events.train.label, label_kind="number"
        )

    return seen
