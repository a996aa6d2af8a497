"""Conformance checks for executors: symbench's own executors pass them, and an executor of yours should.

from symbench.executors.conformance import check_executor

def test_conforms():
    check_executor(MyExecutor)
"""

from __future__ import annotations

import itertools
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from symbench.data.splits import Pool
from symbench.executors.base import Executor
from symbench.plugins import Plugin, load_plugins, read_plugin
from symbench.suite.resolve import CheckedSuite, parse_suite
from symbench.tasks.base import DataContext
from symbench.trial.result import Status, TrialResult
from symbench.trial.spec import TrialSpec

__all__ = ["CHECKS", "ISOLATION_CHECKS", "Bench", "check_executor"]

_PLUGIN = Path(__file__).with_name("conformance_plugin.py")
_METHOD = "conformance-behave"


def check_executor(make_executor: Callable[[], Executor], folder: Path | None = None) -> None:
    """Check an executor against its contract; raises AssertionError that names the failed check.

    make_executor   gives an executor that is not yet started; it needs room for one CPU
    folder          an empty folder that driver and workers share; a temporary folder of this machine by default

    One result for every spec, repeatable metrics, statuses, sources, waiting specs, cancellation, `fan_out`; if the
    executor isolates trials, also lost workers and trials that ignore their time limit. Takes about a minute.
    """
    with tempfile.TemporaryDirectory() as temporary, make_executor() as executor:
        for name, check in (CHECKS | ISOLATION_CHECKS if executor.isolates else CHECKS).items():
            own = (folder or Path(temporary)) / name.replace(" ", "-")
            own.mkdir()
            try:
                check(Bench(executor, own))
            except AssertionError as error:
                raise AssertionError(f"{executor.name}: {name}: {error}") from error


@dataclass(frozen=True)
class Bench:
    """A started executor, and an empty folder for the traces of trials."""

    executor: Executor
    folder: Path

    def run(self, *entries: str, seeds: int = 1, timeout: str = "120 s") -> list[TrialResult]:
        """Run entries of the conformance method, each a way to end; one result for every spec is checked."""
        methods = ", ".join(
            f"{{name: {_METHOD}, label: {how}, params: {{how: {how}, trace: {self.folder}}}}}" for how in entries
        )
        block = f"  - {{task: conformance-noise, train_sizes: [10], methods: [{methods}]}}"
        suite, plugin = self.suite(f"name: c\nseeds: {seeds}\ntimeout: {timeout}\ndiscovery:\n{block}\n")
        specs = list(suite.trials())
        results = list(self.executor.run(specs, self.pools(suite), [plugin]))
        counts = Counter(result.key for result in results)
        assert counts == Counter(spec.key for spec in specs), "not exactly one result for every spec"
        return results

    def suite(self, text: str) -> tuple[CheckedSuite, Plugin]:
        """A suite that may use the components of the conformance plug-in, and that plug-in."""
        plugin = read_plugin(_PLUGIN)
        load_plugins([plugin])
        return parse_suite(text, folder=self.folder), plugin

    def pools(self, suite: CheckedSuite) -> dict[str, Pool]:
        """The data of the suite, by digest."""
        context = DataContext(self.folder)
        return {block.task.digest: Pool(block.task.load(context), block.task.sizes()) for block in suite.blocks}

    def calls(self, how: str) -> list[int]:
        """How often the method was called in each trial of an entry."""
        return [len(path.read_text().splitlines()) for path in self.folder.glob(f"{how}-*")]


Check = Callable[[Bench], None]
CHECKS: dict[str, Check] = {}
"""Name → check of any executor."""
ISOLATION_CHECKS: dict[str, Check] = {}
"""Name → check of an executor with `isolates`."""


def _check(function: Check) -> Check:
    CHECKS[function.__name__.removeprefix("_").replace("_", " ")] = function
    return function


def _isolation_check(function: Check) -> Check:
    ISOLATION_CHECKS[function.__name__.removeprefix("_").replace("_", " ")] = function
    return function


def _only(results: Sequence[TrialResult]) -> TrialResult:
    (result,) = results
    return result


@_check
def _a_trial_ends_well(bench: Bench) -> None:
    result = _only(bench.run("well"))
    assert result.status is Status.OK, result.error
    assert result.metrics["count"] == 1
    assert result.timings["total"] >= result.timings["fit"] >= 0
    assert result.environment["threads"] == "1", "the threads of a trial are its CPUs"
    assert result.peak_memory_mib is not None
    assert result.peak_memory_mib > 10


@_check
def _many_trials_have_one_result_each(bench: Bench) -> None:
    assert {result.status for result in bench.run("well", seeds=20)} == {Status.OK}


@_check
def _a_repeated_trial_has_identical_metrics(bench: Bench) -> None:
    first, second = bench.run("well", seeds=3), bench.run("well", seeds=3)
    metrics = {result.key: result.metrics for result in first}
    assert metrics == {result.key: result.metrics for result in second}
    assert len({values["method_draw"] for values in metrics.values()}) == 3, "different seeds gave equal metrics"


@_check
def _an_exception_is_a_result_and_is_not_tried_again(bench: Bench) -> None:
    result = _only(bench.run("raise"))
    assert result.status is Status.FAILED
    assert result.error is not None
    assert (result.error.type, result.error.message) == ("ValueError", "raised on purpose")
    assert "conformance_plugin" in result.error.traceback, "the traceback lacks the frame of the plug-in"
    assert bench.calls("raise") == [1]


@_check
def _a_time_limit_ends_its_own_trial_only(bench: Bench) -> None:
    results = {result.spec.method_label: result for result in bench.run("sleep", "well", timeout="2 s")}
    assert results["sleep"].status is Status.TIMEOUT
    assert results["sleep"].error is not None
    assert "2 s" in results["sleep"].error.message
    assert results["well"].status is Status.OK


@_check
def _a_lack_of_memory_has_its_own_status(bench: Bench) -> None:
    assert _only(bench.run("out-of-memory")).status is Status.OOM


@_check
def _a_trial_receives_the_generators_of_its_source(bench: Bench) -> None:
    suite, plugin = bench.suite(
        f"""
name: linked
seeds: 2
timeout: 120 s
discovery:
  - {{task: conformance-noise, train_sizes: [10], methods: [{{name: {_METHOD}, label: source}}]}}
classification:
  - task: conformance-jets
    train_sizes: [20]
    operations: [rotation]
    methods: [{{name: conformance-form, params: {{symmetry: {{from: source}}, trace: {bench.folder}}}}}]
"""
    )
    results: dict[str, TrialResult] = {}

    def specs() -> Iterator[TrialSpec | None]:
        trials = list(suite.trials())
        yield from (spec for spec in trials if spec.source is None)
        for spec in trials:
            if spec.source is not None:
                while spec.source.key not in results:
                    yield None
                yield spec

    def generators(spec: TrialSpec) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]] | None:
        return results[spec.source.key].array("generators") if spec.source else None

    for result in bench.executor.run(specs(), bench.pools(suite), [plugin], generators):
        assert result.status is Status.OK, result.error
        results[result.key] = result
    assert results.keys() == {spec.key for spec in suite.trials()}
    received = {np.load(path).tobytes() for path in bench.folder.glob("generators-*.npy")}
    claims = [result.array("generators") for result in results.values() if not result.spec.source]
    assert received == {claim.tobytes() for claim in claims if claim is not None}
    assert len(received) == 2


@_check
def _specs_that_wait_for_ever_are_an_error(bench: Bench) -> None:
    suite, plugin = bench.suite(
        f"name: w\nseeds: 1\ndiscovery:\n  - {{task: conformance-noise, train_sizes: [10], methods: [{_METHOD}]}}\n"
    )
    specs = itertools.chain(suite.trials(), itertools.repeat(None))
    with closing(bench.executor.run(specs, bench.pools(suite), [plugin])) as results:
        assert next(results).status is Status.OK
        error: Exception | None = None
        try:
            next(results)
        except RuntimeError as raised:
            error = raised
    assert "wait for a result" in str(error), f"no RuntimeError although no running trial gives the result: {error}"


@_check
def _the_caller_is_called_before_the_executor_waits(bench: Bench) -> None:
    suite, plugin = bench.suite(
        f"name: b\nseeds: 2\ndiscovery:\n  - {{task: conformance-noise, train_sizes: [10], methods: [{_METHOD}]}}\n"
    )
    taken: list[TrialResult] = []
    acknowledged: list[int] = []

    def acknowledge() -> None:
        acknowledged.append(len(taken))

    def specs() -> Iterator[TrialSpec | None]:
        first, second = suite.trials()
        yield first
        while not taken:
            yield None
        yield second

    for result in bench.executor.run(specs(), bench.pools(suite), [plugin], before_waiting=acknowledge):
        taken.append(result)
    assert len(taken) == 2
    assert 1 in acknowledged, "the second trial was awaited before the result of the first could be acknowledged"


@_check
def _closing_the_results_cancels_the_rest(bench: Bench) -> None:
    suite, plugin = bench.suite(
        f"name: w\nseeds: 3\ndiscovery:\n  - {{task: conformance-noise, train_sizes: [10], methods: ["
        f"{{name: {_METHOD}, label: well}}, {{name: {_METHOD}, label: sleep, params: {{how: sleep}}}}]}}\n"
    )
    specs = sorted(suite.trials(), key=lambda spec: spec.method_label == "sleep")
    with closing(bench.executor.run(specs, bench.pools(suite), [plugin])) as results:
        assert next(results).status is Status.OK
    began = time.monotonic()
    assert {result.status for result in bench.run("well")} == {Status.OK}
    assert time.monotonic() - began < 120, "the cancelled trials still occupy the executor"


@_check
def _fan_out_keeps_the_order(bench: Bench) -> None:
    assert bench.executor.fan_out(_square, list(range(10))) == [n * n for n in range(10)]


def _square(value: int) -> int:
    return value * value


@_isolation_check
def _a_worker_that_always_dies_is_a_failure(bench: Bench) -> None:
    results = {result.spec.method_label: result for result in bench.run("die", "well")}
    assert results["die"].status is Status.FAILED
    assert results["die"].error is not None
    assert results["well"].status is Status.OK
    assert bench.calls("die") == [int(results["die"].notes["attempts"])], "`attempts` is not the number of attempts"


@_isolation_check
def _a_lost_worker_is_replaced(bench: Bench) -> None:
    result = _only(bench.run("die-once"))
    assert result.status is Status.OK, result.error
    assert result.notes["attempts"] == "2"
    assert result.notes["lost_workers"]


def _killed(bench: Bench, how: str) -> None:
    result = _only(bench.run(how, timeout="8 s"))  # time for a slow machine to start the method
    assert result.status is Status.TIMEOUT, result.error
    assert result.error is not None
    assert "killed" in result.error.message
    assert bench.calls(how) == [1], "a trial that was killed for its time was tried again"


@_isolation_check
def _a_trial_that_blocks_its_alarm_is_killed(bench: Bench) -> None:
    _killed(bench, "hang")


@_isolation_check
def _a_trial_that_holds_the_interpreter_is_killed(bench: Bench) -> None:
    _killed(bench, "grip")
