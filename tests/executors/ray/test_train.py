"""Training in several workers on a real Ray: the result of one worker, whatever happens, and nothing left behind."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from symbench.algebra.bases import so
from symbench.data.splits import Pool
from symbench.driver.flow import run_suite
from symbench.executors import Executor, Limits, LocalExecutor, make_executor
from symbench.executors.ray.supervisor import Failure, start_supervisor
from symbench.home import Home
from symbench.plugins import Plugin, load_plugins, read_plugin
from symbench.suite.resolve import CheckedSuite, parse_suite
from symbench.tasks.base import DataContext
from symbench.trial.checkpoints import CheckpointFolder
from symbench.trial.resources import Resources
from symbench.trial.result import Status, TrialResult
from tests.conftest import ROOT
from tests.sockets import is_loopback, listening

PFN = "min_steps: 0, epochs: 4"
WALL_CLOCK = {"train_jets_per_s", "test_jets_per_s"}


@pytest.fixture(scope="module")
def plugin() -> Plugin:
    found = read_plugin(ROOT / "tests" / "plugins" / "jets.py")
    load_plugins([found])
    return found


@pytest.fixture(scope="module")
def executor() -> Iterator[Executor]:
    with make_executor("ray", cpus=2, limits=Limits(grace_s=60)) as started:
        yield started


Run = Callable[..., TrialResult]


def suite_of(entry: str, folder: Path, timeout: str = "200 s") -> CheckedSuite:
    text = f"""
name: several
seeds: 1
timeout: {timeout}
classification:
  - {{task: toy-jets, train_sizes: [200], methods: [{entry}], operations: [rotation]}}
"""
    return parse_suite(text, folder=folder)


def run_on(
    executor: Executor, suite: CheckedSuite, plugin: Plugin, folder: Path, checkpoints: CheckpointFolder | None = None
) -> TrialResult:
    pools = {
        block.task.digest: Pool(block.task.load(DataContext(folder)), block.task.sizes()) for block in suite.blocks
    }
    (result,) = executor.run(suite.trials(), pools, [plugin], checkpoints=checkpoints)
    return result


@pytest.fixture(scope="module")
def run(executor: Executor, plugin: Plugin, tmp_path_factory: pytest.TempPathFactory) -> Run:
    def go(entry: str, timeout: str = "200 s") -> TrialResult:
        folder = tmp_path_factory.mktemp("suite")
        return run_on(executor, suite_of(entry, folder, timeout), plugin, folder)

    return go


Sockets = dict[tuple[str, int], str]


@pytest.fixture(scope="module")
def watched(run: Run) -> tuple[TrialResult, Sockets]:
    """A training in two workers, and all sockets on which this process and its descendants listened meanwhile."""
    import psutil

    seen: Sockets = {}
    ended = threading.Event()

    def look() -> None:
        while not ended.wait(0.1):
            seen.update(listening(psutil.Process()))

    watch = threading.Thread(target=look, name="symbench-test-sockets")
    watch.start()
    try:
        return run(f"{{name: accident, workers: 2, params: {{{PFN}}}}}"), seen
    finally:
        ended.set()
        watch.join()


@pytest.fixture(scope="module")
def undisturbed(watched: tuple[TrialResult, Sockets]) -> TrialResult:
    return watched[0]


def in_one_process(entry: str, plugin: Plugin, folder: Path) -> TrialResult:
    with LocalExecutor() as local:
        return run_on(local, suite_of(entry, folder), plugin, folder)


def close(several: TrialResult, one: TrialResult, tolerance: float) -> None:
    assert several.status is one.status is Status.OK, (several.error, one.error)
    assert several.key == one.key
    assert several.metrics.keys() == one.metrics.keys()
    for name in ("steps", "best_epoch", "parameters", "forward_mflop"):
        assert several.metrics[name] == one.metrics[name]
    for name in ("test_scores", "train_loss", "validation_loss"):
        ours, theirs = several.array(name), one.array(name)
        assert ours is not None
        assert theirs is not None
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=tolerance)


def same_science(one: TrialResult, other: TrialResult) -> None:
    """Equal to the bit in all that does not measure time."""
    assert one.status is other.status is Status.OK, (one.error, other.error)
    assert one.arrays == other.arrays
    kept = [{k: v for k, v in result.metrics.items() if k not in WALL_CLOCK} for result in (one, other)]
    assert kept[0] == kept[1]


def nothing_is_left() -> None:
    """Wait until no reservation, no worker of Ray Train and none of its helpers lives, and all CPUs are free."""
    import psutil
    import ray

    deadline = time.monotonic() + 60
    while True:
        states = {group["state"] for group in ray.util.placement_group_table().values()}
        names = [" ".join(_command(p)) for p in psutil.Process().children(recursive=True)]
        alive = [
            n
            for n in names
            if n.startswith(("ray::Train", "ray::RayTrain", "ray::TrainingSupervisor", "ray::Synchron"))
        ]
        free = ray.available_resources().get("CPU", 0)
        if states <= {"REMOVED"} and not alive and free == 2:
            return
        assert time.monotonic() < deadline, (states, alive, free)
        time.sleep(0.2)


def _command(process: object) -> list[str]:
    import psutil

    assert isinstance(process, psutil.Process)
    try:
        return [str(word) for word in process.cmdline()]
    except psutil.Error:
        return []


def test_two_workers_give_what_one_process_gives(undisturbed: TrialResult, plugin: Plugin, tmp_path: Path) -> None:
    one = in_one_process(f"{{name: accident, workers: 2, params: {{{PFN}}}}}", plugin, tmp_path)
    close(undisturbed, one, 1e-5)
    told = undisturbed.environment
    assert (told["device"], told["backend"], told["workers"]) == ("cpu", "gloo", "2")
    assert told["worker_restarts"] == "0"
    assert one.notes["workers"] == "trained in one process, 2 workers were asked for"


def test_a_killed_worker_costs_nothing_but_time(run: Run, undisturbed: TrialResult, tmp_path: Path) -> None:
    # 7 steps an epoch: the process of the second rank dies in the second epoch
    disturbed = run(f"{{name: accident, workers: 2, params: {{{PFN}, how: die, at: 10, trace: {tmp_path}}}}}")
    assert len(list(tmp_path.glob("killed-*"))) == 1
    assert disturbed.environment["worker_restarts"] == "1"
    same_science(disturbed, undisturbed)


def test_a_trial_of_one_process_goes_on_where_its_worker_died(
    executor: Executor, plugin: Plugin, tmp_path: Path
) -> None:
    """7 steps an epoch: the worker is killed in the second, and the next attempt begins there, on the same node."""
    place = CheckpointFolder(tmp_path / "home" / "checkpoints", every_s=0.0)
    place.open(set)
    suite = suite_of(f"{{name: accident, params: {{{PFN}, how: die, at: 10, trace: {tmp_path}}}}}", tmp_path)
    disturbed = run_on(executor, suite, plugin, tmp_path, place)
    assert len(list(tmp_path.glob("killed-*"))) == 1
    assert disturbed.notes["attempts"] == "2"
    assert "resumed at step 7" in disturbed.notes["resumed"]
    assert not list(place.folder.iterdir()), "a trial that has ended needs no checkpoint"
    same_science(disturbed, in_one_process(f"{{name: accident, params: {{{PFN}}}}}", plugin, tmp_path))


def test_the_supervisor_frees_what_a_dead_controller_reserved_and_still_answers(executor: Executor) -> None:
    """The coordinating task ends the controller, and asks the supervisor for the result afterwards."""
    import ray

    class Controller:
        def reserve(self) -> str:
            group = ray.util.placement_group([{"CPU": 1}])
            ray.get(group.ready(), timeout=60)
            return str(group.id.hex())

    def state() -> str:
        return str(ray.util.placement_group_table()[reserved]["state"])

    supervisor = start_supervisor(60.0)
    controller = ray.remote(num_cpus=0)(Controller).remote()
    try:
        reserved = ray.get(controller.reserve.remote())
        ray.get([supervisor.save.remote(b"weights"), supervisor.watch.remote(controller)])
        assert state() == "CREATED"
        ray.kill(controller)
        deadline = time.monotonic() + 60
        while state() != "REMOVED":
            assert time.monotonic() < deadline, "the reservation stays"
            time.sleep(0.1)
        time.sleep(0.5)  # it ended at once when it had freed the reservation
        assert ray.get(supervisor.load.remote(), timeout=60) == b"weights"
    finally:
        ray.kill(supervisor)


def test_the_time_limit_ends_the_workers(run: Run, tmp_path: Path) -> None:
    result = run(
        f"{{name: accident, workers: 2, params: {{min_steps: 500, how: slow, trace: {tmp_path}}}}}", timeout="15 s"
    )
    assert result.status is Status.TIMEOUT, result.error
    assert result.error is not None
    assert result.error.message == "the trial ran past its limit of 15 s", "it ended by itself"
    nothing_is_left()


def test_workers_listen_on_loopback_only(watched: tuple[TrialResult, Sockets]) -> None:
    result, seen = watched
    assert result.status is Status.OK, result.error
    workers = {place: title for place, title in seen.items() if title.startswith("ray::")}
    assert len(workers) > 2
    assert {title for (address, _), title in workers.items() if not is_loopback(address)} == set()


@pytest.mark.slow
@pytest.mark.parametrize("how", ["raise", "raise-one"])
def test_an_error_of_the_training_is_not_tried_again(run: Run, tmp_path: Path, how: str) -> None:
    result = run(f"{{name: accident, workers: 2, params: {{{PFN}, how: {how}, at: 3, trace: {tmp_path}}}}}")
    assert result.status is Status.FAILED
    assert result.error is not None
    assert (result.error.type, result.error.message) == ("ArithmeticError", "raised on purpose")
    assert len(list(tmp_path.glob(f"{how}-*"))) == 2, "both ranks came to the third step, once"
    nothing_is_left()


@pytest.mark.slow
def test_a_worker_that_dies_always_is_a_failure(run: Run, tmp_path: Path) -> None:
    entry = f"{{name: accident, workers: 2, params: {{{PFN}, how: die, at: 1, times: 99, trace: {tmp_path}}}}}"
    result = run(entry)
    assert result.status is Status.FAILED
    assert result.error is not None
    assert "lost workers 3 times" in result.error.message
    assert len(list(tmp_path.glob("killed-*"))) == 3
    nothing_is_left()


@pytest.mark.slow
def test_a_killed_coordinator_leaves_nothing_and_is_tried_again(
    executor: Executor, plugin: Plugin, undisturbed: TrialResult, tmp_path: Path
) -> None:
    import threading

    import psutil

    suite = suite_of(f"{{name: accident, workers: 2, params: {{{PFN}, how: slow, trace: {tmp_path}}}}}", tmp_path)
    driver = psutil.Process(os.getpid())
    killed: list[int] = []

    def kill() -> None:
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline and not killed:
            training = any(tmp_path.glob("slow-*"))
            for process in driver.children(recursive=True) if training else ():
                if " ".join(_command(process)).startswith("ray::run_trial"):
                    os.kill(process.pid, signal.SIGKILL)
                    killed.append(process.pid)
            time.sleep(0.1)

    thread = threading.Thread(target=kill)
    thread.start()
    result = run_on(executor, suite, plugin, tmp_path)
    thread.join()
    assert len(killed) == 1
    assert result.notes["attempts"] == "2"
    same_science(result, undisturbed)
    nothing_is_left()


class Silent:
    def executing_on(self, where: str) -> None: ...
    def making_data(self, task: str) -> None: ...
    def searching(self, searches: int, configurations: int | None) -> None: ...
    def planned(self, to_run: int, done: int) -> None: ...
    def finished(self, result: TrialResult) -> None: ...


@pytest.mark.slow
def test_from_a_suite_to_the_journal(executor: Executor, plugin: Plugin, tmp_path: Path, home: Home) -> None:
    entry = "{name: lorentznet, workers: 2, params: {size: tiny, epochs: 2, min_steps: 0}}"
    suite = suite_of(entry, tmp_path)
    lent: Any = nullcontext(executor)  # the other tests use the executor after this run
    summary = run_suite(suite, lambda: lent, Silent(), home=home, plugins=[plugin])
    assert summary.executed == 1
    assert summary.statuses == {Status.OK: 1}
    one = in_one_process(entry.replace("workers: 2", "workers: 1"), plugin, tmp_path)
    (several,) = summary.results
    assert several.key == one.key, "how many train is no part of the question"
    for name in ("auc", "best_epoch"):
        assert several.metrics[name] == pytest.approx(one.metrics[name], abs=0.02)
    again = run_suite(suite, lambda: lent, Silent(), home=home, plugins=[plugin])
    assert again.executed == 0


def test_what_each_worker_asks_for() -> None:
    from symbench.executors.ray.train import scaling

    asked = Resources(cpus=4, gpus=1, memory_gib=2, workers=3, custom=(("licence", 1.0),), labels=(("zone", "b"),))
    wanted = scaling(asked)
    assert (wanted.num_workers, wanted.use_gpu, wanted.label_selector) == (3, True, {"zone": "b"})
    assert wanted.resources_per_worker == {"CPU": 4, "GPU": 1, "memory": 2 * 1024**3, "licence": 1}
    plain = scaling(Resources(workers=2))
    assert (plain.use_gpu, plain.label_selector, plain.resources_per_worker) == (False, None, {"CPU": 1})


class Stubborn(Exception):
    """Cannot be pickled back: it wants two arguments."""

    def __init__(self, first: str, second: str) -> None:
        super().__init__(f"{first} {second}")


def test_an_error_travels_with_its_type_and_traceback() -> None:
    for error, kind, message in (
        (MemoryError("no room"), MemoryError, "no room"),
        (Stubborn("a", "b"), RuntimeError, "Stubborn: a b"),
    ):
        try:
            raise error
        except Exception as raised:
            rebuilt = Failure.of(raised).rebuilt()
        assert type(rebuilt) is kind
        assert str(rebuilt) == message
        assert "test_an_error_travels" in rebuilt.__notes__[0]


@pytest.mark.slow
def test_workers_are_given_what_their_trial_is_given(executor: Executor, tmp_path: Path) -> None:
    sources = read_plugin(ROOT / "tests" / "plugins" / "sources.py")
    load_plugins([sources])
    suite = parse_suite(
        f"""
name: linked
seeds: 1
timeout: 200 s
discovery:
  - {{task: four-noise, train_sizes: [10], methods: [claim]}}
classification:
  - task: few-jets
    train_sizes: [20]
    operations: [rotation]
    methods: [{{name: form, workers: 2, params: {{symmetry: {{from: claim}}, trace: {tmp_path}}}}}]
""",
        folder=tmp_path,
    )
    pools = {b.task.digest: Pool(b.task.load(DataContext(tmp_path)), b.task.sizes()) for b in suite.blocks}
    claimed = so(1, 3)
    (dependent,) = (spec for spec in suite.trials() if spec.source)
    (several,) = executor.run([dependent], pools, [sources], lambda spec: claimed)
    assert several.status is Status.OK, several.error
    given = [np.load(path) for path in tmp_path.glob("given-*.npy")]
    assert given
    assert all(np.array_equal(found, claimed) for found in given)
    with LocalExecutor() as local:
        (one,) = local.run([dependent], pools, [sources], lambda spec: claimed)
    ours, theirs = several.array("train_loss"), one.array("train_loss")
    assert ours is not None
    assert theirs is not None
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-6)
