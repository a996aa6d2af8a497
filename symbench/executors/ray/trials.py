"""The trials of one run on Ray: when they are submitted, what ends them, and which are tried again.

A trial's time limit begins when its task reports that it started: a task may wait in Ray's queue without a limit, if
other jobs use the cluster. A trial whose worker or node was lost is submitted again by this module and not by Ray, so
that attempts are counted and a trial that was killed for its time is never run twice.

Every call of Ray has a deadline (`calls`). A trial that was lost too often fails only if the node of its last attempt
proves to be alive: workers die with their node, and Ray reports the node later.
"""

from __future__ import annotations

import contextlib
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import ray

from symbench.calls import Calls, direct
from symbench.data.splits import Pool
from symbench.errors import InfrastructureError
from symbench.executors.base import SourceGenerators, never_ready, no_source, no_work
from symbench.executors.limits import Limits
from symbench.executors.ray.attempts import Attempts
from symbench.executors.ray.flights import FETCH_S, InFlight, next_message
from symbench.executors.ray.nodes import Node, NodeWatch, impossible, slots
from symbench.executors.ray.options import task_options
from symbench.executors.ray.parts import LostPart
from symbench.executors.ray.private import stream_end
from symbench.executors.ray.remedies import cancel, end_stopped_workers
from symbench.executors.ray.settings import RunSettings
from symbench.executors.ray.shared_data import SharedPool, share
from symbench.executors.ray.task import Started, run_trial, with_common
from symbench.executors.ray.verdicts import VERDICT_S, Verdicts
from symbench.plugins import Plugin
from symbench.trial.checkpoints import CheckpointFolder
from symbench.trial.execute import unexecuted
from symbench.trial.resources import GIB, Resources
from symbench.trial.result import Status, TrialResult
from symbench.trial.spec import TrialSpec

# Of each class of requests this many trials are in flight for every one that runs: the next is at hand when one
# ends, and an autoscaler sees a demand for more nodes.
QUEUED_PER_SLOT = 2
_READ_AHEAD = 1000
POLL_S = 1.0
_SHARE_S = 600.0  # for a data set to be copied into the object store
_PAUSE_S = 0.2  # between attempts at submitting to nodes that may be dying
_SPARE_S = 5.0  # after a worker should have ended itself
_SILENCE_S = 30.0  # without a trial that runs, in a cluster that nobody else uses


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
        source_generators: SourceGenerators = no_source,
        checkpoints: CheckpointFolder | None = None,
        call: Calls | None = None,
        owns_cluster: bool = False,
        before_waiting: Callable[[], None] = no_work,
    ) -> None:
        self._call = call or direct
        self._owns_cluster = owns_cluster
        self._specs = iter(specs)
        self._exhausted = False
        self._pools = pools
        self._settings = RunSettings(tuple(plugins), limits, checkpoints)
        self._watch = watch
        self._limits = limits
        self._admit = admit
        self._source_generators = source_generators
        self._before_waiting = before_waiting
        self._remotes: dict[tuple[Resources, str], Any] = {}
        self._shared: dict[str, SharedPool | str] = {}
        self._backlog: dict[Resources, deque[Attempts]] = {}
        self._flying: Counter[Resources] = Counter()
        self._in_flight: dict[Any, InFlight] = {}
        self._verdicts = Verdicts(self._call)
        self._last_sign = time.monotonic()
        self._no_start_since: float | None = None
        self._dead: frozenset[str] = frozenset(node.id for node in watch.nodes() if not node.alive)
        self._stuck_since: float | None = None
        self._looked_for_ends = time.monotonic()
        self._nodes: Sequence[Node] = ()
        self._slots_of: dict[Resources, int] = {}

    def results(self) -> Iterator[TrialResult]:
        """One result for each trial, in the order of completion."""
        while True:
            nodes = self._watch.nodes()
            yield from self._lost_nodes(nodes)
            yield from self._submit(nodes)
            if not self._in_flight and not self._waiting() and not self._verdicts:
                if self._exhausted:
                    return
                self._read()  # the awaited result may have come without its trial having been in flight
                if not self._exhausted and not self._waiting():
                    raise never_ready()
                continue
            self._require_nodes(nodes)
            for task in self._ready():
                result = self._event(task)
                if result is not None:
                    yield result
            yield from self._overdue()
            yield from self._unheard()
            yield from self._decided()

    def cancel(self) -> None:
        """End what is in flight."""
        tasks = list(self._in_flight)
        self._in_flight.clear()
        with contextlib.suppress(Exception):  # of a lost cluster
            self._call(cancel, tasks, limit_s=_SPARE_S)

    # --- what is submitted

    def _slots(self, request: Resources, nodes: Sequence[Node]) -> int:
        if nodes is not self._nodes:
            self._nodes, self._slots_of = nodes, {}
        if request not in self._slots_of:
            self._slots_of[request] = slots(request, nodes)
        return self._slots_of[request]

    def _waiting(self) -> bool:
        return any(self._backlog.values())

    def _read(self) -> None:
        """Read specs ahead, beyond trials whose class is full; those of several workers are kept for the end.

        Stops at a None: the specs after it depend on a result.
        """
        held = sum(len(queue) for request, queue in self._backlog.items() if request.workers == 1)
        while not self._exhausted and held < _READ_AHEAD:
            try:
                spec = next(self._specs)
            except StopIteration:
                self._exhausted = True
                return
            if spec is None:
                return
            if spec.resources not in self._backlog:
                self._before_waiting()
                self._admit({spec.resources: f"{spec.task_label}/{spec.method_label}"})
            self._backlog.setdefault(spec.resources, deque()).append(Attempts(spec))
            held += spec.resources.workers == 1

    def _submit(self, nodes: Sequence[Node]) -> Iterator[TrialResult]:
        self._read()
        for request, queue in self._backlog.items():
            if queue and request.workers == 1:
                room = QUEUED_PER_SLOT * self._slots(request, nodes) - self._flying[request]
                for _ in range(min(room, len(queue))):
                    yield from self._launch(queue.popleft())
        if any(queue for request, queue in self._backlog.items() if request.workers == 1):
            return
        # A trial of several workers reserves nothing itself: its workers are placed by Ray Train, which would wait for
        # ever if other trials use the resources. So it is submitted only if everything in flight leaves room for it.
        for request, queue in self._backlog.items():
            while queue and request.workers > 1 and self._leaves_room(request, nodes):
                yield from self._launch(queue.popleft())

    def _leaves_room(self, request: Resources, nodes: Sequence[Node]) -> bool:
        flying = Counter({known: count for known, count in self._flying.items() if count})
        flying[request] += 1
        shares = [count / fits if (fits := self._slots(known, nodes)) else 2.0 for known, count in flying.items()]
        return sum(shares) <= 1.0 + 1e-9

    def _launch(self, attempts: Attempts) -> Iterator[TrialResult]:
        spec = attempts.spec
        shared = self._share(spec.data_digest)
        if isinstance(shared, str):
            yield unexecuted(spec, Status.FAILED, "ObjectStoreError", shared)
            return
        remote = self._remote(spec.resources, spec.data_digest, shared)
        task = self._call(remote.remote, spec, self._source_generators(spec))
        self._in_flight[task] = InFlight(attempts, time.monotonic())
        self._flying[spec.resources] += 1

    def _share(self, digest: str) -> SharedPool | str:
        """The shared data set, or why the object store did not take it."""
        if digest not in self._shared:
            self._before_waiting()
            try:
                self._shared[digest] = self._call(
                    share, self._pools[digest], self._limits.file_from_bytes, limit_s=_SHARE_S
                )
            except (ray.exceptions.ObjectStoreFullError, ray.exceptions.OutOfDiskError) as error:
                size = sum(a.nbytes for a in vars(self._pools[digest].data).values() if hasattr(a, "nbytes"))
                self._shared[digest] = (
                    f"Ray's object store has no room for the data set of {size / GIB:.3g} GiB: give the node of this "
                    f"run a larger one, or more disk to spill to. {str(error)[:1000]}"
                )
        return self._shared[digest]

    def _remote(self, request: Resources, digest: str, shared: SharedPool) -> Any:
        """One wrapper for each resource class and data set: Ray then reuses the workers of that class.

        A worker reads the wrapper, with everything that its trials have in common, once. As arguments these would be
        pickled with each trial, and a reference among the arguments costs requests to the object store.
        """
        if (request, digest) not in self._remotes:
            options: dict[str, Any] = {"num_cpus": 0, "num_returns": "streaming", "max_retries": 0}
            options["name"] = run_trial.__name__
            if request.workers == 1:
                options |= task_options(request)
            self._remotes[request, digest] = ray.remote(**options)(with_common(shared, self._settings))
        return self._remotes[request, digest]

    # --- messages, and their absence

    def _ready(self) -> list[Any]:
        """Tasks with a message; waits a moment for one."""
        tasks = list(self._in_flight)
        if not tasks:
            self._before_waiting()
            time.sleep(0.1)
            return []
        ready, _ = self._call(ray.wait, tasks, num_returns=len(tasks), timeout=0, fetch_local=True)
        if not ready:
            self._before_waiting()
            ready, _ = self._call(ray.wait, tasks, num_returns=1, timeout=POLL_S, fetch_local=True)
        return list(ready)

    def _event(self, task: Any) -> TrialResult | None:
        """Take the next message of a task; gives the result of its trial, if the message is the last."""
        flight = self._in_flight[task]
        spec = flight.attempts.spec
        try:
            message = self._call(next_message, task, limit_s=2 * FETCH_S)
        except EOFError:
            return self._lost(task, "the task ended without a result")
        except ray.exceptions.GetTimeoutError:
            return self._lost(task, f"its message did not arrive within {FETCH_S:g} s")
        except ray.exceptions.OutOfMemoryError as error:
            return self._end(task, unexecuted(spec, Status.OOM, "OutOfMemoryError", str(error)[:2000]))
        except ray.exceptions.RayTaskError as error:
            return self._end(task, unexecuted(spec, Status.FAILED, type(error).__name__, str(error)[:2000]))
        except ray.exceptions.RayError as error:  # of the worker, its node or the way to it, not of the trial
            return self._lost(task, type(error).__name__, doubt=True)
        self._last_sign = time.monotonic()
        if isinstance(message, Started):
            flight.started, flight.started_at, self._no_start_since = message, self._last_sign, None
            return None
        if isinstance(message, LostPart):
            return self._lost(task, message.cause)
        return self._end(task, message)

    def _overdue(self) -> Iterator[TrialResult]:
        """Kill trials that their own workers should have ended: those workers are stopped, or starved."""
        for task, flight in list(self._in_flight.items()):
            if flight.started is None:
                continue
            allowed = flight.attempts.spec.resources.timeout_s + self._limits.grace_s + _SPARE_S
            if flight.age() > allowed + (0.0 if flight.started.has_data else self._limits.data_wait_s):
                self._call(cancel, [task])
                yield self._end(task, flight.attempts.killed())
        self._wake()

    def _wake(self) -> None:
        """Kill workers that were stopped before they could report a start, once nothing else goes on."""
        now = time.monotonic()
        quiet = self._in_flight and not any(flight.started for flight in self._in_flight.values())
        if self._owns_cluster and quiet and now - self._last_sign > _SILENCE_S:
            self._last_sign = now
            for node in self._watch.nodes():
                if node.alive:
                    self._call(end_stopped_workers, node.id)

    def _decided(self) -> Iterator[TrialResult]:
        """The results of trials that were lost too often, once their nodes have answered or are dead."""
        for flight, result in self._verdicts.decided(self._dead):
            if result is None:
                self._backlog[flight.attempts.spec.resources].appendleft(flight.attempts)
            else:
                yield flight.annotated(result)

    def _unheard(self) -> Iterator[TrialResult]:
        """Give up waiting for messages of tasks that have ended: Ray reports no error if it cannot deliver one.

        Results are lost in this way if a node cannot reach this process, or is refused by it.
        """
        now = time.monotonic()
        if now - self._looked_for_ends < self._limits.unheard_s / 3 or not self._in_flight:
            return
        self._looked_for_ends = now
        ends = {stream_end(task): task for task in self._in_flight}
        ended, _ = self._call(ray.wait, list(ends), num_returns=len(ends), timeout=0, fetch_local=False)
        for task in (ends[end] for end in ended):
            flight = self._in_flight[task]
            flight.ended = now if flight.ended is None else flight.ended
            announced, _ = self._call(ray.wait, [task], timeout=0, fetch_local=False)
            patience = FETCH_S if announced else self._limits.unheard_s  # a large message first comes from its node
            if now - flight.ended >= patience and not self._call(ray.wait, [task], timeout=0)[0]:
                result = self._lost(task, "the task ended, and its result never reached this process")
                if result is not None:
                    yield result

    def _lost_nodes(self, nodes: Sequence[Node]) -> Iterator[TrialResult]:
        """Take trials off the nodes that died since the last call: Ray may report it minutes later, or never.

        Tasks that did not report their start may wait on any node, so all of them are submitted anew; this does not
        count as an attempt.
        """
        dead = frozenset(node.id for node in nodes if not node.alive)
        if dead <= self._dead:
            return
        self._dead |= dead
        for task, flight in list(self._in_flight.items()):
            if flight.started is None:
                with contextlib.suppress(ray.exceptions.RayError):
                    self._call(cancel, [task])
                self._again(task)
            elif flight.started.node in dead:
                result = self._lost(task, "NodeDiedError")
                if result is not None:
                    yield result

    def _lost(self, task: Any, cause: str, *, doubt: bool = False) -> TrialResult | None:
        """A worker is lost: submit its trial again, or give the result if it is not to be tried again.

        doubt   whether the node may have died with the worker: the result then comes later, from `_decided`
        """
        flight = self._in_flight[task]
        node, where = None, ""
        if flight.started is None and doubt and self._may_recover():
            self._again(task)
            return None
        if flight.started is not None:
            node, where = flight.started.node, f" on node {flight.started.node[:12]}, process {flight.started.pid}"
        result = flight.attempts.lost(cause, flight.age(), where, node, self._dead)
        if result is None:
            self._again(task)
            return None
        if doubt and node is not None and result.status is Status.FAILED:
            self._in_flight.pop(task)
            self._flying[flight.attempts.spec.resources] -= 1
            self._verdicts.ask(flight, node, result)
            return None
        return self._end(task, result)

    def _may_recover(self) -> bool:
        """Whether tasks that end before they start may do so because of a dying node; pauses between attempts."""
        now = time.monotonic()
        self._no_start_since = now if self._no_start_since is None else self._no_start_since
        self._before_waiting()
        time.sleep(_PAUSE_S)
        return now - self._no_start_since < VERDICT_S

    def _again(self, task: Any) -> None:
        flight = self._in_flight.pop(task)
        request = flight.attempts.spec.resources
        self._flying[request] -= 1
        self._backlog[request].appendleft(flight.attempts)

    def _end(self, task: Any, result: TrialResult) -> TrialResult:
        """Forget the task, and note in the result where it ran and how often it was tried."""
        flight = self._in_flight.pop(task)
        self._flying[flight.attempts.spec.resources] -= 1
        return flight.annotated(result)

    def _require_nodes(self, nodes: Sequence[Node]) -> None:
        """Raise if all remaining trials wait for nodes that were lost and did not return in time."""
        requests = [request for request, queue in self._backlog.items() if queue or self._flying[request]]
        if not requests or any(self._slots(request, nodes) for request in requests):
            self._stuck_since = None
            return
        now = time.monotonic()
        self._stuck_since = now if self._stuck_since is None else self._stuck_since
        bound = max(self._limits.lost_nodes_s, self._limits.wait_for_nodes_s)
        if now - self._stuck_since > bound:
            remaining = {r: f"{len(self._backlog[r]) + self._flying[r]} trials" for r in requests}
            reason = impossible(remaining, nodes)
            raise InfrastructureError(f"nodes were lost and none came for {bound:g} s: {reason}")
