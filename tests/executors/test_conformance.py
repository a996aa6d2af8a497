"""What every executor owes: one result for every spec, whatever the trial does."""

from __future__ import annotations

import itertools
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from symbench.data.splits import Pool
from symbench.errors import InfrastructureError
from symbench.executors import Executor, make_executor
from symbench.registry import Plugin, load_plugins, read_plugin
from symbench.suite.resolve import Suite
from symbench.tasks.base import DataContext
from symbench.trial.resources import Resources
from symbench.trial.result import Status, TrialResult
from symbench.trial.spec import TrialSpec
from tests.conftest import ROOT

MakeSuite = Callable[[str], Suite]


@pytest.fixture(scope="module", params=["local", "ray"])
def executor(request: pytest.FixtureRequest) -> Iterator[Executor]:
    with make_executor(request.param, cpus=2, grace_s=3) as made:
        yield made


@pytest.fixture
def run(
    executor: Executor, make_suite: MakeSuite, behaviours: Plugin, tmp_path: Path
) -> Callable[..., list[TrialResult]]:
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


Run = Callable[..., list[TrialResult]]


def test_a_trial_that_ends_well(run: Run) -> None:
    (result,) = run("behave")
    assert result.status is Status.OK, result.error
    assert result.metrics["count"] == 0
    assert result.metrics["f1"] == 1
    assert result.timings["total"] >= result.timings["fit"] >= 0
    assert result.environment["threads"] == "1"
    assert result.peak_memory_mib is not None
    assert result.peak_memory_mib > 10


def test_more_trials_than_workers(run: Run) -> None:
    assert all(r.status is Status.OK for r in run("behave", seeds=20))


def test_repeating_a_trial_gives_identical_metrics(run: Run) -> None:
    first, second = run("behave", seeds=3), run("behave", seeds=3)
    of = {r.key: r.metrics for r in first}
    assert of == {r.key: r.metrics for r in second}
    assert len({m["method_draw"] for m in of.values()}) == 3


def test_a_trial_that_raises_is_a_record_and_is_not_retried(run: Run, tmp_path: Path) -> None:
    (result,) = run(f"{{name: behave, params: {{how: raise, trace: {tmp_path}}}}}")
    assert result.status is Status.FAILED
    assert result.error is not None
    assert (result.error.type, result.error.message) == ("ValueError", "raised on purpose")
    assert "behaviours" in result.error.traceback
    assert [len(p.read_text().splitlines()) for p in tmp_path.glob("raise-*")] == [1]


def test_a_trial_that_outlives_its_limit(run: Run) -> None:
    results = run("{name: behave, params: {how: sleep}}, {name: behave, label: fine}", timeout="1 s")
    status = {r.spec.method_label: r for r in results}
    slow = next(r for label, r in status.items() if label != "fine")
    assert slow.status is Status.TIMEOUT
    assert slow.error is not None
    assert "1 s" in slow.error.message
    assert status["fine"].status is Status.OK


def test_a_trial_that_runs_out_of_memory(run: Run) -> None:
    (result,) = run("{name: behave, params: {how: huge}}")
    assert result.status is Status.OOM


def _isolated(executor: Executor) -> None:
    if not executor.isolates:
        pytest.skip("this executor runs trials in the driver's process: such a trial ends the driver")


def test_a_trial_whose_worker_dies(run: Run, executor: Executor, tmp_path: Path) -> None:
    _isolated(executor)
    results = run(f"{{name: behave, params: {{how: die, trace: {tmp_path}}}}}, {{name: behave, label: fine}}")
    dead = next(r for r in results if r.spec.method_label != "fine")
    assert dead.status is Status.FAILED
    assert dead.error is not None
    assert dead.error.type == "WorkerCrashedError"
    assert [len(p.read_text().splitlines()) for p in tmp_path.glob("die-*")] == [2], "a lost worker is retried once"
    assert dead.notes["attempts"] == "2"
    assert dead.error.message.count("WorkerCrashedError on node") == 2
    assert next(r for r in results if r.spec.method_label == "fine").status is Status.OK


def test_a_lost_worker_is_retried_and_the_trial_survives(run: Run, executor: Executor, tmp_path: Path) -> None:
    _isolated(executor)
    (result,) = run(f"{{name: behave, params: {{how: die-once, trace: {tmp_path}}}}}")
    assert result.status is Status.OK
    assert result.notes["attempts"] == "2"
    assert result.notes["lost_workers"].startswith("WorkerCrashedError on node")


@pytest.mark.parametrize("how", ["hang", "grip"])
def test_a_trial_that_never_ends_is_killed_and_not_tried_again(
    run: Run, executor: Executor, tmp_path: Path, how: str
) -> None:
    """`hang` blocks its alarm; `grip` never lets go of the interpreter's lock, so that no Python runs any more."""
    _isolated(executor)
    # long enough for a slow machine to get as far as to where it hangs
    (result,) = run(f"{{name: behave, params: {{how: {how}, trace: {tmp_path}}}}}", timeout="8 s")
    assert result.status is Status.TIMEOUT
    assert result.error is not None
    assert "killed" in result.error.message
    assert result.notes["attempts"] == "1"
    assert [len(p.read_text().splitlines()) for p in tmp_path.glob(f"{how}-*")] == [1]


def _hold(seconds: float) -> None:
    time.sleep(seconds)


def test_a_trial_that_waits_for_other_jobs_keeps_its_time(run: Run, executor: Executor) -> None:
    _isolated(executor)
    import ray

    others = [ray.remote(num_cpus=1)(_hold).remote(14) for _ in range(2)]
    began = time.monotonic()
    results = run("behave", seeds=2, timeout="8 s")  # of which a new process takes some to import what it needs
    assert time.monotonic() - began > 11, "longer than limit and grace together"
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


LINKED = """
name: linked
seeds: 2
timeout: 60 s
discovery:
  - {task: four-noise, train_sizes: [10], methods: [claim]}
classification:
  - task: few-jets
    train_sizes: [20]
    operations: [rotation]
    methods: [{name: form, params: {symmetry: {from: claim}, trace: TRACE}}]
"""


def test_a_trial_that_uses_anothers_result_is_given_it(
    executor: Executor, make_suite: MakeSuite, tmp_path: Path
) -> None:
    plugin = read_plugin(ROOT / "tests" / "plugins" / "sources.py")
    load_plugins([plugin])
    suite = make_suite(LINKED.replace("TRACE", str(tmp_path)))
    found: dict[str, TrialResult] = {}

    def specs() -> Iterator[TrialSpec | None]:
        waiting = []
        for spec in suite.trials():
            if spec.source is None:
                yield spec
            else:
                waiting.append((spec, spec.source.key))
        for spec, source in waiting:
            while source not in found:
                yield None
            yield spec

    pools = {b.task.digest: Pool(b.task.load(DataContext(tmp_path)), b.task.sizes()) for b in suite.blocks}
    for result in executor.run(
        specs(), pools, [plugin], lambda s: found[s.source.key].array("generators") if s.source else None
    ):
        assert result.status is Status.OK, result.error
        found[result.key] = result
    assert found.keys() == {spec.key for spec in suite.trials()}
    given = {np.load(path).tobytes() for path in tmp_path.glob("given-*.npy")}
    claimed = [result.array("generators") for result in found.values() if not result.spec.source]
    assert given == {generators.tobytes() for generators in claimed if generators is not None}
    assert len(given) == 2


def test_trials_that_wait_for_what_never_comes_are_a_mistake(
    executor: Executor, make_suite: MakeSuite, behaviours: Plugin, tmp_path: Path
) -> None:
    suite = make_suite("name: w\nseeds: 1\ndiscovery:\n  - {task: tiny, train_sizes: [10], methods: [behave]}\n")
    pools = {b.task.digest: Pool(b.task.load(DataContext(tmp_path)), b.task.sizes()) for b in suite.blocks}
    results = executor.run(itertools.chain(suite.trials(), itertools.repeat(None)), pools, [behaviours])
    assert next(results).status is Status.OK
    with pytest.raises(RuntimeError, match="wait for a result that no trial will give"):
        next(results)


def _square(value: int) -> int:
    return value * value


def test_fan_out_keeps_the_order(executor: Executor) -> None:
    assert executor.fan_out(_square, list(range(10))) == [n * n for n in range(10)]
