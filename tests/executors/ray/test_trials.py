"""Messages of trials that Ray loses: the run ends all the same, with a record of each trial."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
import ray

from symbench.errors import InfrastructureError
from symbench.executors.limits import Limits
from symbench.executors.ray import flights, verdicts
from symbench.executors.ray import trials as ray_trials
from symbench.executors.ray.executor import RayExecutor
from symbench.executors.ray.nodes import Node
from symbench.executors.ray.task import Started
from symbench.executors.ray.trials import Trials
from symbench.suite.resolve import CheckedSuite
from symbench.trial.execute import unexecuted
from symbench.trial.result import Status, TrialResult

NODE = Node("n1", "192.0.2.1", True, {"CPU": 2.0}, {})
SUITE = """
name: lost
seeds: 3
discovery:
  - {task: tiny, train_sizes: [10], methods: [behave]}
"""
REFUSED = "the task ended, and its result never reached this process"


class Task:
    """A task of Ray that has ended: what it sent, of which `delivered` messages arrived."""

    def __init__(self, messages: Sequence[Any], delivered: int) -> None:
        self.waiting = list(messages[:delivered])
        self.all_delivered = delivered == len(messages)

    def ready(self) -> bool:
        return bool(self.waiting) or self.all_delivered

    def completed(self) -> End:
        return End()

    def __next__(self) -> Any:
        if not self.waiting:
            raise StopIteration
        return self.waiting.pop(0)


class End:
    def ready(self) -> bool:
        return True


class LossyRay:
    """The calls of Ray that `Trials` makes, on tasks that end at once; `deliver` says how much arrives of which."""

    exceptions = ray.exceptions

    def __init__(self, deliver: Callable[[int, int], int]) -> None:
        self._deliver = deliver
        self.calls: Counter[int] = Counter()

    def put(self, value: Any) -> Any:
        return value

    def remote(self, *arguments: Any, **options: Any) -> Any:
        """`ray.remote(num_cpus=1)`, and `.remote(spec, …)` of what it gave."""
        if not arguments:
            return lambda function: self
        spec = arguments[0]
        self.calls[spec.seed] += 1
        done = unexecuted(spec, Status.SKIPPED, "Told", "a result")
        return Task([Started("n1", 7, time.time()), done], self._deliver(spec.seed, self.calls[spec.seed]))

    def wait(self, refs: list[Any], *, timeout: float, **how: Any) -> tuple[list[Any], list[Any]]:
        ready = [ref for ref in refs if ref.ready()]
        if not ready:
            time.sleep(min(timeout, 0.01))
        return ready, [ref for ref in refs if not ref.ready()]

    def get(self, message: Any, timeout: float) -> Any:
        if isinstance(message, Exception):
            raise message
        return message

    def cancel(self, task: Task, force: bool) -> None: ...


class Watch:
    def nodes(self) -> tuple[Node, ...]:
        return (NODE,)


def run(
    suite: CheckedSuite,
    lossy: LossyRay,
    monkeypatch: pytest.MonkeyPatch,
    watch: Any = None,
    *,
    owns_cluster: bool = False,
    unheard_s: float = 0.3,
) -> dict[int, TrialResult]:
    for module in (ray_trials, flights, verdicts):
        monkeypatch.setattr(module, "ray", lossy)
    monkeypatch.setattr(ray_trials, "share", lambda pool, size: pool)
    specs = list(suite.trials())
    pools: Any = {spec.data_digest: None for spec in specs}
    limits = Limits(unheard_s=unheard_s)
    watch = watch or Watch()
    trials = Trials(specs, pools, [], watch, limits, lambda requests: None, owns_cluster=owns_cluster)
    results = list(trials.results())
    assert Counter(r.key for r in results) == Counter(s.key for s in specs)
    return {result.spec.seed: result for result in results}


def test_results_that_are_never_delivered_are_failures(
    make_suite: Callable[[str], CheckedSuite], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the first trial nothing arrives, of the second only that it started, of the third all."""
    lossy = LossyRay(lambda seed, call: seed)
    results = run(make_suite(SUITE), lossy, monkeypatch)
    assert [results[seed].status for seed in range(3)] == [Status.FAILED, Status.FAILED, Status.SKIPPED]
    for seed in (0, 1):
        error = results[seed].error
        assert error is not None
        assert error.message.startswith("the worker was lost 2 times: ")
        assert error.message.count(REFUSED) == 2
    assert lossy.calls == {0: 2, 1: 2, 2: 1}


def test_a_result_that_is_delivered_the_second_time_counts(
    make_suite: Callable[[str], CheckedSuite], monkeypatch: pytest.MonkeyPatch
) -> None:
    results = run(make_suite(SUITE), LossyRay(lambda seed, call: 2 if call == 2 else 1), monkeypatch)
    assert len(results) == 3
    for result in results.values():
        assert result.status is Status.SKIPPED
        assert result.notes["attempts"] == "2"
        assert result.notes["lost_workers"].startswith(REFUSED)


def test_a_message_that_stays_on_its_node_is_a_lost_attempt(
    make_suite: Callable[[str], CheckedSuite], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Stays(LossyRay):
        def get(self, message: Any, timeout: float) -> Any:
            if isinstance(message, TrialResult):
                assert timeout > 0
                raise ray.exceptions.GetTimeoutError
            return message

    results = run(make_suite(SUITE), Stays(lambda seed, call: 2), monkeypatch)
    assert {result.status for result in results.values()} == {Status.FAILED}
    assert all(r.error and "did not arrive within" in r.error.message for r in results.values())


class Crashing(LossyRay):
    """Tasks whose worker dies after it has reported its start."""

    def __init__(self) -> None:
        super().__init__(lambda seed, call: 2)

    def get(self, message: Any, timeout: float) -> Any:
        if isinstance(message, TrialResult):
            raise ray.exceptions.WorkerCrashedError
        return message


class Answer:
    """What a node answers to a question: nothing while it is silent."""

    def __init__(self, *, silent: bool) -> None:
        self.silent = silent

    def ready(self) -> bool:
        return not self.silent


def test_workers_that_crash_on_a_node_that_answers_fail_their_trials(
    make_suite: Callable[[str], CheckedSuite], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def probe(node: str) -> Answer:
        asked.append(node)
        return Answer(silent=False)

    monkeypatch.setattr(verdicts, "probe", probe)
    monkeypatch.setattr(verdicts, "_succeeded", lambda answer: True)
    crashing = Crashing()
    results = run(make_suite(SUITE), crashing, monkeypatch)
    assert {result.status for result in results.values()} == {Status.FAILED}
    assert {result.notes["attempts"] for result in results.values()} == {"2"}
    assert crashing.calls == {0: 2, 1: 2, 2: 2}
    assert asked == ["n1"] * 3


def test_workers_that_die_with_their_node_are_lost_attempts(
    make_suite: Callable[[str], CheckedSuite], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The node is known to be dead only after every trial was lost there twice; another node then takes them."""

    class Two:
        def __init__(self) -> None:
            self.dead = False

        def nodes(self) -> tuple[Node, ...]:
            other = Node("n2", "192.0.2.2", True, {"CPU": 2.0}, {})
            return (Node("n1", "192.0.2.1", not self.dead, {"CPU": 2.0}, {}), other)

    two = Two()

    class Dying(Crashing):
        def get(self, message: Any, timeout: float) -> Any:
            return message if two.dead else super().get(message, timeout)

    def probe(node: str) -> Answer:
        if all(count >= 2 for count in dying.calls.values()) and len(dying.calls) == 3:
            two.dead = True
        return Answer(silent=True)

    dying = Dying()
    monkeypatch.setattr(verdicts, "probe", probe)
    results = run(make_suite(SUITE), dying, monkeypatch, watch=two)
    assert {result.status for result in results.values()} == {Status.SKIPPED}, "the result of the third attempt"
    assert max(result.notes["attempts"] for result in results.values()) == "3"


def test_workers_that_were_stopped_before_they_started_a_trial_are_killed(
    make_suite: Callable[[str], CheckedSuite], monkeypatch: pytest.MonkeyPatch
) -> None:
    frozen = LossyRay(lambda seed, call: 2)
    woken: list[str] = []

    def end(node: str) -> None:
        woken.append(node)

    def ready(task: Task) -> bool:
        return bool(woken) and bool(task.waiting)

    monkeypatch.setattr(Task, "ready", ready)
    monkeypatch.setattr(ray_trials, "end_stopped_workers", end)
    monkeypatch.setattr(ray_trials, "_SILENCE_S", 0.2)
    results = run(make_suite(SUITE), frozen, monkeypatch, owns_cluster=True, unheard_s=60.0)
    assert woken
    assert set(woken) == {"n1"}
    assert len(results) == 3


def test_making_data_ends_when_the_cluster_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    class Gone:
        def __init__(self) -> None:
            self.asked = 0

        def nodes(self) -> Iterator[Node]:
            self.asked += 1
            if self.asked > 2:
                raise InfrastructureError("the head of the Ray cluster has not answered")
            return iter(())

    class Never:
        def ready(self) -> bool:
            return False

    class Idle(LossyRay):
        def remote(self, *arguments: Any, **options: Any) -> Any:
            return Never() if arguments else lambda function: self

    executor = RayExecutor(address="host:1", cpus=None, limits=Limits())
    gone: Any = Gone()
    executor._watch = gone
    monkeypatch.setattr("symbench.executors.ray.executor.ray", Idle(lambda seed, call: 0))
    with pytest.raises(InfrastructureError, match="has not answered"):
        executor.fan_out(abs, [1, 2])
