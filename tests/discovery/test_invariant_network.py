"""`invariant-network`: functions that are no quadratic form, their algebra, and nothing in permuted pairs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from symbench.data.splits import split
from symbench.discovery.evaluate.run import run_discovery
from symbench.discovery.invariant_network.method import InvariantNetwork
from symbench.tasks.base import DataContext, InvariantTask
from symbench.tasks.invariant.pairs import PairsOpeningAngle, PairsRational
from symbench.trial.result import Outcome


def outcome_of(task: InvariantTask, train_size: int, folder: Path, **parameters: object) -> Outcome:
    events = split(task.load(DataContext(folder)), task.sizes(), train_size=train_size, seed=0)
    return run_discovery(InvariantNetwork(**parameters), task, events, seed=0, budget=1.0, device="cpu")


@pytest.mark.parametrize("task", [PairsRational(), PairsOpeningAngle()], ids=lambda task: task.name)
def test_functions_that_are_no_form_are_found(task: InvariantTask, tmp_path: Path) -> None:
    found = outcome_of(task, 1000, tmp_path)
    print(task.name, {k: round(v, 3) for k, v in found.metrics.items()}, found.notes)
    print(found.arrays["spectrum"], found.arrays["null_spreads"][:3], found.arrays.get("label_spreads"), found.timings)
