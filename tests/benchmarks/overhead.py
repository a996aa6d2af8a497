"""What a trial costs beside a bare Ray task: both through one cluster, bare tasks before and after the trials.

The trials do nothing and pass through Ray, the journal and an MLflow store in SQLite. `--profile` adds where the driver
spends its time.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import statistics
import tempfile
import time
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import ray

from symbench.driver.flow import run_suite
from symbench.executors.limits import Limits
from symbench.executors.ray.auth import choose_authentication
from symbench.executors.ray.executor import RayExecutor
from symbench.home import Home
from symbench.plugins import read_plugin
from symbench.trial.result import TrialResult
from tests.benchmarks import synthetic

_WARM_UP = 0.2  # share of the trials that is not timed: workers start and import


class _BesideBareTasks(RayExecutor):
    """Times bare tasks on its own cluster before and after the trials."""

    def __init__(self, tasks: int, cpus: int | None) -> None:
        super().__init__(address=None, cpus=cpus, limits=Limits())
        self.tasks = tasks
        self.plain: list[float] = []
        self.messages: list[float] = []

    def run(self, *arguments: Any, **options: Any) -> Generator[TrialResult, None, None]:
        self._time()
        yield from super().run(*arguments, **options)
        self._time()

    def _time(self) -> None:
        self.plain.append(_plain(self.tasks))
        self.messages.append(_with_two_messages(self.tasks))


class _Clock:
    """An observer that notes when each result was acknowledged, and the CPU time after the warm-up and at the end."""

    def __init__(self, trials: int) -> None:
        self.trials = trials
        self.times: list[float] = []
        self.cpu: list[dict[str, float]] = []

    @property
    def warm_up(self) -> int:
        return int(_WARM_UP * self.trials)

    def executing_on(self, where: str) -> None: ...
    def making_data(self, task: str) -> None: ...
    def searching(self, searches: int, configurations: int | None) -> None: ...
    def planned(self, to_run: int, done: int) -> None: ...

    def finished(self, result: TrialResult) -> None:
        self.times.append(time.perf_counter())
        if len(self.times) in (self.warm_up, self.trials):
            self.cpu.append(_cpu_seconds())


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=2000)
    parser.add_argument("--tasks", type=int, default=1000, help="bare tasks, before and after")
    parser.add_argument("--cpus", type=int, default=2)
    parser.add_argument("--profile", action="store_true")
    options = parser.parse_args(arguments if arguments is not None else [])
    choose_authentication(None)
    seeds = max(1, options.trials // 100)
    executor, clock = _BesideBareTasks(options.tasks, options.cpus), _Clock(100 * seeds)
    with tempfile.TemporaryDirectory(prefix="sb-overhead-") as folder:
        suite = synthetic.write_suite(Path(folder) / "large.yaml", methods=10, sizes=10, seeds=seeds)
        profile = cProfile.Profile()
        if options.profile:
            profile.enable()
        run_suite(
            synthetic.load(suite),
            lambda: executor,
            clock,
            home=Home(Path(folder) / "home"),
            plugins=[read_plugin(synthetic.PLUGIN)],
        )
        profile.disable()
    timed = clock.times[clock.warm_up - 1 :]
    trial = 1e3 * (timed[-1] - timed[0]) / (len(timed) - 1)
    plain, messages = statistics.fmean(executor.plain), statistics.fmean(executor.messages)
    print(f"bare Ray task {_ms(executor.plain)}; with two messages {_ms(executor.messages)}")
    print(f"trial that does nothing {trial:.2f} ms: {trial / plain:.2f} bare tasks, {trial - plain:.2f} ms more")
    print(f"  beside a task with two messages: {trial / messages:.2f}, {trial - messages:.2f} ms more")
    before, after = clock.cpu
    cpu = {name: 1e3 * (after[name] - before.get(name, 0.0)) / (len(timed) - 1) for name in after}
    print("  CPU of a trial: " + ", ".join(f"{name} {ms:.2f} ms" for name, ms in cpu.items() if ms > 0.05))
    if options.profile:
        pstats.Stats(profile).sort_stats("tottime").print_stats(40)


def _ms(values: list[float]) -> str:
    return " and ".join(f"{value:.2f}" for value in values) + " ms"


def _plain(tasks: int) -> float:
    """Milliseconds of a bare task, as many in flight as the trials of a run."""
    nothing = ray.remote(num_cpus=1)(_nothing)
    ray.get([nothing.remote(i) for i in range(50)])
    flying = [nothing.remote(i) for i in range(_in_flight())]
    started = time.perf_counter()
    for i in range(tasks):
        ready, flying = ray.wait(flying)
        ray.get(ready)
        flying.append(nothing.remote(i))
    milliseconds = 1e3 * (time.perf_counter() - started) / tasks
    ray.get(flying)
    return milliseconds


def _with_two_messages(tasks: int) -> float:
    """The same for a task that yields twice, as the task of a trial does."""
    twice = ray.remote(num_cpus=1, num_returns="streaming")(_two_messages)
    flying: list[Any] = [twice.remote(i) for i in range(_in_flight())]
    ended = 0
    started = time.perf_counter()
    while ended < tasks:
        ready, _ = ray.wait(flying, num_returns=1)
        for task in ready:
            if ray.get(next(task)) == "end":
                ended += 1
                flying.remove(task)
                flying.append(twice.remote(ended))
    milliseconds = 1e3 * (time.perf_counter() - started) / tasks
    for task in flying:
        for message in task:
            ray.get(message)
    return milliseconds


def _cpu_seconds() -> dict[str, float]:
    """CPU seconds of this process and, by kind, of the processes that it has started and that still run."""
    import psutil

    driver = psutil.Process()
    seconds = {"driver": sum(driver.cpu_times()[:2])}
    for process in driver.children(recursive=True):
        try:
            name = (process.cmdline() or [process.name()])[0].strip().rsplit("/", 1)[-1][:30]
            name = "workers" if name.startswith("ray::") and not name.endswith("Agent") else name
            seconds[name] = seconds.get(name, 0.0) + sum(process.cpu_times()[:2])
        except psutil.Error:
            continue
    return seconds


def _in_flight() -> int:
    from symbench.executors.ray.trials import QUEUED_PER_SLOT

    return QUEUED_PER_SLOT * int(ray.cluster_resources()["CPU"])


def _nothing(i: int) -> int:
    return i


def _two_messages(i: int) -> Iterator[str]:
    yield "begin"
    yield "end"


if __name__ == "__main__":
    import sys

    main(sys.argv[1:])
