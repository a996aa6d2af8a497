"""Searches on Ray: one run of Ray Tune over the configurations of all of them, side by side.

Tune places the trainings, hears how far each has come at its rungs, and stops the ones that lag behind. What is tried,
and what is on record, is ours: the journal has every training as it ends, so that a driver that is killed loses what
was in flight and nothing else, and Tune's own state is thrown away.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any

import ray
from ray import tune
from ray.tune.schedulers import FIFOScheduler
from ray.tune.search import Searcher

from symbench.data.splits import Pool
from symbench.errors import InfrastructureError, SymbenchError
from symbench.executors.ray.shared_data import SharedPool, open_pool, share
from symbench.executors.ray.task import hard_stop, memory_limit
from symbench.executors.ray.trials import ATTEMPTS, Limits
from symbench.registry import Plugin
from symbench.trial.execute import unexecuted
from symbench.trial.resources import Resources, amounts
from symbench.trial.result import Status, TrialResult
from symbench.trial.spec import TrialSpec
from symbench.tuning.course import Course
from symbench.tuning.search import LOSS, Search
from symbench.tuning.training import Parts, stopped

_QUIET = {
    "RAY_AIR_NEW_OUTPUT": "0",
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
    "TUNE_DISABLE_SIGINT_HANDLER": "1",  # Ctrl-C is ours: it ends the run, and the journal has what was done
    "TUNE_PRINT_ALL_TRIAL_ERRORS": "0",
    "TUNE_GLOBAL_CHECKPOINT_S": "3600",
}


@dataclass(frozen=True)
class _Work:
    """What a worker needs for any configuration."""

    searches: Mapping[str, Search]
    pools: Mapping[str, SharedPool]
    plugins: tuple[Plugin, ...]
    limits: Limits

    def spec(self, config: Mapping[str, Any]) -> TrialSpec:
        """The configuration that a trial of Tune stands for."""
        return next(islice(self.searches[config["search"]].specs(), config["index"], None))


class _Training(tune.Trainable):  # type: ignore[misc]
    """One configuration; a step trains it to its next rung. Actors go on to other configurations."""

    def setup(self, config: dict[str, Any], work: _Work | None = None) -> None:
        assert work is not None
        self._work = work
        self.reset_config(config)

    def reset_config(self, new_config: dict[str, Any]) -> bool:
        self._spec = self._work.spec(new_config)
        self._parts: Parts | None = None
        return True

    def step(self) -> dict[str, Any]:
        work, spec = self._work, self._spec
        try:
            pool = open_pool(work.pools[spec.data_digest], work.limits.data_wait_s)
        except (SymbenchError, OSError, ray.exceptions.RayError) as error:
            message = f"the data did not reach the node within {work.limits.data_wait_s:g} s: {str(error)[:1500]}"
            return _told(unexecuted(spec, Status.FAILED, type(error).__name__, message), 0, True)
        if self._parts is None:
            assert spec.configuration is not None
            settings = work.searches[spec.configuration.search].settings
            self._parts = Parts(spec, settings, pool, work.plugins)
        with hard_stop(spec.resources.timeout_s + work.limits.grace_s), memory_limit(spec.resources):
            result = self._parts.next()
        node = ray.get_runtime_context().get_node_id()
        result = result.model_copy(update={"notes": {**result.notes, "node": node}})
        return _told(result, self._parts.rung, self._parts.ended)


def _told(result: TrialResult, rung: int, ended: bool) -> dict[str, Any]:
    loss = result.metrics.get(LOSS)
    return {"record": result.model_dump_json(), "rung": rung, "loss": loss, "ended": ended, "done": ended}


class _Board:
    """The searches as this run has them: what is next, what was lost, and where results go."""

    def __init__(self, courses: Sequence[Course], keep: Callable[[TrialResult], None]) -> None:
        self.courses = {course.search.key: course for course in courses}
        self.failure: BaseException | None = None
        self._keep = keep
        self._under_way: dict[tuple[str, int], TrialSpec] = {}
        self._started: dict[tuple[str, int], float] = {}
        self._lost: Counter[tuple[str, int]] = Counter()
        self._again: list[tuple[str, int]] = []
        self._turn = 0

    def next(self) -> dict[str, Any] | None:
        """The searches in turn; None while none has anything to train."""
        if self._again:
            key, index = self._again.pop()
            return {"search": key, "index": index}
        courses = list(self.courses.values())
        for course in (*courses[self._turn :], *courses[: self._turn]):
            self._turn = (self._turn + 1) % len(courses)
            spec = course.next()
            if spec is not None and spec.configuration is not None:
                place = (spec.configuration.search, spec.configuration.index)
                self._under_way[place] = spec
                return {"search": place[0], "index": place[1]}
        return None

    def finished(self) -> bool:
        return all(course.search_state.finished for course in self.courses.values())

    def started(self, config: Mapping[str, Any]) -> None:
        self._started[_place(config)] = time.monotonic()

    def stops(self, config: Mapping[str, Any], rung: int, loss: float) -> bool:
        return self.courses[config["search"]].stops(self._under_way[_place(config)], rung, loss)

    def ended(self, config: Mapping[str, Any], result: TrialResult) -> None:
        """Take a result. An error of who keeps it ends the run of Tune, which would dress it up as one of its own."""
        try:
            if lost := self._lost[_place(config)]:
                result = result.model_copy(update={"notes": {**result.notes, "lost_workers": str(lost)}})
            self.courses[config["search"]].ended(result)
            self._keep(result)
        except BaseException as error:
            self.failure = error
            raise

    def lost(self, config: Mapping[str, Any], error: str) -> None:
        """A worker is gone: its training is begun anew, unless it was killed for its time or has no attempt left."""
        place = _place(config)
        spec = self._under_way[place]
        limit = spec.resources.timeout_s
        self._lost[place] += 1
        if time.monotonic() - self._started.get(place, time.monotonic()) >= limit:
            message = f"the training ran past its limit of {limit:g} s without ending; its worker was killed"
            self.ended(config, unexecuted(spec, Status.TIMEOUT, "TrialTimeoutError", message))
        elif self._lost[place] < ATTEMPTS:
            self._again.append(place)
        else:
            message = f"the worker died {ATTEMPTS} times: {error[:1500]}"
            self.ended(config, unexecuted(spec, Status.FAILED, "WorkerCrashedError", message))


def _place(config: Mapping[str, Any]) -> tuple[str, int]:
    return config["search"], config["index"]


class _Passing:
    """Tune would keep its parts on disk to go on from them: the journal is what we go on from."""

    def __init__(self, board: _Board) -> None:
        super().__init__()
        self.board = board

    def __getstate__(self) -> dict[str, Any]:
        return {}


class _Queue(_Passing, Searcher):  # type: ignore[misc]
    def suggest(self, trial_id: str) -> dict[str, Any] | str | None:
        return Searcher.FINISHED if self.board.finished() else self.board.next()

    def on_trial_complete(self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False) -> None:
        return None

    def save(self, checkpoint_path: str) -> None:
        return None


class _Rungs(_Passing, FIFOScheduler):  # type: ignore[misc]
    _supports_buffered_results = False

    def on_trial_result(self, tune_controller: Any, trial: Any, result: dict[str, Any]) -> str:
        stop = self.board.stops(trial.config, result["rung"], result["loss"])
        decision: str = self.STOP if stop else self.CONTINUE
        return decision


class _Record(_Passing, tune.Callback):  # type: ignore[misc]
    def on_trial_start(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        self.board.started(trial.config)

    def on_trial_result(self, iteration: int, trials: list[Any], trial: Any, result: dict[str, Any], **i: Any) -> None:
        if result["done"]:
            record = TrialResult.model_validate_json(result["record"])
            self.board.ended(trial.config, record if result["ended"] else stopped(record, result["rung"]))

    def on_trial_error(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        self.board.lost(trial.config, str(trial.get_error()))


def run_searches(
    courses: Sequence[Course],
    pools: Mapping[str, Pool],
    plugins: Sequence[Plugin],
    keep: Callable[[TrialResult], None],
    limits: Limits,
) -> None:
    """Train what these searches lack, as many at once as the cluster takes; `keep` hears of each as it ends.

    Raises InfrastructureError when Tune cannot go on, and what `keep` raises.
    """
    if not courses:
        return
    board = _Board(courses, keep)
    try:
        shared = {digest: share(pools[digest], limits.file_from_bytes) for digest in _digests(courses)}
    except (ray.exceptions.ObjectStoreFullError, ray.exceptions.OutOfDiskError) as error:
        raise InfrastructureError(f"Ray's object store has no room for the data of a search: {error}") from error
    searches = {key: course.search for key, course in board.courses.items()}
    trainable = tune.with_parameters(_Training, work=_Work(searches, shared, tuple(plugins), limits))
    requests = {key: _group(search.resources) for key, search in searches.items()}
    on_gpus = any(search.resources.gpus for search in searches.values())
    with _folder() as folder:
        tuner = tune.Tuner(
            tune.with_resources(trainable, lambda config: requests[config["search"]]),
            tune_config=tune.TuneConfig(
                search_alg=_Queue(board), scheduler=_Rungs(board), num_samples=-1, reuse_actors=not on_gpus
            ),
            run_config=tune.RunConfig(
                name="search",
                storage_path=folder,
                callbacks=[_Record(board)],
                checkpoint_config=tune.CheckpointConfig(checkpoint_at_end=False),
                verbose=0,
            ),
        )
        try:
            tuner.fit()
        except Exception as error:
            if board.failure is not None:
                raise board.failure from None
            raise InfrastructureError(f"Ray Tune cannot go on with the searches: {error}") from error
    if board.failure is not None:
        raise board.failure
    if not board.finished():
        raise InfrastructureError("Ray Tune ended before the searches did; the same command goes on with them")


def _digests(courses: Sequence[Course]) -> set[str]:
    return {course.search.data_digest for course in courses}


def _group(asked: Resources) -> Any:
    """One process with what the entry's trials ask for."""
    labels = {"bundle_label_selector": [dict(asked.labels)]} if asked.labels else {}
    wanted = {name: int(amount) if name == "memory" else amount for name, amount in amounts(asked).items()}
    return tune.PlacementGroupFactory([wanted], **labels)


@contextmanager
def _folder() -> Iterator[str]:
    """A folder for what Tune writes, and Tune at rest about it."""
    os.environ.update(_QUIET)
    folder = tempfile.mkdtemp(prefix="sb-tune-")
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
