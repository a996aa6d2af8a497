"""A driver as a process of its own, to be killed, starved and interrupted; and what it must leave behind."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from symbench.home import Home
from symbench.journal.file import Journal
from tests.conftest import BEHAVIOURS

if TYPE_CHECKING:
    from mlflow.entities import Run

SUITE = """
name: flow
seeds: SEEDS
timeout: 60 s
discovery:
  - task: tiny
    train_sizes: [10, 20]
    methods:
      - behave
      - {name: behave, label: slow, params: {seconds: 0.1}}
"""


@dataclass
class Drivers:
    """Starts `symbench run` on one suite of 4 × seeds trials in one home."""

    folder: Path
    seeds: int = 5
    environment: Mapping[str, str] = field(default_factory=dict)
    home: Home = field(init=False)
    suite: Path = field(init=False)

    def __post_init__(self) -> None:
        self.home = Home(self.folder / "home")
        self.suite = self.folder / "flow.yaml"
        self.suite.write_text(SUITE.replace("SEEDS", str(self.seeds)))

    @property
    def journal(self) -> Journal:
        return Journal(self.home.journal("flow"))

    @property
    def trace(self) -> Path:
        return self.folder / "trace"

    @property
    def trials(self) -> int:
        return 4 * self.seeds

    def hold(self) -> None:
        """Let the last trial sleep for long: the suite cannot end before it is interrupted and `release`d."""
        self.trace.mkdir()
        for seed, size in itertools.product(range(self.seeds), (10, 20)):
            if (seed, size) != (self.seeds - 1, 20):
                self._called(seed, size)
        held = f"how: sleep-once, trace: {self.trace}, seconds: 0.1"
        self.suite.write_text(self.suite.read_text().replace("seconds: 0.1", held))

    def release(self) -> None:
        """Let the last trial pass, whether or not it has slept."""
        self._called(self.seeds - 1, 20)

    def _called(self, seed: int, size: int) -> None:
        with (self.trace / f"sleep-once-{seed}-{size}").open("a") as file:
            file.write("called before\n")

    def start(self, *options: str | Path, executor: str = "local") -> subprocess.Popen[str]:
        """A driver at the head of a process group of its own."""
        command = [sys.executable, "-m", "symbench.cli", "run", str(self.suite), "--plugin", str(BEHAVIOURS)]
        command += ["--executor", executor, "--cpus", "2", "--home", str(self.home.root), *map(str, options)]
        return subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            env={**os.environ, **self.environment},
        )

    def run(self, *options: str | Path, code: int = 0) -> str:
        """A driver to its end, which must be this exit code; gives what it said on standard error."""
        driver = self.start(*options)
        _, said = driver.communicate(timeout=200)
        assert driver.returncode == code, said
        return said

    def until(self, driver: subprocess.Popen[str], results: int, journal: Path | None = None) -> None:
        """Wait until the journal holds so many lines; the driver must live so long."""
        path = journal or self.journal.path
        wait_for(
            lambda: path.exists() and path.read_bytes().count(b"\n") >= results,
            lambda: driver.poll() is None,
        )

    def assert_each_once(self, uri: str | None = None, journal: Journal | None = None) -> None:
        """Every trial is in the journal and in MLflow exactly once, ended well."""
        results = list((journal or self.journal).results())
        assert Counter(r.status.value for r in results) == {"ok": self.trials}
        keys = Counter(r.key for r in results)
        assert keys == Counter(dict.fromkeys(keys, 1))
        assert mlflow_trials(uri or self.home.tracking_uri, "flow") == keys


def mlflow_trials(uri: str, suite: str) -> Counter[str]:
    """identity → number of live trial runs in a store, all of which must have ended."""
    runs = mlflow_runs(uri, suite, "trial")
    assert all(run.info.status in ("FINISHED", "FAILED") for run in runs)
    return Counter(run.data.tags["symbench.identity"] for run in runs)


def mlflow_runs(uri: str, suite: str, kind: str) -> list[Run]:
    """The live runs of a kind."""
    from mlflow.tracking import MlflowClient

    client = MlflowClient(uri)
    experiment = client.get_experiment_by_name(suite)
    if experiment is None:
        return []
    return list(client.search_runs([experiment.experiment_id], f"tags.`symbench.kind` = '{kind}'", max_results=10_000))


def wait_for(condition: Callable[[], bool], alive: Callable[[], bool] = lambda: True, seconds: float = 120) -> None:
    """Until the condition holds; fails after a generous time, or when what it waits for is dead."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        assert alive(), "the process ended before its time"
        time.sleep(0.02)
