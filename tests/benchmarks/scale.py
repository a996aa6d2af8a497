"""What the driver bears: trials that do nothing, a large journal, a large plan. `--trials` scales the first.

Each part prints its figures with the method behind them; docs/scale.md states one run of it on two cores.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import psutil

from symbench.executors.ray.auth import choose_authentication
from tests.benchmarks import synthetic

SYMBENCH = [sys.executable, "-m", "symbench.cli"]
TUNE_TRIALS = 40


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=10_000, help="trials that do nothing, through everything")
    parser.add_argument("--results", type=int, default=100_000, help="results in the large journal")
    parser.add_argument("--plan", type=int, default=1_000_000, help="trials of the large plan")
    parser.add_argument("--parts", default="run,bare,tune,journal,plan", help="which to measure")
    choose_authentication(None)  # of the Ray that the comparisons start
    asked = parser.parse_args(arguments if arguments is not None else [])
    parts = {
        "run": lambda folder: run(folder, asked.trials),
        "bare": lambda folder: bare(min(asked.trials, 5000)),
        "tune": lambda folder: tune(TUNE_TRIALS),
        "journal": lambda folder: journal(folder, asked.results),
        "plan": lambda folder: plan(folder, asked.plan),
    }
    for name in asked.parts.split(","):
        with tempfile.TemporaryDirectory(prefix="sb-scale-") as folder:
            parts[name](Path(folder))


def run(folder: Path, trials: int) -> None:
    """A whole `symbench run`, and what the resident memory of its driver does between a quarter and the end."""
    suite = synthetic.write_suite(folder / "large.yaml", methods=10, sizes=10, seeds=max(1, trials // 100))
    home = folder / "home"
    seconds, samples = measure(["run", suite, "--home", home, "--json", "--report", folder / "report"], home)
    done = samples[-1].results
    busy = [s for s in samples if 0 < s.results < done]
    rate = (busy[-1].results - busy[0].results) / (busy[-1].at - busy[0].at)
    slope = slope_kib(samples)
    size = (home / "runs/large/journal.jsonl").stat().st_size / done
    print(f"{done} trials that do nothing: {seconds:.1f} s, {rate:.0f} trials/s between the first and the last")
    print(f"  driver: {max(s.rss_mib for s in samples):.0f} MiB at most, {slope:.2f} KiB more with each trial")
    print(f"  journal: {size:.0f} bytes a trial; after the last trial {samples[-1].at - busy[-1].at:.1f} s to the end")
    again, _ = measure(["run", suite, "--home", home, "--json", "--report", folder / "report"], home)
    print(f"  the same command, all done: {again:.1f} s")


def bare(trials: int) -> None:
    """The same nothing through `ray.remote` alone, as many in flight as CPUs, and all submitted at once."""
    import ray

    ray.init(address="local", include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    nothing = ray.remote(num_cpus=1)(_nothing)
    ray.get([nothing.remote(i) for i in range(20)])
    started = time.perf_counter()
    flying = [nothing.remote(i) for i in range(int(ray.cluster_resources()["CPU"]))]
    for i in range(len(flying), trials):
        ready, flying = ray.wait(flying)
        ray.get(ready)
        flying.append(nothing.remote(i))
    ray.get(flying)
    bounded = trials / (time.perf_counter() - started)
    started = time.perf_counter()
    ray.get([nothing.remote(i) for i in range(trials)])
    print(f"ray.remote alone: {bounded:.0f} tasks/s bounded to the CPUs, ", end="")
    print(f"{trials / (time.perf_counter() - started):.0f} tasks/s submitted at once")
    ray.shutdown()


def tune(trials: int) -> None:
    """The same nothing through Ray Tune."""
    with tempfile.TemporaryDirectory(prefix="sb-tune-") as folder:
        code = f"""
import os, time
os.environ.update(RAY_AIR_NEW_OUTPUT="0", TUNE_DISABLE_AUTO_CALLBACK_LOGGERS="1", RAY_DEDUP_LOGS="0")
import ray
from ray import tune
ray.init(address="local", include_dashboard=False, log_to_driver=False, logging_level="ERROR")
started = time.perf_counter()
tune.Tuner(
    tune.with_resources(lambda config: tune.report(dict(x=config["i"])), dict(cpu=1)),
    param_space=dict(i=tune.grid_search(list(range({trials})))),
    run_config=tune.RunConfig(storage_path={folder!r}, verbose=0),
).fit()
print("SECONDS", time.perf_counter() - started)
"""
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    seconds = float(next(line for line in done.stdout.splitlines() if line.startswith("SECONDS")).split()[1])
    print(f"Ray Tune: {trials} trials in {seconds:.1f} s, {trials / seconds:.2f} trials/s")


def journal(folder: Path, results: int) -> None:
    """`symbench leaderboard` and `report` as processes on a journal of 2,000 entries, without and with its index."""
    suite = synthetic.write_suite(folder / "large.yaml", methods=40, sizes=50, seeds=max(1, results // 2000))
    size = synthetic.write_journal(synthetic.load(suite), folder / "home/runs/large/journal.jsonl")
    print(f"{results} results ({size / 1e6:.0f} MB, 2000 rows)")
    for what, verb in (("makes the index", "leaderboard"), ("with the index", "leaderboard"), ("", "report")):
        seconds, samples = measure([verb, suite, "--home", folder / "home"], None)
        print(f"  {verb} {what}: {seconds:.1f} s, {max(s.rss_mib for s in samples):.0f} MiB")


def plan(folder: Path, trials: int) -> None:
    """`symbench plan` as a whole process, without a journal, and against one that holds a tenth of the trials."""
    suite = synthetic.write_suite(folder / "large.yaml", methods=20, sizes=50, seeds=max(1, trials // 1000))
    seconds, samples = measure(["plan", suite, "--home", folder / "home"], None)
    print(f"plan of {trials} trials: {seconds:.1f} s, {max(s.rss_mib for s in samples):.0f} MiB")
    tenth = synthetic.write_suite(folder / "tenth.yaml", methods=20, sizes=50, seeds=max(1, trials // 10_000))
    synthetic.write_journal(synthetic.load(tenth), folder / "home/runs/large/journal.jsonl")
    seconds, samples = measure(["plan", suite, "--home", folder / "home"], None)
    print(f"  a tenth of them done: {seconds:.1f} s, {max(s.rss_mib for s in samples):.0f} MiB")


class Sample:
    """The driver at one moment: seconds since its start, resident MiB, lines in its journal."""

    def __init__(self, at: float, rss_mib: float, results: int) -> None:
        self.at, self.rss_mib, self.results = at, rss_mib, results


def measure(arguments: list[str | Path], home: Path | None, every_s: float = 0.1) -> tuple[float, list[Sample]]:
    """Run `symbench ARGUMENTS --plugin behaviours`; gives its wall seconds and what its memory did."""
    command = [*SYMBENCH, *map(str, arguments), "--plugin", str(synthetic.PLUGIN)]
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env={**os.environ, "SYMBENCH_JOURNAL": ""})
    samples: list[Sample] = []
    lines = _Lines(home / "runs/large/journal.jsonl" if home else None)

    def watch() -> None:
        driver = psutil.Process(process.pid)
        while process.poll() is None:
            try:
                rss = driver.memory_info().rss / 2**20
            except psutil.Error:
                return
            samples.append(Sample(time.perf_counter() - started, rss, lines.count()))
            time.sleep(every_s)

    watcher = threading.Thread(target=watch)
    watcher.start()
    code = process.wait()
    watcher.join()
    assert code == 0, command
    return time.perf_counter() - started, samples


def slope_kib(samples: list[Sample]) -> float:
    """KiB of the driver's memory a trial, by least squares between a quarter of the trials and the last one."""
    last = samples[-1].results
    points = [(s.results, s.rss_mib * 1024) for s in samples if last / 4 <= s.results < last]
    mean_x = statistics.fmean(x for x, _ in points)
    mean_y = statistics.fmean(y for _, y in points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / max(sum((x - mean_x) ** 2 for x, _ in points), 1e-9)


class _Lines:
    """Counts the lines of a growing file by reading what is new."""

    def __init__(self, path: Path | None) -> None:
        self.path, self.offset, self.lines = path, 0, 0

    def count(self) -> int:
        if self.path is None or not self.path.exists():
            return 0
        with self.path.open("rb") as file:
            file.seek(self.offset)
            new = file.read()
        self.offset += len(new)
        self.lines += new.count(b"\n")
        return self.lines


def _nothing(i: int) -> int:
    return i


if __name__ == "__main__":
    main(sys.argv[1:])
