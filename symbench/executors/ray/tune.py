"""Searches on Ray: one run of Ray Tune over the configurations of all searches, in parallel.

Tune places the trainings and reports their losses at the rungs. Symbench decides which configurations are trained and
which trainings are stopped, and records every training in the journal when it ends: if the driver is killed, only
running trainings are lost. Tune's own state is discarded.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from queue import SimpleQueue
from typing import Any

import ray
from ray import tune
from ray.tune.search import Searcher

from symbench.calls import abandon
from symbench.data.splits import Pool
from symbench.errors import InfrastructureError, SymbenchError
from symbench.executors.limits import Limits
from symbench.executors.ray.attempts import Attempts
from symbench.executors.ray.nodes import NodeWatch
from symbench.executors.ray.private import unbuffered_scheduler_class
from symbench.executors.ray.remedies import end_stopped_workers
from symbench.executors.ray.settings import hard_limits
from symbench.executors.ray.shared_data import SharedPool, open_pool, share
from symbench.executors.ray.task import undelivered
from symbench.plugins import Plugin
from symbench.trial.resources import Resources, amounts
from symbench.trial.result import TrialResult
from symbench.trial.spec import TrialSpec
from symbench.tuning.course import Course
from symbench.tuning.search import LOSS, Search
from symbench.tuning.training import Parts, stopped

_LOOK_EVERY_S = 1.0
_SPARE_S = 5.0  # after a worker should have ended itself
_STOP_S = 5.0
_ENVIRONMENT = {
    "RAY_AIR_NEW_OUTPUT": "0",
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
    "TUNE_DISABLE_SIGINT_HANDLER": "1",  # Ctrl-C ends the run of symbench; the journal has what was done
    "TUNE_PRINT_ALL_TRIAL_ERRORS": "0",
    "TUNE_GLOBAL_CHECKPOINT_S": "3600",
}


@dataclass(frozen=True)
class _SearchSettings:
    """What a worker needs for the configurations of all searches."""

    searches: Mapping[str, Search]
    pools: Mapping[str, SharedPool]
    plugins: tuple[Plugin, ...]
    limits: Limits

    def spec(self, config: Mapping[str, Any]) -> TrialSpec:
        """The configuration that a trial of Tune trains."""
        return next(islice(self.searches[config["search"]].specs(), config["index"], None))


class _TuneTrial(tune.Trainable):  # type: ignore[misc]
    """One configuration; a step trains it to its next rung. The actor is reused for other configurations."""

    def setup(self, config: dict[str, Any], settings: _SearchSettings | None = None) -> None:
        assert settings is not None
        self._settings = settings
        self.reset_config(config)

    def reset_config(self, new_config: dict[str, Any]) -> bool:
        self._spec = self._settings.spec(new_config)
        self._parts: Parts | None = None
        return True

    def step(self) -> dict[str, Any]:
        settings, spec = self._settings, self._spec
        try:
            pool = open_pool(settings.pools[spec.data_digest], settings.limits.data_wait_s)
        except (SymbenchError, OSError, ray.exceptions.RayError) as error:
            return _report(undelivered(spec, error, settings.limits), 0, True)
        if self._parts is None:
            assert spec.configuration is not None
            search = settings.searches[spec.configuration.search]
            self._parts = Parts(spec, search.settings, pool, settings.plugins)
        with hard_limits(spec.resources, settings.limits):
            result = self._parts.next()
        node = ray.get_runtime_context().get_node_id()
        result = result.model_copy(update={"notes": {**result.notes, "node": node}})
        return _report(result, self._parts.rung, self._parts.ended)


def _report(result: TrialResult, rung: int, ended: bool) -> dict[str, Any]:
    loss = result.metrics.get(LOSS)
    return {"record": result.model_dump_json(), "rung": rung, "loss": loss, "ended": ended, "done": ended}


class _Progress:
    """The searches of this run of Tune: what is trained next, what is tried again, and where results go."""

    def __init__(self, courses: Sequence[Course]) -> None:
        self.courses = {course.search.key: course for course in courses}
        self.results: SimpleQueue[TrialResult] = SimpleQueue()
        self.is_stopped = False
        self._attempts: dict[tuple[str, int], Attempts] = {}
        self._started: dict[tuple[str, int], float] = {}
        self._signs: dict[tuple[str, int], float] = {}
        self._again: list[tuple[str, int]] = []
        self._turn = 0

    def next(self) -> dict[str, Any] | None:
        """The next configuration, of each search in turn; None if none can be trained now."""
        self._go_on()
        if self._again:
            key, index = self._again.pop()
            return {"search": key, "index": index}
        courses = list(self.courses.values())
        for course in (*courses[self._turn :], *courses[: self._turn]):
            self._turn = (self._turn + 1) % len(courses)
            spec = course.next()
            if spec is not None and spec.configuration is not None:
                key, index = spec.configuration.search, spec.configuration.index
                self._attempts[key, index] = Attempts(spec)
                return {"search": key, "index": index}
        return None

    def finished(self) -> bool:
        return all(course.search_state.finished for course in self.courses.values())

    def started(self, config: Mapping[str, Any]) -> None:
        self._started[_place(config)] = self._signs[_place(config)] = time.monotonic()

    def overdue(self, spare_s: float) -> bool:
        """Whether a training has gone on without a report for longer than its worker should have allowed."""
        now = time.monotonic()
        return any(
            now - at > self._attempts[place].spec.resources.timeout_s + spare_s
            for place, at in list(self._signs.items())
        )

    def reported(self, config: Mapping[str, Any]) -> None:
        """Note that a training has reported a loss."""
        self._go_on()
        self._signs[_place(config)] = time.monotonic()

    def stops(self, config: Mapping[str, Any], rung: int, loss: float) -> bool:
        return self.courses[config["search"]].stops(self._attempts[_place(config)].spec, rung, loss)

    def ended(self, config: Mapping[str, Any], result: TrialResult) -> None:
        """Take a result, and hand it over to the driver's thread."""
        self._go_on()
        self._signs.pop(_place(config), None)
        result = self._attempts[_place(config)].annotated(result)
        self.courses[config["search"]].ended(result)
        self.results.put(result)

    def _go_on(self) -> None:
        """Raise if the driver has stopped: the exception ends Tune."""
        if self.is_stopped:
            raise RuntimeError("the run has stopped")

    def lost(self, config: Mapping[str, Any]) -> None:
        """A worker is lost: repeat its training from the start, or take the result if it is not to be tried again."""
        place = _place(config)
        self._signs.pop(place, None)
        age_s = time.monotonic() - self._started.get(place, time.monotonic())
        result = self._attempts[place].lost("WorkerCrashedError", age_s)
        if result is None:
            self._again.append(place)
        else:
            self.ended(config, result)


def _place(config: Mapping[str, Any]) -> tuple[str, int]:
    return config["search"], config["index"]


class _Unsaved:
    """A part of Tune that is saved without its state: symbench resumes from the journal, not from Tune's files."""

    def __init__(self, progress: _Progress) -> None:
        super().__init__()
        self.progress = progress

    def __getstate__(self) -> dict[str, Any]:
        return {}


class _Queue(_Unsaved, Searcher):  # type: ignore[misc]
    def suggest(self, trial_id: str) -> dict[str, Any] | str | None:
        return Searcher.FINISHED if self.progress.finished() else self.progress.next()

    def on_trial_complete(self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False) -> None:
        return None

    def save(self, checkpoint_path: str) -> None:
        return None


class _Rungs(_Unsaved, unbuffered_scheduler_class()):  # type: ignore[misc]
    def on_trial_result(self, tune_controller: Any, trial: Any, result: dict[str, Any]) -> str:
        self.progress.reported(trial.config)
        stop = self.progress.stops(trial.config, result["rung"], result["loss"])
        decision: str = self.STOP if stop else self.CONTINUE
        return decision


class _Record(_Unsaved, tune.Callback):  # type: ignore[misc]
    def on_trial_start(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        self.progress.started(trial.config)

    def on_trial_result(self, iteration: int, trials: list[Any], trial: Any, result: dict[str, Any], **i: Any) -> None:
        if result["done"]:
            record = TrialResult.model_validate_json(result["record"])
            self.progress.ended(trial.config, record if result["ended"] else stopped(record, result["rung"]))

    def on_trial_error(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        self.progress.lost(trial.config)  # Tune stores the error after this call


def run_searches(
    courses: Sequence[Course],
    pools: Mapping[str, Pool],
    plugins: Sequence[Plugin],
    keep: Callable[[TrialResult], None],
    limits: Limits,
    watch: NodeWatch,
    *,
    owns_cluster: bool,
) -> None:
    """Train the missing configurations of these searches, as many at once as the cluster holds.

    keep           called in this thread with each result as soon as it is there
    owns_cluster   whether nobody else uses the cluster: workers that are stopped are then killed
    Raises InfrastructureError if Tune cannot continue or the cluster is lost, and what `keep` raises.
    """
    if not courses:
        return
    progress = _Progress(courses)
    settings = _SearchSettings(
        {key: course.search for key, course in progress.courses.items()},
        _shared(courses, pools, limits),
        tuple(plugins),
        limits,
    )
    with _folder() as folder:
        fitting = _Fitting(_tuner(settings, progress, folder), progress)
        try:
            while not fitting.has_ended(_LOOK_EVERY_S):
                fitting.pass_on(keep)
                nodes = watch.nodes()
                if owns_cluster and progress.overdue(limits.grace_s + _SPARE_S):
                    for node in nodes:
                        if node.alive:
                            end_stopped_workers(node.id)
            fitting.pass_on(keep)
        finally:
            fitting.stop()
    if fitting.error is not None:
        raise InfrastructureError(f"Ray Tune cannot go on with the searches: {fitting.error}") from fitting.error
    if not progress.finished():
        raise InfrastructureError("Ray Tune ended before the searches did; the same command goes on with them")


class _Fitting:
    """Tune in a thread of its own, so that the driver's thread can look at the cluster and receive signals."""

    def __init__(self, tuner: tune.Tuner, progress: _Progress) -> None:
        self.error: Exception | None = None
        self._tuner, self._progress = tuner, progress
        self._thread = threading.Thread(target=self._run, name="symbench-tune", daemon=True)
        self._thread.start()

    def has_ended(self, wait_s: float) -> bool:
        """Whether Tune has ended; returns at once if it has, or if there is a result."""
        deadline = time.monotonic() + wait_s
        while self._thread.is_alive() and self._progress.results.empty() and time.monotonic() < deadline:
            self._thread.join(0.02)
        return not self._thread.is_alive()

    def pass_on(self, keep: Callable[[TrialResult], None]) -> None:
        """Pass on the results that are there."""
        while not self._progress.results.empty():
            keep(self._progress.results.get())

    def stop(self) -> None:
        """Let Tune end at its next step; it ends with its processes if it takes none."""
        self._progress.is_stopped = True
        self._thread.join(_STOP_S)
        if self._thread.is_alive():
            abandon(self._thread)

    def _run(self) -> None:
        try:
            self._tuner.fit()
        except Exception as error:
            self.error = error


def _shared(courses: Sequence[Course], pools: Mapping[str, Pool], limits: Limits) -> dict[str, SharedPool]:
    """The data of the searches, in the object store."""
    digests = {course.search.data_digest for course in courses}
    try:
        return {digest: share(pools[digest], limits.file_from_bytes) for digest in digests}
    except (ray.exceptions.ObjectStoreFullError, ray.exceptions.OutOfDiskError) as error:
        raise InfrastructureError(f"Ray's object store has no room for the data of a search: {error}") from error


def _tuner(settings: _SearchSettings, progress: _Progress, folder: str) -> tune.Tuner:
    groups = {key: _placement_group(search.resources) for key, search in settings.searches.items()}
    on_gpus = any(search.resources.gpus for search in settings.searches.values())
    trainable = tune.with_parameters(_TuneTrial, settings=settings)
    return tune.Tuner(
        tune.with_resources(trainable, lambda config: groups[config["search"]]),
        tune_config=tune.TuneConfig(
            search_alg=_Queue(progress), scheduler=_Rungs(progress), num_samples=-1, reuse_actors=not on_gpus
        ),
        run_config=tune.RunConfig(
            name="search",
            storage_path=folder,
            callbacks=[_Record(progress)],
            checkpoint_config=tune.CheckpointConfig(checkpoint_at_end=False),
            verbose=0,
        ),
    )


def _placement_group(request: Resources) -> Any:
    """One process with the resources that the entry's trials request."""
    labels = {"bundle_label_selector": [dict(request.labels)]} if request.labels else {}
    bundle = {name: int(amount) if name == "memory" else amount for name, amount in amounts(request).items()}
    return tune.PlacementGroupFactory([bundle], **labels)


@contextmanager
def _folder() -> Iterator[str]:
    """A temporary folder for Tune's files; its output and signal handling are switched off."""
    os.environ.update(_ENVIRONMENT)
    folder = tempfile.mkdtemp(prefix="sb-tune-")
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
