"""Every executor conforms, and what those with a scheduler and isolated workers guarantee beyond that."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

from symbench.data.splits import Pool
from symbench.errors import InfrastructureError
from symbench.executors import Executor, Limits, LocalExecutor, make_executor
from symbench.executors.conformance import CHECKS, ISOLATION_CHECKS, Bench, check_executor
from symbench.plugins import Plugin
from symbench.suite.resolve import CheckedSuite
from symbench.tasks.base import DataContext
from symbench.trial.resources import Resources
from symbench.trial.result import Status, TrialResult

MakeSuite = Callable[[str], CheckedSuite]
Run = Callable[..., list[TrialResult]]


@pytest.fixture(scope="module", params=["local", "ray"])
def executor(request: pytest.FixtureRequest) -> Iterator[Executor]:
    with make_executor(request.param, cpus=2, limits=Limits(grace_s=3)) as started:
        yield started


@pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS.keys())
def test_every_executor_conforms(executor: Executor, check: Callable[[Bench], None], tmp_path: Path) -> None:
    check(Bench(executor, tmp_path))


@pytest.mark.parametrize("check", ISOLATION_CHECKS.values(), ids=ISOLATION_CHECKS.keys())
def test_the_driver_survives_its_trials(executor: Executor, check: Callable[[Bench], None], tmp_path: Path) -> None:
    _isolated(executor)
    check(Bench(executor, tmp_path))


class _Loses(LocalExecutor):
    """Loses every tenth result."""

    def run(self, *arguments: Any, **options: Any) -> Generator[TrialResult, None, None]:
        for number, result in enumerate(super().run(*arguments, **options), start=1):
            if number % 10:
                yield result


class _Retries(LocalExecutor):
    """Tries a failed trial again."""

    def run(self, specs: Any, *arguments: Any, **options: Any) -> Generator[TrialResult, None, None]:
        for spec in specs:
            results = [result for _ in range(2) for result in super(_Retries, self).run([spec], *arguments, **options)]
            yield results[0]


class _ForgetsOrder(LocalExecutor):
    def fan_out(self, function: Callable[[Any], Any], arguments: list[Any]) -> list[Any]:
        return [function(argument) for argument in reversed(arguments)]


@pytest.mark.parametrize(
    ("broken", "failed_check"),
    [
        (_Loses, "many trials have one result each"),
        (_Retries, "an exception is a result and is not tried again"),
        (_ForgetsOrder, "fan out keeps the order"),
    ],
)
def test_a_broken_executor_is_named_with_the_check_that_it_fails(
    broken: type[Executor], failed_check: str, tmp_path: Path
) -> None:
    with pytest.raises(AssertionError, match=f"local: {failed_check}"):
        check_executor(broken, tmp_path)


@pytest.fixture
def run(executor: Executor, make_suite: MakeSuite, behaviours: Plugin, tmp_path: Path) -> Run:
    def go(methods: str, *, seeds: int = 1, timeout: str = "60 s") -> list[TrialResult]:
        suite = make_suite(f"""
name: conformance
seeds: {seeds}
timeout: {timeout}
discovery:
  - {{task: tiny, train_sizes: [10], methods: [{methods}]}}
""")
        specs = list(suite.trials())
        pools = {
            block.task.digest: Pool(block.task.load(DataContext(tmp_path)), block.task.sizes())
            for block in suite.blocks
        }
        results = list(executor.run(specs, pools, [behaviours]))
        assert Counter(r.key for r in results) == Counter(s.key for s in specs)
        return results

    return go


def _isolated(executor: Executor) -> None:
    if not executor.isolates:
        pytest.skip("this executor runs trials in the driver's process: such a trial ends the driver")


def test_a_record_says_where_workers_were_lost(run: Run, executor: Executor, tmp_path: Path) -> None:
    _isolated(executor)
    (dead,) = run(f"{{name: behave, params: {{how: die, trace: {tmp_path}}}}}")
    assert dead.error is not None
    assert dead.error.type == "WorkerCrashedError"
    assert dead.notes["attempts"] == "2"
    assert dead.error.message.count("WorkerCrashedError on node") == 2


def _hold(seconds: float) -> None:
    time.sleep(seconds)


def test_a_trial_that_waits_for_other_jobs_keeps_its_time(run: Run, executor: Executor) -> None:
    _isolated(executor)
    import ray

    others = [ray.remote(num_cpus=1)(_hold).remote(26) for _ in range(2)]
    began = time.monotonic()
    results = run("behave", seeds=2, timeout="20 s")  # of which a new process takes some to import what it needs
    assert time.monotonic() - began > 23, "longer than limit and grace together"
    assert {r.status for r in results} == {Status.OK}
    ray.get(others)


@pytest.mark.parametrize("how", ["allocate", "torch-allocate"])
def test_a_trial_that_takes_more_memory_than_it_asked_for(run: Run, executor: Executor, how: str) -> None:
    _isolated(executor)
    asked = "resources: {memory: 600 MiB}"
    results = run(
        f"{{name: behave, params: {{how: {how}, mib: 900}}, label: greedy, {asked}}}, "
        f"{{name: behave, params: {{how: {how}, mib: 90}}, label: modest, {asked}}}, "
        f"{{name: behave, params: {{how: {how}, mib: 901}}, label: unlimited}}"
    )
    by_label = {r.spec.method_label: r for r in results}
    assert by_label["greedy"].status is Status.OOM, by_label["greedy"].error
    assert by_label["greedy"].error is not None
    assert "asked for 0.585938 GiB" in by_label["greedy"].error.message
    assert by_label["modest"].status is by_label["unlimited"].status is Status.OK


def test_a_request_that_no_node_can_hold_is_an_error_at_once(run: Run, executor: Executor) -> None:
    if not executor.isolates:
        pytest.skip("this executor has no scheduler")
    with pytest.raises(InfrastructureError, match=r"no node can hold .* 4096 CPUs"):
        run("{name: behave, resources: {cpus: 4096}}")


def test_several_workers_need_an_executor_that_has_them(executor: Executor) -> None:
    if executor.isolates:
        pytest.skip("this executor has workers; what they do together is tested with them")
    with pytest.raises(InfrastructureError, match="need the executor 'ray': top/pfn"):
        executor.admit({Resources(workers=2): "top/pfn"})
