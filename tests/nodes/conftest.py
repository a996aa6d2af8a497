"""A Ray cluster of several nodes on this machine: raylets of their own, with CPUs, pretended GPUs and labels."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from symbench.driver.flow import RunSummary, run_suite
from symbench.executors import Limits, make_executor
from symbench.executors.ray.auth import choose_authentication
from symbench.home import Home
from symbench.journal.file import Journal
from symbench.plugins import Plugin
from symbench.suite.resolve import CheckedSuite
from symbench.trial.result import TrialResult

# A node that is killed refuses the head's questions at once; one that is slow has half a minute.
NOTICE_QUICKLY = {
    "health_check_initial_delay_ms": 1000,
    "health_check_period_ms": 500,
    "health_check_timeout_ms": 10_000,
    "health_check_failure_threshold": 3,
}
STORE_BYTES = 100 * 2**20


class Nodes:
    """A cluster that this process started and that it stops, raylet by raylet."""

    wide: Any
    small: Any

    def __init__(self, **head: Any) -> None:
        choose_authentication(None)
        os.environ.setdefault("RAY_AUTH_MODE", "disabled")  # where another test imported Ray before it was chosen
        from ray.cluster_utils import Cluster

        self.folder = Path(tempfile.mkdtemp(prefix="sbn-", dir="/tmp"))
        Path("/tmp/ray").mkdir(exist_ok=True)  # Ray notes the cluster's address there, and does not make the folder
        config = {**NOTICE_QUICKLY, **head.pop("_system_config", {})}
        self._cluster = Cluster(shutdown_at_exit=False)
        self._caches: dict[int, Path] = {}
        try:
            self.head = self.add(_system_config=config, temp_dir=str(self.folder), include_dashboard=False, **head)
        except BaseException:
            self._end_all()
            raise

    @property
    def address(self) -> str:
        return str(self._cluster.address)

    def cache(self, node: Any) -> Path:
        """Where this node keeps files of large data sets."""
        return self._caches[id(node)]

    def add(self, **options: Any) -> Any:
        cache = self.folder / f"cache-{len(self._caches)}"
        cache.mkdir()
        variables = {"SYMBENCH_NODE_CACHE": str(cache), "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0"}
        variables |= options.pop("env_vars", {})
        stated = {"num_cpus": 1, "object_store_memory": STORE_BYTES, **options}
        node = self._cluster.add_node(env_vars=variables, **stated)
        self._caches[id(node)] = cache
        return node

    def kill(self, node: Any, *processes: str) -> None:
        """SIGKILL the node's raylet, or these processes of it: what a machine that loses power looks like."""
        for name in processes or ("raylet",):
            os.kill(node.all_processes[name][0].process.pid, signal.SIGKILL)

    def stop(self) -> None:
        for node in [*self._cluster.worker_nodes, self._cluster.head_node]:
            with contextlib.suppress(Exception):
                node.kill_all_processes(check_alive=False, allow_graceful=False)
        self._end_all()

    def _end_all(self) -> None:
        """Also what a node that did not come up has left: this process's children that name the cluster's folder."""
        for child in psutil.Process().children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                if any(str(self.folder) in word for word in child.cmdline()):
                    child.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


@contextlib.contextmanager
def cluster(**head: Any) -> Iterator[Nodes]:
    """A cluster with this head, stopped at the end."""
    nodes = Nodes(**head)
    try:
        yield nodes
    finally:
        nodes.stop()


@pytest.fixture(scope="package")
def nodes() -> Iterator[Nodes]:
    """One cluster for all that does not break its head: a small node to run from, a wide one and a small one."""
    with cluster(num_cpus=1) as made:
        made.wide = made.add(num_cpus=2, num_gpus=1, resources={"licence": 1}, labels={"zone": "wide"})
        made.small = made.add(num_cpus=1, labels={"zone": "small"})
        yield made


class Told:
    """An observer that keeps what it is told."""

    def __init__(self) -> None:
        self.results: list[TrialResult] = []
        self.where = ""

    def executing_on(self, where: str) -> None:
        self.where = where

    def making_data(self, task: str) -> None: ...
    def searching(self, searches: int, configurations: int | None) -> None: ...
    def planned(self, to_run: int, done: int) -> None: ...
    def finished(self, result: TrialResult) -> None:
        self.results.append(result)


def exactly_once(suite: CheckedSuite, home: Home) -> dict[str, TrialResult]:
    """Every trial of the suite by its key, after checking that journal and MLflow hold each exactly once."""
    from mlflow.tracking import MlflowClient

    once = Counter(spec.key for spec in suite.trials())
    results = list(Journal(home.journal(suite.name)).results())
    assert Counter(result.key for result in results) == once
    client = MlflowClient(home.tracking_uri)
    experiment = client.get_experiment_by_name(suite.name)
    assert experiment is not None
    runs = client.search_runs([experiment.experiment_id], "tags.`symbench.kind` = 'trial'", max_results=10_000)
    assert all(run.info.status in ("FINISHED", "FAILED") for run in runs)
    assert Counter(run.data.tags["symbench.identity"] for run in runs) == once
    return {result.key: result for result in results}


@pytest.fixture
def run_on(home: Home, behaviours: Plugin) -> Callable[..., tuple[RunSummary, dict[str, TrialResult]]]:
    """Run a suite on a cluster; the summary, and every result after the check of `exactly_once`."""

    def go(nodes: Nodes, suite: CheckedSuite, **limits: Any) -> tuple[RunSummary, dict[str, TrialResult]]:
        def made() -> Any:
            return make_executor("ray", address=nodes.address, limits=Limits(**limits))

        summary = run_suite(suite, made, Told(), home=home, plugins=[behaviours])
        assert summary.tracking_failure is None
        return summary, exactly_once(suite, home)

    return go


def when(condition: Callable[[], Any], act: Callable[[Any], None], *, within: float = 120) -> threading.Thread:
    """Do something in the background once a condition holds; `join` the thread to know that it happened."""

    def follow() -> None:
        deadline = time.monotonic() + within
        while time.monotonic() < deadline:
            found = condition()
            if found:
                act(found)
                return
            time.sleep(0.05)

    thread = threading.Thread(target=follow, daemon=True)
    thread.start()
    return thread


def pids(folder: Path, how: str) -> list[int]:
    """The processes that trials of this behaviour ran in so far, one for each time that one began."""
    return [int(line) for path in folder.glob(f"{how}-*-*") for line in path.read_text().split()]


def running_on(node: Any, folder: Path, how: str = "well") -> list[int]:
    """Those of `pids` whose process is a worker of this node now: a child of its raylet."""
    raylet = node.all_processes["raylet"][0].process.pid
    return [pid for pid in pids(folder, how) if _parent(pid) == raylet]


def _parent(pid: int) -> int | None:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return None
