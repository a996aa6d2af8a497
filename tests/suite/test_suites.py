"""The suites that come with symbench: what their comments promise."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from symbench import registry
from symbench.component import Track
from symbench.driver.plan import Plan, State
from symbench.suite.resolve import CheckedSuite, load_suite
from symbench.tasks.base import DiscoveryTask, DynamicsTask, GeneratorTask
from tests.conftest import ROOT

FILES = sorted((ROOT / "suites").glob("*.yaml"))
FETCHED = {"cms-dielectron-mass", "cms-dimuon-mass-2010", "cms-dimuon-mass-2011", "cms-fourlepton-mass"}
"""Tasks whose files have to be fetched first: a suite with them does not run without a network."""
OWN_FILE = {
    "table",
    "density-table",
    "trajectory-table",
    "jets",
    "jets-density",
    "aspen-open-jets",
    "recorded-pendulum",
}
OF_TENSORS = {"equivariance-cross", "equivariance-cubic", "equivariance-inertia", "equivariance-none"}
"""Tasks of the function track whose labels have several components: methods of numbers cannot be applied."""


@cache
def shipped(name: str) -> CheckedSuite:
    return load_suite(ROOT / "suites" / f"{name}.yaml")


def tasks_of(*tracks: Track) -> set[str]:
    """Names of the tasks of these tracks that need neither a network nor a file of the user's."""
    registry.load_builtin()
    found = {
        name for name, cls in registry.TASKS.items() if cls.track in tracks and cls.__module__.startswith("symbench.")
    }
    return found - FETCHED - OWN_FILE


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_suite_plans_and_asks_no_question_twice(file: Path) -> None:
    suite = load_suite(file)
    waiting = suite.waiting()  # for the searches of a suite that is tuned
    labels = [(trial.task_label, trial.method_label) for trial in suite.trials()]
    states = [state for _, state in Plan(suite, {}).planned_trials()]
    assert states == [State.WAITING if pair in waiting else State.MISSING for pair in labels]
    assert len({spec.key for spec in suite.trials()}) == len(suite)
    assert suite.description


def test_the_function_track_is_covered() -> None:
    numbers, tensors = (shipped(name) for name in ("discovery", "equivariance"))
    assert {block.task.name for block in numbers.blocks} == tasks_of(Track.FUNCTION) - OF_TENSORS
    assert {block.task.name for block in tensors.blocks} == OF_TENSORS


def test_the_distribution_track_is_covered() -> None:
    assert {block.task.name for block in shipped("distribution").blocks} == tasks_of(Track.DISTRIBUTION)


def test_all_controls_are_asked_with_twenty_seeds_of_nullspace_at_the_setting_of_the_other_suites() -> None:
    controls = {name for name in tasks_of(Track.FUNCTION, Track.DISTRIBUTION, Track.DYNAMICS) if is_control(name)}
    (of_tensors,) = controls & OF_TENSORS
    (asked,) = (block for block in shipped("equivariance").blocks if block.task.name == of_tensors)
    assert len(asked.seeds) == 20
    controls -= OF_TENSORS
    suite = shipped("controls")
    assert {block.task.name for block in suite.blocks} == controls
    elsewhere = {s.method.model_dump_json() for s in shipped("discovery").trials() if s.method_label == "nullspace"}
    seeds: dict[tuple[str, int], set[int]] = {}
    for spec in suite.trials():
        if spec.method_label == "nullspace":
            assert spec.method.model_dump_json() in elsewhere
            seeds.setdefault((spec.task_label, spec.train_size), set()).add(spec.seed)
    assert len({task for task, _ in seeds}) == 6
    assert min(map(len, seeds.values())) >= 20


def is_control(name: str) -> bool:
    task = registry.TASKS[name]()
    assert isinstance(task, DiscoveryTask)
    if isinstance(task, DynamicsTask):
        return task.conserved_names() == ()
    return isinstance(task, GeneratorTask) and task.truth_name() == "none"
