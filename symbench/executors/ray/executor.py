"""Trials as plain Ray tasks: a warm task costs milliseconds, a trial of Ray Tune seconds."""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar

import ray

from symbench.calls import Calls
from symbench.data.splits import Pool
from symbench.errors import InfrastructureError
from symbench.executors.base import Executor, SourceGenerators, no_source, no_work
from symbench.executors.limits import Limits
from symbench.executors.ray.auth import disagreement, refusal
from symbench.executors.ray.nodes import HEAD_SILENCE_S, NodeWatch, idle_gpus, impossible
from symbench.executors.ray.private import on_loopback, own_cluster_options, request_nodes, requires_token
from symbench.executors.ray.processes import OwnProcesses
from symbench.executors.ray.trials import POLL_S, Trials
from symbench.plugins import Plugin
from symbench.trial.checkpoints import CheckpointFolder
from symbench.trial.resources import Resources, amounts
from symbench.trial.result import TrialResult
from symbench.trial.spec import TrialSpec

if TYPE_CHECKING:
    from symbench.tuning.course import Course

_FAN_OUT_RETRIES = 1
_FETCH_S = 600.0  # for the results of a fan-out to come from their nodes
_SHUTDOWN_S = 10.0


class RayExecutor(Executor):
    """Ray on this machine, started and stopped with the executor, or a running cluster by its address."""

    name: ClassVar[str] = "ray"
    isolates: ClassVar[bool] = True

    def __init__(self, *, address: str | None, cpus: int | None, limits: Limits) -> None:
        self.address = address
        self.cpus = cpus
        self.limits = limits
        self._folder: str | None = None
        self._admitted: set[Resources] = set()
        self._watch: NodeWatch | None = None
        self._processes: OwnProcesses | None = None
        self._call = Calls("Ray")

    def __enter__(self) -> RayExecutor:
        # Ray warns about a change of the devices that a task without GPUs sees; trials choose their device themselves.
        os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
        options: dict[str, Any] = {"logging_level": logging.ERROR, "log_to_driver": False, "namespace": "symbench"}
        if self.address is None:
            self._folder = tempfile.mkdtemp(prefix="sb-", dir="/tmp")  # sockets need a short path
            options |= {
                "address": "local",
                "include_dashboard": False,
                "num_cpus": self.cpus,
                **own_cluster_options(self._folder),
            }
        else:
            options["address"] = self.address
        free = not ray.is_initialized()
        try:
            self._init(options)
            if self.address is not None and (problem := self._call(_disagreement)) is not None:
                raise InfrastructureError(problem)
            dead_part = self._processes.dead_part if self._processes else lambda: None
            self._watch = self._call(NodeWatch, dead_part, limit_s=HEAD_SILENCE_S)
            self._call.check = self._watch.nodes
        except Exception as error:
            where, why = self.address or "this machine", refusal(error, self.address) or error
            if free:
                self.__exit__(None, None, None)
            raise InfrastructureError(f"Ray cannot be started or joined on {where}: {why}") from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._watch is not None:
            self._watch.stop()
            self._watch = None
        self._shut_down()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def _init(self, options: dict[str, Any]) -> None:
        """`ray.init` in this thread: if the thread that started Ray's processes ends, the kernel ends them too."""
        if self._folder is None:
            ray.init(**options)
            return
        self._processes = OwnProcesses(self._folder)
        with on_loopback(), _variable("GLOO_SOCKET_IFNAME", _loopback_interface()):
            ray.init(**options)
        self._processes.find_parts()

    def _shut_down(self) -> None:
        """Leave the cluster, and end the processes of one that this run has started.

        If Ray does not answer, they end with this process: Ray would end it at once if its raylet were killed first.
        """
        self._call.check = lambda: None
        processes, self._processes = self._processes, None
        try:
            self._call(ray.shutdown, limit_s=_SHUTDOWN_S)
        except InfrastructureError:
            if processes is not None:
                processes.end_with_driver()
        else:
            if processes is not None:
                processes.end()
        finally:
            self._call.close()

    @property
    def watch(self) -> NodeWatch:
        if self._watch is None:
            raise RuntimeError("enter the executor before using it")
        return self._watch

    def admit(self, requests: Mapping[Resources, str]) -> None:
        """Wait for nodes up to `wait_for_nodes_s`, and announce the demand to an autoscaler."""
        requests = {request: names for request, names in requests.items() if request not in self._admitted}
        wait = self.limits.wait_for_nodes_s
        problem = impossible(requests, self.watch.nodes())
        if problem is not None and not wait:
            raise InfrastructureError(f"{problem}; --wait-for-nodes SECONDS waits for such a node")
        if problem is not None:
            give_up = time.monotonic() + wait
            with _announced(requests):
                while (problem := impossible(requests, self.watch.nodes())) is not None:
                    if time.monotonic() >= give_up:
                        raise InfrastructureError(f"{problem} after waiting {wait:g} s")
                    time.sleep(0.2)
        self._admitted |= requests.keys()

    def run(
        self,
        specs: Iterable[TrialSpec | None],
        pools: Mapping[str, Pool],
        plugins: Sequence[Plugin] = (),
        source_generators: SourceGenerators = no_source,
        checkpoints: CheckpointFolder | None = None,
        before_waiting: Callable[[], None] = no_work,
    ) -> Generator[TrialResult, None, None]:
        trials = Trials(
            specs,
            pools,
            plugins,
            self.watch,
            self.limits,
            self.admit,
            source_generators,
            checkpoints,
            call=self._call,
            owns_cluster=self.address is None,
            before_waiting=before_waiting,
        )
        try:
            yield from trials.results()
        finally:
            trials.cancel()

    def search(
        self,
        courses: Sequence[Course],
        pools: Mapping[str, Pool],
        plugins: Sequence[Plugin],
        keep: Callable[[TrialResult], None],
    ) -> None:
        from symbench.executors.ray.tune import run_searches

        run_searches(courses, pools, plugins, keep, self.limits, self.watch, owns_cluster=self.address is None)

    def fan_out(self, function: Callable[[Any], Any], arguments: list[Any]) -> list[Any]:
        remote = ray.remote(num_cpus=1, max_retries=_FAN_OUT_RETRIES)(function)
        tasks = waiting = [self._call(remote.remote, argument) for argument in arguments]
        while waiting:
            self.watch.nodes()  # raises if the cluster is lost
            _, waiting = self._call(ray.wait, waiting, num_returns=len(waiting), timeout=POLL_S)
        return list(self._call(ray.get, tasks, limit_s=_FETCH_S))

    def describe(self) -> str:
        alive = [node for node in self.watch.nodes() if node.alive]
        where = f"on the cluster at {self.address}" if self.address else "on this machine"
        total = {name: sum(node.resources.get(name, 0.0) for node in alive) for name in ("CPU", "GPU")}
        parts = [f"{total['CPU']:g} CPUs"]
        if total["GPU"]:
            parts.append(f"{total['GPU']:g} GPUs")
        if len(alive) > 1:
            parts.append(f"{len(alive)} nodes")
        unused = idle_gpus(self._admitted, alive)
        return f"Ray {ray.__version__} {where}: {', '.join(parts)}" + (f"; warning: {unused}" if unused else "")


def _disagreement() -> str | None:
    """Why this process and the cluster that it has joined cannot communicate; None if they agree on tokens."""
    return disagreement(requires_token(), ray.get_runtime_context().gcs_address)


def _loopback_interface() -> str:
    """The name of the interface with the address 127.0.0.1."""
    import psutil

    addresses = psutil.net_if_addrs().items()
    return next((name for name, all_of_it in addresses if any(a.address == "127.0.0.1" for a in all_of_it)), "lo")


@contextlib.contextmanager
def _variable(name: str, value: str) -> Iterator[None]:
    """An environment variable for the processes that are started meanwhile, unless it is set."""
    if name in os.environ:
        yield
        return
    os.environ[name] = value
    try:
        yield
    finally:
        del os.environ[name]


@contextlib.contextmanager
def _announced(requests: Mapping[Resources, str]) -> Iterator[None]:
    """Announce a demand to an autoscaler, which starts nodes for it, and withdraw it at the end.

    A demand that is not withdrawn would keep the nodes as long as the cluster exists. Once they are there, the trials
    need them; an autoscaler keeps idle nodes for longer than it takes to submit trials.
    """
    processes = [request for request in requests for _ in range(request.workers)]
    bundles = [
        {name: int(amount) if name == "memory" else amount for name, amount in amounts(request).items()}
        for request in processes
    ]
    request_nodes(bundles, [dict(request.labels) for request in processes])
    try:
        yield
    finally:
        with contextlib.suppress(Exception):  # a lost cluster keeps no nodes
            request_nodes([], [])
