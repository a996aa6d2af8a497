"""The control whose label is another random function for each seed."""

from pathlib import Path

import numpy as np
import torch

from symbench.tasks.base import DataContext
from symbench.tasks.function.random_function import RandomFunction
from symbench.tasks.function.smooth import KINDS


def test_each_seed_is_another_function_of_the_same_events(tmp_path: Path) -> None:
    tasks = [RandomFunction(function_seed=seed, events=300, test_events=100) for seed in range(8)]
    data = [task.load(DataContext(tmp_path)) for task in tasks]
    assert len({task.digest for task in tasks}) == len({each.digest for each in data}) == len(tasks)
    assert all(np.array_equal(each.vectors, data[0].vectors) for each in data)
    correlation = np.abs(np.corrcoef([each.label for each in data]) - np.eye(len(data)))
    assert correlation.max() < 0.8


def test_a_function_depends_on_its_seed_only(tmp_path: Path) -> None:
    from symbench.tasks.function.smooth import smooth_function

    x = torch.from_numpy(np.random.default_rng(0).standard_normal((20, 1, 4)))
    before = RandomFunction(function_seed=3).formula()(x)
    smooth_function.cache_clear()
    assert torch.equal(before, RandomFunction(function_seed=3).formula()(x))


def test_all_kinds_of_functions_occur() -> None:
    from symbench.tasks.function.smooth import smooth_function

    assert {smooth_function(4, seed).kind for seed in range(len(KINDS))} == set(KINDS)
