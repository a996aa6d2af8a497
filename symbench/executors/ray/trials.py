"""The trials of one run on Ray: which are submitted when, what ends them, and which are tried again.

A trial's time limit begins when its task reports that it started: what waits in Ray's queue, because other jobs hold
the cluster, waits without a limit. A trial whose worker or node was lost is submitted again, here and not by Ray, so
that attempts are counted and a trial that was killed for its time is never run twice.
"""

from __future__ import annotations

import contextlib
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import ray

from symbench.data.splits import Pool
from symbench.errors import InfrastructureError
from symbench.executors.base import Given, never_ready, nothing_given
from symbench.executors.ray.nodes import Node, NodeWatch, impossible, slots
from symbench.executors.ray.shared_data import FILE_FROM_BYTES, SharedPool, share
from symbench.executors.ray.task import Started, run_trial
from symbench.registry import Plugin
from symbench.trial.checkpoints import CheckpointPlace
from symbench.trial.execute import unexecuted
from symbench.trial.resources import GIB, Resources, amounts
from symbench.trial.result import Status, TrialResult
from symbench.trial.spec import TrialSpec

ATTEMPTS = 2
# Of each class of requests this many trials are in flight for every one that runs: the next is at hand when one
# ends, and an autoscaler sees a demand for more nodes.
QUEUED_PER_SLOT = 2
_READ_AHEAD = 1000
POLL_S = 1.0
_FETCH_S = 120.0  # for one message of a task to come from its node


@dataclass(frozen=True)
class Limits:
    """How long what may last.

    grace_s            past a trial's limit, until its worker is killed
    wait_for_nodes_s   at the start, for nodes that can hold every request
    lost_nodes_s       while running, for nodes to come back when none can hold what remains
    data_wait_s        for a data set to reach a node
    unheard_s          between the end of a task and its last message
    file_from_bytes    data sets of this size on go to files on each node
    """

    grace_s: float = 30.0
    wait_for_nodes_s: float = 0.0
    lost_nodes_s: float = 120.0
    data_wait_s: float = 900.0
    unheard_s: float = 15.0
    file_from_bytes: int = FILE_FROM_BYTES


@dataclass
class _Attempts:
    """A trial on its way, and how its workers were lost so far."""

    spec: TrialSpec
    lost: list[str] = field(default_factory=list)


@dataclass
class _InFlight:
    trial: _Attempts
    submitted: float
    started: Started | None = None
    heard: float = 0.0
    ended: float | None = None

    def age(self) -> float:
        """Seconds since the trial began, at least: by this clock since its message was read, or by its node's.

        This process may have been busy elsewhere when the message came. The node's clock is believed as far as it
        fits to the time of submission.
        """
        if self.started is None:
            return 0.0
        now = time.monotonic()
        by_node = time.time() - self.started.at
        return max(now - self.heard, by_node if by_node <= now - self.submitted else 0.0)


class Trials:
    """Submits trials as the cluster takes them and yields one result for each."""

    def __init__(
        self,
        specs: Iterable[TrialSpec | None],
        pools: Mapping[str, Pool],
        plugins: Sequence[Plugin],
        watch: NodeWatch,
        limits: Limits,
        admit: Callable[[Mapping[Resources, str]], None],
        given: Given = nothing_given,
        checkpoints: CheckpointPlace | None = None,
    ) -> None:
        self._specs = iter(specs)
        self._exhausted = False
        self._pools = pools
        self._plugins = ray.put(tuple(plugins))
        self._watch = watch
        self._limits = limits
        self._admit = admit
        self._given = given
        self._checkpoints = checkpoints
        self._remotes: dict[Resources, Any] = {}
        self._shared: dict[str, SharedPool | str] = {}
        self._backlog: dict[Resources, deque[_Attempts]] = {}
        self._flying: Counter[Resources] = Counter()
        self._in_flight: dict[Any, _InFlight] = {}
        self._dead: frozenset[str] = frozenset(node.id for node in watch.nodes() if not node.alive)
        self._stuck_since: float | None = None
        self._listened = time.monotonic()
        self._seen: Sequence[Node] = ()
        self._fits: dict[Resources, int] = {}

    def results(self) -> Iterator[TrialResult]:
        """One result for each trial, in the order of completion."""
        while True:
            nodes = self._watch.nodes()
            yield from self._lost_nodes(nodes)
            yield from self._submit(nodes)
            if not self._in_flight and not self._waiting():
                if self._exhausted:
                    return
                self._read()  # what was waited for may have ended without ever having been in flight
                if not self._exhausted and not self._waiting():
                    raise never_ready()
                continue
            self._must_have_a_future(nodes)
            for task in self._ready():
                result = self._event(task)
                if result is not None:
                    yield result
            yield from self._overdue()
            yield from self._unheard()

    def cancel(self) -> None:
        """End what is in flight."""
        for task in self._in_flight:
            with contextlib.suppress(Exception):
                ray.cancel(task, force=True)
        self._in_flight.clear()

    # --- what is submitted

    def _slots(self, asked: Resources, nodes: Sequence[Node]) -> int:
        if nodes is not self._seen:
            self._seen, self._fits = nodes, {}
        if asked not in self._fits:
            self._fits[asked] = slots(asked, nodes)
        return self._fits[asked]

    def _waiting(self) -> bool:
        return any(self._backlog.values())

    def _read(self) -> None:
        """Look ahead, past trials whose class is full; those of several workers are kept for the end.

        Not past the point where what follows waits for a result.
        """
        held = sum(len(queue) for asked, queue in self._backlog.items() if asked.workers == 1)
        while not self._exhausted and held < _READ_AHEAD:
            try:
                spec = next(self._specs)
            except StopIteration:
                self._exhausted = True
                return
            if spec is None:
                return
            if spec.resources not in self._backlog:
                self._admit({spec.resources: f"{spec.task_label}/{spec.method_label}"})
            self._backlog.setdefault(spec.resources, deque()).append(_Attempts(spec))
            held += spec.resources.workers == 1

    def _submit(self, nodes: Sequence[Node]) -> Iterator[TrialResult]:
        self._read()
        for asked, queue in self._backlog.items():
            if queue and asked.workers == 1:
                room = QUEUED_PER_SLOT * self._slots(asked, nodes) - self._flying[asked]
                for _ in range(min(room, len(queue))):
                    yield from self._launch(queue.popleft())
        if any(queue for asked, queue in self._backlog.items() if asked.workers == 1):
            return
        # A trial of several workers holds nothing itself: its workers are placed by Ray Train, which waits for ever
        # where others take what they need. So it is submitted only when everything in flight leaves room for it.
        for asked, queue in self._backlog.items():
            while queue and asked.workers > 1 and self._leaves_room(asked, nodes):
                yield from self._launch(queue.popleft())

    def _leaves_room(self, asked: Resources, nodes: Sequence[Node]) -> bool:
        flying = Counter({known: count for known, count in self._flying.items() if count})
        flying[asked] += 1
        shares = [count / fits if (fits := self._slots(known, nodes)) else 2.0 for known, count in flying.items()]
        return sum(shares) <= 1.0 + 1e-9

    def _launch(self, trial: _Attempts) -> Iterator[TrialResult]:
        spec = trial.spec
        shared = self._share(spec.data_digest)
        if isinstance(shared, str):
            yield unexecuted(spec, Status.FAILED, "ObjectStoreError", shared)
            return
        task = self._remote(spec.resources).remote(
            spec,
            shared,
            self._plugins,
            self._given(spec),
            self._limits.grace_s,
            self._limits.data_wait_s,
            self._checkpoints,
        )
        self._in_flight[task] = _InFlight(trial, time.monotonic())
        self._flying[spec.resources] += 1

    def _share(self, digest: str) -> SharedPool | str:
        """The data set as it travels, or why the object store did not take it."""
        if digest not in self._shared:
            try:
                self._shared[digest] = share(self._pools[digest], self._limits.file_from_bytes)
            except (ray.exceptions.ObjectStoreFullError, ray.exceptions.OutOfDiskError) as error:
                size = sum(a.nbytes for a in vars(self._pools[digest].data).values() if hasattr(a, "nbytes"))
                self._shared[digest] = (
                    f"Ray's object store has no room for the data set of {size / GIB:.3g} GiB: give the node of this "
                    f"run a larger one, or more disk to spill to. {str(error)[:1000]}"
                )
        return self._shared[digest]

    def _remote(self, asked: Resources) -> Any:
        """One wrapper a resource class: Ray then reuses the workers of that class."""
        if asked not in self._remotes:
            options: dict[str, Any] = {"num_cpus": 0, "num_returns": "streaming", "max_retries": 0}
            if asked.workers == 1:
                custom = amounts(asked)
                options["num_cpus"] = custom.pop("CPU")
                if gpus := custom.pop("GPU", 0):
                    # A fresh process a trial gives the GPU's memory back.
                    options |= {"num_gpus": gpus, "max_calls": 1}
                if memory := custom.pop("memory", 0):
                    options["memory"] = int(memory)
                options["resources"] = custom
                if asked.labels:
                    options["label_selector"] = dict(asked.labels)
            self._remotes[asked] = ray.remote(**options)(run_trial)
        return self._remotes[asked]

    # --- what happens

    def _ready(self) -> list[Any]:
        """Tasks that have something to say; waits for one, no longer than a moment."""
        tasks = list(self._in_flight)
        if not tasks:
            time.sleep(0.1)
            return []
        ready, _ = ray.wait(tasks, num_returns=len(tasks), timeout=0, fetch_local=True)
        if not ready:
            ready, _ = ray.wait(tasks, num_returns=1, timeout=POLL_S, fetch_local=True)
        return list(ready)

    def _event(self, task: Any) -> TrialResult | None:
        """Take the next message of a task; the result of its trial, when this was the last."""
        flight = self._in_flight[task]
        try:
            told = ray.get(next(task), timeout=_FETCH_S)
        except StopIteration:
            return self._lost(task, "the task ended without a result")
        except ray.exceptions.GetTimeoutError:
            return self._lost(task, f"its message did not arrive within {_FETCH_S:g} s")
        except ray.exceptions.OutOfMemoryError as error:
            return self._end(task, unexecuted(flight.trial.spec, Status.OOM, "OutOfMemoryError", str(error)[:2000]))
        except (
            ray.exceptions.WorkerCrashedError,
            ray.exceptions.NodeDiedError,
            ray.exceptions.ObjectLostError,
        ) as error:
            return self._lost(task, type(error).__name__)
        except ray.exceptions.RayError as error:
            kind, message = type(error).__name__, str(error)[:2000]
            return self._end(task, unexecuted(flight.trial.spec, Status.FAILED, kind, message))
        if isinstance(told, Started):
            flight.started, flight.heard = told, time.monotonic()
            return None
        return self._end(task, told)

    def _overdue(self) -> Iterator[TrialResult]:
        """Kill what its own worker should have killed already."""
        allowed = 2 * self._limits.grace_s + self._limits.data_wait_s
        for task, flight in list(self._in_flight.items()):
            if flight.age() > flight.trial.spec.resources.timeout_s + allowed:
                ray.cancel(task, force=True)
                yield self._end(task, _killed(flight.trial.spec))

    def _unheard(self) -> Iterator[TrialResult]:
        """Give up waiting for messages of tasks that have ended: Ray tells no one when it cannot deliver one.

        A node that cannot reach this process, or is refused by it, loses results so.
        """
        now = time.monotonic()
        if now - self._listened < self._limits.unheard_s / 3 or not self._in_flight:
            return
        self._listened = now
        ends = {task.completed(): task for task in self._in_flight}
        ended, _ = ray.wait(list(ends), num_returns=len(ends), timeout=0, fetch_local=False)
        for task in (ends[end] for end in ended):
            flight = self._in_flight[task]
            flight.ended = now if flight.ended is None else flight.ended
            announced, _ = ray.wait([task], timeout=0, fetch_local=False)
            patience = _FETCH_S if announced else self._limits.unheard_s  # what is large comes from its node first
            if now - flight.ended >= patience and not ray.wait([task], timeout=0)[0]:
                result = self._lost(task, "the task ended, and its result never reached this process")
                if result is not None:
                    yield result

    def _lost_nodes(self, nodes: Sequence[Node]) -> Iterator[TrialResult]:
        """Take trials off the nodes that died since the last look: Ray may tell of it minutes later, or never.

        What did not report that it started may wait anywhere, so all of that is submitted anew; it is no attempt.
        """
        dead = frozenset(node.id for node in nodes if not node.alive)
        if dead <= self._dead:
            return
        self._dead |= dead
        for task, flight in list(self._in_flight.items()):
            if flight.started is None:
                with contextlib.suppress(Exception):
                    ray.cancel(task, force=True)
                self._again(task)
            elif flight.started.node in dead:
                result = self._lost(task, "NodeDiedError")
                if result is not None:
                    yield result

    def _lost(self, task: Any, how: str) -> TrialResult | None:
        """A worker is gone: its trial is tried again, unless it was killed for its time or has no attempt left."""
        flight = self._in_flight[task]
        spec = flight.trial.spec
        if flight.age() >= spec.resources.timeout_s:
            return self._end(task, _killed(spec))
        where = f" on node {flight.started.node[:12]}, process {flight.started.pid}" if flight.started else ""
        flight.trial.lost.append(how + where)
        if len(flight.trial.lost) < ATTEMPTS:
            self._again(task)
            return None
        message = f"the worker was lost {ATTEMPTS} times: {'; '.join(flight.trial.lost)}"
        return self._end(task, unexecuted(spec, Status.FAILED, how, message))

    def _again(self, task: Any) -> None:
        flight = self._in_flight.pop(task)
        asked = flight.trial.spec.resources
        self._flying[asked] -= 1
        self._backlog[asked].appendleft(flight.trial)

    def _end(self, task: Any, result: TrialResult) -> TrialResult:
        """Let go of the task, and note in the result where it ran and how often it was tried."""
        flight = self._in_flight.pop(task)
        self._flying[flight.trial.spec.resources] -= 1
        lost = flight.trial.lost
        attempts = len(lost) + (0 if result.status is Status.FAILED and len(lost) == ATTEMPTS else 1)
        notes = {**result.notes, "attempts": str(attempts)}
        if flight.started is not None:
            notes["node"] = flight.started.node
        if lost:
            notes["lost_workers"] = "; ".join(lost)
        return result.model_copy(update={"notes": notes})

    def _must_have_a_future(self, nodes: Sequence[Node]) -> None:
        """Raise when all that remains waits for nodes that are gone, and they did not come back in time."""
        classes = [asked for asked, queue in self._backlog.items() if queue or self._flying[asked]]
        if any(self._slots(asked, nodes) for asked in classes):
            self._stuck_since = None
            return
        now = time.monotonic()
        self._stuck_since = now if self._stuck_since is None else self._stuck_since
        bound = max(self._limits.lost_nodes_s, self._limits.wait_for_nodes_s)
        if now - self._stuck_since > bound:
            requests = {asked: f"{len(self._backlog[asked]) + self._flying[asked]} trials" for asked in classes}
            reason = impossible(requests, nodes)
            raise InfrastructureError(f"nodes were lost and none came for {bound:g} s: {reason}")


def _killed(spec: TrialSpec) -> TrialResult:
    message = f"the trial ran past its limit of {spec.resources.timeout_s:g} s without ending; its worker was killed"
    return unexecuted(spec, Status.TIMEOUT, "TrialTimeoutError", message)
